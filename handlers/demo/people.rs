//! Accounts: half of them by name, half with a telephone number.

use super::words::{NICKNAMES, NUMBERS};
use super::{PASSWORD, World};
use crate::handlers::user::{hash_plain, insert, name::is_taken};
use engine::args;
use engine::db::Tx;
use engine::fault::Fault;

/// An account that was made.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: i64,
    /// What others call it: the first ten characters of its nickname at most.
    pub called: String,
    /// Eleven digits.
    pub phone: String,
}

/// An account before it is one.
struct New {
    username: String,
    nickname: String,
    has_mobile: bool,
    /// The first number to try.
    number: i64,
    /// How many seconds ago it was made.
    age: i64,
    /// Hashed once for all: it takes 25 ms each.
    password: String,
}

/// Create this many accounts.
pub fn make(world: &mut World<'_>, count: u32) -> Result<Vec<Person>, Fault> {
    let password = hash_plain(PASSWORD)?;
    let mut age = 180 * 86_400;
    let new = (0..i64::from(count)).map(|number| {
        let dice = &mut world.dice;
        let (nickname, base) = dice.one(NICKNAMES);
        age -= dice.below(2 * age / i64::from(count).max(1) + 1).min(age);
        New {
            username: format!("{base}{:02}", dice.below(100)),
            nickname: format!("{nickname}{}", if dice.once_in(4) { " 🌿" } else { "" }),
            has_mobile: dice.once_in(2),
            number: NUMBERS + number,
            age,
            password: password.clone(),
        }
    });
    let new = new.collect();
    world.write("accounts", new, add)
}

fn add(tx: &mut Tx, new: New) -> Result<Person, Fault> {
    let username = free(tx, |nth| match nth {
        0 => new.username.clone(),
        nth => format!("{}.{nth}", new.username),
    })?;
    let phone = free(tx, |nth| (new.number + nth).to_string())?;
    let mobile = new.has_mobile.then_some(phone.as_str());
    let id = insert(tx, &username, mobile, &new.password)?
        .ok_or_else(|| Fault::unknown("a name that was free is taken"))?;
    let created = tx.clock.now() - new.age;
    tx.execute(
        "UPDATE account SET nickname = $1, created_at = $2 WHERE id = $3",
        args![&new.nickname, created, id],
    )?;
    Ok(Person { id, called: new.nickname.chars().take(10).collect(), phone })
}

/// The first of these names that nobody has.
fn free(tx: &Tx, name: impl Fn(i64) -> String) -> Result<String, Fault> {
    let mut nth = 0;
    loop {
        let name = name(nth);
        if !is_taken(tx, &name)? {
            return Ok(name);
        }
        nth += 1;
    }
}
