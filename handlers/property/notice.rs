//! One row of the answer to a query.

use engine::db::{ColumnFormat, Projection};

/// A notice: every key of the contract's table, in the seed's order.
pub const NOTICE: Projection = &[
    ("id", ColumnFormat::Integer),
    ("type", ColumnFormat::Integer),
    ("state", ColumnFormat::Integer),
    ("lab", ColumnFormat::Text),
    ("title", ColumnFormat::Text),
    ("content", ColumnFormat::Text),
    ("occurrence_time", ColumnFormat::DateTime),
    ("user_id", ColumnFormat::Digits),
    ("user_name", ColumnFormat::Text),
    ("user_phone", ColumnFormat::Text),
    ("user_qq", ColumnFormat::Text),
    ("user2_id", ColumnFormat::Text),
    ("user2_name", ColumnFormat::Text),
    ("user2_phone", ColumnFormat::Text),
    ("user2_qq", ColumnFormat::Text),
    ("publish_time", ColumnFormat::DateTime),
    ("update_time", ColumnFormat::DateTime),
    ("pic_num", ColumnFormat::Integer),
    ("pic_url1", ColumnFormat::Text),
    ("pic_url2", ColumnFormat::Text),
    ("pic_url3", ColumnFormat::Text),
];
