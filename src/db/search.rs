//! Finding rows by any part of their texts, the latest first, without reading all rows.
//!
//! The interface is portable: a table, a position for each row
//! ([`position()`](fn@super::position)), the indexed texts, and a [`ListQuery`] whose SQL
//! conditions alone decide what is found. The index only excludes rows that cannot match. On SQLite
//! it is an FTS5 table of character pairs ([`bigrams`](super::bigrams)).
//!
//! An FTS5 table is read in the order of its rowid, in either direction, and reading can stop
//! early. The rowid is the row's position, so finding the newest thousand of a million matches
//! costs as much as finding a thousand matches. Index entries are written once per group, just
//! before its COMMIT; otherwise FTS5 would write a segment at every job's savepoint.

use super::bigrams::{IndexQuery, tokens};
use super::rows::Listed;
use super::statement::{Arg, Statement};
use memchr::memmem;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An index over texts of a table.
///
/// The table has a column `position`, made by [`position()`](fn@super::position), and an ordinary
/// index over the group column and `position`. A search is within one group.
#[derive(Debug)]
pub struct TextIndex {
    /// The table whose rows are found.
    pub table: &'static str,
    /// The column with the group; the constant `0` if all rows are in one group.
    pub group: &'static str,
    /// The FTS5 table with one column: contentless, deletes by rowid, detail none, tokenizer ascii.
    pub index: &'static str,
    /// Columns of which any part is found.
    pub texts: &'static [&'static str],
    /// Columns that are found only as a whole.
    pub words: &'static [&'static str],
    /// The schema step that creates the index, counted from 1.
    pub step: usize,
}

/// After how many bytes of texts a search lets other threads have the processor: some 30 µs.
const YIELD_AFTER: usize = 64 * 1024;

/// Give a connection the SQL function `contains(text, needle)`: 1 if `needle` occurs in `text`,
/// else 0. ASCII case is ignored; `needle` must be in lower case. It takes time proportional to the
/// sum of both lengths. If an argument is not text, the result is 0.
pub(super) fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    let searched = AtomicUsize::new(0);
    connection.create_scalar_function("contains", 2, flags, move |context| {
        Ok(match (context.get_raw(0), context.get_raw(1)) {
            (ValueRef::Text(text), ValueRef::Text(needle)) => {
                if searched.fetch_add(text.len(), Ordering::Relaxed) + text.len() >= YIELD_AFTER {
                    searched.store(0, Ordering::Relaxed);
                    std::thread::yield_now();
                }
                contains(text, needle)
            }
            _ => false,
        })
    })
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    if needle.iter().any(u8::is_ascii_lowercase) {
        memmem::find(&text.to_ascii_lowercase(), needle).is_some()
    } else {
        memmem::find(text, needle).is_some()
    }
}

/// A change of a text index that is written at the end of the group.
pub(super) struct IndexEntry {
    index: &'static TextIndex,
    position: i64,
    /// `None`: remove the entry.
    tokens: Option<String>,
}

impl IndexEntry {
    pub(super) fn add(
        index: &'static TextIndex,
        (group, position): (i64, i64),
        texts: &[&str],
        words: &[&str],
    ) -> Self {
        IndexEntry { index, position, tokens: Some(tokens(group, texts, words)) }
    }

    pub(super) fn remove(index: &'static TextIndex, position: i64) -> Self {
        IndexEntry { index, position, tokens: None }
    }
}

/// Write the entries of a group.
pub(super) fn write(
    connection: &Connection,
    entries: &mut Vec<IndexEntry>,
) -> rusqlite::Result<()> {
    // In ascending order, because FTS5 writes out what it has buffered whenever a rowid is not
    // larger than the last. Changes at the same position keep their order.
    entries.sort_by_key(|entry| entry.position);
    for IndexEntry { index, position, tokens } in entries.drain(..) {
        let index = index.index;
        match tokens {
            Some(tokens) => connection
                .prepare_cached(&format!("INSERT INTO {index} (rowid, pairs) VALUES ($1, $2)"))?
                .execute((position, tokens))?,
            None => connection
                .prepare_cached(&format!("DELETE FROM {index} WHERE rowid = $1"))?
                .execute([position])?,
        };
    }
    Ok(())
}

/// Write the entries of a job as postings.
#[cfg(feature = "postgres")]
pub(super) fn write_postings(
    session: &super::postgres::Session,
    entries: &mut Vec<IndexEntry>,
) -> Result<(), crate::fault::Fault> {
    for IndexEntry { index, position, tokens } in entries.drain(..) {
        let index = index.index;
        match tokens {
            Some(tokens) => session.execute(
                &format!(
                    "INSERT INTO {index} (token, position)
                     SELECT DISTINCT token, $1::bigint FROM string_to_table($2, ' ') AS token
                      WHERE token <> '' ORDER BY token"
                ),
                crate::args![position, &tokens],
            )?,
            None => session.execute(
                &format!("DELETE FROM {index} WHERE position = $1"),
                crate::args![position],
            )?,
        };
    }
    Ok(())
}

/// A query for rows that meet conditions, the latest first, one page at a time.
#[derive(Debug)]
pub struct ListQuery<R> {
    row: PhantomData<fn() -> R>,
    index: &'static TextIndex,
    group: i64,
    wanted: IndexQuery,
    conditions: Vec<(String, Option<Arg>)>,
    before: Option<i64>,
    pub(super) limit: i64,
}

/// Where the rows of a query are read from.
enum RowSource {
    /// The table.
    Table,
    /// This many of the table's latest rows.
    Latest(i64),
    /// The text index, an FTS5 table.
    Index,
    /// The text index, a table of postings.
    Postings,
}

/// What text indexes are made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Engine {
    /// An FTS5 table.
    Fts5,
    /// A table of rows (token, position).
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "of PostgreSQL"))]
    Postings,
}

impl<R: Listed> ListQuery<R> {
    /// At most `limit` rows of a group.
    pub fn new(index: &'static TextIndex, group: i64, limit: i64) -> Self {
        ListQuery {
            row: PhantomData,
            index,
            group,
            wanted: IndexQuery::default(),
            conditions: Vec::new(),
            before: None,
            limit,
        }
    }

    /// Only rows that come after row `id` in the list; no rows if `id` does not exist.
    pub fn before(&mut self, id: i64) {
        self.before = Some(id);
    }

    /// What the index may exclude rows by. It must follow from the conditions, which are always
    /// checked.
    pub fn wanted(&mut self) -> &mut IndexQuery {
        &mut self.wanted
    }

    /// Append `sql` to the conditions. The first one begins with ` AND `.
    pub fn text(&mut self, sql: &str) {
        self.conditions.push((sql.to_owned(), None));
    }

    /// Append `sql`, in which each `?` stands for `arg`, to the conditions.
    pub fn with(&mut self, sql: &str, arg: impl Into<Arg>) {
        self.conditions.push((sql.to_owned(), Some(arg.into())));
    }

    /// The statement that always finds everything.
    pub(super) fn whole(&self, engine: Engine) -> Statement {
        match engine {
            _ if self.wanted.is_empty() => self.statement(RowSource::Table),
            Engine::Fts5 => self.statement(RowSource::Index),
            // Postings of one character are not in the order of the list.
            Engine::Postings if self.wanted.is_vague() => self.statement(RowSource::Table),
            Engine::Postings => self.statement(RowSource::Postings),
        }
    }

    /// A cheaper statement to try first if the index would be slow. For a single character that a
    /// tenth of all rows have, the index must build a long list, while the latest rows contain
    /// enough matches. Its result is the answer if it has as many rows as requested.
    pub(super) fn latest(&self) -> Option<Statement> {
        let slow = !self.wanted.is_empty() && self.wanted.is_vague();
        slow.then(|| self.statement(RowSource::Latest(4096 + 16 * self.limit)))
    }

    /// The beginning of a statement that looks up the rows of positions, from the newest on, up to the conditions of a
    /// row. Each `OFFSET 0` keeps PostgreSQL from reading the table instead, row by row: it prefers that where it takes
    /// every text for a common one, because a plan is for all texts, or because it has not counted them yet.
    fn found_by_postings(&self, columns: &str) -> Statement {
        let TextIndex { table, index, .. } = self.index;
        let (sql, tokens) = (self.wanted.postings(index), self.wanted.tokens(self.group));
        let mut statement = Statement::new("SELECT listed.* FROM (SELECT at FROM (".to_owned());
        statement.with_all(&sql, tokens).text(") AS known");
        if let Some(id) = self.before {
            let sql = format!(" WHERE at < (SELECT position FROM {table} WHERE id = ?)");
            statement.with(&sql, id);
        }
        statement.text(&format!(
            " ORDER BY at DESC OFFSET 0) AS found
             CROSS JOIN LATERAL (SELECT {columns} FROM {table} WHERE position = found.at AND "
        ));
        statement
    }

    fn statement(&self, from: RowSource) -> Statement {
        let TextIndex { table, group, index, .. } = self.index;
        let columns: Vec<&str> = R::COLUMNS.iter().map(|(name, ..)| *name).collect();
        let columns = columns.join(", ");
        let (mut statement, place) = match from {
            RowSource::Index => {
                let sql = format!(
                    "SELECT {columns} FROM {index} CROSS JOIN {table}
                         ON {table}.position = {index}.rowid AND "
                );
                (Statement::new(sql), format!("{index}.rowid"))
            }
            RowSource::Postings => (self.found_by_postings(&columns), "found.at".to_owned()),
            RowSource::Table | RowSource::Latest(_) => {
                let sql = format!("SELECT {columns} FROM {table} WHERE ");
                (Statement::new(sql), "position".to_owned())
            }
        };
        statement.with(&format!("{group} = ?"), self.group);
        if let RowSource::Index = from {
            let expression = self.wanted.expression(self.group);
            statement.with(&format!(" WHERE {index} MATCH ?"), expression);
        }
        for (sql, arg) in &self.conditions {
            match arg {
                Some(arg) => statement.with(sql, arg.clone()),
                None => statement.text(sql),
            };
        }
        let before = format!(" < (SELECT position FROM {table} WHERE id = ?)");
        if matches!(from, RowSource::Postings) {
            statement.text(" OFFSET 0) AS listed");
        } else if let Some(id) = self.before {
            statement.with(&format!(" AND {place}{before}"), id);
        }
        if let RowSource::Latest(rows) = from {
            statement.text(&format!(" AND position >= COALESCE((SELECT position FROM {table}"));
            statement.with(&format!(" WHERE {group} = ?"), self.group);
            if let Some(id) = self.before {
                statement.with(&format!(" AND position{before}"), id);
            }
            statement.with(" ORDER BY position DESC LIMIT 1 OFFSET ?)", rows);
            statement.with(", ?)", i64::MIN);
        }
        statement.with(&format!(" ORDER BY {place} DESC LIMIT ?"), self.limit);
        statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{ColumnFormat, Projection};
    use proptest::prelude::*;

    const INDEX: TextIndex = TextIndex {
        table: "note",
        group: "kind",
        index: "note_text",
        texts: &["words"],
        words: &["id"],
        step: 1,
    };

    /// The steps of SQLite's query plan for a statement.
    fn plan(statement: &Statement) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE note (id BIGINT NOT NULL PRIMARY KEY, kind BIGINT NOT NULL,
                                    position BIGINT NOT NULL, words TEXT NOT NULL);
                 CREATE UNIQUE INDEX note_by_position ON note (kind, position);
                 CREATE VIRTUAL TABLE note_text USING fts5(pairs, content='',
                     contentless_delete=1, detail=none, tokenize='ascii');",
            )
            .unwrap();
        add_functions(&connection).unwrap();
        let mut explain =
            connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
        for (index, arg) in statement.args().iter().enumerate() {
            explain.raw_bind_parameter(index + 1, arg).unwrap();
        }
        let mut rows = explain.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get(3).unwrap());
        }
        steps
    }

    struct Note;

    impl Listed for Note {
        const COLUMNS: Projection = &[("words", ColumnFormat::Text, "")];
    }

    fn listing(text: &str) -> ListQuery<Note> {
        static TEXTS: TextIndex = INDEX;
        let mut listing = ListQuery::new(&TEXTS, 1, 20);
        listing.wanted().text(text);
        listing.with(" AND contains(words, ?)", text.to_owned());
        listing.before(9);
        listing
    }

    #[test]
    fn no_search_scans_or_sorts_the_table() {
        let found = "SEARCH note USING INDEX note_by_position (kind=? AND position=?)";
        let steps = plan(&listing("钥匙").whole(Engine::Fts5));
        // M: by MATCH; <: from a rowid downward.
        assert_eq!(steps[0], "SCAN note_text VIRTUAL TABLE INDEX 192:M1<");
        assert!(steps.iter().any(|step| step == found), "{steps:?}");
        let steps = [plan(&listing("伞").latest().unwrap()), steps].concat();
        for step in &steps {
            assert!(!step.contains("TEMP B-TREE") && !step.starts_with("SCAN note "), "{step}");
        }
        assert!(steps[0].ends_with("note_by_position (kind=? AND position>? AND position<?)"));
    }

    proptest! {
        #[test]
        fn contains_agrees_with_lower_case_comparison(
            text in "[aAbBÄ钥%_]{0,12}",
            needle in "[aAbBÄ钥%_]{1,3}",
        ) {
            let needle = needle.to_ascii_lowercase();
            let expected = text.to_ascii_lowercase().contains(&needle);
            prop_assert_eq!(contains(text.as_bytes(), needle.as_bytes()), expected);
        }
    }

    #[test]
    fn contains_is_false_for_non_text() {
        let connection = Connection::open_in_memory().unwrap();
        add_functions(&connection).unwrap();
        let sql = "SELECT contains('Abc', 'bC'), contains('ABC', 'bc'), contains(NULL, 'a'), contains(11, '1')";
        let found = connection
            .query_row(sql, [], |row| Ok([0, 1, 2, 3].map(|nth| row.get::<_, bool>(nth).unwrap())));
        assert_eq!(found.unwrap(), [false, true, false, false]);
    }
}
