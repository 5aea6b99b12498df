//! A value that a server reads without a lock and that SIGHUP may replace: the configuration, the routes.

use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How often it may be replaced until the server is started again. Each replacement stays in memory
/// because requests that have begun may still read it.
const MOST: usize = 255;

/// A value that may be replaced. A request that is under way when it is replaced may read some of it before and
/// some after.
#[derive(Debug)]
pub struct Live<T> {
    first: T,
    later: Box<[OnceLock<T>]>,
    /// 0: the first one; otherwise one more than its place in `later`.
    current: AtomicUsize,
}

impl<T> Live<T> {
    pub(crate) fn new(first: T) -> Self {
        let later = (0..MOST).map(|_| OnceLock::new()).collect();
        Live { first, later, current: AtomicUsize::new(0) }
    }

    /// Use `value` from now on; `false`, and nothing changed, where it was replaced too often.
    pub(crate) fn replace(&self, value: T) -> bool {
        let place = self.current.load(Ordering::Acquire);
        let is_put = self.later.get(place).is_some_and(|later| later.set(value).is_ok());
        if is_put {
            self.current.store(place + 1, Ordering::Release);
        }
        is_put
    }
}

impl<T> Deref for Live<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let place = self.current.load(Ordering::Acquire);
        let later = place.checked_sub(1).and_then(|place| self.later.get(place)?.get());
        later.unwrap_or(&self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn configuration_can_be_replaced_255_times() {
        let with = |most| {
            let mut config = Config::default();
            config.shop.max_per_account = most;
            config
        };
        let live = Live::new(with(0));
        let first: &Config = &live;
        for nth in 1..=255 {
            assert!(live.replace(with(nth)));
            assert_eq!(live.shop.max_per_account, nth);
        }
        assert!(!live.replace(with(256)));
        assert_eq!((first.shop.max_per_account, live.shop.max_per_account), (0, 255));
    }
}
