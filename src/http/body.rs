//! Reading a request's body: bounded in size and in time.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a whole body may take.
const WHOLE: Duration = Duration::from_secs(15);

/// How long a peer may send nothing in the middle of one.
const IDLE: Duration = Duration::from_secs(5);

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is, or says that it is, longer than the limit.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// The peer left, or what it sent is not a body.
    Broken,
}

/// Read all of it, at most `limit` bytes.
pub(super) async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyError::TooLarge);
    }
    let end = Instant::now() + WHOLE;
    let mut first = Bytes::new();
    let mut whole: Option<BytesMut> = None;
    loop {
        if body.is_end_stream() {
            break;
        }
        // The timer costs something only where the next piece is not there yet.
        let frame = timeout_at(end.min(Instant::now() + IDLE), body.frame())
            .await
            .map_err(|_| BodyError::TooSlow)?;
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        if whole.as_ref().map_or(first.len(), BytesMut::len) + data.len() > limit {
            return Err(BodyError::TooLarge);
        }
        match &mut whole {
            Some(whole) => whole.extend_from_slice(&data),
            // Most bodies come in one piece, which is then not copied.
            None if first.is_empty() => first = data,
            None => {
                let mut joined = BytesMut::with_capacity(2 * (first.len() + data.len()));
                joined.extend_from_slice(&first);
                joined.extend_from_slice(&data);
                whole = Some(joined);
            }
        }
    }
    Ok(whole.map_or(first, BytesMut::freeze))
}
