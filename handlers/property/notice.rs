//! One row of the answer to a query.

use engine::db::{ColumnFormat, Listed, Projection};

/// A notice: every key of the contract's table, in the seed's order.
pub struct Notice;

impl Listed for Notice {
    const COLUMNS: Projection = &[
        ("id", ColumnFormat::Integer, "The notice's id."),
        ("type", ColumnFormat::Integer, "1 lost, 2 found."),
        ("state", ColumnFormat::Integer, "0 going on, 1 ended."),
        ("lab", ColumnFormat::Text, "Labels, joined by `|`."),
        ("title", ColumnFormat::Text, "Its title."),
        ("content", ColumnFormat::Text, "What it says."),
        ("occurrence_time", ColumnFormat::DateTime, "When it was lost or found."),
        ("user_id", ColumnFormat::Digits, "The account that published it."),
        ("user_name", ColumnFormat::Text, "The name to ask for."),
        ("user_phone", ColumnFormat::Text, "A telephone number, or empty."),
        ("user_qq", ColumnFormat::Text, "A QQ number, or empty."),
        ("user2_id", ColumnFormat::Text, "Who answered it, or empty."),
        ("user2_name", ColumnFormat::Text, "His name, or empty."),
        ("user2_phone", ColumnFormat::Text, "His telephone number, or empty."),
        ("user2_qq", ColumnFormat::Text, "His QQ number, or empty."),
        ("publish_time", ColumnFormat::DateTime, "When it was published."),
        ("update_time", ColumnFormat::DateTime, "When it was last changed."),
        ("pic_num", ColumnFormat::Integer, "How many pictures it has."),
        ("pic_url1", ColumnFormat::Text, "The first picture's address, or empty."),
        ("pic_url2", ColumnFormat::Text, "The second picture's address, or empty."),
        ("pic_url3", ColumnFormat::Text, "The third picture's address, or empty."),
    ];
}
