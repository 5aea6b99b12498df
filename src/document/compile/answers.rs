//! What is answered in one case: body, status, header lines.

use super::Surroundings;
use crate::document::problem::{Problems, suggestion};
use crate::document::response::{Body, Form, Status};
use crate::document::source::{AnswerSource, Ordered, StatusSource};
use crate::document::template::expression::FaultPart;
use crate::document::template::source::TemplateSource;
use crate::document::template::{Expression, Scope, Source, Template, parse};
use hyper::header::{HeaderName, HeaderValue};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

/// What an answer may name, and what is known of it already.
pub(super) struct AnswerScope<'a> {
    pub scope: Scope<'a>,
    /// The status that goes before the answer's own.
    pub status: Option<u16>,
    /// `success` or `failure`.
    pub what: &'static str,
}

/// The text for a fault whose entry has none.
pub(super) fn detail() -> Template {
    Template::Value(Expression {
        source: Source::Fault(FaultPart::Detail),
        path: Vec::new(),
        functions: Vec::new(),
    })
}

/// Every `answer.…` of a route or a fault must be named by its body: a misspelt one would be left out without a
/// word.
pub(super) fn check_named(
    answer: &Ordered<TemplateSource>,
    named: &RefCell<BTreeSet<String>>,
    what: &str,
    problems: &mut Problems<'_>,
) {
    let named = named.borrow();
    for (name, _) in answer.0.iter().filter(|(name, _)| !named.contains(name.get_ref())) {
        let near = suggestion(name.get_ref(), named.iter().map(String::as_str));
        let text = format!("`{what}.body` does not name `answer.{}`.{near}", name.get_ref());
        problems.add(&name.span(), text);
    }
}

const JSON: &str = "application/json; charset=utf-8";

/// Read what is answered.
pub(super) fn form(
    answer: &AnswerSource,
    around: &AnswerScope<'_>,
    span: &Range<usize>,
    surroundings: Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Form {
    let mut errors = Vec::new();
    let mut content_type = JSON;
    let body = match (&answer.body, &answer.bytes, &answer.picture) {
        (Some(body), None, None) => Body::Json(parse(body, &around.scope, &mut errors)),
        (None, Some(bytes), None) => {
            content_type = "application/octet-stream";
            match parse(bytes, &around.scope, &mut errors) {
                Template::Value(expression) => Body::Bytes(expression),
                other => {
                    if errors.is_empty() || other != Template::Nothing {
                        problems
                            .add(&bytes.span, "expected one placeholder, whose value is base64");
                    }
                    Body::Json(Template::Nothing)
                }
            }
        }
        (None, None, Some(picture)) => match surroundings.picture(picture.get_ref()) {
            Ok(file) => Body::Picture(file),
            Err(why) => {
                problems.add(&picture.span(), why);
                Body::Json(Template::Nothing)
            }
        },
        (None, None, None) => {
            let what = around.what;
            problems.add(span, format!("nothing says what is answered: `{what}.body` is missing"));
            Body::Json(Template::Nothing)
        }
        _ => {
            problems.add(span, "an answer has one of `body`, `bytes` and `picture`");
            Body::Json(Template::Nothing)
        }
    };
    for error in errors {
        problems.add(&error.span, error.text);
    }
    let content_type = answer.content_type.clone().unwrap_or_else(|| content_type.to_owned());
    if HeaderValue::from_str(&content_type).is_err() {
        problems.add(span, format!("`{content_type}` is no media type"));
    }
    let status = around.status.map_or_else(|| status(answer, around, problems), Status::Fixed);
    if let Status::Fixed(number) = status
        && !(200..=599).contains(&number)
    {
        problems.add(span, format!("{number}: an HTTP status is 200 to 599"));
    }
    Form { status, body, content_type, headers: headers(answer, problems) }
}

fn status(answer: &AnswerSource, around: &AnswerScope<'_>, problems: &mut Problems<'_>) -> Status {
    match &answer.status {
        None => Status::Fixed(200),
        Some(StatusSource { status: Some(status), .. }) => Status::Fixed(*status),
        Some(StatusSource { status: None, span }) => {
            if around.scope.fault.is_none() {
                problems.add(span, "there is no fault where all went well");
            }
            Status::OfFault
        }
    }
}

/// Header lines that the server writes itself.
const OWN_HEADERS: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "set-cookie",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

fn headers(answer: &AnswerSource, problems: &mut Problems<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::new();
    for (name, value) in &answer.headers.0 {
        let parsed = name.get_ref().parse::<HeaderName>().ok();
        let parsed = parsed.filter(|name| !OWN_HEADERS.contains(&name.as_str()));
        match (parsed, HeaderValue::from_str(value.get_ref())) {
            (Some(name), Ok(value)) => headers.push((name, value)),
            (None, _) => {
                let why = format!("`{}` is no header that can be set here", name.get_ref());
                problems.add(&name.span(), why);
            }
            (_, Err(_)) => problems.add(&value.span(), "no value of a header"),
        }
    }
    headers
}
