//! The faults of an operation, as descriptions list them.

use crate::fault::FaultKind;
use crate::op::RegisteredOp;
use serde_json::{Value, json};

/// One fault as a client sees it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ToldFault {
    /// The HTTP status, where the status follows the fault.
    pub(super) http: u16,
    /// The envelope's code.
    pub(super) code: i64,
    /// The envelope's text.
    pub(super) message: &'static str,
    /// What it means, in plain words; `a key` stands for the name of one.
    pub(super) meaning: String,
}

impl ToldFault {
    /// As JSON.
    pub(super) fn json(&self) -> Value {
        json!({
            "http": self.http,
            "status": self.code,
            "message": self.message,
        })
    }
}

/// All that an operation may end in, each once, sorted.
pub(super) fn told(entry: &RegisteredOp) -> Vec<ToldFault> {
    let mut told: Vec<ToldFault> = entry
        .faults()
        // It concerns batches alone.
        .filter(|kind| *kind != FaultKind::AnswerTooLarge)
        .map(|kind| {
            let fault = kind.example();
            let status = (entry.status)(&fault);
            ToldFault {
                http: fault.http_status(),
                code: status.code,
                message: status.message,
                meaning: fault.explanation(),
            }
        })
        .collect();
    told.sort();
    told.dedup();
    told
}
