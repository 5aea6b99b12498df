//! One route.

use super::answers::{self, AnswerScope};
use super::faults::Faults;
use super::{Surroundings, fields, paths};
use crate::document::problem::{Problems, suggestion};
use crate::document::request::{Inputs, Step, StepField};
use crate::document::response::{Body, FaultTable, Form, Status};
use crate::document::source::{AnswerSource, CookieSource, DocumentSource, RouteSource};
use crate::document::template::{
    Expression, Schemas, Scope, Source, Template, fields_of, no_field, parse,
};
use crate::document::{Cookie, Route};
use crate::metrics::Counter;
use crate::op::{Name, RegisteredOp};
use serde_spanned::Spanned;
use std::cell::RefCell;
use std::sync::Arc;

/// The most operations of one route.
const MOST_STEPS: usize = 8;

/// The most paths of one route.
const MOST_PATHS: usize = 64;

/// Read a route; `None` if its operation is not known.
pub(super) fn read(
    route: &Spanned<RouteSource>,
    document: &DocumentSource,
    faults: &Faults<'_>,
    around: Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Option<Route> {
    let (span, route) = (route.span(), route.get_ref());
    let entries = operations(route, around, problems)?;
    let (first, last) = (*entries.first()?, *entries.last()?);
    if route.path.0.is_empty() || route.path.0.len() > MOST_PATHS {
        problems.add(&span, format!("a route has one to {MOST_PATHS} paths"));
    }
    let paths: Vec<_> =
        route.path.0.iter().filter_map(|path| paths::read(path, problems)).collect();
    let inputs = fields::read(route, first, &paths, problems);
    let names: Vec<Name> = entries.iter().map(|entry| entry.name).collect();
    let replies = Schemas(entries.iter().map(|entry| entry.inlined_reply_schema()).collect());
    let request: Vec<&'static str> = match &inputs {
        Inputs::All => first.fields(),
        inputs => inputs.iter().map(|input| input.key).collect(),
    };
    let then = steps(route, &entries, &request, &replies, problems);
    let token_step = (0..entries.len()).rev().find(|step| has_token(&replies, *step));
    let cookie = match route.cookie {
        None => Cookie::Untouched,
        Some(CookieSource::Clear) => Cookie::Clear,
        Some(CookieSource::Set) => {
            if token_step.is_none() {
                let why = "`cookie = \"set\"`: no operation of the route replies a token";
                problems.add(&route.operation.span(), why);
            }
            Cookie::Set
        }
    };
    let success = success(route, document, (&names, &replies, &request), last, around, problems);
    let placeholder = route.hotlink_picture.as_ref().and_then(|picture| {
        let found = around.picture(picture.get_ref());
        found.map_err(|why| problems.add(&picture.span(), why)).ok()
    });
    let named = named(&success.body);
    let faults = match route.envelope_id {
        Some(id) => Arc::new(in_envelope(id, around)),
        None => faults.of(route, problems),
    };
    Some(Route {
        method: route.method.name(),
        paths,
        op: first.name,
        then,
        inputs,
        accepts: route.accepts.clone(),
        is_signed: route.signed,
        cookie,
        placeholder,
        token_step,
        named,
        success,
        faults,
        requests: Counter::default(),
        replies,
    })
}

/// The fields of the request that an answer names.
fn named(body: &Body) -> Vec<String> {
    let mut named = Vec::new();
    let mut note = |expression: &Expression| {
        let field = match &expression.source {
            Source::Request(field) => Some(field.as_str()),
            _ => None,
        };
        let fields = field.into_iter().chain(expression.functions.iter().flat_map(fields_of));
        for field in fields.map(str::to_owned) {
            if !named.contains(&field) {
                named.push(field);
            }
        }
    };
    match body {
        Body::Json(template) => template.visit(&mut note),
        Body::Bytes(expression) => note(expression),
        Body::Picture(_) | Body::Envelope(_) => {}
    }
    named
}

/// The operations of a route, in order.
fn operations<'a>(
    route: &RouteSource,
    around: Surroundings<'a>,
    problems: &mut Problems<'_>,
) -> Option<Vec<&'a RegisteredOp>> {
    let written =
        std::iter::once(&route.operation).chain(route.then.iter().map(|it| &it.operation));
    let mut entries: Vec<&RegisteredOp> = Vec::new();
    let mut all_known = true;
    for name in written {
        match around.op(name.get_ref()) {
            Ok(entry) if entries.iter().any(|known| known.name == entry.name) => {
                let why = format!("`{}` is called twice by one route", name.get_ref());
                problems.add(&name.span(), why);
            }
            Ok(entry) => entries.push(entry),
            Err(why) => {
                all_known = false;
                problems.add(&name.span(), why);
            }
        }
    }
    if entries.len() > MOST_STEPS {
        let why = format!("a route calls at most {MOST_STEPS} operations");
        problems.add(&route.operation.span(), why);
    }
    all_known.then_some(entries)
}

fn has_token(replies: &Schemas, step: usize) -> bool {
    replies.0.get(step).is_some_and(|schema| schema["properties"].get("token").is_some())
}

/// The operations that follow the first.
fn steps(
    route: &RouteSource,
    entries: &[&RegisteredOp],
    request: &[&'static str],
    replies: &Schemas,
    problems: &mut Problems<'_>,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for (number, (written, entry)) in (1..).zip(route.then.iter().zip(entries.iter().skip(1))) {
        let keys = entry.fields();
        let mut fields = Vec::new();
        for (key, from) in &written.fields.0 {
            let Some(known) = keys.iter().copied().find(|known| known == key.get_ref()) else {
                let near = suggestion(key.get_ref(), keys.iter().copied());
                let (kind, subtype) = entry.name;
                let why = format!("{kind}/{subtype} has no field `{}`.{near}", key.get_ref());
                problems.add(&key.span(), why);
                continue;
            };
            match origin(
                from.get_ref(),
                entries.get(..number).unwrap_or_default(),
                request,
                replies,
            ) {
                Ok(origin) => fields.push((known, origin)),
                Err(why) => problems.add(&from.span(), why),
            }
        }
        steps.push(Step { op: entry.name, fields });
    }
    steps
}

/// Where a field of a following operation comes from; `earlier` are the operations before it.
fn origin(
    from: &str,
    earlier: &[&RegisteredOp],
    request: &[&'static str],
    replies: &Schemas,
) -> Result<StepField, String> {
    if let Some((operation, key)) = from.split_once('.') {
        let named =
            |entry: &&RegisteredOp| format!("{}/{}", entry.name.0, entry.name.1) == operation;
        let step = earlier.iter().position(named);
        let step =
            step.ok_or_else(|| format!("`{operation}` is no earlier operation of the route"))?;
        replies.property(step, key)?;
        return Ok(StepField::Reply(step, key.to_owned()));
    }
    let found = request.iter().copied().find(|known| *known == from);
    found.map(StepField::Field).ok_or_else(|| no_field(from, request))
}

/// What is answered where all went well.
fn success(
    route: &RouteSource,
    document: &DocumentSource,
    (names, replies, request): (&[Name], &Schemas, &[&'static str]),
    last: &RegisteredOp,
    around: Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Form {
    let plain = |body| Form {
        status: Status::Fixed(200),
        body,
        content_type: "application/json; charset=utf-8".to_owned(),
        headers: Vec::new(),
    };
    if let Some(id) = route.envelope_id {
        return plain(Body::Envelope(id));
    }
    let named = RefCell::default();
    let scope =
        |answer| Scope { steps: names, replies, request, answer, named: &named, fault: None };
    let mut errors = Vec::new();
    let defaults =
        document.answer.0.iter().filter(|(name, _)| {
            route.answer.0.iter().all(|(own, _)| own.get_ref() != name.get_ref())
        });
    let answer: Vec<(String, Template)> = defaults
        .chain(&route.answer.0)
        .map(|(name, source)| (name.get_ref().clone(), parse(source, &scope(&[]), &mut errors)))
        .collect();
    for error in errors {
        problems.add(&error.span, error.text);
    }
    let form = route.success.as_ref().unwrap_or(&document.success);
    // A picture is sent as it is; nothing has to be said of it.
    let is_picture = last.replies_file;
    let says_nothing =
        |form: &AnswerSource| form.body.is_none() && form.bytes.is_none() && form.picture.is_none();
    if is_picture && says_nothing(form) {
        return plain(Body::Json(Template::Nothing));
    }
    let scope = AnswerScope { scope: scope(&answer), status: None, what: "success" };
    let form = answers::form(form, &scope, &route.operation.span(), around, problems);
    answers::check_named(&route.answer, &named, "success", problems);
    form
}

/// Every fault in an envelope.
fn in_envelope(id: i64, around: Surroundings<'_>) -> FaultTable {
    let form = Arc::new(Form {
        status: Status::Fixed(200),
        body: Body::Envelope(id),
        content_type: "application/json; charset=utf-8".to_owned(),
        headers: Vec::new(),
    });
    let kinds = super::faults::all_kinds(around.registry);
    FaultTable {
        keyed: Vec::new(),
        forms: kinds.into_iter().map(|kind| (kind, Arc::clone(&form))).collect(),
    }
}
