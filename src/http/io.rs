//! A connection that speaks for hyper where hyper says nothing.
//!
//! What is not HTTP at all never becomes a request: hyper answers it by itself, 400, 414 or 431
//! with an empty body, and closes. The contract wants an envelope there. None of our own answers
//! has an empty body under these codes, so hyper's are told by their first bytes, and replaced on
//! their way out.

use super::respond;
use hyper::StatusCode;
use hyper::rt::{Read, ReadBufCursor, Write};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A stream whose empty refusals are dressed.
pub(super) struct Dressed<S> {
    stream: S,
    /// What is left to send of a refusal that was dressed.
    refusal: Vec<u8>,
}

impl<S: Write + Unpin> Dressed<S> {
    pub(super) fn new(stream: S) -> Self {
        Dressed { stream, refusal: Vec::new() }
    }

    /// Send what is left of a refusal.
    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.refusal.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.refusal))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.refusal.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

/// The envelope for a refusal of hyper's own; `None` for anything else.
fn dress(head: &[u8]) -> Option<Vec<u8>> {
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
    Some([head.into_bytes(), body].concat())
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
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
            Some(refusal) => {
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
                Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
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

    #[test]
    fn only_an_empty_refusal_is_dressed() {
        let hypers = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        let dressed = String::from_utf8(dress(hypers).unwrap()).unwrap();
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
