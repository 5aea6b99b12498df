//! A connection's stream: drops peers that read too slowly, and gives hyper's empty refusals a body.
//!
//! What a peer does not read stays in memory. So a peer that leaves something unread has to read at a
//! lowest rate ([`Pace`]); below it the connection is closed.
//!
//! What is not HTTP at all never becomes a request: hyper answers it by itself, 400, 414 or 431
//! with an empty body, and closes. The contract wants an envelope there. None of our own answers
//! has an empty body under these codes, so hyper's are told by their first bytes, and replaced on
//! their way out.

use crate::http::response;
use crate::metrics::{Metrics, RefusalReason};
use hyper::StatusCode;
use hyper::rt::{Read, ReadBufCursor, Write};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// The longest answer, in bytes, that may be read at the rate for short ones. Short answers take little
/// memory, and the worst mobile network reads them in a minute.
const SHORT: usize = crate::op::SMALL_ANSWER;

/// The lowest rate at which a short answer may be read, in bytes a second.
const SHORT_RATE: u32 = 240;

/// The lowest rate at which a longer answer may be read, in bytes a second.
const LONG_RATE: u32 = 8 * 1024;

/// How long a peer may read nothing before its rate counts.
const GRACE: Duration = Duration::from_secs(5);

/// How far a peer may be ahead of the lowest rate: it may read nothing for that long after it has read
/// much. A short answer is read in few pieces, a piece each half minute at the lowest rate.
const LONG_AHEAD: Duration = Duration::from_secs(10);
const SHORT_AHEAD: Duration = Duration::from_secs(30);

/// The bytes that the system may hold of an answer that it has not sent yet. By default that may become
/// 4 MiB a connection, and the system takes more only when a third of it is free: so much would pass for
/// read, or nothing for minutes.
pub(crate) const UNSENT: u32 = 32 * 1024;

/// The time until which a peer must have read more, while it has something to read.
struct Pace {
    end: Instant,
    /// Is it the rate for long answers?
    is_long: bool,
    /// Wakes the connection at `end`, or before it.
    alarm: Pin<Box<Sleep>>,
}

impl Pace {
    fn new() -> Self {
        let end = Instant::now() + GRACE;
        Pace { end, is_long: false, alarm: Box::pin(sleep_until(end)) }
    }

    /// The peer has read `bytes`.
    fn read(&mut self, bytes: usize) {
        let (rate, ahead) =
            if self.is_long { (LONG_RATE, LONG_AHEAD) } else { (SHORT_RATE, SHORT_AHEAD) };
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let earned = self.end + Duration::from_secs(1) * bytes / rate;
        self.end = earned.min(Instant::now() + ahead);
    }

    /// `left` bytes are to be read; ready once the peer should have read more of them.
    fn poll(&mut self, left: usize, cx: &mut Context<'_>) -> Poll<()> {
        if left > SHORT && !self.is_long {
            self.is_long = true;
            self.end = self.end.min(Instant::now() + LONG_AHEAD);
        }
        loop {
            if self.alarm.deadline() != self.end {
                self.alarm.as_mut().reset(self.end);
            }
            ready!(self.alarm.as_mut().poll(cx));
            if Instant::now() >= self.end {
                return Poll::Ready(());
            }
        }
    }
}

/// A stream that drops slow readers and gives hyper's empty refusals a body.
pub(crate) struct RefusalRewriter<S> {
    stream: S,
    /// The deadline for reading; `None` while the peer has read everything.
    pace: Option<Pace>,
    /// The rest of a refusal in the envelope's form that is still to be sent.
    refusal: Vec<u8>,
    /// The media type of an envelope.
    content_type: &'static str,
    metrics: Arc<Metrics>,
}

impl<S: Write + Unpin> RefusalRewriter<S> {
    /// Send by `stream`; refusals have this media type, and are counted.
    pub(crate) fn new(stream: S, content_type: &'static str, metrics: Arc<Metrics>) -> Self {
        RefusalRewriter { stream, pace: None, refusal: Vec::new(), content_type, metrics }
    }

    /// What writing some of `left` bytes came to; an error once the peer reads too slowly.
    fn paced(
        &mut self,
        cx: &mut Context<'_>,
        left: usize,
        write: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match write {
            Poll::Ready(Ok(written)) => {
                if let Some(pace) = &mut self.pace {
                    pace.read(written);
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                ready!(self.pace.get_or_insert_with(Pace::new).poll(left, cx));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        write
    }

    /// Send what is left of a refusal.
    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.refusal.is_empty() {
            let sent = Pin::new(&mut self.stream).poll_write(cx, &self.refusal);
            let sent = ready!(self.paced(cx, self.refusal.len(), sent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.refusal.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

/// The envelope for a refusal of hyper's own; `None` for anything else.
fn rewrite_refusal(head: &[u8], content_type: &str) -> Option<(StatusCode, Vec<u8>)> {
    let status = head.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    let (status, why) = match status {
        b"400" => (StatusCode::BAD_REQUEST, "not an HTTP request"),
        b"414" => (StatusCode::URI_TOO_LONG, "the request's address is too long"),
        b"431" => {
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the request's headers are too long")
        }
        _ => return None,
    };
    let head = std::str::from_utf8(head).ok()?.to_ascii_lowercase();
    if !head.contains("\r\ncontent-length: 0\r\n") {
        return None;
    }
    let body = response::refusal_text(status, why);
    let reason = status.canonical_reason().unwrap_or_default();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: {content_type}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n",
        status.as_u16()
    );
    Some((status, [head.into_bytes(), body].concat()))
}

impl<S: Read + Unpin> Read for RefusalRewriter<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: Write + Unpin> Write for RefusalRewriter<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_refusal(cx))?;
        match rewrite_refusal(buf, self.content_type) {
            None => {
                let sent = Pin::new(&mut self.stream).poll_write(cx, buf);
                self.paced(cx, buf.len(), sent)
            }
            Some((status, refusal)) => {
                self.metrics.http.answered(status.as_u16());
                self.metrics.refused(match status {
                    StatusCode::BAD_REQUEST => RefusalReason::Malformed,
                    _ => RefusalReason::HeadSize,
                });
                self.refusal = refusal;
                Poll::Ready(Ok(buf.len()))
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match bufs {
            [one] => self.poll_write(cx, one),
            bufs => {
                ready!(self.poll_refusal(cx))?;
                let sent = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
                let left = bufs.iter().map(|buf| buf.len()).sum();
                self.paced(cx, left, sent)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        // hyper flushes when the system has taken all that there is: nothing is left unread.
        self.pace = None;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    /// A peer that reads `piece` bytes every `pause`.
    struct Peer {
        piece: usize,
        pause: Duration,
        next: Pin<Box<Sleep>>,
    }

    impl Peer {
        fn new(piece: usize, pause: u64) -> Self {
            let pause = Duration::from_secs(pause);
            Peer { piece, pause, next: Box::pin(sleep_until(Instant::now() + pause)) }
        }
    }

    impl Write for Peer {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            ready!(self.next.as_mut().poll(cx));
            let next = Instant::now() + self.pause;
            self.next.as_mut().reset(next);
            Poll::Ready(Ok(self.piece.min(buf.len())))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// How much of `length` bytes was sent to a peer, and in how many seconds.
    async fn sent(peer: Peer, length: usize) -> (usize, u64) {
        let mut stream = RefusalRewriter::new(peer, "", Arc::default());
        let begun = Instant::now();
        let answer = vec![0; length];
        let mut sent = 0;
        while sent < length {
            let write = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, &answer[sent..]));
            match write.await {
                Ok(written) => sent += written,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                    break;
                }
            }
        }
        (sent, begun.elapsed().as_secs())
    }

    const LENGTH: usize = 1024 * 1024;

    #[tokio::test(start_paused = true)]
    async fn peer_reading_nothing_is_dropped_after_grace() {
        assert_eq!(sent(Peer::new(1, 1000), LENGTH).await, (0, 5));
        assert_eq!(sent(Peer::new(1, 1000), 100).await, (0, 5));
    }

    #[tokio::test(start_paused = true)]
    async fn long_answer_needs_8_kib_a_second() {
        assert_eq!(sent(Peer::new(8 * 1024, 1), LENGTH).await.0, LENGTH);
        assert_eq!(sent(Peer::new(32 * 1024, 4), LENGTH).await.0, LENGTH);
        let (read, seconds) = sent(Peer::new(6 * 1024, 1), LENGTH).await;
        assert!(read < LENGTH && (15..30).contains(&seconds), "{read} bytes in {seconds} s");
    }

    #[tokio::test(start_paused = true)]
    async fn short_answer_needs_240_bytes_a_second() {
        assert_eq!(sent(Peer::new(240, 1), SHORT).await.0, SHORT);
        assert_eq!(sent(Peer::new(1024, 4), SHORT).await.0, SHORT);
        let (read, seconds) = sent(Peer::new(120, 1), SHORT).await;
        assert!(read < SHORT && seconds < 20, "{read} bytes in {seconds} s");
    }

    #[tokio::test(start_paused = true)]
    async fn fast_start_allows_no_long_pause() {
        let mut stream = RefusalRewriter::new(Peer::new(LENGTH, 1), "", Arc::default());
        let answer = vec![0; 2 * LENGTH];
        let write = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, &answer));
        assert_eq!(write.await.unwrap(), LENGTH);
        stream.stream.next = Box::pin(sleep_until(Instant::now() + Duration::from_hours(1)));
        let begun = Instant::now();
        let write = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, &answer));
        assert_eq!(write.await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), LONG_AHEAD);
    }

    #[test]
    fn only_empty_error_responses_get_a_body() {
        let hypers = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        let dressed = String::from_utf8(rewrite_refusal(hypers, "text/plain").unwrap().1).unwrap();
        assert!(dressed.ends_with(
            r#"{"id":-1,"status":-2,"message":"Error JSON value","data":{},"detail":"not an HTTP request"}"#
        ));
        for other in [
            &b"HTTP/1.1 400 Bad Request\r\ncontent-length: 10\r\n\r\n"[..],
            b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 40",
            b"",
        ] {
            assert_eq!(rewrite_refusal(other, "text/plain"), None);
        }
    }
}
