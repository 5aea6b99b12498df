//! What the log line of a request says about its operations.

use crate::op::Name;

/// The operations of a body and their results so far, for the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallSummary {
    /// How many operations were asked for.
    pub count: usize,
    /// The first of them that there is.
    pub operation: Option<Name>,
    /// The first status that is not 0; 0 if there is none, and `None` before anything was told.
    pub status: Option<i64>,
}

impl CallSummary {
    /// An operation is requested.
    pub fn note_operation(&mut self, operation: Option<Name>) {
        self.count += 1;
        if self.operation.is_none() {
            self.operation = operation;
        }
    }

    /// It was answered with this status.
    pub fn note_status(&mut self, status: i64) {
        if matches!(self.status, None | Some(0)) {
            self.status = Some(status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_operation_and_first_fault_are_recorded() {
        let mut summary = CallSummary::default();
        summary.note_operation(None);
        assert_eq!((summary.operation, summary.status), (None, None));
        for (operation, status) in [("get", 0), ("put", -2), ("list", -3), ("top", 0)] {
            summary.note_operation(Some(("shop", operation)));
            summary.note_status(status);
        }
        let expected = CallSummary { count: 5, operation: Some(("shop", "get")), status: Some(-2) };
        assert_eq!(summary, expected);
    }
}
