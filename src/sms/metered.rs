//! Whatever gateway there is, with its outcomes counted.

use super::{DeliveryOutcome, Gateway, Message, SendError, codes};
use crate::metrics::Metrics;
use std::sync::Arc;

/// A gateway whose outcomes are counted.
pub(crate) struct MeteredGateway {
    gateway: Box<dyn Gateway>,
    metrics: Arc<Metrics>,
}

impl MeteredGateway {
    /// Count what becomes of messages that go through `gateway`.
    pub(crate) fn new(gateway: Box<dyn Gateway>, metrics: Arc<Metrics>) -> Self {
        MeteredGateway { gateway, metrics }
    }
}

impl Gateway for MeteredGateway {
    fn send(&self, message: Message<'_>) -> Result<(), SendError> {
        let result = self.gateway.send(message);
        let outcomes = &self.metrics.messages;
        let outcome = match &result {
            Ok(()) => &outcomes.sent,
            Err(send_error) if send_error.code == codes::TIME_OUT => &outcomes.timed_out,
            Err(send_error) if send_error.outcome == DeliveryOutcome::Refused => &outcomes.refused,
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
    struct Answers(i64, DeliveryOutcome);

    impl Gateway for Answers {
        fn send(&self, _: Message<'_>) -> Result<(), SendError> {
            let send_error = SendError { code: self.0, outcome: self.1, cause: String::new() };
            if self.0 == 0 { Ok(()) } else { Err(send_error) }
        }

        fn check(&self) -> Result<String, String> {
            Ok(String::new())
        }
    }

    #[test]
    fn each_delivery_outcome_is_counted_separately() {
        let metrics = Arc::new(Metrics::default());
        for (code, outcome, times) in [
            (0, DeliveryOutcome::Unknown, 4),
            (codes::TIME_OUT, DeliveryOutcome::Unknown, 3),
            (codes::OTHER, DeliveryOutcome::Unreached, 2),
            (codes::OTHER, DeliveryOutcome::CircuitOpen, 5),
            (codes::DAY, DeliveryOutcome::Refused, 1),
        ] {
            let gateway =
                MeteredGateway::new(Box::new(Answers(code, outcome)), Arc::clone(&metrics));
            for _ in 0..times {
                let message = Message { phone: "", code: "", minutes: 3, at: "", purpose: None };
                assert_eq!(gateway.send(message).map_err(|send_error| send_error.code), {
                    if code == 0 { Ok(()) } else { Err(code) }
                });
            }
        }
        let told = &metrics.messages;
        let told = [&told.sent, &told.timed_out, &told.failed, &told.refused].map(|n| n.get());
        assert_eq!(told, [4, 3, 7, 1]);
    }
}
