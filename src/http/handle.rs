//! One request: from its path to its answer.

use super::body::{self, BodyError};
use super::pages::Pages;
use super::respond::{self, Answer};
use super::route::{Route, Router};
use super::{client, cors};
use crate::caller::Credentials;
use crate::config::ContentType;
use crate::data::{Fields, Value};
use crate::document::{Document, Response, Row};
use crate::engine::Engine;
use crate::envelope::{self, Call, Outcome};
use crate::fault::Fault;
use crate::request::RequestId;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode, Uri, Version};
use matchit::Params;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

/// The most bytes of a request's target and headers.
const HEAD: usize = 16 * 1024;

/// What all requests share.
pub(super) struct Handler {
    pub engine: Arc<Engine>,
    router: Router,
    pages: Option<Pages>,
    home: &'static str,
    limiter: Option<DefaultKeyedRateLimiter<IpAddr>>,
    content_type: HeaderValue,
}

impl Handler {
    pub(super) fn new(
        engine: Arc<Engine>,
        router: Router,
        pages: Option<Pages>,
        home: &'static str,
    ) -> Self {
        let config = &engine.services.config;
        let limiter = NonZeroU32::new(config.limits.requests_per_minute)
            .map(|most| RateLimiter::keyed(Quota::per_minute(most)));
        let content_type = match config.envelope.content_type {
            ContentType::Json => respond::JSON,
            ContentType::Text => HeaderValue::from_static("text/plain; charset=utf-8"),
        };
        Handler { engine, router, pages, home, limiter, content_type }
    }

    /// Answer one request of `peer`.
    pub(super) async fn answer(&self, peer: SocketAddr, request: Request<Incoming>) -> Answer {
        let origin = request.headers().get(ORIGIN).cloned();
        let mut answer = self.routed(peer, request).await;
        let allowed = &self.engine.services.config.cors.allowed_origins;
        cors::allow(allowed, origin.as_ref(), answer.headers_mut());
        answer
    }

    async fn routed(&self, peer: SocketAddr, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let config = &self.engine.services.config;
        let length: usize = head.headers.iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
        if length + target_length(&head.uri) > HEAD {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return respond::refusal(status, "the request's headers are longer than 16 KB");
        }
        if head.version == Version::HTTP_11 && !head.headers.contains_key(HOST) {
            return respond::refusal(StatusCode::BAD_REQUEST, "the header Host is missing");
        }
        let address = client::address(peer.ip(), &head.headers, &config.limits.trusted_proxies);
        if let Some(limiter) = &self.limiter
            && let Err(until) = limiter.check_key(&address)
        {
            let wait = until.wait_time_from(DefaultClock::default().now());
            return respond::too_many(wait.as_secs() + 1);
        }
        let Some((route, params)) = self.router.find(head.uri.path()) else {
            return self.page(&head).await;
        };
        if head.method == Method::OPTIONS && cors::is_preflight(&head.headers) {
            let mut answer = respond::nothing();
            cors::preflight(&route.allow(), answer.headers_mut());
            return answer;
        }
        let query = head.uri.query().unwrap_or("");
        let credentials = client::credentials(&head.method, &head.headers, query, address, config);
        let row = route.row(&head.method);
        if let Some((document, row)) = row {
            if let Some(banned) = row.hotlinked
                && !client::may_embed(&head.headers, &config.portrait.allowed_referers)
            {
                return respond::dressed(Response::file(403, banned.clone()), &head.headers);
            }
            return match self.document(document, row, &params, query, credentials).await {
                Some(made) => respond::dressed(made, &head.headers),
                None => respond::refusal(StatusCode::NOT_FOUND, "no such operation"),
            };
        }
        if !matches!((route, &head.method), (Route::Envelope, &Method::POST)) {
            return respond::wrong_method(&route.allow());
        }
        let body = match body::read(body, config.limits.max_body).await {
            Ok(body) => body,
            Err(BodyError::TooLarge) => {
                let why = "the body is longer than limits.max_body";
                return respond::refusal(StatusCode::PAYLOAD_TOO_LARGE, why);
            }
            Err(BodyError::TooSlow) => {
                let why = "the body did not come in time";
                return respond::refusal(StatusCode::REQUEST_TIMEOUT, why);
            }
            Err(BodyError::Broken) => {
                return respond::refusal(StatusCode::BAD_REQUEST, "the body is not readable");
            }
        };
        let call = Call { engine: &self.engine, credentials, id: RequestId::next() };
        match envelope::answer(&call, &body).await {
            Outcome::Answer(answer) => respond::ok(answer, self.content_type.clone()),
            Outcome::Nothing => respond::nothing(),
            Outcome::Busy => {
                respond::refusal(StatusCode::SERVICE_UNAVAILABLE, "the server is busy; try again")
            }
        }
    }

    /// Answer a path that is not the API's.
    async fn page(&self, head: &Parts) -> Answer {
        let path = head.uri.path();
        let is_page = self.pages.is_some() || path == "/";
        match (&self.pages, &head.method) {
            _ if !is_page => respond::refusal(StatusCode::NOT_FOUND, "no such path"),
            (Some(pages), &Method::GET | &Method::HEAD) => pages.answer(path, &head.headers).await,
            (None, &Method::GET | &Method::HEAD) => respond::page(self.home),
            _ => respond::wrong_method("GET, HEAD"),
        }
    }

    async fn document(
        &self,
        document: &Document,
        row: &'static Row,
        params: &Params<'_, '_>,
        query: &str,
        credentials: Credentials,
    ) -> Option<Response> {
        // Checked at start: every row names an operation that is registered.
        let entry = self.engine.registry.get(row.op.0, row.op.1)?;
        let result = match fields(params, query) {
            Err(fault) => Err(fault),
            Ok(mut fields) => entry.call(&self.engine, &mut fields, credentials).wait().await,
        };
        if let Err(fault) = &result {
            RequestId::next().log(row.op, fault);
        }
        Some((document.dialect)(entry, result))
    }

    /// Forget clients that have not been heard of for long, so that their number can't grow.
    pub(super) fn tidy(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// A row's fields: what stands for the `{names}` of its path, and the query. None may come twice.
fn fields<'a>(params: &Params<'_, 'a>, query: &'a str) -> Result<Fields<'a>, Fault> {
    let twice = |key: &str| Fault::WrongValue(key.to_owned().into(), "sent twice".into());
    let mut fields = Fields::from_urlencoded(query).map_err(|key| twice(&key))?;
    for (name, segment) in params.iter() {
        let Ok(text) = percent_decode_str(segment).decode_utf8() else {
            return Err(Fault::WrongValue(name.to_owned().into(), "not UTF-8".into()));
        };
        if !fields.insert(Cow::Owned(name.to_owned()), Value::Word(text)) {
            return Err(twice(name));
        }
    }
    Ok(fields)
}

fn target_length(uri: &Uri) -> usize {
    uri.path().len() + uri.query().map_or(0, str::len)
}
