//! Reading a request's body: bounded in size and in time, and all bodies together in memory.

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// How long a whole body may take.
const WHOLE: Duration = Duration::from_secs(15);

/// How long a peer may send nothing in the middle of one.
const IDLE: Duration = Duration::from_secs(5);

/// The memory for all bodies together, in KiB, but for the first piece of each: peers that send all of
/// a large body but its end would otherwise fill a small machine.
const ROOM: usize = 64 * 1024;

/// What is left of it. Two bodies of the largest size fit, whatever that is.
fn room(limit: usize) -> &'static Semaphore {
    static LEFT: OnceLock<Semaphore> = OnceLock::new();
    LEFT.get_or_init(|| Semaphore::new(ROOM.max(2 * (limit / 1024)).min(Semaphore::MAX_PERMITS)))
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// It is, or says that it is, longer than the limit.
    #[error("the body is longer than limits.max_body")]
    TooLarge,
    /// It did not come in time.
    #[error("the body did not come in time")]
    TooSlow,
    /// There is no memory for it now.
    #[error("the server is busy")]
    NoRoom,
    /// The peer left, or what it sent is not a body.
    #[error("the body is not readable")]
    Broken,
}

/// A body that is read piece by piece.
pub(super) struct Bounded {
    body: Incoming,
    left: usize,
    /// When it must be there, once it has been waited for.
    end: Option<Instant>,
    room: Room,
}

/// A body's part of the memory for all, given back when it is dropped.
struct Room {
    left: &'static Semaphore,
    taken: Option<SemaphorePermit<'static>>,
    /// How much has come; `None` before the first piece.
    come: Option<usize>,
}

impl Room {
    /// Take what one more piece needs; the first, which most bodies leave it at, needs nothing.
    fn take(&mut self, piece: usize) -> Result<(), BodyError> {
        let Some(come) = &mut self.come else {
            self.come = Some(0);
            return Ok(());
        };
        // Of all pieces together, since they may be of a byte each.
        *come += piece;
        let taken = self.taken.as_ref().map_or(0, SemaphorePermit::num_permits);
        let more = come.div_ceil(1024) - taken;
        if more > 0 {
            let more = u32::try_from(more).map_err(|_| BodyError::NoRoom)?;
            let more = self.left.try_acquire_many(more).map_err(|_| BodyError::NoRoom)?;
            match &mut self.taken {
                Some(taken) => taken.merge(more),
                None => self.taken = Some(more),
            }
        }
        Ok(())
    }
}

/// A body in pieces that was put together, with its part of the memory.
struct Whole(BytesMut, #[expect(dead_code, reason = "held for its end")] Room);

impl AsRef<[u8]> for Whole {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Bounded {
    /// Read `body`, of which at most `limit` bytes are taken.
    pub(super) fn new(body: Incoming, limit: usize) -> Result<Self, BodyError> {
        if body.size_hint().lower() > limit as u64 {
            return Err(BodyError::TooLarge);
        }
        let room = Room { left: room(limit), taken: None, come: None };
        Ok(Bounded { body, left: limit, end: None, room })
    }

    fn end(&mut self) -> Instant {
        *self.end.get_or_insert_with(|| Instant::now() + WHOLE)
    }

    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            if self.body.is_end_stream() {
                return Ok(None);
            }
            // Most pieces are there already: looking at the clock would cost more than taking them.
            let frame = match self.body.frame().now_or_never() {
                Some(frame) => frame,
                None => {
                    let soon = self.end().min(Instant::now() + IDLE);
                    let frame = timeout_at(soon, self.body.frame()).await;
                    frame.map_err(|_| BodyError::TooSlow)?
                }
            };
            let Some(frame) = frame else { return Ok(None) };
            let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            self.left = self.left.checked_sub(data.len()).ok_or(BodyError::TooLarge)?;
            self.room.take(data.len())?;
            return Ok(Some(data));
        }
    }

    /// All of it at once.
    pub(super) async fn whole(mut self) -> Result<Bytes, BodyError> {
        // Most bodies come in one piece, which is then not copied.
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut whole = BytesMut::with_capacity(2 * (first.len() + second.len()));
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(Bytes::from_owner(Whole(whole, self.room)))
    }
}
