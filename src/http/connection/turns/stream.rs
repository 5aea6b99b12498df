//! A connection's stream, read by turns.

use super::{BYTES_PER_COST, ReadTurns, Ticket, lock};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A TCP stream that is read when it is its client's turn.
pub(crate) struct FairStream {
    stream: TcpStream,
    turns: Arc<ReadTurns>,
    /// `None`: it never waits.
    client: Option<u64>,
    /// Its wait for a turn.
    ticket: Option<Arc<Ticket>>,
    /// What the last read cost.
    debt: u64,
}

impl FairStream {
    /// A stream of this client; `None` stands for one that never waits.
    pub(crate) fn new(stream: TcpStream, turns: &Arc<ReadTurns>, client: Option<u64>) -> Self {
        FairStream { stream, turns: Arc::clone(turns), client, ticket: None, debt: 0 }
    }

    /// Ready when the connection may be read.
    fn poll_turn(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Some(client) = self.client else { return Poll::Ready(()) };
        let ticket = match &self.ticket {
            Some(ticket) => ticket,
            None if !self.turns.count(client, std::mem::take(&mut self.debt)) => {
                return Poll::Ready(());
            }
            None => {
                self.ticket = Some(self.turns.wait(client, cx.waker().clone()));
                return Poll::Pending;
            }
        };
        if let Some(waker) = &mut *lock(&ticket.waker) {
            waker.clone_from(cx.waker());
            return Poll::Pending;
        }
        self.ticket = None;
        Poll::Ready(())
    }
}

impl Drop for FairStream {
    fn drop(&mut self) {
        if let (Some(client), Some(ticket)) = (self.client, &self.ticket) {
            self.turns.lock().leave(client, ticket.number);
        }
    }
}

impl AsyncRead for FairStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Only a connection that has something to read may wait for a turn.
        ready!(self.stream.poll_read_ready(cx))?;
        ready!(self.poll_turn(cx));
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let length = buf.filled().len() - before;
        self.debt = if length == 0 { 0 } else { 1 + (length / BYTES_PER_COST) as u64 };
        read
    }
}

impl AsyncWrite for FairStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
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
