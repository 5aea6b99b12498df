//! A circuit breaker: a gateway that is down is not asked for a while, and messages fail at once.
//!
//! Otherwise each message would wait for the whole time-out and hold a permit for gateway work
//! (`workers/class.rs`). With a server that never answers, a few requests a second would use up all
//! permits.

use super::{DeliveryOutcome, Gateway, Message, SendError, codes};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many failures in a row open the circuit.
const FAILURES: u32 = 5;

/// How long no message is tried after that, and after each failed try.
const REST: Duration = Duration::from_secs(30);

/// A monotonic clock.
type Clock = Box<dyn Fn() -> Instant + Send + Sync>;

/// A gateway that is not asked while it is down. A refusal is not a failure: a gateway that knows
/// a bad number from a good one works.
pub struct Circuit<G> {
    gateway: G,
    state: Mutex<CircuitState>,
    clock: Clock,
}

/// What has happened lately.
#[derive(Default)]
struct CircuitState {
    /// Failures since the last message that was taken or refused.
    failures: u32,
    /// Once there were too many: when the next may try.
    until: Option<Instant>,
}

impl<G> Circuit<G> {
    /// Closed: everyone is let through.
    pub fn new(gateway: G) -> Self {
        Circuit::by_clock(gateway, Instant::now)
    }

    /// The same by another clock.
    pub fn by_clock(gateway: G, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Circuit { gateway, state: Mutex::default(), clock: Box::new(clock) }
    }

    fn state(&self) -> MutexGuard<'_, CircuitState> {
        // A std mutex: nobody waits for the gateway while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CircuitState {
    /// May this message be tried?
    fn lets_through(&mut self, now: Instant) -> bool {
        match &mut self.until {
            None => true,
            // This message is the try for all. The next try comes a rest later, even if this one
            // never returns.
            Some(until) if *until <= now => {
                *until = now + REST;
                true
            }
            Some(_) => false,
        }
    }

    /// The gateway failed; did that open the circuit?
    fn failed(&mut self, now: Instant) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures < FAILURES {
            return false;
        }
        self.until.replace(now + REST).is_none()
    }

    /// The gateway works; did that close the circuit?
    fn worked(&mut self) -> bool {
        self.failures = 0;
        self.until.take().is_some()
    }
}

impl<G: Gateway> Gateway for Circuit<G> {
    fn send(&self, message: Message<'_>) -> Result<(), SendError> {
        if !self.state().lets_through((self.clock)()) {
            let cause = "not asked: it is down";
            return Err(SendError::new(codes::OTHER, DeliveryOutcome::CircuitOpen, cause));
        }
        let sent = self.gateway.send(message);
        let works = match &sent {
            Ok(()) => true,
            Err(send_error) => send_error.outcome == DeliveryOutcome::Refused,
        };
        if works {
            if self.state().worked() {
                tracing::info!("the SMS gateway works again");
            }
        } else if self.state().failed((self.clock)()) {
            let seconds = REST.as_secs();
            tracing::error!(
                failures = FAILURES,
                seconds,
                "the SMS gateway is down: messages fail at once, and the gateway is tried again periodically"
            );
        }
        sent
    }

    fn check(&self) -> Result<String, String> {
        self.gateway.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    const MESSAGE: Message<'_> = Message {
        phone: "13800001234",
        code: "123456",
        minutes: 3,
        at: "2026-03-01 09:30:00",
        purpose: None,
    };

    /// A gateway with a configurable result, which counts its calls.
    #[derive(Default)]
    struct Fake {
        outcome: Mutex<Option<DeliveryOutcome>>,
        asked: AtomicUsize,
    }

    impl Gateway for Arc<Fake> {
        fn send(&self, _: Message<'_>) -> Result<(), SendError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let outcome = *self.outcome.lock().unwrap();
            outcome.map_or(Ok(()), |outcome| Err(SendError::new(1013, outcome, "")))
        }

        fn check(&self) -> Result<String, String> {
            Ok(String::new())
        }
    }

    struct Stage {
        circuit: Circuit<Arc<Fake>>,
        fake: Arc<Fake>,
        millis: Arc<AtomicU64>,
    }

    impl Stage {
        fn new() -> Self {
            let (fake, millis) = (Arc::new(Fake::default()), Arc::new(AtomicU64::new(0)));
            let (start, passed) = (Instant::now(), Arc::clone(&millis));
            let clock = move || start + Duration::from_millis(passed.load(Ordering::Relaxed));
            let circuit = Circuit::by_clock(Arc::clone(&fake), clock);
            Stage { circuit, fake, millis }
        }

        fn wait(&self, millis: u64) {
            self.millis.fetch_add(millis, Ordering::Relaxed);
        }

        /// Sends once while the gateway has this outcome. Returns the outcome, and whether the
        /// gateway was called.
        fn send(&self, outcome: Option<DeliveryOutcome>) -> (Option<DeliveryOutcome>, bool) {
            *self.fake.outcome.lock().unwrap() = outcome;
            let before = self.fake.asked.load(Ordering::Relaxed);
            let sent = self.circuit.send(MESSAGE);
            let asked = self.fake.asked.load(Ordering::Relaxed) > before;
            (sent.err().map(|send_error| send_error.outcome), asked)
        }
    }

    const DOWN: Option<DeliveryOutcome> = Some(DeliveryOutcome::Unreached);
    const SPARED: (Option<DeliveryOutcome>, bool) = (Some(DeliveryOutcome::CircuitOpen), false);

    #[test]
    fn five_failures_in_a_row_open_the_circuit() {
        for outcome in [DeliveryOutcome::Unreached, DeliveryOutcome::Unknown] {
            let stage = Stage::new();
            for _ in 0..5 {
                assert_eq!(stage.send(Some(outcome)), (Some(outcome), true));
            }
            assert_eq!(stage.send(None), SPARED);
        }
    }

    #[test]
    fn success_resets_the_failure_count() {
        let stage = Stage::new();
        for good in [None, Some(DeliveryOutcome::Refused), None] {
            for _ in 0..4 {
                assert_eq!(stage.send(DOWN), (DOWN, true));
            }
            assert_eq!(stage.send(good), (good, true));
        }
    }

    #[test]
    fn refusals_never_open_the_circuit() {
        let stage = Stage::new();
        for _ in 0..50 {
            assert_eq!(
                stage.send(Some(DeliveryOutcome::Refused)),
                (Some(DeliveryOutcome::Refused), true)
            );
        }
    }

    #[test]
    fn after_the_pause_one_probe_decides() {
        let stage = Stage::new();
        for _ in 0..5 {
            assert_eq!(stage.send(DOWN), (DOWN, true));
        }
        stage.wait(29_999);
        assert_eq!(stage.send(None), SPARED);
        stage.wait(1);
        assert_eq!(stage.send(DOWN), (DOWN, true));
        assert_eq!(stage.send(None), SPARED);
        stage.wait(30_000);
        assert_eq!(stage.send(None), (None, true));
        // It works again, for everyone, and a single failure changes nothing about that.
        for outcome in [DOWN, None, DOWN, DOWN, DOWN, DOWN, DOWN] {
            assert_eq!(stage.send(outcome), (outcome, true));
        }
        assert_eq!(stage.send(None), SPARED);
    }

    #[test]
    fn one_probe_runs_at_a_time_and_expires() {
        let mut state = CircuitState::default();
        let now = Instant::now();
        assert_eq!(
            (0..5).map(|_| state.failed(now)).collect::<Vec<_>>(),
            [false, false, false, false, true]
        );
        let later = now + REST;
        assert!(state.lets_through(later));
        assert!(!state.lets_through(later) && !state.lets_through(later + REST / 2));
        assert!(state.lets_through(later + REST));
        // A failure that comes late opens nothing that is open.
        assert!(!state.failed(later));
        assert!(state.worked() && !state.worked());
    }
}
