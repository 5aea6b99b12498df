//! Fills a database with notices as the server writes them, for benchmarks.

use super::notices::{Notice, notices};
use engine::args;
use engine::db::{Db, Schema, TextIndex, Tx, position};
use engine::fault::Fault;

/// The schema of the server.
pub const SCHEMA: Schema = Schema { steps: &[include_str!("../../schema.sql")], ..Schema::EMPTY };

/// The index of notices.
pub static NOTICES: TextIndex = TextIndex {
    table: "property",
    group: "type",
    index: "property_text",
    texts: &["lab", "title", "content"],
    words: &["id", "user_id"],
    step: 1,
};

/// Notices per transaction.
const GROUP: usize = 2_000;

/// Adds the first `count` notices of `seed` with new ids. Calls `told` with the number so far after
/// each transaction.
pub fn fill(db: &Db, seed: u64, count: usize, told: impl Fn(usize)) -> Result<(), Fault> {
    let mut rest = notices(seed).take(count);
    let mut done = 0;
    loop {
        let group: Vec<Notice> = rest.by_ref().take(GROUP).collect();
        if group.is_empty() {
            return Ok(());
        }
        done += group.len();
        db.write(move |tx| group.iter().try_for_each(|notice| add(tx, notice)))?;
        told(done);
    }
}

/// Adds one notice and indexes it.
pub fn add(tx: &mut Tx, notice: &Notice) -> Result<(), Fault> {
    let id = tx.next_id("property")?;
    let place = position(notice.updated, id)?;
    tx.execute(
        "INSERT INTO property (id, type, state, lab, title, content, occurrence_time, user_id,
                               user_name, user_phone, user_qq, publish_time, update_time, position,
                               pic_num, pic_url1, pic_url2, pic_url3)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $7, $12, $13, 0, '', '', '')",
        args![
            id,
            notice.kind,
            notice.state,
            &notice.lab,
            &notice.title,
            &notice.content,
            notice.published,
            notice.user,
            &notice.user_name,
            &notice.user_phone,
            &notice.user_qq,
            notice.updated,
            place,
        ],
    )?;
    let texts = [&*notice.lab, &*notice.title, &*notice.content];
    tx.index(&NOTICES, (notice.kind, place), &texts, &[&id.to_string(), &notice.user.to_string()]);
    Ok(())
}
