//! Running a job in a transaction, again where the database refuses it because of another one.

use super::answer::Failure;
use super::ids::Ids;
use super::pool::Sessions;
use super::session::Transaction;
use crate::db::Tx;
use crate::fault::{Cause, Fault, caught};
use crate::metrics::RefusalReason;
use crate::services::Services;
use rand::RngExt as _;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a job is run before its client is told that the server is busy.
const TRIES: u32 = 20;

/// For how long a job is run again.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a try came to.
enum Tried<T> {
    /// It is over.
    Done(Result<T, Fault>),
    /// It was refused because of another transaction, or its connection was lost before its COMMIT.
    Again,
}

/// Run `work` in a transaction.
pub(crate) fn run<T>(
    pool: &r2d2::Pool<Sessions>,
    services: &Arc<Services>,
    ids: &Arc<Ids>,
    work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Clone,
) -> Result<T, Fault> {
    let begun = Instant::now();
    for nth in 1..=TRIES {
        match once(pool, services, ids, work.clone()) {
            Tried::Done(result) => return result,
            Tried::Again if begun.elapsed() >= PATIENCE => break,
            Tried::Again => {
                services.metrics.writes.retried.add();
                // Those that were refused together come back one after another.
                sleep(Duration::from_micros(rand::rng().random_range(0..500_u64 << nth.min(8))));
            }
        }
    }
    tracing::warn!("a transaction was refused by others again and again");
    Err(Fault::Busy)
}

fn once<T>(
    pool: &r2d2::Pool<Sessions>,
    services: &Arc<Services>,
    ids: &Arc<Ids>,
    work: impl FnOnce(&mut Tx) -> Result<T, Fault>,
) -> Tried<T> {
    let Ok(session) = pool.get() else {
        services.metrics.refused(RefusalReason::NoReader);
        return Tried::Done(Err(Fault::Busy));
    };
    if let Err(fault) = session.begin(Transaction::Job, None) {
        return match session.failure() {
            Some(Failure::Lost) => Tried::Again,
            _ => Tried::Done(Err(fault)),
        };
    }
    let mut tx = Tx::over_session(session, Arc::clone(services), Arc::clone(ids));
    let done = caught(|| {
        let done = work(&mut tx);
        if done.is_ok() {
            tx.finish()?;
        }
        done
    });
    let Ok(session) = tx.session() else {
        return Tried::Done(Err(Fault::unknown("a job lost its connection")));
    };
    match session.failure() {
        Some(Failure::Conflict | Failure::Lost) => {
            session.roll_back();
            return Tried::Again;
        }
        Some(Failure::Other) => {
            session.roll_back();
            let fault = || Fault::database("a statement failed, and the job went on");
            return Tried::Done(done.and_then(|_| Err(fault())));
        }
        None => {}
    }
    let is_kept = match &done {
        Ok(_) => true,
        Err(_) => tx.undo_since_kept().unwrap_or_default(),
    };
    let Ok(session) = tx.session() else {
        return Tried::Done(Err(Fault::unknown("a job lost its connection")));
    };
    if !is_kept {
        session.roll_back();
        return Tried::Done(done);
    }
    match session.commit() {
        Ok(()) => {
            session.told_committed();
            tx.apply_effects();
            Tried::Done(done)
        }
        Err(fault) => match session.failure() {
            Some(Failure::Conflict) => {
                session.roll_back();
                Tried::Again
            }
            Some(Failure::Lost) => {
                let cause = fault.cause().cloned();
                let cause = cause.unwrap_or_else(|| Cause::new("the connection was lost"));
                Tried::Done(Err(Fault::Unsure(cause)))
            }
            _ => {
                session.roll_back();
                Tried::Done(Err(fault))
            }
        },
    }
}
