//! Notices of the last three months, three in four of them in Chinese.

use super::dice::Dice;
use super::people::Person;
use super::words::{
    COLOURS, DETAILS, ENGLISH_DETAILS, ENGLISH_PLACES, ENGLISH_THINGS, MOMENTS, PLACES, THINGS,
};
use super::{World, caller, data, text};
use crate::handlers::property::Add;
use engine::data::Value;
use engine::db::Tx;
use engine::fault::Fault;
use engine::op::Op as _;

/// A notice before it is published.
struct New {
    kind: i64,
    state: i64,
    lab: &'static str,
    title: String,
    content: String,
    author: Person,
    /// How many seconds ago it was published, and how many before that it happened.
    age: i64,
    before: i64,
}

/// Publish this many notices, the oldest first; none if there are no accounts.
pub fn make(world: &mut World<'_>, people: &[Person], count: u32) -> Result<(), Fault> {
    let span = 90 * 86_400 / i64::from(count).max(1);
    let mut notices = Vec::new();
    for nth in 0..i64::from(count) {
        let Some(author) = world.dice.pick(people).cloned() else { break };
        let age = (i64::from(count) - nth) * span - world.dice.below(span);
        notices.push(notice(&mut world.dice, author, age));
    }
    world.write("notices", notices, add).map(|_| ())
}

fn notice(dice: &mut Dice, author: Person, age: i64) -> New {
    let kind = if dice.once_in(3) { 2 } else { 1 };
    let (lab, title, content) =
        if dice.once_in(4) { english(dice, kind) } else { chinese(dice, kind) };
    let state = i64::from(dice.once_in(4));
    New { kind, state, lab, title, content, author, age, before: dice.below(36_000) }
}

fn chinese(dice: &mut Dice, kind: i64) -> (&'static str, String, String) {
    let verb = if kind == 1 { "丢失" } else { "捡到" };
    let (lab, thing) = dice.one(THINGS);
    let colour = dice.one(COLOURS);
    let mut content = format!("{}在{}{verb}{colour}{thing}", dice.one(MOMENTS), dice.one(PLACES));
    let details = DETAILS[usize::from(kind == 2)];
    for _ in 0..=dice.below(3) {
        let detail = dice.one(details);
        if !content.contains(detail) {
            content.push('，');
            content.push_str(detail);
        }
    }
    content.push_str(if kind == 1 {
        "，如有捡到请联系我。"
    } else {
        "，请失主尽快来认领。"
    });
    (lab, format!("{verb}{colour}{thing}"), content)
}

fn english(dice: &mut Dice, kind: i64) -> (&'static str, String, String) {
    let (lab, thing, title) = dice.one(ENGLISH_THINGS);
    let verb = if kind == 1 { "lost" } else { "found" };
    let place = dice.one(ENGLISH_PLACES);
    let detail = dice.one(ENGLISH_DETAILS[usize::from(kind == 2)]);
    (lab, format!("{title} {verb}"), format!("I {verb} {thing} {place}. {detail}"))
}

fn add(tx: &mut Tx, new: New) -> Result<(), Fault> {
    let published = tx.clock.now() - new.age;
    let (publish_time, occurrence_time) =
        (tx.clock.format(published), tx.clock.format(published - new.before));
    let notice: Add = data(vec![
        ("type", Value::Int(new.kind)),
        ("state", Value::Int(new.state)),
        ("lab", text(new.lab)),
        ("title", text(&new.title)),
        ("content", text(&new.content)),
        ("occurrence_time", text(&occurrence_time)),
        ("user_name", text(&new.author.called)),
        ("user_phone", text(&new.author.phone)),
        ("user_qq", text("")),
        ("publish_time", text(&publish_time)),
    ])?;
    notice.run(tx, caller(new.author.id)).map(|_| ())
}
