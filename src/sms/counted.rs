//! Whatever gateway there is, with its outcomes counted.

use super::{Fate, Gateway, Message, Refusal, codes};
use crate::metrics::Metrics;
use std::sync::Arc;

/// A gateway whose outcomes are counted.
pub(crate) struct Counted {
    gateway: Box<dyn Gateway>,
    metrics: Arc<Metrics>,
}

impl Counted {
    /// Count what becomes of messages that go through `gateway`.
    pub(crate) fn new(gateway: Box<dyn Gateway>, metrics: Arc<Metrics>) -> Self {
        Counted { gateway, metrics }
    }
}

impl Gateway for Counted {
    fn send(&self, message: Message<'_>) -> Result<(), Refusal> {
        let result = self.gateway.send(message);
        let outcomes = &self.metrics.messages;
        let outcome = match &result {
            Ok(()) => &outcomes.sent,
            Err(refusal) if refusal.code == codes::TIME_OUT => &outcomes.timed_out,
            Err(refusal) if refusal.fate == Fate::Refused => &outcomes.refused,
            Err(_) => &outcomes.failed,
        };
        outcome.add();
        result
    }

    fn check(&self) -> Result<String, String> {
        self.gateway.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gateway that answers every message with this code and outcome; 0 accepts it.
    struct Answers(i64, Fate);

    impl Gateway for Answers {
        fn send(&self, _: Message<'_>) -> Result<(), Refusal> {
            let refusal = Refusal { code: self.0, fate: self.1, cause: String::new() };
            if self.0 == 0 { Ok(()) } else { Err(refusal) }
        }

        fn check(&self) -> Result<String, String> {
            Ok(String::new())
        }
    }

    #[test]
    fn each_delivery_outcome_is_counted_separately() {
        let metrics = Arc::new(Metrics::default());
        for (code, fate, times) in [
            (0, Fate::Unknown, 4),
            (codes::TIME_OUT, Fate::Unknown, 3),
            (codes::OTHER, Fate::Unreached, 2),
            (codes::OTHER, Fate::Spared, 5),
            (codes::DAY, Fate::Refused, 1),
        ] {
            let gateway = Counted::new(Box::new(Answers(code, fate)), Arc::clone(&metrics));
            for _ in 0..times {
                let message = Message { phone: "", code: "", minutes: 3, at: "" };
                assert_eq!(gateway.send(message).map_err(|refusal| refusal.code), {
                    if code == 0 { Ok(()) } else { Err(code) }
                });
            }
        }
        let told = &metrics.messages;
        let told = [&told.sent, &told.timed_out, &told.failed, &told.refused].map(|n| n.get());
        assert_eq!(told, [4, 3, 7, 1]);
    }
}
