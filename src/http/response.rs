//! Answers as HTTP has them.

pub(crate) mod cors;
pub(crate) mod date;
pub(crate) mod event_body;
pub(crate) mod file_body;

use crate::budget::Charge;
use crate::config::{Config, ContentType};
use crate::document;
use crate::envelope::{self, DirectReply, ReplyText};
use crate::fault::{Cause, Fault};
use crate::http::request::body::BodyError;
use crate::http::request::headers;
use crate::http::response::event_body::LongBody;
use crate::metrics::RefusalReason;
use crate::status;
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use std::borrow::Cow;

/// An answer: all of it in memory, or made while it is sent.
pub(crate) type HttpResponse = Response<Either<Full<Bytes>, LongBody>>;

/// The media type of an answer in JSON.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Marks an answer that never reached a document: it has the envelope's form.
#[derive(Debug, Clone, Copy)]
struct InEnvelope;

/// The media type of an answer in the envelope's form.
pub(crate) fn envelope_type(config: &Config) -> &'static str {
    match config.envelope.content_type {
        ContentType::Json => "application/json; charset=utf-8",
        ContentType::Text => "text/plain; charset=utf-8",
    }
}

/// Give an answer in the envelope's form its media type.
pub(crate) fn set_envelope_type(answer: &mut HttpResponse, config: &Config) {
    let content_type = HeaderValue::from_static(envelope_type(config));
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
}

/// Was the request refused by an envelope, before it reached a document?
pub(crate) fn is_refusal(answer: &HttpResponse) -> bool {
    answer.extensions().get::<InEnvelope>().is_some()
}

/// An envelope's answer, under HTTP 200.
pub(crate) fn ok(answered: ReplyText, content_type: HeaderValue) -> HttpResponse {
    let seconds = answered.retry_after;
    let mut answer = with(StatusCode::OK, answered.into_bytes(), content_type);
    retry_after(&mut answer, seconds);
    answer
}

/// The answer of one operation.
pub(crate) fn direct(direct: DirectReply) -> HttpResponse {
    let mut answer = ok(direct.reply, JSON);
    *answer.status_mut() =
        StatusCode::from_u16(direct.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
}

/// Tell in how many seconds it is worth trying again what a limit refused.
pub(crate) fn retry_after(answer: &mut HttpResponse, seconds: Option<u64>) {
    if let Some(seconds) = seconds {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
}

/// A page that is built in.
pub(crate) fn page(status: StatusCode, html: &'static str) -> HttpResponse {
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    with(status, Bytes::from_static(html.as_bytes()), html_type)
}

/// Keep an answer out of every cache, unless it says itself how it may be kept: it may be somebody's
/// own, and what it is depends on who asks.
pub(crate) fn keep_private(answer: &mut HeaderMap) {
    if !answer.contains_key(CACHE_CONTROL) {
        answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer.append(VARY, HeaderValue::from_static("Authorization, Cookie"));
    }
}

/// Nothing under HTTP 204.
pub(crate) fn no_content() -> HttpResponse {
    let mut answer = Response::new(Either::Left(Full::default()));
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// What never reached a document: an envelope with `id` -1. -2 where the request is at fault, -404
/// where the server is, or the time; `why` goes into `detail`.
pub(crate) fn refusal(status: StatusCode, why: &'static str) -> HttpResponse {
    let mut answer = in_envelope(status, why);
    let headers = answer.headers_mut();
    match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        // The rest of the request is not read, so the connection can't be used again.
        StatusCode::BAD_REQUEST
        | StatusCode::EXPECTATION_FAILED
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    answer
}

fn in_envelope(status: StatusCode, why: impl Into<Cow<'static, str>>) -> HttpResponse {
    let mut answer = with(status, refusal_text(status, why).into(), JSON);
    answer.extensions_mut().insert(InEnvelope);
    answer
}

/// A refusal that is counted under this reason.
fn because(why: RefusalReason, mut answer: HttpResponse) -> HttpResponse {
    answer.extensions_mut().insert(why);
    answer
}

/// 400: a request that can't be read, or be read in two ways.
pub(crate) fn malformed(why: &'static str) -> HttpResponse {
    because(RefusalReason::Malformed, refusal(StatusCode::BAD_REQUEST, why))
}

/// 417: the client waits for something that the server does not do.
pub(crate) fn expectation_failed() -> HttpResponse {
    let why = "the only expectation that is met is 100-continue";
    because(RefusalReason::Malformed, refusal(StatusCode::EXPECTATION_FAILED, why))
}

/// 431.
pub(crate) fn long_head(why: &'static str) -> HttpResponse {
    because(RefusalReason::HeadSize, refusal(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, why))
}

/// 403: a page of another site asks for what it may not have.
pub(crate) fn cross_site(why: &'static str) -> HttpResponse {
    because(RefusalReason::Foreign, refusal(StatusCode::FORBIDDEN, why))
}

/// The body of a refusal.
pub(crate) fn refusal_text(status: StatusCode, why: impl Into<Cow<'static, str>>) -> Vec<u8> {
    let request_is_at_fault = status.is_client_error()
        && !matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    let table = if request_is_at_fault { status::status } else { unknown };
    let mut body = Vec::new();
    envelope::refuse(&mut body, -1, "{}", table, &Fault::EnvelopeValue(why.into()));
    body
}

fn unknown(_: &Fault) -> status::Status {
    status::status(&Fault::Unknown(Cause::new("")))
}

/// 503: the writer's queue is full, and nothing was done.
pub(crate) fn busy() -> HttpResponse {
    refusal(StatusCode::SERVICE_UNAVAILABLE, "the server is busy; try again")
}

/// 503: there is no memory for the body.
pub(crate) fn no_body_memory() -> HttpResponse {
    because(RefusalReason::BodyMemory, busy())
}

/// 503: there is no memory for the answer, and nothing was done.
pub(crate) fn no_answer_memory() -> HttpResponse {
    because(RefusalReason::AnswerMemory, busy())
}

/// 500: a defect of ours, of which the log says more.
pub(crate) fn internal_error() -> HttpResponse {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "a defect in the server; its log says more")
}

/// The answer where a body could not be read.
pub(crate) fn body_error(error: BodyError) -> HttpResponse {
    let refused = |why, status, text| because(why, refusal(status, text));
    match error {
        BodyError::TooLarge => refused(
            RefusalReason::BodySize,
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is longer than limits.max_body",
        ),
        BodyError::NoRoom => no_body_memory(),
        BodyError::TooSlow => refused(
            RefusalReason::BodyTime,
            StatusCode::REQUEST_TIMEOUT,
            "the body did not come in time",
        ),
        BodyError::Broken => malformed("the body is not readable"),
    }
}

/// 405, with the methods that the path does answer.
pub(crate) fn wrong_method(allow: &str) -> HttpResponse {
    let mut answer =
        refusal(StatusCode::METHOD_NOT_ALLOWED, "the path does not answer this method");
    if let Ok(allow) = HeaderValue::from_str(allow) {
        answer.headers_mut().insert(ALLOW, allow);
    }
    answer
}

/// 429: a limit on how often something may be done is used up.
pub(crate) fn too_many(fault: &Fault) -> HttpResponse {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut answer = in_envelope(status, fault.explanation());
    retry_after(&mut answer, Some(fault.retry_after().unwrap_or(1)));
    because(RefusalReason::Rate, answer)
}

/// What a dialect made of an answer, which holds this part of the memory for answers. A client that has
/// this very content is told so.
pub(crate) fn from_document(
    made: document::Response,
    charge: Option<Charge>,
    request: &HeaderMap,
) -> HttpResponse {
    let status = StatusCode::from_u16(made.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = match made.body {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => match charge {
            None => Bytes::from(bytes),
            Some(charge) => Bytes::from_owner(charge.with(bytes)),
        },
    };
    let is_picture = made.content_type.starts_with("image/");
    let content_type = HeaderValue::from_str(made.content_type);
    let mut answer = with(status, body, content_type.unwrap_or(JSON));
    for (name, value) in made.headers {
        answer.headers_mut().append(name.clone(), value.clone());
    }
    if is_picture {
        let headers = answer.headers_mut();
        // Whatever a picture's bytes may look like to someone else, it is what it says it is.
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.append(VARY, HeaderValue::from_static("Referer"));
        // Kept, but asked for again each time: the same address may show another picture tomorrow.
        let keep = if made.tag.is_empty() { "no-store" } else { "no-cache" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", made.tag))
            && !made.tag.is_empty()
        {
            headers.insert(ETAG, tag);
        }
        if status == StatusCode::OK && names(request, IF_NONE_MATCH, &made.tag) {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.body_mut() = Either::Left(Full::default());
            answer.headers_mut().remove(CONTENT_TYPE);
        }
    }
    answer
}

/// Does a condition of the request name this content? (RFC 9110, 13.1.2: weak comparison.) Some clients
/// leave out both quotation marks. One alone belongs to a longer tag that has a comma in it.
pub(crate) fn names(request: &HeaderMap, condition: HeaderName, tag: &str) -> bool {
    !tag.is_empty()
        && headers::pieces(request, &condition, b',').filter_map(headers::ascii).any(|given| {
            let given = given.strip_prefix("W/").unwrap_or(given);
            let inside = given.strip_prefix('"').and_then(|given| given.strip_suffix('"'));
            given == "*" || inside.unwrap_or(given) == tag
        })
}

pub(crate) fn with(status: StatusCode, body: Bytes, content_type: HeaderValue) -> HttpResponse {
    let mut answer = Response::new(Either::Left(Full::new(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}
