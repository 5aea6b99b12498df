//! Shops: up to as many an account as it may have.

use super::words::{SHOPS_CHINESE, SHOPS_ENGLISH};
use super::{World, caller, data, text};
use crate::handlers::demo::people::Person;
use crate::handlers::shop::Open;
use engine::args;
use engine::db::Tx;
use engine::fault::Fault;

struct New {
    name: String,
    content: &'static str,
    owner: i64,
    age: i64,
}

/// Open this many shops, or as many as the limit allows.
pub fn make(world: &mut World<'_>, people: &[Person], count: u32) -> Result<(), Fault> {
    let each = world.tx.config.shop.max_per_account;
    // Each account as often as it may have a shop.
    let owners = people.iter().flat_map(|person| (0..each).map(|_| person.id));
    let mut owners: Vec<i64> = owners.collect();
    let mut shops = Vec::new();
    for nth in 0..i64::from(count) {
        let dice = &mut world.dice;
        if owners.is_empty() {
            break;
        }
        let length = i64::try_from(owners.len()).unwrap_or(i64::MAX);
        let owner = owners.swap_remove(usize::try_from(dice.below(length)).unwrap_or(0));
        let (kinds, names) = if dice.once_in(3) { SHOPS_ENGLISH } else { SHOPS_CHINESE };
        let (kind, content) = dice.one(kinds);
        let name = format!("{}{kind}", dice.one(names));
        let age = (i64::from(count) - nth) * 3_600 * 24 - dice.below(80_000);
        shops.push(New { name, content, owner, age });
    }
    world.write("shops", shops, add).map(|_| ())
}

fn add(tx: &mut Tx, new: New) -> Result<(), Fault> {
    let mut nth = 1;
    let mut name = new.name.clone();
    while tx.one("SELECT 1 FROM shop WHERE name = $1", args![&name], |_| Ok(()))?.is_some() {
        nth += 1;
        name = format!("{} {nth}", new.name);
    }
    let shop: Open = data(vec![("shop_name", text(&name)), ("shop_content", text(new.content))])?;
    let opened = tx.clock.now() - new.age;
    shop.run_at(tx, &caller(new.owner), opened).map(|_| ())
}
