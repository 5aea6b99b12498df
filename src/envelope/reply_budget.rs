//! Limits the length of the answers to one body, and charges their memory.

use super::{CallContext, ReplyText};
use crate::budget::Charge;
use crate::fault::Fault;
use crate::op::SMALL_ANSWER;

/// Once the answer of a batch has this many bytes, further items are not run. An item whose answer
/// would exceed it is refused too, unless it has changed something or is short.
pub const BATCH_ANSWER: usize = 4 * 1024 * 1024;

/// The memory for the answers to one body.
pub(super) struct ReplyBudget {
    /// What they hold of the budget of all answers; none while they are short.
    charge: Option<Charge>,
    /// Why no further item is run.
    closed: Option<Fault>,
    /// Has an item been run?
    has_begun: bool,
}

impl ReplyBudget {
    pub(super) fn new() -> Self {
        ReplyBudget { charge: None, closed: None, has_begun: false }
    }

    /// May another operation be called, whose answer is appended to `out`, and for which so many bytes are
    /// reserved?
    pub(super) fn admit(
        &mut self,
        call: &CallContext<'_>,
        reserved: usize,
        out: &[u8],
    ) -> Result<(), Fault> {
        if let Some(fault) = &self.closed {
            return Err(fault.clone());
        }
        if self.has_begun {
            if out.len() > BATCH_ANSWER {
                return Err(self.close(Fault::AnswerTooLarge));
            }
            // The first item is counted with the request.
            let per_minute = call.engine.requests_per_minute();
            call.engine.rate.count(per_minute, &call.credentials.client)?;
        }
        self.has_begun = true;
        if reserved > 0 && !self.hold(call, out.len() + reserved) {
            return Err(self.close(Fault::Busy));
        }
        Ok(())
    }

    /// Is there memory for an operation's answer, which is `out` from `start` on? If the operation `changes`
    /// something, it is told in any case.
    pub(super) fn keep(
        &mut self,
        call: &CallContext<'_>,
        changes: bool,
        out: &Vec<u8>,
        start: usize,
    ) -> Result<(), Fault> {
        if out.len() <= SMALL_ANSWER {
            return Ok(());
        }
        let is_small = out.len() - start <= SMALL_ANSWER;
        // A batch's answer begins with a bracket: what stands at its beginning is never too long.
        let is_first = start <= 1;
        if out.len() > BATCH_ANSWER && !is_first && !is_small && !changes {
            return Err(self.close(Fault::AnswerTooLarge));
        }
        if self.hold(call, out.capacity()) {
            return Ok(());
        }
        if changes {
            // It is done, so it is told. Its room was reserved, but for what the vector has to spare.
            self.charge(call).hold_anyway(out.capacity());
            return Ok(());
        }
        Err(self.close(Fault::Busy))
    }

    fn charge(&mut self, call: &CallContext<'_>) -> &mut Charge {
        let client = &call.credentials.client;
        self.charge.get_or_insert_with(|| call.engine.answers.charge(client))
    }

    fn hold(&mut self, call: &CallContext<'_>, bytes: usize) -> bool {
        self.charge(call).hold(bytes)
    }

    fn close(&mut self, fault: Fault) -> Fault {
        self.closed = Some(fault.clone());
        fault
    }

    /// The whole answer, with what it holds.
    pub(super) fn answered(self, mut text: Vec<u8>, retry_after: Option<u64>) -> ReplyText {
        let mut charge = self.charge;
        if let Some(charge) = &mut charge {
            text.shrink_to_fit();
            charge.hold_anyway(text.len());
        }
        ReplyText { text, retry_after, is_rpc: false, charge }
    }
}
