//! `GET /api/events?board=NAME[&limit=N][&openid=PLAYER]`: a leaderboard's first places, and again whenever they have
//! changed, and a player's own place, as server-sent events (HTML standard, 9.2).

use super::endpoint::Handler;
use super::response::event_body::EventBody;
use super::response::{self, HttpResponse};
use crate::client::Client;
use crate::engine::Engine;
use crate::envelope::{self, CallSummary};
use crate::events::{Newest, NoPlace, State};
use crate::request::RequestId;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::Either;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::future::pending;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Interval, interval};

/// Where it is asked for.
pub(crate) const EVENTS: &str = "/api/events";

/// How often it is looked whether a board has changed: the shortest time between two events.
const EVERY: Duration = Duration::from_millis(250);

/// How often it is looked whether a player's own place has changed: it changes as often as anybody before plays.
const EVERY_OWN: Duration = Duration::from_secs(1);

/// How often a comment is sent where nothing changes, so that proxies keep the connection.
const PING: Duration = Duration::from_secs(15);

/// How many places are shown where the request does not say.
const LIMIT: u32 = 10;

/// The most places. All who watch a board with the same number share what is made.
const MOST: u32 = 100;

/// nginx keeps back what it is sent without this.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The part of an operation's answer that is shown.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

impl Handler {
    /// Answer a request for the events of a board.
    pub(crate) async fn events(
        self: &Arc<Self>,
        head: &Parts,
        client: Client,
        id: RequestId,
    ) -> HttpResponse {
        if head.method != Method::GET {
            return response::wrong_method("GET");
        }
        let query = head.uri.query().unwrap_or("").as_bytes();
        let pairs: Vec<_> = form_urlencoded::parse(query).collect();
        let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, it)| &**it);
        let Some(board) = value("board").filter(|board| !board.is_empty()) else {
            return response::refusal(StatusCode::BAD_REQUEST, "board: missing");
        };
        let limit = value("limit").map_or(Ok(LIMIT), str::parse);
        let Some(limit) = limit.ok().filter(|limit| (1..=MOST).contains(limit)) else {
            return response::refusal(StatusCode::BAD_REQUEST, "limit: expected 1 to 100");
        };
        let config = &self.engine.services.config.events;
        let place = match self.watched.enter(client.address(), config.per_address, config.max) {
            Ok(place) => place,
            Err(NoPlace::Address) => {
                let text = "this address watches as much as it may (events.per_address)";
                return response::refusal(StatusCode::TOO_MANY_REQUESTS, text);
            }
            Err(NoPlace::All) => {
                let text = "as many watch as may (events.max)";
                return response::refusal(StatusCode::SERVICE_UNAVAILABLE, text);
            }
        };
        // The first state also says whether there may be such a board.
        let Some(first) = self.state(board, limit, client, id).await else {
            return response::refusal(StatusCode::BAD_REQUEST, "board: not the name of a game");
        };
        let mut own = None;
        if let Some(openid) = value("openid") {
            match self.own(head, board, openid, client, id).await {
                // A player who has no score yet may get one.
                StatusCode::OK | StatusCode::NOT_FOUND => {
                    let engine = Arc::downgrade(&self.engine);
                    own = Some(Own { engine, board: board.into(), openid: openid.into() });
                }
                status => return response::refusal(status, "openid: not this player's token"),
            }
        }
        let topic = format!("{limit} {board}");
        let (newest, is_first) = self.watched.watch(&topic);
        if is_first {
            let look = Arc::clone(self).look(topic, board.to_owned(), limit, client, id);
            tokio::spawn(look);
        }
        let sender = Sender::new(Arc::new(first), newest, own, place.delay());
        let pieces = stream::unfold(sender, |mut sender| async move {
            sender.next().await.map(|piece| (piece, sender))
        });
        let mut answer = Response::new(Either::Right(EventBody::new(pieces, place).into()));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
        answer
    }

    /// Whether the caller may know where a player stands: the status of the operation that tells it.
    async fn own(
        &self,
        head: &Parts,
        board: &str,
        openid: &str,
        client: Client,
        id: RequestId,
    ) -> StatusCode {
        let Some((kind, subtype)) = self.program.own else { return StatusCode::NOT_FOUND };
        let call = self.call(self.credentials(head, &Bytes::new(), client), id);
        let entry = self.program.registry.get(kind, subtype);
        let data = serde_json::json!({"app": board, "openid": openid}).to_string();
        let mut summary = CallSummary::default();
        let answer = envelope::answer_directly(&call, entry, data.as_bytes(), &mut summary).await;
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Look again and again whether a board has changed, as long as somebody watches it.
    async fn look(
        self: Arc<Self>,
        topic: String,
        board: String,
        limit: u32,
        client: Client,
        id: RequestId,
    ) {
        let mut seen = None;
        loop {
            tokio::time::sleep(EVERY).await;
            let version = self.version(&board);
            let mut state = None;
            if seen != Some(version) {
                state = self.state(&board, limit, client, id).await.map(Arc::new);
                seen = Some(version);
            }
            if !self.watched.tell(&topic, state) {
                return;
            }
        }
    }

    /// The version of a board's first places; 0 where there is none.
    fn version(&self, board: &str) -> u64 {
        let boards = self.engine.services.boards.read();
        boards.texts.version(board).map_or(0, |version| version.number())
    }

    /// What the operation for the first places of a board answers now; `None` if it has a fault.
    async fn state(&self, board: &str, limit: u32, client: Client, id: RequestId) -> Option<State> {
        // Read before: what changes meanwhile is seen at the next look.
        let version = self.version(board);
        let (kind, subtype) = self.program.top?;
        let data = serde_json::json!({"app": board, "limit": limit}).to_string();
        let credentials = crate::caller::Credentials { token: None, client, signature: None };
        let call = self.call(credentials, id);
        let entry = self.program.registry.get(kind, subtype);
        let mut summary = CallSummary::default();
        let answer = envelope::answer_directly(&call, entry, data.as_bytes(), &mut summary).await;
        if answer.status != 200 {
            return None;
        }
        let Answer { data } = serde_json::from_slice(&answer.reply.text).ok()?;
        let top = data.get();
        Some(State { version, top: top.to_owned().into() })
    }
}

/// A player whose own place is watched.
struct Own {
    engine: Weak<Engine>,
    board: Box<str>,
    openid: Box<str>,
}

impl Own {
    /// The player's score and place; `None` where there is no score, or the server ends.
    fn place(&self) -> Option<(i64, u64)> {
        let engine = self.engine.upgrade()?;
        let boards = engine.services.boards.read();
        boards.texts.place(&self.board, &self.openid).map(|row| (row.score, row.place))
    }
}

/// What one client is sent: the first state, and then each newer one.
struct Sender {
    /// The state that is to be sent first; `None` once it was.
    first: Option<Arc<State>>,
    /// The first places that were sent last.
    shown: Bytes,
    newest: watch::Receiver<Newest>,
    own: Option<Own>,
    /// The own place that was sent last.
    place: Option<(i64, u64)>,
    ping: Interval,
    /// When the own place is looked at; `None` where none is watched.
    look: Option<Interval>,
    /// How long a change waits, so that not all watchers are told at once.
    delay: Duration,
}

impl Sender {
    fn new(
        first: Arc<State>,
        newest: watch::Receiver<Newest>,
        own: Option<Own>,
        delay: Duration,
    ) -> Self {
        let look = own.as_ref().map(|_| interval(EVERY_OWN));
        let shown = first.top.clone();
        let ping = interval(PING);
        Sender { first: Some(first), shown, newest, own, place: None, ping, look, delay }
    }

    /// The next piece, once there is one; `None` when the server ends.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            self.ping.reset();
            return Some(event(&first));
        }
        let piece = loop {
            let look = async {
                match &mut self.look {
                    Some(look) => look.tick().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                told = self.newest.changed() => {
                    told.ok()?;
                    if !self.delay.is_zero() {
                        tokio::time::sleep(self.delay).await;
                    }
                    let newer = self.newest.borrow_and_update().clone();
                    // What changed may be behind the places that are shown.
                    if let Some(newer) = newer.filter(|newer| newer.top != self.shown) {
                        self.shown = newer.top.clone();
                        break event(&newer);
                    }
                }
                _ = self.ping.tick() => break Bytes::from_static(b":\n\n"),
                _ = look => {
                    let now = self.own.as_ref().and_then(Own::place);
                    if now != self.place {
                        self.place = now;
                        break own_event(now);
                    }
                }
            }
        };
        self.ping.reset();
        Some(piece)
    }
}

/// A player's own place; `null` where there is no score any more.
fn own_event(place: Option<(i64, u64)>) -> Bytes {
    let data = match place {
        Some((score, rank)) => format!("{{\"score\":{score},\"rank\":{rank}}}"),
        None => "null".to_owned(),
    };
    format!("event: rank\ndata: {data}\n\n").into()
}

fn event(state: &State) -> Bytes {
    let State { version, top } = state;
    let mut event =
        format!("id: {version}\nevent: board\ndata: {{\"version\":{version},\"top\":").into_bytes();
    event.extend_from_slice(top);
    event.extend_from_slice(b"}\n\n");
    event.into()
}
