//! Writing: one job's part of a group's transaction.

mod boards;

#[cfg(feature = "postgres")]
use super::after_commit::{AfterCommit, JobParts, told};
use super::after_commit::{BoardStep, Effect};
use super::search::{self, IndexEntry, TextIndex};
use super::value::Param;
use super::view::{View, bind, execute};
use crate::db::sqlite::journal::{self, DeferredWrite};
use crate::fault::Fault;
#[cfg(feature = "postgres")]
use crate::services::Services;
use rusqlite::Connection;
use std::ops::Deref;
#[cfg(feature = "postgres")]
use std::sync::Arc;
use std::time::Instant;

/// What one operation may do to the database: everything a [`View`] can, and write.
///
/// Each job has a savepoint. A job that ends in a fault is rolled back, without any effect on the
/// other jobs in its group. Readers see nothing of it, and nobody is answered, before the group's
/// COMMIT has reached the disk.
pub struct Tx {
    view: View<'static>,
    /// Changes of leaderboards, and looks at them, for after the COMMIT.
    board_steps: Vec<BoardStep>,
    /// Does one of them take players off a board? Also true for a while after none does any more.
    has_removals: bool,
    effects: Vec<Effect>,
    /// Changes of text indexes, written at the end of the group.
    entries: Vec<IndexEntry>,
    /// Deferred statements, in the format of the journal.
    deferred: Vec<u8>,
    /// How many of each stay even if the current job is rolled back.
    kept: [usize; 4],
    /// Was there a [`Tx::keep_on_fault`] in this job, on PostgreSQL?
    #[cfg(feature = "postgres")]
    keeps: bool,
    /// Counts the groups of SQLite's writer.
    group: u64,
    /// Where ids come from on PostgreSQL.
    #[cfg(feature = "postgres")]
    ids: Option<Arc<super::postgres::Ids>>,
}

impl Tx {
    pub(super) fn new(view: View<'static>) -> Self {
        let (board_steps, effects, entries, deferred) = Default::default();
        Tx {
            view,
            board_steps,
            has_removals: false,
            effects,
            entries,
            deferred,
            kept: [0; 4],
            group: 0,
            #[cfg(feature = "postgres")]
            keeps: false,
            #[cfg(feature = "postgres")]
            ids: None,
        }
    }

    /// Do other servers write to the database, too?
    pub fn is_shared(&self) -> bool {
        self.view.is_shared()
    }

    /// A number that jobs have in common which are committed or lost together; `None` where each job is alone.
    pub fn group(&self) -> Option<u64> {
        Some(self.group).filter(|group| *group > 0)
    }

    /// Run a statement that writes; returns how many rows it changed.
    pub fn execute(&mut self, sql: &str, args: &[Param<'_>]) -> Result<usize, Fault> {
        #[cfg(feature = "postgres")]
        if let Some(session) = self.view.session()? {
            let rows = session.execute(sql, args)?;
            return Ok(usize::try_from(rows).unwrap_or(usize::MAX));
        }
        let mut statement = self.view.connection()?.prepare_cached(sql).map_err(Fault::database)?;
        bind(&mut statement, args)?;
        statement.raw_execute().map_err(Fault::database)
    }

    /// Keep what was written so far even if the operation ends in a fault. For counts that must
    /// survive a refusal, such as wrong guesses.
    pub fn keep_on_fault(&mut self) -> Result<(), Fault> {
        #[cfg(feature = "postgres")]
        if let Some(session) = self.view.session()? {
            session.batch("SAVEPOINT kept")?;
            self.kept = self.lengths();
            self.keeps = true;
            return Ok(());
        }
        self.release()?;
        self.savepoint();
        Ok(())
    }

    /// Run `effect` after the group's COMMIT has reached the disk; never if this job is rolled
    /// back. Effects run on the writer's thread, in order, before anyone is answered.
    pub fn after_commit(&mut self, effect: impl FnOnce() + Send + 'static) {
        self.effects.push(Box::new(effect));
    }

    /// Wait until no other transaction has the turn of this `key` among `what`, and have it until the end
    /// of this one. Jobs that look whether something may be added, and then add it, take a turn before
    /// they look: where several transactions run at once, most of them would be run again otherwise.
    ///
    /// One transaction at a time writes to SQLite, so there is nothing to wait for.
    pub fn turn(&mut self, what: &'static str, key: &str) -> Result<(), Fault> {
        #[cfg(feature = "postgres")]
        if let Some(session) = self.view.session()? {
            let sql = "SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))";
            return session.execute(sql, crate::args![what, key]).map(|_| ());
        }
        let _ = (what, key);
        Ok(())
    }

    /// Index a row, so that it is found by any part of its `texts` and by each of its `words`. `at`
    /// is its group and position. It is found after the commit, not by this operation itself.
    /// Nothing may be indexed at that position yet.
    pub fn index(
        &mut self,
        index: &'static TextIndex,
        at: (i64, i64),
        texts: &[&str],
        words: &[&str],
    ) {
        self.entries.push(IndexEntry::add(index, at, texts, words));
    }

    /// Write this job's index entries now instead of at the end of the group. For jobs with so many
    /// rows that the entries would need too much memory.
    pub fn flush_indexes(&mut self) -> Result<(), Fault> {
        let mut own = self.entries.split_off(self.kept[2]);
        #[cfg(feature = "postgres")]
        if let Some(session) = self.view.session()? {
            return search::write_postings(session, &mut own);
        }
        // Through the view, so that they are rolled back with the job.
        let connection = self.view.connection()?;
        search::write(connection, &mut own).map_err(Fault::database)
    }

    /// Remove the row at `position` from the index.
    pub fn unindex(&mut self, index: &'static TextIndex, position: i64) {
        self.entries.push(IndexEntry::remove(index, position));
    }

    /// Write a value that is there already. If the commit succeeds, the disk accepts writes.
    pub(crate) fn noop_commit(&mut self) -> Result<(), Fault> {
        #[cfg(feature = "postgres")]
        if let Some(session) = self.view.session()? {
            let sql = super::postgres::SIGN_OF_LIFE;
            return session.execute(sql, crate::args![session.node()]).map(|_| ());
        }
        noop_commit(self.view.connection()?).map_err(Fault::database)
    }

    /// Run `statement` with these arguments some time after the COMMIT. It is as durable as if it
    /// ran now, but much cheaper. Until then no query sees its effect.
    pub fn defer(
        &mut self,
        statement: &'static DeferredWrite,
        key: &[Param<'_>],
        rest: &[Param<'_>],
    ) {
        #[cfg(feature = "postgres")]
        if !self.view.is_detached()
            && let Ok(Some(session)) = self.view.session()
        {
            let args: Vec<Param<'_>> = key.iter().chain(rest).copied().collect();
            // Where it fails, the transaction has failed, and the job ends in that.
            let _ = session.execute(statement.sql, &args);
            return;
        }
        journal::note(&mut self.deferred, statement, key, rest);
    }

    /// The next integer of a sequence; never repeated. Ids are made here and not by the database,
    /// so that the same statements work on any database. They are never reused, so that nothing
    /// stored about a removed row applies to a new one.
    pub fn next_id(&mut self, sequence: &'static str) -> Result<i64, Fault> {
        #[cfg(feature = "postgres")]
        if let Some(ids) = &self.ids {
            return ids.next(sequence);
        }
        self.one(
            "UPDATE sequence SET last = last + 1 WHERE name = $1 RETURNING last",
            crate::args![sequence],
            |row| row.get(0),
        )?
        .ok_or_else(|| Fault::database(format_args!("no sequence {sequence}")))
    }

    pub(super) fn begin(&mut self) -> Result<(), Fault> {
        self.forget();
        self.group += 1;
        execute(self.view.own()?, "BEGIN IMMEDIATE").map_err(Fault::database)
    }

    /// Start a job. It gets a savepoint with its first statement.
    pub(super) fn savepoint(&mut self) {
        self.kept = self.lengths();
        self.view.saved(false);
    }

    pub(super) fn release(&mut self) -> Result<(), Fault> {
        if !self.view.saved(false) {
            return Ok(());
        }
        execute(self.view.own()?, "RELEASE job").map_err(Fault::database)
    }

    /// Roll back what this job wrote since its savepoint.
    pub(super) fn roll_back_job(&mut self) -> Result<(), Fault> {
        let [steps, effects, entries, deferred] = self.kept;
        self.board_steps.truncate(steps);
        self.effects.truncate(effects);
        self.entries.truncate(entries);
        self.deferred.truncate(deferred);
        if !self.view.saved(false) {
            return Ok(());
        }
        let connection = self.view.own()?;
        execute(connection, "ROLLBACK TO job").map_err(Fault::database)?;
        execute(connection, "RELEASE job").map_err(Fault::database)
    }

    /// Commit; returns how many bytes were written to the journal.
    pub(super) fn commit(&mut self) -> rusqlite::Result<usize> {
        let connection = self.view.own().map_err(|_| rusqlite::Error::InvalidQuery)?;
        search::write(connection, &mut self.entries)?;
        if !self.deferred.is_empty() {
            journal::write(connection, &self.deferred)?;
        }
        let begun = Instant::now();
        let committed = execute(connection, "COMMIT");
        self.view.metrics.writes.commit.add(begun.elapsed());
        committed?;
        let bytes = self.deferred.len();
        self.deferred.clear();
        Ok(bytes)
    }

    pub(super) fn roll_back_group(&mut self) {
        self.forget();
        if let Ok(connection) = self.view.own()
            && !connection.is_autocommit()
        {
            let _ = execute(connection, "ROLLBACK");
        }
    }

    /// Run everything that waited for the COMMIT, first the changes that readers see, under one
    /// lock.
    pub(super) fn apply_effects(&mut self) {
        if !self.board_steps.is_empty() {
            let mut boards = self.view.boards.write();
            for step in self.board_steps.drain(..) {
                step.run(&mut boards);
            }
            self.has_removals = false;
        }
        for effect in self.effects.drain(..) {
            effect();
        }
    }

    /// A job on PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(super) fn over_session(
        session: super::postgres::Pooled,
        services: Arc<Services>,
        ids: Arc<super::postgres::Ids>,
    ) -> Self {
        let mut tx = Tx::new(View::over_session(session, services));
        tx.ids = Some(ids);
        tx
    }

    /// The connection of a job on PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(super) fn session(&self) -> Result<&super::postgres::Session, Fault> {
        self.view.session()?.ok_or_else(|| Fault::unknown("this is done on PostgreSQL alone"))
    }

    /// Write what is written at the end of a transaction on PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        let mut entries = std::mem::take(&mut self.entries);
        search::write_postings(self.session()?, &mut entries)?;
        match told(&self.board_steps)? {
            Some(lines) => self.session()?.tell(&lines),
            None => Ok(()),
        }
    }

    /// What a job on PostgreSQL asked for that used no connection: its deferred statements in the journal's format,
    /// what it tells other servers, and what is done after the COMMIT. `None` if it needs a connection.
    #[cfg(feature = "postgres")]
    pub(super) fn into_parts(self) -> Option<JobParts> {
        if self.view.is_unserved() || !self.entries.is_empty() {
            return None;
        }
        let deferred = String::from_utf8(self.deferred).ok()?;
        Some(JobParts { deferred, after: AfterCommit(self.board_steps, self.effects) })
    }

    /// Undo what a job on PostgreSQL did since its last [`Tx::keep_on_fault`]; `false` if there was none.
    #[cfg(feature = "postgres")]
    pub(super) fn undo_since_kept(&mut self) -> Result<bool, Fault> {
        if !self.keeps {
            return Ok(false);
        }
        let [steps, effects, entries, _] = self.kept;
        self.board_steps.truncate(steps);
        self.effects.truncate(effects);
        self.entries.truncate(entries);
        self.session()?.batch("ROLLBACK TO SAVEPOINT kept")?;
        self.finish()?;
        Ok(true)
    }

    fn forget(&mut self) {
        self.board_steps.clear();
        self.effects.clear();
        self.entries.clear();
        self.deferred.clear();
        self.kept = [0; 4];
    }

    fn lengths(&self) -> [usize; 4] {
        [self.board_steps.len(), self.effects.len(), self.entries.len(), self.deferred.len()]
    }

    /// Is the group's transaction still open? SQLite ends it by itself after some errors.
    pub(super) fn is_open(&self) -> bool {
        self.view.own().is_ok_and(|connection| !connection.is_autocommit())
    }
}

impl Deref for Tx {
    type Target = View<'static>;

    fn deref(&self) -> &View<'static> {
        &self.view
    }
}

/// Write a value that is there already.
pub(super) fn noop_commit(connection: &Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    connection.pragma_update(None, "user_version", version)
}
