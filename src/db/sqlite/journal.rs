//! The journal: writes that are committed now and reach their own tables later.
//!
//! Writing a row at a random place of a large table costs the commit a whole page: 4 KiB in the
//! log, and again when the log is moved. Some rows are not read from disk while the server runs.
//! Scores, for example, are read from the leaderboards in memory. Such writes are collected: a
//! commit stores them as one row of the table `journal`, for all its jobs together. Later, a batch
//! of journal rows is sorted by the rows it changes, and its statements are run; then many changes
//! fall into one page. This is done in small parts, some in each group so that nobody waits for it,
//! and the rest when the writer is idle.
//!
//! Journal rows are deleted in the transaction that runs the last of their statements, so a crash
//! at any moment leaves one or the other. Statements may run twice, and for each key they run in
//! the order of the journal. Whoever opens the database to serve it runs the rest of the journal
//! first; then the tables are as if there were no journal.
//!
//! This is a write-ahead log on top of SQLite's own, for the usual reason: many small random writes
//! become one sequential write.

use crate::data::{Value, json};
use crate::db::value::Param;
use rusqlite::Connection;
use std::io::Write as _;
use std::ops::Range;

/// A statement that can wait. It writes one row by its key, and no answer depends on it.
///
/// It may run more than once, and again after later ones for the same key. So it must not overwrite
/// a newer row.
#[derive(Debug)]
pub struct DeferredWrite {
    /// Its name in the journal. Once released, a name keeps its parameters.
    pub name: &'static str,
    /// The table it writes to. Its key is the table's primary key, in the same order.
    pub table: &'static str,
    /// The SQL. Its parameters are those of the key, then the others.
    pub sql: &'static str,
    /// The same for many rows on PostgreSQL. Its parameter is a JSON array with an array for each row: that of the
    /// key's parameters, and that of the others. No two rows have the same key.
    pub postgres_batch: &'static str,
}

/// The most journal rows in a batch. As many rows make a batch due.
const ROWS: usize = 1024;

/// How many bytes of the journal make a batch due. A batch takes no more rows above that.
const BYTES: usize = 2 << 20;

/// Append a call of a statement to a group's journal row: one line with its name, the key and the
/// other arguments, separated by tabs. JSON has no raw tabs and line breaks.
pub(crate) fn note(
    out: &mut Vec<u8>,
    statement: &DeferredWrite,
    key: &[Param<'_>],
    rest: &[Param<'_>],
) {
    let start = out.len();
    let written = write!(out, "{}\t", statement.name)
        .map_err(serde_json::Error::io)
        .and_then(|()| serde_json::to_writer(&mut *out, key))
        .and_then(|()| {
            out.push(b'\t');
            serde_json::to_writer(&mut *out, rest)
        });
    debug_assert!(written.is_ok(), "numbers and texts are JSON, and memory takes them");
    match written {
        Ok(()) => out.push(b'\n'),
        Err(_) => out.truncate(start),
    }
}

/// Write the journal row of a group.
pub(crate) fn write(connection: &Connection, lines: &[u8]) -> rusqlite::Result<()> {
    let text = std::str::from_utf8(lines).map_err(|error| rusqlite::Error::Utf8Error(0, error))?;
    let sql = "INSERT INTO journal (id, lines) SELECT COALESCE(MAX(id), 0) + 1, $1 FROM journal";
    connection.prepare_cached(sql)?.execute([text]).map(|_| ())
}

/// The oldest part of the journal, sorted into the order in which its statements run.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The last journal row in the batch.
    last: i64,
    text: String,
    /// The lines of `text`: sorted by statement and key, and for one key in the order of the
    /// journal.
    lines: Vec<Range<u32>>,
    /// How many statements were run and committed.
    done: usize,
    /// Is there more of the journal than what is in it?
    pub(crate) more: bool,
}

impl Batch {
    /// Take the next batch; `None` if the journal is empty.
    pub(crate) fn take(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        let mut rows = connection.prepare_cached("SELECT id, lines FROM journal ORDER BY id")?;
        let mut rows = rows.query([])?;
        let (mut last, mut count, mut text) = (None, 0, String::new());
        while count < ROWS
            && text.len() < BYTES
            && let Some(row) = rows.next()?
        {
            last = Some(row.get(0)?);
            text.push_str(row.get_ref(1)?.as_str()?);
            count += 1;
        }
        let more = rows.next()?.is_some();
        Ok(last.map(|last| {
            let lines = sorted(&text);
            Batch { last, text, lines, done: 0, more }
        }))
    }

    /// How many statements are still to run.
    pub(crate) fn left(&self) -> usize {
        self.lines.len() - self.done
    }

    /// Run the next `count` statements in a transaction, and delete the journal rows after the last
    /// statement. Call [`Batch::committed`] after the commit.
    pub(crate) fn run(
        &self,
        connection: &Connection,
        statements: &[&DeferredWrite],
        count: usize,
    ) -> rusqlite::Result<()> {
        let lines = self.lines.iter().skip(self.done).take(count);
        for line in lines.filter_map(|line| self.text.get(line.start as usize..line.end as usize)) {
            run(connection, statements, line)?;
        }
        if count >= self.left() {
            connection
                .prepare_cached("DELETE FROM journal WHERE id <= $1")?
                .execute([self.last])?;
        }
        Ok(())
    }

    /// The next `count` statements are committed.
    pub(crate) fn committed(&mut self, count: usize) {
        self.done = self.lines.len().min(self.done + count);
    }

    /// Is a batch due, given the rows and bytes in the journal?
    pub(crate) fn is_due(rows: usize, bytes: usize) -> bool {
        rows >= ROWS || bytes >= BYTES
    }
}

/// Run everything in the journal, one batch per transaction.
pub(crate) fn drain(
    connection: &Connection,
    statements: &[&DeferredWrite],
) -> rusqlite::Result<()> {
    if statements.is_empty() {
        return Ok(());
    }
    while let Some(batch) = Batch::take(connection)? {
        let tx = connection.unchecked_transaction()?;
        batch.run(&tx, statements, batch.left())?;
        tx.commit()?;
    }
    Ok(())
}

/// The lines of a text, sorted by the text before their second tab: the statement and the key.
fn sorted(text: &str) -> Vec<Range<u32>> {
    let mut lines: Vec<(&str, Range<u32>)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let key = line.rsplit_once('\t').map_or(line, |(key, _)| key);
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) {
            lines.push((key, start..end));
        }
        start = end;
    }
    lines.sort_unstable_by(|(a, at), (b, other)| a.cmp(b).then(at.start.cmp(&other.start)));
    lines.into_iter().map(|(_, line)| line).collect()
}

fn run(connection: &Connection, statements: &[&DeferredWrite], line: &str) -> rusqlite::Result<()> {
    let Some((statement, values)) = parse(statements, line) else {
        // Only someone who edited the file can have caused this. Other lines must not wait for it.
        tracing::error!("skipping a line of the journal that can't be read");
        return Ok(());
    };
    execute(connection, statement.sql, &values)
}

/// Run `sql` with the values of a line.
pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    values: &[Value<'_>],
) -> rusqlite::Result<()> {
    let mut cached = connection.prepare_cached(sql)?;
    for (index, value) in (1..).zip(values) {
        let value = match value {
            Value::Int(number) => Param::Int(*number),
            Value::Text(text) => Param::Text(text),
            _ => Param::Null,
        };
        cached.raw_bind_parameter(index, value)?;
    }
    cached.raw_execute().map(|_| ())
}

/// The statement of a line, and its arguments.
pub(crate) fn parse<'s, 't>(
    statements: &[&'s DeferredWrite],
    line: &'t str,
) -> Option<(&'s DeferredWrite, Vec<Value<'t>>)> {
    let mut cells = line.trim_end_matches('\n').split('\t');
    let (name, key, rest) = (cells.next()?, cells.next()?, cells.next()?);
    let statement = statements.iter().find(|statement| statement.name == name)?;
    match (json::decode(key.as_bytes()), json::decode(rest.as_bytes())) {
        (Ok(Value::List(mut values)), Ok(Value::List(rest))) => {
            values.extend(rest);
            Some((statement, values))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    static KEEP: DeferredWrite = DeferredWrite {
        postgres_batch: "",
        name: "keep",
        table: "kept",
        sql: "INSERT INTO kept (name, value, at) VALUES ($1, $2, $3)
              ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at
               WHERE kept.value <> excluded.value AND kept.at < excluded.at",
    };

    fn database() -> Connection {
        let database = Connection::open_in_memory().unwrap();
        database
            .execute_batch(
                "CREATE TABLE journal (id BIGINT NOT NULL PRIMARY KEY, lines TEXT NOT NULL);
                 CREATE TABLE kept (name TEXT NOT NULL PRIMARY KEY, value BIGINT, at BIGINT);",
            )
            .unwrap();
        database
    }

    fn kept(database: &Connection) -> Vec<(String, i64, i64)> {
        let mut rows = database.prepare("SELECT name, value, at FROM kept ORDER BY name").unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        rows.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// Names with characters that are special in journal lines, and prefixes of each other.
    const NAMES: [&str; 6] = ["a", "a\tb", "a\n", "\"],[", "中", ""];

    proptest! {
        #[test]
        fn replayed_journal_equals_direct_writes(
            groups in prop::collection::vec(prop::collection::vec((0..6_usize, 0..4_i64), 1..8), 1..12),
            pieces in prop::collection::vec(1..9_usize, 0..12),
            crash in 0..12_usize,
        ) {
            let (direct, database) = (database(), database());
            let mut at = 0;
            for group in &groups {
                let mut lines = Vec::new();
                for (name, value) in group {
                    at += 1;
                    direct.execute(KEEP.sql, (NAMES[*name], value, at)).unwrap();
                    let key = [Param::Text(NAMES[*name])];
                    note(&mut lines, &KEEP, &key, &[Param::Int(*value), Param::Int(at)]);
                }
                write(&database, &lines).unwrap();
            }
            // Some of a batch is run, then the process is gone; the next one runs it all.
            let mut batch = Batch::take(&database).unwrap().unwrap();
            for count in pieces.into_iter().take(crash) {
                batch.run(&database, &[&KEEP], count).unwrap();
                batch.committed(count);
            }
            drain(&database, &[&KEEP]).unwrap();
            prop_assert_eq!(kept(&database), kept(&direct));
            prop_assert!(Batch::take(&database).unwrap().is_none(), "nothing is left");
        }
    }

    #[test]
    fn replay_batch_tells_if_more_rows_remain() {
        let database = database();
        let mut lines = Vec::new();
        note(&mut lines, &KEEP, &[Param::Text("a")], &[Param::Int(1), Param::Int(1)]);
        for _ in 0..ROWS + 5 {
            write(&database, &lines).unwrap();
        }
        for (left, more) in [(ROWS, true), (5, false)] {
            let batch = Batch::take(&database).unwrap().unwrap();
            assert_eq!((batch.left(), batch.more), (left, more));
            batch.run(&database, &[&KEEP], left).unwrap();
        }
        assert!(Batch::take(&database).unwrap().is_none());
    }

    #[test]
    fn replay_sorts_by_key_and_keeps_order_per_key() {
        let mut lines = Vec::new();
        for (name, value) in [("b", 1), ("a", 2), ("b", 3), ("a", 4)] {
            note(&mut lines, &KEEP, &[Param::Text(name)], &[Param::Int(value)]);
        }
        let text = String::from_utf8(lines).unwrap();
        let order: String = sorted(&text)
            .into_iter()
            .map(|line| &text[line.start as usize..line.end as usize])
            .collect();
        assert_eq!(
            order,
            "keep\t[\"a\"]\t[2]\nkeep\t[\"a\"]\t[4]\nkeep\t[\"b\"]\t[1]\nkeep\t[\"b\"]\t[3]\n"
        );
    }
}
