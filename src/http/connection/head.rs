//! Requests that name their length twice: by `Content-Length` and by `Transfer-Encoding`.
//!
//! Two readers that believe a different one of the two take the same bytes for different requests
//! (RFC 9112, 11.2). hyper goes by the chunks and closes the connection behind them, which is right
//! but silent, and it drops the length before a handler sees it. So the head is looked at while it
//! streams in: of its lines only the names matter, and no byte of it is kept.
//!
//! A client that sends a request before it has the answer to the one before hides its head behind
//! that one. It is not searched for, since a body may look like a head; hyper's way holds there.

use crate::http::connection::ConnectionState;
use hyper::Method;
use memchr::memchr;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The names that are looked for, in lower case.
const LENGTH: &[u8] = b"content-length";
const ENCODING: &[u8] = b"transfer-encoding";

/// What a connection has read of the head that began after its last answer.
#[derive(Clone, Default)]
pub(crate) struct HeadSniffer(Arc<Mutex<Scan>>);

impl HeadSniffer {
    /// Does the head of the current request, which has this method, contain both headers?
    pub(crate) fn has_both(&self, method: &Method) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).has_both(method)
    }

    /// Scan the next bytes of a connection; `anew` says that they begin a request.
    fn read(&self, bytes: &[u8], anew: bool) {
        let mut scan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if anew {
            *scan = Scan::default();
        }
        scan.read(bytes);
    }
}

/// The part of a head that a [`Scan`] has reached.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Position {
    /// Before the request line: hyper skips empty lines there.
    #[default]
    Start,
    /// In the method.
    Method,
    /// At the start of a header line, or in its name.
    Name,
    /// In the rest of a line, which does not matter.
    Rest,
    /// Behind the empty line.
    End,
}

/// Reads a head piece by piece.
#[derive(Default)]
struct Scan {
    at: Position,
    method: ShortToken<16>,
    name: ShortToken<20>,
    has_length: bool,
    has_encoding: bool,
}

impl Scan {
    fn has_both(&self, method: &Method) -> bool {
        // What was read may be the end of a body that was not waited for: then the method is another.
        self.has_length && self.has_encoding && self.method.is(method.as_str().as_bytes())
    }

    fn read(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.at {
                Position::Start if matches!(byte, b'\r' | b'\n') => bytes = rest,
                Position::Start => self.at = Position::Method,
                Position::Method => {
                    if byte == b' ' {
                        self.at = Position::Rest;
                    } else {
                        self.method.push(byte);
                    }
                    bytes = rest;
                }
                Position::Name => {
                    self.name_goes_on(byte);
                    bytes = rest;
                }
                Position::Rest => {
                    // hyper takes a bare LF for the end of a line, too.
                    let Some(end) = memchr(b'\n', bytes) else { return };
                    bytes = &bytes[end + 1..];
                    self.line_begins();
                }
                Position::End => return,
            }
        }
    }

    fn line_begins(&mut self) {
        self.name = ShortToken::default();
        self.at = Position::Name;
    }

    fn name_goes_on(&mut self, byte: u8) {
        match byte {
            b'\n' if self.name.is_blank() => self.at = Position::End,
            b'\n' => self.line_begins(),
            b':' => {
                self.has_length |= self.name.is(LENGTH);
                self.has_encoding |= self.name.is(ENCODING);
                self.at = Position::Rest;
            }
            byte => {
                self.name.push(byte.to_ascii_lowercase());
                // Most names differ from both by their first letter.
                let may_be_ours = matches!(self.name.bytes[0], b'c' | b't' | b'\r');
                if !may_be_ours {
                    self.at = Position::Rest;
                }
            }
        }
    }
}

/// A word of at most `N` bytes. A longer one compares equal to nothing.
struct ShortToken<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Default for ShortToken<N> {
    fn default() -> Self {
        ShortToken { bytes: [0; N], length: 0 }
    }
}

impl<const N: usize> ShortToken<N> {
    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.length) {
            *slot = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    fn is(&self, other: &[u8]) -> bool {
        self.bytes.get(..self.length) == Some(other)
    }

    /// Is there nothing, or nothing but the CR of an empty line?
    fn is_blank(&self) -> bool {
        self.length == 0 || self.is(b"\r")
    }
}

/// A stream whose [`HeadSniffer`] are looked at while they are read, and whose [`ConnectionState`] knows whether a
/// write waits.
pub(crate) struct SniffedStream<S> {
    stream: S,
    head_sniffer: HeadSniffer,
    state: Arc<ConnectionState>,
    /// The last write had to wait for the peer.
    is_blocked: bool,
    /// Something was written since the last read: what comes next begins a request.
    answered: bool,
}

impl<S> SniffedStream<S> {
    pub(crate) fn new(stream: S, head_sniffer: HeadSniffer, state: Arc<ConnectionState>) -> Self {
        SniffedStream { stream, head_sniffer, state, is_blocked: false, answered: true }
    }

    /// Note whether a write had to wait.
    fn wrote(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.answered = true;
        if written.is_pending() != self.is_blocked {
            self.is_blocked = written.is_pending();
            self.state.writing(self.is_blocked);
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for SniffedStream<S> {
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
            self.head_sniffer.read(bytes, anew);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SniffedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(written)
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
    use proptest::prelude::*;

    fn has_both(pieces: &[&[u8]]) -> bool {
        let head_sniffer = HeadSniffer::default();
        for (nth, piece) in pieces.iter().enumerate() {
            head_sniffer.read(piece, nth == 0);
        }
        head_sniffer.has_both(&Method::POST)
    }

    #[test]
    fn head_with_length_and_chunked_is_detected() {
        let both = |text: &str| has_both(&[text.as_bytes()]);
        assert!(both("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"));
        assert!(both("\r\n\nPOST / HTTP/1.1\ntransfer-encoding:chunked\nCONTENT-LENGTH:5\n\n"));
        for other in [
            "",
            "\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nX-Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nX: Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length-And-More: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            // In the body, as a part of a form has it.
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\nContent-Length: 5\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POSTER / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(!both(other), "{other:?}");
        }
    }

    #[test]
    fn next_request_is_scanned_from_its_start() {
        let head_sniffer = HeadSniffer::default();
        let first = b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
        head_sniffer.read(first, true);
        head_sniffer.read(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", true);
        assert!(!head_sniffer.has_both(&Method::POST));
    }

    proptest! {
        #[test]
        fn head_in_pieces_is_read_like_the_whole(
            lines in prop::collection::vec(
                prop_oneof![
                    Just("Content-Length: 1"), Just("Transfer-Encoding: chunked"), Just("Cookie: a"),
                    Just("T: content-length:"), Just("content-lengthy: 2"), Just("")
                ],
                0..6,
            ),
            end in prop_oneof![Just("\r\n"), Just("\n")],
            size in 1..40_usize,
        ) {
            let head = format!("POST / HTTP/1.1{end}{}{end}{end}", lines.join(end));
            let pieces: Vec<&[u8]> = head.as_bytes().chunks(size).collect();
            let until_empty: Vec<_> = lines.iter().take_while(|line| !line.is_empty()).collect();
            let has = |name: &str| until_empty.iter().any(|line| line.starts_with(name));
            let both = has("Content-Length:") && has("Transfer-Encoding:");
            prop_assert_eq!(has_both(&pieces), both);
            prop_assert_eq!(has_both(&[head.as_bytes()]), both);
        }
    }
}
