//! Reading a request's body: bounded in size and in time, and all bodies together in memory.
//!
//! A body is charged to the budget of all bodies as it comes, each byte twice: once for its text, once for
//! what is copied out of it, the fields of an operation or the parts of a form. So what is built of a
//! body has its memory before it is built.

use crate::budget::{Budget, Charge};
use crate::client::Client;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The most time for a whole body.
const WHOLE: Duration = Duration::from_secs(15);

/// The most time without a byte in the middle of a body.
const IDLE: Duration = Duration::from_secs(5);

/// How long the rest of a body may take that is taken in and dropped: 8 MiB at 1 Mbit/s and some.
const DISCARD: Duration = Duration::from_mins(1);

/// The longest body that is taken in and dropped where a document tells by its own answer that a picture
/// is too large. Its client reads no answer before it has sent all; whatever is longer is cut off.
const MOST_DISCARDED: usize = 8 * 1024 * 1024;

/// The longest body that is not charged, in bytes: there is one a connection at most, and a connection
/// has buffers of about this size anyway.
const SMALL: usize = 4 * 1024;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// The body, or its `Content-Length`, is longer than the limit.
    #[error("the body is longer than limits.max_body")]
    TooLarge,
    /// The body was not complete in time.
    #[error("the body did not come in time")]
    TooSlow,
    /// The budget of all bodies has no room for it.
    #[error("the server is busy")]
    NoRoom,
    /// The peer closed the connection, or the body's framing is wrong.
    #[error("the body is not readable")]
    Broken,
}

/// A body that is read piece by piece.
pub(crate) struct BoundedBody<'b> {
    body: Incoming,
    /// The most bytes that are accepted.
    limit: usize,
    /// The deadline; set when the body is first waited for.
    end: Option<Instant>,
    charged: BodyCharge<'b>,
}

/// A body's share of the budget of all bodies.
struct BodyCharge<'b> {
    budget: &'b Arc<Budget>,
    client: Client,
    charge: Option<Charge>,
    /// How many bytes have come.
    received: usize,
}

impl BodyCharge<'_> {
    /// Charge the budget for all bytes that have arrived.
    fn take(&mut self) -> Result<(), BodyError> {
        if self.received <= SMALL {
            return Ok(());
        }
        let charge = self.charge.get_or_insert_with(|| self.budget.charge(&self.client));
        if charge.hold(2 * self.received) { Ok(()) } else { Err(BodyError::NoRoom) }
    }

    /// A whole body, which holds its share of the budget until it is dropped.
    fn whole(&mut self, body: Bytes) -> Bytes {
        match self.charge.take() {
            None => body,
            Some(charge) => Bytes::from_owner(charge.with(body)),
        }
    }
}

impl<'b> BoundedBody<'b> {
    /// Read `body`, which a client sends, of which at most `limit` bytes are taken, and which is charged
    /// to this budget.
    pub(crate) fn new(
        body: Incoming,
        limit: usize,
        budget: &'b Arc<Budget>,
        client: Client,
    ) -> Self {
        let charged = BodyCharge { budget, client, charge: None, received: 0 };
        BoundedBody { body, limit, end: None, charged }
    }

    /// What it holds of the memory for all bodies, to be kept as long as what was read.
    pub(crate) fn take_charge(&mut self) -> Option<Charge> {
        self.charged.charge.take()
    }

    fn end(&mut self) -> Instant {
        *self.end.get_or_insert_with(|| Instant::now() + WHOLE)
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        // Of a body whose length is told to be too much nothing is read.
        if self.charged.received == 0 && self.body.size_hint().lower() > self.limit as u64 {
            return Err(BodyError::TooLarge);
        }
        let Some(piece) = self.piece().await? else { return Ok(None) };
        if self.charged.received > self.limit {
            return Err(BodyError::TooLarge);
        }
        self.charged.take()?;
        Ok(Some(piece))
    }

    /// The next piece, of any length.
    async fn piece(&mut self) -> Result<Option<Bytes>, BodyError> {
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
            self.charged.received += data.len();
            return Ok(Some(data));
        }
    }

    /// Take in and drop the rest of a body that is too large, in pieces, so that nothing of it is held in
    /// memory. An error if it is longer than [`MOST_DISCARDED`] in all.
    pub(crate) async fn discard(&mut self) -> Result<(), BodyError> {
        self.charged.charge = None;
        self.end = Some(Instant::now() + DISCARD);
        let told = usize::try_from(self.body.size_hint().lower()).unwrap_or(usize::MAX);
        if self.charged.received.saturating_add(told) > MOST_DISCARDED {
            return Err(BodyError::TooLarge);
        }
        while self.piece().await?.is_some() {
            if self.charged.received > MOST_DISCARDED {
                return Err(BodyError::TooLarge);
            }
        }
        Ok(())
    }

    /// The whole body.
    pub(crate) async fn whole(&mut self) -> Result<Bytes, BodyError> {
        // Most bodies come in one piece, which is then not copied.
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(self.charged.whole(first)) };
        // A length that was told is not exceeded, and memory that is not written to yet is none.
        let told = usize::try_from(self.body.size_hint().lower()).unwrap_or(0);
        let told = told.min(self.limit - self.charged.received);
        let mut whole = Vec::with_capacity(first.len() + second.len() + told);
        whole.extend_from_slice(&first);
        drop(first);
        whole.extend_from_slice(&second);
        drop(second);
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
        }
        whole.shrink_to_fit();
        Ok(self.charged.whole(whole.into()))
    }
}
