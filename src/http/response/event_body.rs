//! A body that is written piece by piece while something is watched, and bodies that are not in memory.

use super::file_body::FileBody;
use crate::events::Place;
use bytes::Bytes;
use futures_util::Stream;
use hyper::body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Pieces as they come. They are made when the connection can take one: a slow client has none waiting.
pub(crate) struct EventBody {
    pieces: Pin<Box<dyn Stream<Item = Bytes> + Send>>,
    #[expect(dead_code, reason = "held as long as somebody watches")]
    place: Place,
}

impl EventBody {
    /// A body of these pieces, of the watcher of this place.
    pub(crate) fn new(pieces: impl Stream<Item = Bytes> + Send + 'static, place: Place) -> Self {
        EventBody { pieces: Box::pin(pieces), place }
    }
}

/// A body that is made while it is sent.
pub(crate) enum LongBody {
    /// A file.
    File(FileBody),
    /// Events.
    Events(EventBody),
}

impl From<EventBody> for LongBody {
    fn from(body: EventBody) -> Self {
        LongBody::Events(body)
    }
}

impl Body for LongBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            LongBody::File(file) => Pin::new(file).poll_frame(cx),
            LongBody::Events(events) => {
                let piece = events.pieces.as_mut().poll_next(cx);
                piece.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            LongBody::File(file) => file.is_end_stream(),
            LongBody::Events(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            LongBody::File(file) => file.size_hint(),
            LongBody::Events(_) => SizeHint::default(),
        }
    }
}
