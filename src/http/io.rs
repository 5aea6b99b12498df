//! A connection that speaks for hyper where hyper says nothing, and gives up where hyper does not.
//!
//! A peer that asks for much and then does not read would hold its answer in memory for as long as
//! it likes: whoever takes nothing for [`PATIENCE`] is let go.
//!
//! What is not HTTP at all never becomes a request: hyper answers it by itself, 400, 414 or 431
//! with an empty body, and closes. The contract wants an envelope there. None of our own answers
//! has an empty body under these codes, so hyper's are told by their first bytes, and replaced on
//! their way out.

use super::respond;
use crate::metrics::{Metrics, Refused};
use hyper::StatusCode;
use hyper::rt::{Read, ReadBufCursor, Write};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// How long a peer may take nothing of what it is sent.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream whose empty refusals are dressed, and whose writes are not waited for without end.
pub(super) struct Dressed<S> {
    stream: S,
    /// Runs while the peer takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// What is left to send of a refusal that was dressed.
    refusal: Vec<u8>,
    metrics: Arc<Metrics>,
}

impl<S: Write + Unpin> Dressed<S> {
    pub(super) fn new(stream: S, metrics: Arc<Metrics>) -> Self {
        Dressed { stream, stalled: None, refusal: Vec::new(), metrics }
    }

    /// What a write came to; an error once the peer has taken nothing for too long.
    fn patiently<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.stalled = None;
            return write;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Send what is left of a refusal.
    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.refusal.is_empty() {
            let sent = Pin::new(&mut self.stream).poll_write(cx, &self.refusal);
            let sent = ready!(self.patiently(cx, sent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.refusal.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

/// The envelope for a refusal of hyper's own; `None` for anything else.
fn dress(head: &[u8]) -> Option<(StatusCode, Vec<u8>)> {
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
    let body = respond::refusal_text(status, why);
    let reason = status.canonical_reason().unwrap_or_default();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: application/json; charset=utf-8\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n",
        status.as_u16()
    );
    Some((status, [head.into_bytes(), body].concat()))
}

impl<S: Read + Unpin> Read for Dressed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: Write + Unpin> Write for Dressed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_refusal(cx))?;
        match dress(buf) {
            None => {
                let sent = Pin::new(&mut self.stream).poll_write(cx, buf);
                self.patiently(cx, sent)
            }
            Some((status, refusal)) => {
                self.metrics.http.answered(status.as_u16());
                self.metrics.refused(match status {
                    StatusCode::BAD_REQUEST => Refused::Malformed,
                    _ => Refused::HeadSize,
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
                self.patiently(cx, sent)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
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

    /// A peer that takes `left` bytes and then none.
    struct Peer {
        left: usize,
    }

    impl Write for Peer {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            let taken = self.left.min(buf.len());
            self.left -= taken;
            if taken == 0 { Poll::Pending } else { Poll::Ready(Ok(taken)) }
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_let_go() {
        let mut stream = Dressed::new(Peer { left: 3 }, Arc::default());
        let begun = tokio::time::Instant::now();
        let sent = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, b"answer")).await;
        assert_eq!(sent.unwrap(), 3);
        let sent = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, b"wer")).await;
        assert_eq!(sent.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= PATIENCE);
    }

    #[test]
    fn only_an_empty_refusal_is_dressed() {
        let hypers = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        let dressed = String::from_utf8(dress(hypers).unwrap().1).unwrap();
        assert!(dressed.ends_with(
            r#"{"id":-1,"status":-2,"message":"Error JSON value","data":{},"detail":"not an HTTP request"}"#
        ));
        for other in [
            &b"HTTP/1.1 400 Bad Request\r\ncontent-length: 10\r\n\r\n"[..],
            b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 40",
            b"",
        ] {
            assert_eq!(dress(other), None);
        }
    }
}
