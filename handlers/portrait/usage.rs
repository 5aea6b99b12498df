//! Counts the uploaded pictures that rows name, and their sizes, for `guichet usage`.

/// A kind of picture, and how its rows are found.
pub struct Kind {
    /// The name of the kind in JSON.
    pub key: &'static str,
    /// What they are, for people.
    pub name: &'static str,
    /// SQL that selects the file's name and its size in bytes; the size is -1 if it was not measured yet.
    sql: &'static str,
    /// The same where the database has the first step of the schema alone: without sizes, and the
    /// portrait under an account's id is the account's.
    sql_1: &'static str,
}

impl Kind {
    /// The statement for a database with `steps` steps of the schema; its columns are a file's name and
    /// its size in bytes, -1 where that is not known.
    pub fn sql(&self, steps: i64) -> &'static str {
        if steps < 2 { self.sql_1 } else { self.sql }
    }
}

/// All kinds. Each picture belongs to exactly one.
pub const KINDS: [Kind; 3] = [
    Kind {
        key: "open_portraits",
        name: "portraits that belong to no account",
        sql: "SELECT file, size FROM portrait WHERE owner IS NULL",
        sql_1: "SELECT file, -1 FROM portrait WHERE id NOT IN (SELECT id FROM account)",
    },
    Kind {
        key: "portraits",
        name: "portraits of accounts",
        sql: "SELECT file, size FROM portrait WHERE owner IS NOT NULL",
        sql_1: "SELECT file, -1 FROM portrait WHERE id IN (SELECT id FROM account)",
    },
    Kind {
        key: "avatars",
        name: "avatars",
        sql: "SELECT avatar, avatar_size FROM account WHERE avatar <> ''",
        sql_1: "SELECT avatar, -1 FROM account WHERE avatar <> ''",
    },
];
