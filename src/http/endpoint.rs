//! One request: from its path to its answer.

pub(crate) mod documents;
pub(crate) mod fields;
mod head;
mod page;
pub(crate) mod record;
pub(crate) mod route;
pub(crate) mod routing;

use crate::caller::Credentials;
use crate::client::Client;
use crate::data::encoding::without_bom;
use crate::document::{Problem, SourceFile};
use crate::engine::Engine;
use crate::envelope::{self, Accepts, BodyOutcome, CallContext, CallSummary};
use crate::events::Watched;
use crate::fault::Fault;
use crate::http::connection::head::HeadSniffer;
use crate::http::endpoint::documents::{Asked, ReadBody};
use crate::http::endpoint::page::{is_preflight, preflight};
use crate::http::endpoint::record::Record;
use crate::http::endpoint::route::{DocumentRoute, Found, Target};
use crate::http::endpoint::routing::Routing;
use crate::http::probes;
use crate::http::request::body::BoundedBody;
use crate::http::request::{client, signature};
use crate::http::response::date::Dates;
use crate::http::response::{self, HttpResponse, cors};
use crate::http::static_files::{PageHeaders, StaticFiles};
use crate::live::Live;
use crate::program::Program;
use crate::request::RequestId;
use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

/// The longest body that is decoded by the threads that serve requests, in bytes. It is decoded in less than a
/// millisecond; a longer one, and a batch, are decoded and answered at idle priority.
const SHORT_BODY: usize = 64 * 1024;

/// What all requests share.
pub(crate) struct Handler {
    pub engine: Arc<Engine>,
    pub dates: Arc<Dates>,
    pub(super) program: Program,
    routing: Live<Routing>,
    pages: Option<StaticFiles>,
    page_headers: PageHeaders,
    /// Who watches boards.
    pub(crate) watched: Arc<Watched>,
    /// The media type of answers in the envelope's form.
    content_type: HeaderValue,
}

impl Handler {
    pub(crate) fn new(
        engine: Arc<Engine>,
        pages: Option<StaticFiles>,
        program: Program,
        routing: Routing,
    ) -> Self {
        let config = &engine.services.config;
        let content_type = HeaderValue::from_static(response::envelope_type(config));
        Handler {
            page_headers: PageHeaders::new(config),
            engine,
            dates: Arc::default(),
            program,
            routing: Live::new(routing),
            pages,
            watched: Arc::default(),
            content_type,
        }
    }

    /// Serve the documents of these files from now on, besides those that are built in; `false` if they were
    /// replaced too often. Files that are as they were change nothing.
    pub(crate) fn reload_documents(&self, files: Vec<SourceFile>) -> Result<bool, Vec<Problem>> {
        if self.routing.library.is_of(&files) {
            return Ok(true);
        }
        Routing::new(&self.program, files).map(|routing| self.routing.replace(routing))
    }

    /// Answer one request of `peer`, on a connection that has read `head_sniffer`.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        peer: SocketAddr,
        head_sniffer: &HeadSniffer,
        request: Request<Incoming>,
    ) -> HttpResponse {
        let mut record = Record::new(&self.engine.services, peer, request.method());
        let origin = request.headers().get(ORIGIN).cloned();
        let comes_in_chunks = request.body().size_hint().exact().is_none();
        let mut answer = if comes_in_chunks && head_sniffer.has_both(request.method()) {
            response::malformed("both Content-Length and Transfer-Encoding")
        } else {
            caught(record.id, pin!(self.routed(peer, request, &mut record))).await
        };
        if response::is_refusal(&answer) {
            answer.headers_mut().insert(CONTENT_TYPE, self.content_type.clone());
        }
        self.dates.stamp(answer.headers_mut());
        if !record.is_probe {
            let allowed = &self.engine.services.config.cors.allowed_origins;
            cors::allow(allowed, origin.as_ref(), answer.headers_mut());
        }
        // Of a preflight there is nothing to keep.
        if answer.status() != StatusCode::NO_CONTENT {
            response::keep_private(answer.headers_mut());
        }
        record.answered(&answer);
        answer
    }

    async fn routed(
        self: &Arc<Self>,
        peer: SocketAddr,
        request: Request<Incoming>,
        record: &mut Record<'_>,
    ) -> HttpResponse {
        let (head, body) = request.into_parts();
        let config = &self.engine.services.config;
        if let Some(refusal) = head::refused(&head) {
            return refusal;
        }
        let client = client::client(peer.ip(), &head.headers, config);
        record.client = client.address();
        let routing = &*self.routing;
        let found = routing.router.find(head.uri.path());
        if let Some(Found { path, target: Target::Probe(probe), .. }) = found {
            (record.path, record.is_probe) = (path, true);
            let is_shown = probes::is_shown(peer.ip(), client.address(), &head.headers, config);
            let counted = || (self.program.registry.counted(), routing.library.counted());
            let asked = probe.answer(&self.engine, &head, is_shown, record.id, counted);
            return Box::pin(asked).await;
        }
        if self.engine.services.bans.has(client.address()) {
            return response::refusal(
                StatusCode::FORBIDDEN,
                "the operator of this server has banned this address",
            );
        }
        // Of a batch, each further operation is counted when it is its turn.
        let per_minute = self.engine.requests_per_minute();
        if let Err(fault) = self.engine.rate.count(per_minute, &client) {
            return response::too_many(&fault);
        }
        let Some(Found { path, target, params }) = found else {
            return Box::pin(self.page(&head, client, record)).await;
        };
        record.path = path;
        if is_preflight(&head) {
            return preflight(config, &head, &target.allow());
        }
        match (target, target.route(&head.method)) {
            (_, Some(DocumentRoute { document, route, names })) => {
                let asked = Asked {
                    engine: &self.engine,
                    registry: &self.program.registry,
                    document,
                    route,
                    names,
                    params,
                    head: &head,
                    client,
                    id: record.id,
                };
                // Boxed, so that the envelope's way through here does not carry its size.
                let content = match Box::pin(asked.read(body)).await {
                    Ok(content) => content,
                    Err(answer) => return answer,
                };
                if content.length() <= SHORT_BODY {
                    return Box::pin(asked.answer(content, &mut record.summary)).await;
                }
                drop(asked);
                let (handler, id) = (Arc::clone(self), record.id);
                let answer = async move { handler.document(&head, client, id, content).await };
                let answered = Box::pin(self.engine.workers.aside(answer)).await;
                let Some((answer, summary)) = answered else { return response::internal_error() };
                record.summary = summary;
                answer
            }
            (Target::Description(description), None) => description.answer(
                &head,
                || routing.descriptions.openapi(&self.program.api(&routing.library)),
                || {
                    let address = &self.engine.services.public_url;
                    routing.descriptions.openrpc(&self.program.registry, address)
                },
            ),
            (Target::Events, None) => Box::pin(self.events(&head, client, record.id)).await,
            (Target::Operation, None) if head.method == Method::POST => {
                let named = |key| params.get(key).unwrap_or_default().to_owned();
                let name = (named("type"), named("subtype"));
                Box::pin(self.operation(name, &head, body, client, record)).await
            }
            (Target::Endpoint(accepts), None) if head.method == Method::POST => {
                self.endpoint(*accepts, &head, body, client, record).await
            }
            _ => response::wrong_method(&target.allow()),
        }
    }

    /// Call one operation, whose data is the body.
    async fn operation(
        self: &Arc<Self>,
        name: (String, String),
        head: &Parts,
        body: Incoming,
        client: Client,
        record: &mut Record<'_>,
    ) -> HttpResponse {
        let mut body = self.bounded(body, client);
        let body = match body.whole().await {
            Ok(body) => body,
            Err(error) => return response::body_error(error),
        };
        let (credentials, id) = (self.credentials(head, &body, client), record.id);
        let is_long = body.len() > SHORT_BODY;
        let handler = Arc::clone(self);
        let answer = async move {
            let mut summary = CallSummary::default();
            let entry = handler.program.registry.get(&name.0, &name.1);
            let call = handler.call(credentials, id);
            (envelope::answer_directly(&call, entry, &body, &mut summary).await, summary)
        };
        let answered = match is_long {
            true => Box::pin(self.engine.workers.aside(answer)).await,
            false => Some(answer.await),
        };
        let Some((answer, summary)) = answered else { return response::internal_error() };
        record.summary = summary;
        response::direct(answer)
    }

    /// A body that may take its part of the memory for bodies.
    fn bounded(&self, body: Incoming, client: Client) -> BoundedBody<'_> {
        let most = self.engine.services.config.limits.max_body;
        BoundedBody::new(body, most, &self.engine.bodies, client)
    }

    /// What a request with this body brought to prove who sends it.
    pub(super) fn credentials(&self, head: &Parts, body: &Bytes, client: Client) -> Credentials {
        let query = head.uri.query().unwrap_or("");
        let config = &self.engine.services.config;
        let mut credentials =
            client::credentials(&head.method, &head.headers, query, client, config);
        credentials.signature = signature::of(head, body);
        credentials
    }

    /// What the calls of one body have in common.
    pub(super) fn call(&self, credentials: Credentials, id: RequestId) -> CallContext<'_> {
        CallContext {
            engine: &self.engine,
            registry: &self.program.registry,
            descriptions: &self.routing.descriptions,
            credentials,
            id,
        }
    }

    /// Answer a request to a document whose body was read.
    async fn document(
        &self,
        head: &Parts,
        client: Client,
        id: RequestId,
        content: ReadBody,
    ) -> (HttpResponse, CallSummary) {
        let routing = &*self.routing;
        let found = routing.router.find(head.uri.path());
        let Some((params, DocumentRoute { document, route, names })) = found
            .and_then(|Found { target, params, .. }| Some((params, target.route(&head.method)?)))
        else {
            return (response::internal_error(), CallSummary::default());
        };
        let (engine, registry) = (&self.engine, &self.program.registry);
        let asked = Asked { engine, registry, document, route, names, params, head, client, id };
        let mut summary = CallSummary::default();
        let answer = asked.answer(content, &mut summary).await;
        (answer, summary)
    }

    /// Answer envelopes or calls of JSON-RPC.
    async fn endpoint(
        self: &Arc<Self>,
        accepts: Accepts,
        head: &Parts,
        body: Incoming,
        client: Client,
        record: &mut Record<'_>,
    ) -> HttpResponse {
        let mut body = self.bounded(body, client);
        let body = match body.whole().await {
            Ok(body) => body,
            Err(error) => return response::body_error(error),
        };
        let (credentials, id) = (self.credentials(head, &body, client), record.id);
        let outcome = if body.len() > SHORT_BODY || is_batch(&body) {
            let handler = Arc::clone(self);
            let answer = async move {
                let mut summary = CallSummary::default();
                let call = handler.call(credentials, id);
                (envelope::answer_at(accepts, &call, &body, &mut summary).await, summary)
            };
            let answered = Box::pin(self.engine.workers.aside(answer)).await;
            let Some((outcome, summary)) = answered else { return response::internal_error() };
            record.summary = summary;
            outcome
        } else {
            let call = self.call(credentials, id);
            envelope::answer_at(accepts, &call, &body, &mut record.summary).await
        };
        match outcome {
            BodyOutcome::Answer(answer) => {
                let is_rpc = answer.is_rpc;
                let content_type = if is_rpc { response::JSON } else { self.content_type.clone() };
                response::ok(answer, content_type)
            }
            BodyOutcome::Nothing => response::no_content(),
            BodyOutcome::Busy => response::busy(),
            BodyOutcome::NoBodyMemory => response::no_body_memory(),
            BodyOutcome::NoAnswerMemory => response::no_answer_memory(),
        }
    }

    /// How many files a connection may have open: itself, and the page that it is sent.
    pub(crate) fn files_each(&self) -> usize {
        1 + usize::from(self.pages.is_some())
    }
}

/// Does a body begin as a batch does?
fn is_batch(body: &[u8]) -> bool {
    without_bom(body).trim_ascii_start().first() == Some(&b'[')
}

/// What a request comes to. A panic where no operation runs, in a field's reader or a document's
/// dialect, would end the connection without a word.
async fn caught(
    id: RequestId,
    mut answer: Pin<&mut impl Future<Output = HttpResponse>>,
) -> HttpResponse {
    let polled = |cx: &mut Context<'_>| {
        catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))).unwrap_or_else(|_| {
            let cause = Fault::panicked().cause().map(ToString::to_string);
            tracing::error!(request = %id, cause, "a request was answered by an internal error");
            Poll::Ready(response::internal_error())
        })
    };
    poll_fn(polled).await
}
