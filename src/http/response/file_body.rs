//! A file as the body of an answer, read as it is sent.

use crate::budget::Charge;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

/// How much of a file is read at once, in bytes.
const PIECE: usize = 32 * 1024;

/// The most that is in memory of a file that is sent, in bytes: hyper takes pieces while it has less than
/// 64 KiB of them to send.
pub(crate) const MAX_BUFFERED: usize = 64 * 1024 + PIECE;

/// What is left to send of a file.
pub(crate) struct FileBody {
    file: File,
    left: u64,
    /// Its part of the memory for answers; none if little is sent.
    charge: Option<Charge>,
}

impl FileBody {
    /// The next `left` bytes of `file`, from where it stands.
    pub(crate) fn new(file: File, left: u64) -> Self {
        FileBody { file, left, charge: None }
    }

    /// Keep this charge as long as the file is sent.
    pub(crate) fn hold(&mut self, charge: Charge) {
        self.charge = Some(charge);
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let most = usize::try_from(self.left).unwrap_or(PIECE).min(PIECE);
        let mut piece = vec![0; most];
        let mut read = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.file).poll_read(cx, &mut read))?;
        let size = read.filled().len();
        if size == 0 {
            // It became shorter while it was sent: the client must not take it for whole.
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        piece.truncate(size);
        self.left -= size as u64;
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
