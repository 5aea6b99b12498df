//! Reading a request's body: bounded in size and in time.

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a whole body may take.
const WHOLE: Duration = Duration::from_secs(15);

/// How long a peer may send nothing in the middle of one.
const IDLE: Duration = Duration::from_secs(5);

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// It is, or says that it is, longer than the limit.
    #[error("the body is longer than limits.max_body")]
    TooLarge,
    /// It did not come in time.
    #[error("the body did not come in time")]
    TooSlow,
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
}

impl Bounded {
    /// Read `body`, of which at most `limit` bytes are taken.
    pub(super) fn new(body: Incoming, limit: usize) -> Result<Self, BodyError> {
        if body.size_hint().lower() > limit as u64 {
            return Err(BodyError::TooLarge);
        }
        Ok(Bounded { body, left: limit, end: None })
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
        Ok(whole.freeze())
    }
}
