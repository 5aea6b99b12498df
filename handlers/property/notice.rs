//! One row of the answer to a query.

use engine::clock::Clock;
use engine::db::Row;
use engine::fault::Fault;
use serde::Serialize;

/// The columns of a [`Notice`], in its order.
pub const COLUMNS: &str = "id, type, state, lab, title, content, occurrence_time, user_id, \
     user_name, user_phone, user_qq, user2_id, user2_name, user2_phone, user2_qq, publish_time, \
     update_time, pic_num, pic_url1, pic_url2, pic_url3";

/// A notice: every key of the contract's table, in the seed's order.
#[derive(Serialize)]
pub struct Notice {
    id: i64,
    r#type: i64,
    state: i64,
    lab: String,
    title: String,
    content: String,
    occurrence_time: String,
    user_id: String,
    user_name: String,
    user_phone: String,
    user_qq: String,
    user2_id: String,
    user2_name: String,
    user2_phone: String,
    user2_qq: String,
    publish_time: String,
    update_time: String,
    pic_num: i64,
    pic_url1: String,
    pic_url2: String,
    pic_url3: String,
}

impl Notice {
    /// From a row of [`COLUMNS`].
    pub fn read(row: &Row<'_>, clock: &Clock) -> Result<Self, Fault> {
        Ok(Notice {
            id: row.get(0)?,
            r#type: row.get(1)?,
            state: row.get(2)?,
            lab: row.get(3)?,
            title: row.get(4)?,
            content: row.get(5)?,
            occurrence_time: clock.format(row.get(6)?),
            user_id: row.get::<i64>(7)?.to_string(),
            user_name: row.get(8)?,
            user_phone: row.get(9)?,
            user_qq: row.get(10)?,
            user2_id: row.get(11)?,
            user2_name: row.get(12)?,
            user2_phone: row.get(13)?,
            user2_qq: row.get(14)?,
            publish_time: clock.format(row.get(15)?),
            update_time: clock.format(row.get(16)?),
            pic_num: row.get(17)?,
            pic_url1: row.get(18)?,
            pic_url2: row.get(19)?,
            pic_url3: row.get(20)?,
        })
    }
}
