//! One request to a document: fields in, operations, dialect out.

use super::fields::{self, Content, ContentError, Source};
use crate::budget::Charge;
use crate::caller::Credentials;
use crate::client::Client;
use crate::config::Config;
use crate::data::{Fields, Value};
use crate::document::template::{Context, RequestField, Tree};
use crate::document::{Cookie, Document, Response, Route, StepField};
use crate::engine::Engine;
use crate::envelope::{self, CallSummary};
use crate::fault::Fault;
use crate::http::request::body::{BodyError, BoundedBody};
use crate::http::request::{client, signature};
use crate::http::response::{self, HttpResponse};
use crate::metrics::RefusalReason;
use crate::op::{Answer, Called, File, Name, RegisteredOp, Registry, SMALL_ANSWER};
use crate::request::RequestId;
use crate::status;
use hyper::body::Incoming;
use hyper::header::{HeaderValue, SET_COOKIE};
use hyper::http::request::Parts;
use matchit::Params;
use std::borrow::Cow;
use std::sync::Arc;

/// One request to a route of a document.
pub(crate) struct Asked<'a> {
    pub engine: &'a Arc<Engine>,
    pub registry: &'a Registry,
    pub document: &'static Document,
    pub route: &'static Route,
    /// The names of the path's parameters, in order.
    pub names: &'static [String],
    pub params: Params<'a, 'a>,
    pub head: &'a Parts,
    pub client: Client,
    pub id: RequestId,
}

/// A request's body, as far as it could be read.
pub(crate) struct ReadBody {
    content: Result<Content, Fault>,
    is_too_large: bool,
}

impl ReadBody {
    /// How long it is, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.content.as_ref().map_or(0, Content::length)
    }
}

/// What the operations of a route came to.
struct Done {
    /// A picture that the last one answers; otherwise their replies.
    answer: Result<File, Vec<Tree>>,
    /// The fields of the request that the route's answer names.
    request: Vec<RequestField>,
    /// The token of a session that one of the operations opened, if any.
    token: Option<String>,
}

impl Asked<'_> {
    /// Read its body; an error is the answer to a request that is refused before.
    pub(crate) async fn read(&self, body: Incoming) -> Result<ReadBody, HttpResponse> {
        let Asked { document, route, head, .. } = self;
        let config = &self.engine.services.config;
        if document.by_cookie && client::is_cross_site(&head.method, &head.headers, config) {
            let why = "a page of another site may not write here";
            return Err(response::cross_site(why));
        }
        if let Some(banned) = route.placeholder
            && !client::may_embed(&head.headers, &config.portrait.allowed_referers)
        {
            return Err(response::from_document(
                Response::file(403, banned.clone()),
                None,
                &head.headers,
            ));
        }
        let bodies = &self.engine.bodies;
        let mut body = BoundedBody::new(body, config.limits.max_body, bodies, self.client);
        let mut is_too_large = false;
        let content = match fields::read(&mut body, &head.headers, (document, route)).await {
            // The document has an answer for a picture that it refuses, and its pages show no other.
            Err(ContentError::Body(BodyError::TooLarge)) if self.takes_picture() => {
                if let Err(error) = body.discard().await {
                    return Err(response::body_error(error));
                }
                is_too_large = true;
                Err(too_large(config.limits.max_body))
            }
            Err(ContentError::Body(error)) => return Err(response::body_error(error)),
            Err(ContentError::Fault(fault)) => Err(fault),
            Ok(content) => Ok(content),
        };
        Ok(ReadBody { content, is_too_large })
    }

    /// Answer it, and note in `summary` what the request log says of it: at once, because a client that leaves
    /// ends this in the middle.
    pub(crate) async fn answer(self, body: ReadBody, summary: &mut CallSummary) -> HttpResponse {
        Calls { asked: &self, summary }.answer(body).await
    }

    /// Is one of its fields a picture?
    fn takes_picture(&self) -> bool {
        self.entry().is_some_and(|entry| entry.takes_file)
    }

    /// The route's operation.
    fn entry(&self) -> Option<&RegisteredOp> {
        self.registry.get(self.route.op.0, self.route.op.1)
    }

    /// The room for the answer of an operation that changes something and may answer much; an error if
    /// there is none.
    fn reserved(&self) -> Result<Option<Charge>, ()> {
        let reply_budget = self.entry().map_or(0, |entry| entry.reserved_reply_bytes);
        if reply_budget == 0 {
            return Ok(None);
        }
        let mut charge = self.engine.answers.charge(&self.client);
        if charge.hold(reply_budget) { Ok(Some(charge)) } else { Err(()) }
    }

    /// What an answer holds of the memory for all answers; an error if there is none. The answer of what
    /// has changed something is sent all the same.
    fn charged(&self, reserved: Option<Charge>, response: &Response) -> Result<Option<Charge>, ()> {
        let length = response.body.len();
        // What is built in is no memory of the answer's.
        if length <= SMALL_ANSWER || matches!(response.body, Cow::Borrowed(_)) {
            return Ok(None);
        }
        let mut charge = reserved.unwrap_or_else(|| self.engine.answers.charge(&self.client));
        if !charge.hold(length) {
            if !self.entry().is_some_and(|entry| entry.changes) {
                return Err(());
            }
            charge.hold_anyway(length);
        }
        Ok(Some(charge))
    }

    /// What the client reads of what the operations came to.
    fn dress(&self, result: Result<Done, Fault>) -> Response {
        let Asked { route, id, .. } = self;
        let public_url = &*self.engine.services.public_url;
        let response = result.and_then(|Done { answer, request, .. }| match answer {
            Ok(file) => Ok(Response::file(200, file)),
            Err(replies) => {
                let context =
                    Context { replies: &replies, request: &request, fault: None, public_url };
                let written = route.success(&context).and_then(|mut response| {
                    if let (Some(id), Some(reply)) = (response.envelope_id, replies.last()) {
                        envelope::succeed(response.body.to_mut(), id, &reply.answer)?;
                    }
                    Ok(response)
                });
                written.inspect_err(|fault| id.log(route.op, fault))
            }
        });
        response.unwrap_or_else(|fault| {
            let mut response = route.failure(&fault, public_url);
            if let Some(id) = response.envelope_id {
                let (nothing, table) = self
                    .entry()
                    .map_or(("{}", status::status as _), |entry| (entry.empty_data, entry.status));
                envelope::refuse(response.body.to_mut(), id, nothing, table, &fault);
            }
            response
        })
    }

    /// The headers that set or remove the session's cookie. No script may read it, and a browser sends it
    /// along only to this site and when a link leads here (`Lax`). Under https its name has the prefix
    /// `__Host-`; a cookie of the name that it had before is removed with it.
    fn cookies(&self, token: Option<&str>, config: &Config) -> Vec<HeaderValue> {
        let own = self.document.credentials.as_ref().and_then(|places| places.cookie.as_deref());
        let name = own.unwrap_or(client::COOKIE_NAME);
        let is_https = config.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
        let (names, secure) = match is_https {
            true => (vec![format!("{}{name}", client::HOST_PREFIX), name.to_owned()], "; Secure"),
            false => (vec![name.to_owned()], ""),
        };
        let (names, value, age) = match (self.route.cookie, token) {
            (Cookie::Set, Some(token)) => (&names[..1], token, config.session.ttl.as_secs()),
            (Cookie::Clear, _) => (&names[..], "", 0),
            (Cookie::Untouched, _) | (Cookie::Set, None) => return Vec::new(),
        };
        let line =
            |name| format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
        names.iter().filter_map(|name| HeaderValue::from_str(&line(name)).ok()).collect()
    }
}

/// Calls the operations of one request, and collects their summary for the request log.
struct Calls<'a, 'b> {
    asked: &'a Asked<'b>,
    summary: &'a mut CallSummary,
}

impl Calls<'_, '_> {
    /// Answer the request.
    async fn answer(&mut self, ReadBody { content, is_too_large }: ReadBody) -> HttpResponse {
        let asked = self.asked;
        let Asked { route, head, .. } = asked;
        let config = &asked.engine.services.config;
        route.requests.add();
        let Ok(reserved) = asked.reserved() else { return response::no_answer_memory() };
        let result = match self.run(&content).await {
            Err(Fault::Busy) => return response::busy(),
            Err(fault) => Err(fault.on_wire(|key| route.inputs.wire(key))),
            Ok(done) => Ok(done),
        };
        // Of the body only the fields were needed.
        drop(content);
        let retry_after = result.as_ref().err().and_then(Fault::retry_after);
        let cookies = match &result {
            Ok(done) => asked.cookies(done.token.as_deref(), config),
            Err(_) => Vec::new(),
        };
        let response = asked.dress(result);
        let is_envelope = response.envelope_id.is_some();
        let Ok(charge) = asked.charged(reserved, &response) else {
            return response::no_answer_memory();
        };
        let mut answer = response::from_document(response, charge, &head.headers);
        response::retry_after(&mut answer, retry_after);
        if is_envelope {
            response::set_envelope_type(&mut answer, config);
        }
        if is_too_large {
            answer.extensions_mut().insert(RefusalReason::BodySize);
        }
        for cookie in cookies {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        answer
    }

    /// Call the route's operation, and those that follow it, with a body as far as it was readable.
    async fn run(&mut self, content: &Result<Content, Fault>) -> Result<Done, Fault> {
        let asked = self.asked;
        let Asked { document, route, params, head, id, .. } = asked;
        let query = head.uri.query().unwrap_or("");
        let config = &asked.engine.services.config;
        let mut credentials = match &document.credentials {
            None => client::credentials(&head.method, &head.headers, query, asked.client, config),
            Some(places) => client::credentials_at(places, head, asked.client, config),
        };
        if let Ok(Content::Text { body, .. }) = content {
            credentials.signature = signature::of(head, body);
        }
        // Whoever adds to the query of a signed request adds nothing to it.
        let query = if route.is_signed && credentials.signature.is_some() { "" } else { query };
        let source =
            Source { document, route, names: asked.names, params, query, headers: &head.headers };
        let mut fields = content
            .as_ref()
            .map_err(Fault::clone)
            .and_then(|content| {
                let (fields, token) = fields::gather(&source, content)?;
                credentials.token = credentials.token.take().or(token);
                let is_too_long = content.length() > envelope::MOST_DATA
                    && asked.entry().is_some_and(|entry| !entry.takes_file);
                if is_too_long { Err(envelope::too_long()) } else { Ok(fields) }
            })
            .map_err(|fault| self.refused(route.op, &credentials, fault))
            .inspect_err(|fault| id.log(route.op, fault))?;
        let request = route.named_fields(&fields);
        for parameter in route.inputs.iter().filter(|input| input.is_parameter) {
            fields.remove(parameter.key);
        }
        let mut rest = if route.then.is_empty() { Fields::default() } else { fields.clone() };
        let mut answer = self.call(route.op, &mut fields, &credentials).await?;
        let mut replies = Vec::new();
        let mut token = None;
        for (number, step) in (1..).zip(&route.then) {
            let tree = Tree::new(answer);
            if route.token_step == Some(number - 1) {
                token = tree.text("token")?;
                credentials.token.clone_from(&token);
            }
            replies.push(tree);
            for (key, from) in &step.fields {
                let value = match from {
                    StepField::Field(field) => rest.get(field).cloned().unwrap_or(Value::Null),
                    StepField::Reply(step, key) => match replies.get(*step) {
                        Some(reply) => reply.field(key)?,
                        None => Value::Null,
                    },
                };
                rest.set(Cow::Borrowed(key), value);
            }
            answer = self.call(step.op, &mut rest.clone(), &credentials).await?;
        }
        let answer = match answer {
            Answer::File(file) => Ok(file),
            answer => {
                let tree = Tree::new(answer);
                if route.token_step == Some(route.then.len()) && route.cookie == Cookie::Set {
                    token = tree.text("token")?;
                }
                replies.push(tree);
                Err(replies)
            }
        };
        Ok(Done { answer, request, token })
    }

    /// What is told where the fields of `op` can't be gathered.
    fn refused(&mut self, op: Name, credentials: &Credentials, fault: Fault) -> Fault {
        let Some(entry) = self.asked.registry.get(op.0, op.1) else { return fault };
        self.summary.note_operation(Some(op));
        let fault = entry.refused(self.asked.engine, credentials, fault);
        self.summary.note_status((entry.status)(&fault).code);
        fault
    }

    async fn call(
        &mut self,
        op: Name,
        fields: &mut Fields<'_>,
        credentials: &Credentials,
    ) -> Result<Answer, Fault> {
        // Checked at start: every route names operations that are registered.
        let entry = self.asked.registry.get(op.0, op.1).ok_or(Fault::NoSuchOperation)?;
        self.summary.note_operation(Some(op));
        let result = match entry.call(self.asked.engine, fields, credentials.clone()) {
            Called::Ready(result) => result,
            Called::Later(later) => later.await,
        };
        self.summary.note_status(entry.code(&result));
        result.inspect_err(|fault| self.asked.id.log(op, fault))
    }
}

/// The fault of a picture whose request is longer than `most` bytes.
fn too_large(most: usize) -> Fault {
    let why = format!("the picture is too large: its request is longer than {most} bytes");
    Fault::File(why.into())
}
