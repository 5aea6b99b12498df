//! What a notice is found by, kept in step with its row.

use engine::args;
use engine::db::{Row, TextIndex, Tx};
use engine::fault::Fault;

/// The index of notices: `lab`, `title` and `content` in part, `id` and `user_id` whole.
pub static NOTICES: TextIndex = TextIndex {
    table: "property",
    group: "type",
    index: "property_text",
    texts: &INDEXED,
    words: &["id", "user_id"],
    step: 1,
};

/// The texts of a notice that the index knows.
pub const INDEXED: [&str; 3] = ["lab", "title", "content"];

/// The part of a row that the index is made from.
#[derive(PartialEq, Eq)]
pub struct Indexed {
    kind: i64,
    place: i64,
    texts: [String; 3],
}

impl Indexed {
    /// From the columns `type, position, lab, title, content`.
    pub fn read(row: &Row<'_>) -> Result<Self, Fault> {
        let texts = [row.get(2)?, row.get(3)?, row.get(4)?];
        Ok(Indexed { kind: row.get(0)?, place: row.get(1)?, texts })
    }

    /// That of the notice `id`, if it is `user`'s.
    pub fn find(tx: &Tx, id: i64, user: i64) -> Result<Option<Self>, Fault> {
        tx.one(
            "SELECT type, position, lab, title, content FROM property
              WHERE id = $1 AND user_id = $2",
            args![id, user],
            Indexed::read,
        )
    }

    /// Have the notice `id` of `user` found by this rather than by what it was before.
    pub fn replace(self, before: &Self, tx: &mut Tx, id: i64, user: i64) {
        if self != *before {
            tx.unindex(&NOTICES, before.place);
            index(tx, (self.kind, self.place), self.texts.each_ref().map(|text| &**text), id, user);
        }
    }
}

/// Have the notice `id` of `user` found in its type and at its position (`at`).
pub fn index(tx: &mut Tx, at: (i64, i64), texts: [&str; 3], id: i64, user: i64) {
    tx.index(&NOTICES, at, &texts, &[&id.to_string(), &user.to_string()]);
}
