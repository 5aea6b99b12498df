//! One request to a document: fields in, operations, dialect out.

use super::fields::{self, Content, ContentError};
use crate::budget::Charge;
use crate::caller::Credentials;
use crate::client::Client;
use crate::config::Config;
use crate::data::{Fields, Value};
use crate::document::{Cookie, Document, Failure, Response, Route};
use crate::engine::Engine;
use crate::envelope::{self, CallSummary};
use crate::fault::Fault;
use crate::http::request::body::{BodyError, BoundedBody};
use crate::http::request::{client, signature};
use crate::http::response::{self, HttpResponse};
use crate::metrics::RefusalReason;
use crate::op::{Answer, Called, Name, RegisteredOp, Registry, SMALL_ANSWER};
use crate::request::RequestId;
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
    pub document: &'a Document,
    pub route: &'static Route,
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
    /// The last one's answer.
    answer: Answer,
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
        let content = match fields::read(&mut body, &head.headers, route).await {
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

    /// Answer it, and keep in `summary` what becomes of it.
    pub(crate) async fn answer(
        self,
        ReadBody { content, is_too_large }: ReadBody,
        summary: &mut CallSummary,
    ) -> HttpResponse {
        let Asked { route, head, .. } = self;
        let config = &self.engine.services.config;
        let Ok(reserved) = self.reserved() else { return response::no_answer_memory() };
        let (result, token) = match self.run(&content, summary).await {
            Err(Fault::Busy) => return response::busy(),
            Err(fault) => (Err(fault.on_wire(route.renames)), None),
            Ok(done) => (Ok(done.answer), done.token),
        };
        // Of the body only the fields were needed.
        drop(content);
        let retry_after = result.as_ref().err().and_then(Fault::retry_after);
        let cookies =
            if result.is_ok() { cookies(route.cookie, token, config) } else { Vec::new() };
        let response = self.dress(result);
        let is_envelope = response.is_envelope;
        let Ok(charge) = self.charged(reserved, &response) else {
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

    /// Call the route's operation, and those that follow it, with a body as far as it was readable.
    async fn run(
        &self,
        content: &Result<Content, Fault>,
        summary: &mut CallSummary,
    ) -> Result<Done, Fault> {
        let Asked { document, route, params, head, id, .. } = self;
        let query = head.uri.query().unwrap_or("");
        let config = &self.engine.services.config;
        let mut credentials =
            client::credentials(&head.method, &head.headers, query, self.client, config);
        if let Ok(Content::Text { body, .. }) = content {
            credentials.signature = signature::of(head, body);
        }
        // Whoever adds to the query of a signed request adds nothing to it.
        let query = if route.is_signed && credentials.signature.is_some() { "" } else { query };
        let mut fields = content
            .as_ref()
            .map_err(Fault::clone)
            .and_then(|content| {
                let fields = fields::gather(document, route, params, query, content)?;
                let is_too_long = content.length() > envelope::MOST_DATA
                    && self.entry().is_some_and(|entry| !entry.takes_file);
                if is_too_long { Err(envelope::too_long()) } else { Ok(fields) }
            })
            .map_err(|fault| self.refused(route.op, &credentials, fault, summary))
            .inspect_err(|fault| id.log(route.op, fault))?;
        let mut rest = if route.then.is_empty() { Fields::default() } else { fields.clone() };
        let mut answer = self.call(route.op, &mut fields, &credentials, summary).await?;
        let opened = |answer: &Answer| match route.cookie {
            Cookie::Set(opened) => opened(answer),
            Cookie::Untouched | Cookie::Clear => None,
        };
        let mut token = opened(&answer);
        for step in route.then {
            for (from, to) in step.renames {
                let value = rest.take(from).unwrap_or(Value::Null);
                rest.set(Cow::Borrowed(to), value);
            }
            answer = self.call(step.op, &mut rest.clone(), &credentials, summary).await?;
            if let Some(opened) = opened(&answer) {
                credentials.token = Some(opened.clone());
                token = Some(opened);
            }
        }
        Ok(Done { answer, token })
    }

    /// What is told where the fields of `op` can't be gathered.
    fn refused(
        &self,
        op: Name,
        credentials: &Credentials,
        fault: Fault,
        summary: &mut CallSummary,
    ) -> Fault {
        let Some(entry) = self.registry.get(op.0, op.1) else { return fault };
        summary.note_operation(Some(op));
        let fault = entry.refused(self.engine, credentials, fault);
        summary.note_status((entry.status)(&fault).code);
        fault
    }

    async fn call(
        &self,
        op: Name,
        fields: &mut Fields<'_>,
        credentials: &Credentials,
        summary: &mut CallSummary,
    ) -> Result<Answer, Fault> {
        // Checked at start: every route names operations that are registered.
        let entry = self.registry.get(op.0, op.1).ok_or(Fault::NoSuchOperation)?;
        summary.note_operation(Some(op));
        let result = match entry.call(self.engine, fields, credentials.clone()) {
            Called::Ready(result) => result,
            Called::Later(later) => later.await,
        };
        summary.note_status(entry.code(&result));
        result.inspect_err(|fault| self.id.log(op, fault))
    }

    /// What the client reads of what the operations came to.
    fn dress(&self, result: Result<Answer, Fault>) -> Response {
        let Asked { route, id, .. } = self;
        let response = result.and_then(|answer| match answer {
            Answer::File(file) => Ok(Response::file(200, file)),
            answer => (route.success)(&answer).inspect_err(|fault| id.log(route.op, fault)),
        });
        let entry = self.entry();
        response.unwrap_or_else(|fault| (route.failure)(&Failure { fault: &fault, entry }))
    }
}

/// The fault of a picture whose request is longer than `most` bytes.
fn too_large(most: usize) -> Fault {
    let why = format!("the picture is too large: its request is longer than {most} bytes");
    Fault::File(why.into())
}

/// The headers that set or remove the session's cookie. No script may read it, and a browser sends it
/// along only to this site and when a link leads here (`Lax`). Under https its name has the prefix
/// `__Host-`; a cookie of the name that it had before is removed with it.
fn cookies(cookie: Cookie, token: Option<String>, config: &Config) -> Vec<HeaderValue> {
    let is_https = config.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let (names, secure) = match is_https {
        true => (&[client::HOST_COOKIE, client::COOKIE_NAME][..], "; Secure"),
        false => (&[client::COOKIE_NAME][..], ""),
    };
    let (names, value, age) = match (cookie, token) {
        (Cookie::Set(_), Some(token)) => (&names[..1], token, config.session.ttl.as_secs()),
        (Cookie::Clear, _) => (names, String::new(), 0),
        (Cookie::Untouched, _) | (Cookie::Set(_), None) => return Vec::new(),
    };
    let line =
        |name| format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    names.iter().filter_map(|name| HeaderValue::from_str(&line(name)).ok()).collect()
}
