//! The state of one open connection, and closing it while it is idle.

pub(crate) mod head;
pub(crate) mod io;
pub(crate) mod limit;
pub(crate) mod turns;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// The most bytes of a head that are read: a little more than a request may have, since this counts
/// what is no part of it, such as blanks. Also how much of a body is read at once.
pub(crate) const READ_BUFFER: usize = 20 * 1024;

/// The state of a connection. Its own task changes it; the task that accepts connections reads it.
#[derive(Default)]
pub(crate) struct ConnectionState {
    /// Requests whose head was read and whose answer is not made to its end: 0 or 1.
    requests: AtomicUsize,
    /// A part of an answer waits until the peer takes it.
    is_writing: AtomicBool,
    has_served: AtomicBool,
    is_exempt: AtomicBool,
    is_evicted: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl ConnectionState {
    /// Note that a request begins. It ends when the returned value is dropped.
    pub(crate) fn request(self: &Arc<Self>) -> ActiveRequest {
        self.has_served.store(true, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        ActiveRequest(Arc::clone(self))
    }

    /// Has it ever had a request?
    pub(crate) fn has_served(&self) -> bool {
        self.has_served.load(Ordering::Relaxed)
    }

    /// Note whether a write has to wait for the peer.
    pub(crate) fn writing(&self, is_writing: bool) {
        self.is_writing.store(is_writing, Ordering::Relaxed);
    }

    /// It stands for clients whose address is not known: never evict it.
    pub(crate) fn exempt(&self) {
        self.is_exempt.store(true, Ordering::Relaxed);
    }

    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0 && !self.is_writing.load(Ordering::Relaxed)
    }

    /// Is it idle and not asked to close yet?
    pub(crate) fn may_be_evicted(&self) -> bool {
        self.is_idle()
            && !self.is_exempt.load(Ordering::Relaxed)
            && !self.is_evicted.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn is_evicted(&self) -> bool {
        self.is_evicted.load(Ordering::Relaxed)
    }

    /// Ask the connection to close if it is still idle when its task runs next.
    pub(crate) fn evict(&self) {
        self.is_evicted.store(true, Ordering::Release);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Asked by its own task after it did all that it could: must it close? A request may have come
    /// after it was asked to; then it goes on.
    fn must_close(&self) -> bool {
        self.is_evicted.load(Ordering::Acquire)
            && (self.is_idle() || {
                self.is_evicted.store(false, Ordering::Relaxed);
                false
            })
    }
}

/// A request that is under way on a connection.
pub(crate) struct ActiveRequest(Arc<ConnectionState>);

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer. Its request ends when the body is dropped.
pub(crate) struct Tracked<B> {
    pub body: B,
    #[expect(dead_code, reason = "held for its end")]
    pub active_request: ActiveRequest,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Tracked<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection that ends by itself, or while it is idle once its [`ConnectionState`] is evicted.
pub(crate) struct Evictable<F> {
    connection: Pin<Box<F>>,
    state: Arc<ConnectionState>,
    is_registered: bool,
}

impl<F> Evictable<F> {
    pub(crate) fn new(connection: F, state: Arc<ConnectionState>) -> Self {
        Evictable { connection: Box::pin(connection), state, is_registered: false }
    }
}

impl<F: Future<Output = Result<(), E>>, E> Future for Evictable<F> {
    type Output = Result<(), E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.is_registered {
            let mut waker = self.state.waker.lock().unwrap_or_else(PoisonError::into_inner);
            *waker = Some(cx.waker().clone());
            drop(waker);
            self.is_registered = true;
        }
        let ended = self.connection.as_mut().poll(cx);
        if ended.is_pending() && self.state.must_close() {
            return Poll::Ready(Ok(()));
        }
        ended
    }
}
