//! Requests that name their length twice: by `Content-Length` and by `Transfer-Encoding`.
//!
//! Two readers that believe a different one of the two take the same bytes for different requests
//! (RFC 9112, 11.2). hyper goes by the chunks and closes the connection behind them, which is right
//! but silent, and it drops the length before a handler sees it. So what was read since the last
//! answer is kept, and looked at where a request comes in chunks, which few do: any other costs a
//! copy of its head.
//!
//! A client that sends a request before it has the answer to the one before hides its head behind
//! that one. It is not searched for, since a body may look like a head; hyper's way holds there.

use hyper::Method;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is kept: more than a head may be long.
const KEPT: usize = 17 * 1024;

/// How much room stays for the next head.
const USUAL: usize = 1024;

/// What a connection has read since its last answer.
#[derive(Clone, Default)]
pub(super) struct Heads(Arc<Mutex<Vec<u8>>>);

impl Heads {
    /// Does the head of the request under way, of this method, have both?
    pub(super) fn has_both(&self, method: &Method) -> bool {
        has_both(&self.0.lock().unwrap_or_else(PoisonError::into_inner), method)
    }

    fn keep(&self, bytes: &[u8], anew: bool) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if anew {
            kept.clear();
            // One large request in its past is no reason for an idle connection to hold on to memory.
            kept.shrink_to(USUAL);
        }
        let room = KEPT.saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(&bytes[..room]);
    }
}

/// Do these bytes begin with a head of this method that has both?
fn has_both(bytes: &[u8], method: &Method) -> bool {
    // hyper skips empty lines before a request, and takes a bare LF for the end of a line.
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
    let mut lines = bytes[start..].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let is_ours = lines
        .next()
        .and_then(|line| line.strip_prefix(method.as_str().as_bytes()))
        .is_some_and(|rest| rest.starts_with(b" "));
    let (mut length, mut encoding) = (false, false);
    for line in lines.take_while(|line| !line.is_empty()) {
        let name = line.split(|byte| *byte == b':').next().unwrap_or(line);
        length |= name.eq_ignore_ascii_case(b"content-length");
        encoding |= name.eq_ignore_ascii_case(b"transfer-encoding");
    }
    is_ours && length && encoding
}

/// A stream that keeps in its [`Heads`] what is read from it.
pub(super) struct Watched<S> {
    stream: S,
    heads: Heads,
    /// Something was written since the last read: what comes next begins a request.
    answered: bool,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, heads: Heads) -> Self {
        Watched { stream, heads, answered: true }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let bytes = &buf.filled()[before..];
        if !bytes.is_empty() {
            let anew = std::mem::take(&mut self.answered);
            self.heads.keep(bytes, anew);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.answered = true;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.answered = true;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_head_of_ours_with_both_is_told() {
        let both = |bytes: &str| has_both(bytes.as_bytes(), &Method::POST);
        assert!(both("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"));
        assert!(both("\r\n\nPOST / HTTP/1.1\ntransfer-encoding:chunked\nCONTENT-LENGTH:5\n\n"));
        for other in [
            "",
            "\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nX-Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nX: Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            // In the body, as a part of a form has it.
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\nContent-Length: 5\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POSTER / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(!both(other), "{other:?}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_begins_anew() {
        let heads = Heads::default();
        heads.keep(&[b'x'; 10_000], true);
        heads.keep(&[b'x'; 10_000], false);
        assert_eq!(heads.0.lock().unwrap().len(), KEPT);
        heads.keep(b"y", true);
        assert_eq!(*heads.0.lock().unwrap(), b"y");
    }
}
