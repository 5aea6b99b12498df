//! What waits for a COMMIT: changes of leaderboards, looks at them, and effects outside of the database.

use crate::boards::{Boards, Change};
#[cfg(feature = "postgres")]
use crate::fault::Fault;
#[cfg(feature = "postgres")]
use crate::services::Services;

/// Something that is done once, outside of the database.
pub(super) type Effect = Box<dyn FnOnce() + Send>;

/// What is done with the leaderboards after the COMMIT, in order.
pub(super) enum BoardStep {
    Change(Change),
    Look(Box<dyn FnOnce(&Boards) + Send>),
}

/// What a job without a connection leaves to be written.
#[cfg(feature = "postgres")]
pub(super) struct JobParts {
    pub(super) deferred: String,
    pub(super) after: AfterCommit,
}

/// What is done after a COMMIT.
#[cfg(feature = "postgres")]
#[derive(Default)]
pub(super) struct AfterCommit(pub(super) Vec<BoardStep>, pub(super) Vec<Effect>);

#[cfg(feature = "postgres")]
impl AfterCommit {
    /// Append what another job does.
    pub(super) fn extend(&mut self, other: AfterCommit) {
        self.0.extend(other.0);
        self.1.extend(other.1);
    }

    /// What other servers are told, as JSON; `None` if that is nothing.
    pub(super) fn told(&self) -> Result<Option<String>, Fault> {
        told(&self.0)
    }

    /// Do it.
    pub(super) fn run(self, services: &Services) {
        if !self.0.is_empty() {
            let mut boards = services.boards.write();
            for step in self.0 {
                step.run(&mut boards);
            }
        }
        for effect in self.1 {
            effect();
        }
    }
}

/// What other servers are told of these steps, as JSON; `None` if that is nothing.
#[cfg(feature = "postgres")]
pub(super) fn told(steps: &[BoardStep]) -> Result<Option<String>, Fault> {
    let told = steps.iter().filter_map(|step| match step {
        BoardStep::Change(change) => Some(change),
        BoardStep::Look(_) => None,
    });
    let told: Vec<&Change> = told.collect();
    match told[..] {
        [] => Ok(None),
        _ => serde_json::to_string(&told).map(Some).map_err(Fault::unknown),
    }
}

impl BoardStep {
    /// Do it.
    pub(super) fn run(self, boards: &mut Boards) {
        match self {
            BoardStep::Change(change) => boards.apply(&change),
            BoardStep::Look(look) => look(boards),
        }
    }
}
