//! Ids in blocks: the row of a sequence is one that all transactions would wait for.
//!
//! A block is taken in a transaction of its own, on a connection of its own, so ids of transactions that are rolled
//! back are lost, and ids do not follow the order of commits. No id is given out twice.

use super::answer::Failure;
use super::pool::Sessions;
use super::session::Session;
use crate::fault::Fault;
use r2d2::ManageConnection as _;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// How many ids a block has. What is left of one at the end of a server is lost.
const BLOCK: i64 = 100;

/// How often a lost connection is replaced before a job fails.
const TRIES: usize = 2;

/// The blocks of a server.
pub(crate) struct Ids {
    sessions: Sessions,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    session: Option<Session>,
    /// What is left of the block of each sequence.
    blocks: HashMap<&'static str, Range<i64>>,
}

impl Ids {
    /// No blocks yet; connects with the first.
    pub(crate) fn new(sessions: Sessions) -> Self {
        Ids { sessions, taken: Mutex::default() }
    }

    /// The next id of a sequence.
    pub(crate) fn next(&self, sequence: &'static str) -> Result<i64, Fault> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = taken.blocks.get_mut(sequence).and_then(Iterator::next) {
            return Ok(id);
        }
        let mut block = self.take(&mut taken.session, sequence)?;
        let id = block.next().ok_or_else(|| Fault::unknown("an empty block of ids"))?;
        taken.blocks.insert(sequence, block);
        Ok(id)
    }

    fn take(
        &self,
        kept: &mut Option<Session>,
        sequence: &'static str,
    ) -> Result<Range<i64>, Fault> {
        let mut result = Err(Fault::Busy);
        for _ in 0..TRIES {
            let session = match kept.take() {
                Some(session) => session,
                None => self.sessions.connect().map_err(Fault::database)?,
            };
            let mut last = None;
            let sql = "UPDATE sequence SET last = last + $1 WHERE name = $2 RETURNING last";
            session.start();
            let asked = session.query(sql, crate::args![BLOCK, sequence], |row| {
                last = Some(row.get::<i64>(0)?);
                Ok(false)
            });
            let is_lost = session.failure() == Some(Failure::Lost);
            if !is_lost {
                *kept = Some(session);
            }
            result = asked.and_then(|()| {
                let last =
                    last.ok_or_else(|| Fault::database(format_args!("no sequence {sequence}")))?;
                Ok(last - BLOCK + 1..last + 1)
            });
            if !is_lost {
                break;
            }
        }
        result
    }
}
