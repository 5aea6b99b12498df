//! Periodic maintenance: deleting expired rows, checking the disks, removing unused pictures.

use crate::db::Schema;
use crate::disk;
use crate::engine::Engine;
use crate::fault::{Cause, Fault};
use crate::http::endpoint::Handler;
use crate::program::{FollowUp, Upkeep};
use crate::services::Services;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

/// How often what has expired is removed.
const EXPIRED: Duration = Duration::from_secs(60);

/// How often the database file is checked.
const PRESENCE: Duration = Duration::from_secs(5);

/// How often unused pictures are removed.
const PICTURES: Duration = Duration::from_hours(24);

/// How often the server checks for work that another process has begun.
const FOLLOW_UP: Duration = Duration::from_millis(200);

/// How long to wait after a failure, whose cause may last.
const FOLLOW_UP_AGAIN: Duration = Duration::from_secs(30);

/// Finish what another process has begun.
pub(crate) async fn follow_up(engine: Weak<Engine>, work: FollowUp) {
    let mut ticks = interval(FOLLOW_UP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(engine) = engine.upgrade() else { return };
        // It may remove files and waits for the writer, so not on a thread that serves.
        if let Ok(Err(fault)) = spawn_blocking(move || work(&engine.db)).await {
            tracing::warn!(cause = ?fault.cause(), "work that another process began was not finished");
            tokio::time::sleep(FOLLOW_UP_AGAIN).await;
        }
    }
}

/// How long to wait before a piece of upkeep that failed is tried again.
const AGAIN: Duration = Duration::from_secs(60);

/// After each piece of upkeep the task sleeps this many times as long as the piece took, so upkeep
/// takes at most a fifth of one core.
const REST: u32 = 4;

/// The shortest sleep.
const LEAST_REST: Duration = Duration::from_millis(5);

/// Do the work that an upgrade left, piece by piece. A restart continues with the next piece. The
/// engine is held only during a piece, so that the server can shut down.
pub(crate) async fn upkeep(engine: Weak<Engine>, piece: Upkeep) {
    let mut pieces: u64 = 0;
    loop {
        let Some(engine) = engine.upgrade() else { return };
        let begun = Instant::now();
        let done = spawn_blocking(move || piece(&engine)).await;
        let rest = match done {
            Ok(Ok(true)) => {
                pieces += 1;
                (begun.elapsed() * REST).max(LEAST_REST)
            }
            Ok(Ok(false)) => {
                if pieces > 0 {
                    tracing::info!(pieces, "the work that the upgrade left is done");
                }
                return;
            }
            Ok(Err(fault)) => {
                tracing::warn!(
                    ?fault,
                    "background work of an upgrade failed; trying again in a minute"
                );
                AGAIN
            }
            Err(_) => return,
        };
        tokio::time::sleep(rest).await;
    }
}

/// Remove what has expired.
pub(crate) async fn expired(handler: Arc<Handler>, sweeps: &'static [&'static str]) {
    let mut ticks = interval(EXPIRED);
    loop {
        ticks.tick().await;
        let engine = Arc::clone(&handler.engine);
        // It waits for the writer, so not on a thread that serves.
        let _ = spawn_blocking(move || engine.sweep(sweeps)).await;
    }
}

/// Look at the free space of the disks.
pub(crate) async fn disk(handler: Arc<Handler>) {
    let mut ticks = interval(disk::CHECK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let engine = Arc::clone(&handler.engine);
        // A disk on the network may keep it waiting.
        let _ = spawn_blocking(move || engine.services.disk.look()).await;
    }
}

/// Look whether the database's file is still there.
pub(crate) async fn presence(handler: Arc<Handler>) {
    let mut ticks = interval(PRESENCE);
    loop {
        ticks.tick().await;
        let engine = Arc::clone(&handler.engine);
        // A network's disk may take its time.
        let _ = spawn_blocking(move || engine.db.check_file_presence()).await;
    }
}

/// Remove pictures that are nobody's: once a day, and from somebody else's server at the start too,
/// which does not wait for it. (From the disk they went before the start.)
///
/// A list of a million objects takes minutes. It must not keep the server from ending, so the engine
/// is held only while it is asked.
pub(crate) async fn pictures(engine: Weak<Engine>, schema: Schema) {
    let mut ticks = interval(PICTURES);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut first = true;
    loop {
        ticks.tick().await;
        let Some(services) = engine.upgrade().map(|engine| Arc::clone(&engine.services)) else {
            return;
        };
        if !first || services.pictures.is_remote() {
            let engine = Weak::clone(&engine);
            let _ = spawn_blocking(move || look_after(&services, &engine, schema, first)).await;
        }
        first = false;
    }
}

fn look_after(services: &Services, engine: &Weak<Engine>, schema: Schema, first: bool) {
    // Whoever has just written the configuration is looking now. The server serves what it can.
    if first {
        match services.pictures.check() {
            Ok(found) => tracing::info!("{found}"),
            Err(problem) => return tracing::warn!("{problem}"),
        }
    }
    let used = || {
        let engine = engine.upgrade().ok_or_else(|| Cause::new("the server ends"))?;
        let cause = |fault: Fault| Cause::new(format_args!("{fault:?}"));
        schema.named_pictures(&engine.db.view()).map_err(cause)
    };
    match services.pictures.sweep(used) {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "unused pictures were removed"),
        Err(cause) => tracing::warn!(%cause, "unused pictures were not removed"),
    }
}

/// Keep a day of figures for the console.
pub(super) async fn history(engine: Weak<Engine>) {
    let mut ticks = interval(Duration::from_secs(60));
    // The first tick comes at once.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let Some(engine) = engine.upgrade() else { return };
        engine.services.history.note(&engine.services.metrics);
    }
}
