//! One row of the answer to a query.

use engine::db::{As, Projection};

/// A notice: every key of the contract's table, in the seed's order.
pub const NOTICE: Projection = &[
    ("id", As::Integer),
    ("type", As::Integer),
    ("state", As::Integer),
    ("lab", As::Text),
    ("title", As::Text),
    ("content", As::Text),
    ("occurrence_time", As::DateTime),
    ("user_id", As::Digits),
    ("user_name", As::Text),
    ("user_phone", As::Text),
    ("user_qq", As::Text),
    ("user2_id", As::Text),
    ("user2_name", As::Text),
    ("user2_phone", As::Text),
    ("user2_qq", As::Text),
    ("publish_time", As::DateTime),
    ("update_time", As::DateTime),
    ("pic_num", As::Integer),
    ("pic_url1", As::Text),
    ("pic_url2", As::Text),
    ("pic_url3", As::Text),
];
