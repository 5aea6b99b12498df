//! What the server tells the service manager that started it (sd_notify(3)): that it is ready, that it ends, that it is
//! alive. Without one nothing is told.

use sd_notify::NotifyState;
use std::time::Duration;

/// Notify the service manager; a failure is logged.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager was not told");
    }
}

/// Requests are answered from now on.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The server ends.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The configuration is read again, until [`ready`].
pub(super) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// Say again and again that the server is alive, where the service manager wants to hear it (`WatchdogSec`). It runs among
/// the tasks that serve requests: where they are stuck, so is this.
pub(super) async fn alive() {
    let Some(period) = sd_notify::watchdog_enabled().filter(|period| *period > Duration::ZERO)
    else {
        return;
    };
    let mut ticks = tokio::time::interval(period / 3);
    loop {
        ticks.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}
