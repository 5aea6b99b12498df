//! What a route's client reads.

use super::Route;
use super::template::{Context, Expression, Template};
use crate::fault::{Fault, FaultKind};
use crate::op::File;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// What is answered, in one case.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub status: Status,
    pub body: Body,
    pub content_type: String,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// The HTTP status of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Always this one.
    Fixed(u16),
    /// The one that fits the fault.
    OfFault,
}

/// What an answer has in it.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// JSON.
    Json(Template),
    /// Bytes, of which the expression has the base64.
    Bytes(Expression),
    /// A picture.
    Picture(&'static File),
    /// An envelope with this `id`.
    Envelope(i64),
}

/// What is answered for each fault.
#[derive(Debug, Default)]
pub(crate) struct FaultTable {
    /// For faults of one key: the key as the wire has it.
    pub keyed: Vec<(FaultKind, String, Arc<Form>)>,
    /// For all others.
    pub forms: Vec<(FaultKind, Arc<Form>)>,
}

impl FaultTable {
    /// The form for a fault.
    pub(crate) fn get(&self, fault: &Fault) -> Option<&Form> {
        let kind = fault.kind();
        let keyed = fault.key().and_then(|key| {
            self.keyed.iter().find(|(known, name, _)| *known == kind && name == key)
        });
        let plain = || self.forms.iter().find(|(known, _)| *known == kind).map(|(_, form)| form);
        keyed.map(|(.., form)| form).or_else(plain).map(|form| &**form)
    }

    /// All forms, each as often as there are faults for it.
    pub(crate) fn forms(&self) -> impl Iterator<Item = (FaultKind, &Form)> {
        let keyed = self.keyed.iter().map(|(kind, _, form)| (*kind, &**form));
        keyed.chain(self.forms.iter().map(|(kind, form)| (*kind, &**form)))
    }
}

/// What a client reads.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Cow<'static, [u8]>,
    /// Names this very content, for `ETag`; empty if it must not be kept.
    pub tag: Cow<'static, str>,
    /// It is an envelope with this `id`, which is still to be written; its media type is what the configuration
    /// says.
    pub envelope_id: Option<i64>,
    /// Further header lines.
    pub headers: &'static [(HeaderName, HeaderValue)],
}

impl Response {
    /// A picture.
    pub fn file(status: u16, file: File) -> Self {
        Response {
            status,
            content_type: file.kind.content_type(),
            body: file.bytes,
            tag: file.tag,
            envelope_id: None,
            headers: &[],
        }
    }

    /// A body that no client may keep.
    fn new(form: &'static Form, status: u16, body: Vec<u8>) -> Self {
        Response {
            status,
            content_type: &form.content_type,
            body: body.into(),
            tag: Cow::Borrowed(""),
            envelope_id: match form.body {
                Body::Envelope(id) => Some(id),
                _ => None,
            },
            headers: &form.headers,
        }
    }
}

impl Route {
    /// What the client reads where all went well.
    pub(crate) fn success(&'static self, context: &Context<'_>) -> Result<Response, Fault> {
        let form = &self.success;
        let status = match form.status {
            Status::Fixed(status) => status,
            Status::OfFault => 200,
        };
        let mut body = Vec::new();
        match &form.body {
            Body::Json(template) => template.write(context, &mut body)?,
            Body::Bytes(expression) => {
                let value = expression.value(context, None)?;
                let bytes = match value.as_deref() {
                    Some(Value::String(text)) => STANDARD.decode(text).map_err(Fault::unknown),
                    _ => Err(Fault::unknown("the reply has no bytes where its route expects some")),
                };
                body = bytes?;
            }
            Body::Picture(file) => return Ok(Response::file(status, (*file).clone())),
            Body::Envelope(_) => {}
        }
        Ok(Response::new(form, status, body))
    }

    /// What the client reads of a fault of the route's operation.
    pub(crate) fn failure(&'static self, fault: &Fault, public_url: &str) -> Response {
        let context = Context { replies: &[], request: &[], fault: Some(fault), public_url };
        // The compiler of documents leaves no fault without a form.
        let Some(form) = self.faults.get(fault) else {
            return Response::new(&self.success, 500, Vec::new());
        };
        let status = match form.status {
            Status::Fixed(status) => status,
            Status::OfFault => fault.http_status(),
        };
        let mut body = Vec::new();
        match &form.body {
            Body::Json(template) => {
                // Faults have no replies, so that nothing here can fail.
                let _ = template.write(&context, &mut body);
            }
            Body::Picture(file) => return Response::file(status, (*file).clone()),
            Body::Envelope(_) | Body::Bytes(_) => {}
        }
        Response::new(form, status, body)
    }
}
