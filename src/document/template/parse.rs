//! From a template as it stands in a file to one that can be written.

use super::expression::{self, Expression, FaultPart, Source};
use super::function::{Argument, Function};
use super::schema::Schemas;
use super::source::{TemplateSource, ValueSource};
use super::{Entry, Piece, Template};
use crate::op::Name;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TemplateError {
    /// Where in the file, in bytes.
    pub span: Range<usize>,
    /// What, and what would be right.
    pub text: String,
}

/// What the placeholders of a template may name.
pub(crate) struct Scope<'a> {
    /// The operations of the route, in order; none where the template is for every route.
    pub steps: &'a [Name],
    /// What they reply.
    pub replies: &'a Schemas,
    /// The fields of the request, under the operation's names.
    pub request: &'a [&'static str],
    /// What `answer.…` stands for in this route.
    pub answer: &'a [(String, Template)],
    /// Which of these were named.
    pub named: &'a RefCell<BTreeSet<String>>,
    /// What `fault.code`, `fault.text` and so on stand for; `None` in an answer of success.
    pub fault: Option<&'a [(&'static str, Template)]>,
}

/// Read a template; what is wrong with it is added to `errors`.
pub(crate) fn parse(
    source: &TemplateSource,
    scope: &Scope<'_>,
    errors: &mut Vec<TemplateError>,
) -> Template {
    Reader { scope, errors, is_element: false }.template(source)
}

/// Reads one template.
struct Reader<'r, 's> {
    scope: &'r Scope<'s>,
    errors: &'r mut Vec<TemplateError>,
    /// It is inside `$as`.
    is_element: bool,
}

impl Reader<'_, '_> {
    fn template(&mut self, source: &TemplateSource) -> Template {
        match &source.value {
            ValueSource::Text(text) => self.text(text, &source.span),
            ValueSource::Integer(number) => Template::Constant(number.to_string()),
            ValueSource::Bool(truth) => Template::Constant(truth.to_string()),
            ValueSource::Float(number) => match serde_json::Number::from_f64(*number) {
                Some(number) => Template::Constant(number.to_string()),
                None => self.wrong(&source.span, "JSON has no such number".into()),
            },
            ValueSource::List(elements) => {
                folded(Template::List(elements.iter().map(|it| self.template(it)).collect()))
            }
            ValueSource::Object(entries) => self.object(entries, &source.span),
        }
    }

    fn wrong(&mut self, span: &Range<usize>, text: String) -> Template {
        self.errors.push(TemplateError { span: span.clone(), text });
        Template::Nothing
    }

    fn object(
        &mut self,
        entries: &[(serde_spanned::Spanned<String>, TemplateSource)],
        span: &Range<usize>,
    ) -> Template {
        if entries.iter().any(|(key, _)| key.get_ref().starts_with('$')) {
            return self.special(entries, span);
        }
        let entries = entries.iter().map(|(key, value)| entry(key.get_ref(), self.template(value)));
        folded(Template::Object(entries.collect()))
    }

    /// `{ "$each" = …, "$as" = … }` or `{ "$when" = …, "$then" = …, "$else" = … }`.
    fn special(
        &mut self,
        entries: &[(serde_spanned::Spanned<String>, TemplateSource)],
        span: &Range<usize>,
    ) -> Template {
        let get = |key: &str| entries.iter().find(|(k, _)| k.get_ref() == key).map(|(_, it)| it);
        let has_only = |keys: &[&str]| entries.iter().all(|(k, _)| keys.contains(&&**k.get_ref()));
        match (get("$each"), get("$as"), get("$when"), get("$then")) {
            (Some(list), Some(element), None, None) if has_only(&["$each", "$as"]) => {
                let list = self.only_expression(list);
                let before = std::mem::replace(&mut self.is_element, true);
                let element = Box::new(self.template(element));
                self.is_element = before;
                Template::Each { list, element }
            }
            (None, None, Some(condition), Some(then)) if has_only(&["$when", "$then", "$else"]) => {
                Template::When {
                    condition: self.only_expression(condition),
                    then: Box::new(self.template(then)),
                    otherwise: Box::new(get("$else").map_or(Template::Nothing, |it| self.template(it))),
                }
            }
            _ => self.wrong(
                span,
                "keys with `$` are `$each` with `$as`, or `$when` with `$then` and perhaps `$else`, \
                 and no others beside them"
                    .into(),
            ),
        }
    }

    fn only_expression(&mut self, source: &TemplateSource) -> Expression {
        let template = self.template(source);
        if let Template::Value(expression) = template {
            return expression;
        }
        if self.errors.is_empty() || template != Template::Nothing {
            self.wrong(&source.span, "expected one placeholder, such as `${reply.list}`".into());
        }
        Expression { source: Source::Null, path: Vec::new(), functions: Vec::new() }
    }

    /// A text, with the placeholders in it.
    fn text(&mut self, text: &str, span: &Range<usize>) -> Template {
        let pieces = match cut(text) {
            Ok(pieces) => pieces,
            Err(why) => return self.wrong(span, why),
        };
        if let [Cut::Placeholder(only)] = pieces[..] {
            return self.placeholder(only, span);
        }
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match piece {
                Cut::Text(text) => push(&mut joined, Piece::Constant(text)),
                Cut::Placeholder(placeholder) => match self.placeholder(placeholder, span) {
                    Template::Value(expression) => joined.push(Piece::Value(expression)),
                    Template::Constant(json) => {
                        let text = match serde_json::from_str(&json) {
                            Ok(Value::String(text)) => text,
                            _ => json,
                        };
                        push(&mut joined, Piece::Constant(text));
                    }
                    Template::Text(pieces) => {
                        pieces.into_iter().for_each(|it| push(&mut joined, it))
                    }
                    Template::Nothing => {}
                    _ => {
                        let why = format!("`${{{placeholder}}}` can't stand inside a text");
                        return self.wrong(span, why);
                    }
                },
            }
        }
        match &joined[..] {
            [] => constant(&Value::String(String::new())),
            [Piece::Constant(text)] => constant(&Value::String(text.clone())),
            _ => Template::Text(joined),
        }
    }

    /// What stands between `${` and `}`.
    fn placeholder(&mut self, text: &str, span: &Range<usize>) -> Template {
        let written = match expression::read(text) {
            Ok(written) => written,
            Err(why) => return self.wrong(span, why),
        };
        let expression::Written { source, path, functions } = written;
        let substitute = match (source.as_str(), &path[..]) {
            ("answer", [name]) => {
                self.scope.named.borrow_mut().insert(name.clone());
                let known = self.scope.answer.iter().find(|(known, _)| known == name);
                Some(known.map_or(Template::Nothing, |(_, template)| template.clone()))
            }
            ("fault", [part]) if self.scope.fault.is_some() => {
                let parts = self.scope.fault.into_iter().flatten();
                parts.clone().find(|(known, _)| known == part).map(|(_, template)| template.clone())
            }
            _ => None,
        };
        if let Some(template) = substitute {
            return if functions.is_empty() {
                template
            } else {
                self.wrong(span, format!("`{text}`: functions belong where the value is written"))
            };
        }
        let (source, path) = match self.source(&source, path) {
            Ok(found) => found,
            Err(why) => return self.wrong(span, format!("`{text}`: {why}")),
        };
        if let Some(why) = self.scope.replies.wrong(&source, &path, &functions, self.scope.request)
        {
            return self.wrong(span, format!("`{text}`: {why}"));
        }
        let expression = Expression { source, path, functions };
        match expression.source {
            Source::Null if expression.functions.is_empty() => Template::Constant("null".into()),
            _ => Template::Value(expression),
        }
    }

    fn source(&self, source: &str, path: Vec<String>) -> Result<(Source, Vec<String>), String> {
        let last = self.scope.steps.len().saturating_sub(1);
        let alone = |source: Source| match path.is_empty() {
            true => Ok((source, Vec::new())),
            false => Err("it has no keys".to_owned()),
        };
        match source {
            "reply" if self.scope.steps.is_empty() => Err("there is no reply here".into()),
            "reply" => Ok((Source::Reply(last), path)),
            "request" => match &path[..] {
                [field] => Ok((Source::Request(field.clone()), Vec::new())),
                _ => Err("expected `request.` and a field of the operation".into()),
            },
            "fault" if self.scope.fault.is_none() => {
                Err("there is no fault where all went well".into())
            }
            "fault" => {
                let part = FaultPart::ALL.iter().find(|(name, _)| path == [*name]);
                let known = "code, text, status, name, detail, field, limit, retry_after";
                part.map(|(_, part)| (Source::Fault(*part), Vec::new()))
                    .ok_or_else(|| format!("a fault has {known}"))
            }
            "item" | "place" if !self.is_element => Err("it is known inside `$as` only".into()),
            "item" => Ok((Source::Item, path)),
            "place" => alone(Source::Place),
            "null" => alone(Source::Null),
            "answer" => Err("expected `answer.` and a name".into()),
            operation => {
                let named = |name: &Name| format!("{}/{}", name.0, name.1) == operation;
                match self.scope.steps.iter().position(named) {
                    Some(step) => Ok((Source::Reply(step), path)),
                    None => {
                        Err("expected reply, request, fault, answer, item, place, null or one of \
                                 the route's operations"
                            .into())
                    }
                }
            }
        }
    }
}

/// A piece of a text as it is written.
enum Cut<'a> {
    Text(String),
    Placeholder(&'a str),
}

/// Cut a text at its placeholders.
fn cut(text: &str) -> Result<Vec<Cut<'_>>, String> {
    let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find("${") {
        let is_escaped = rest[..at].ends_with('$');
        if is_escaped {
            plain.push_str(&rest[..at]);
            plain.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        plain.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let end = end(inner).ok_or_else(|| format!("`{}`: a `}}` is missing", &rest[at..]))?;
        if !plain.is_empty() {
            pieces.push(Cut::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Cut::Placeholder(&inner[..end]));
        rest = &inner[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Cut::Text(plain));
    }
    Ok(pieces)
}

/// Where the first `}` stands outside quotation marks.
fn end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '}') => return Some(at),
            _ => {}
        }
    }
    None
}

fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Constant(before)), Piece::Constant(text)) => before.push_str(&text),
        (_, piece) => pieces.push(piece),
    }
}

/// A value that is always the same.
pub(crate) fn constant(value: &Value) -> Template {
    Template::Constant(value.to_string())
}

fn entry(key: &str, value: Template) -> Entry {
    Entry { key: key.to_owned(), label: format!("{}:", Value::from(key)), value }
}

/// An object or a list as text, if nothing in it changes.
fn folded(template: Template) -> Template {
    let text = |template: &Template| match template {
        Template::Constant(text) => Some(text.clone()),
        _ => None,
    };
    match &template {
        Template::Object(entries) => {
            let kept = entries.iter().filter(|entry| entry.value != Template::Nothing);
            let parts: Option<Vec<String>> = kept
                .map(|entry| text(&entry.value).map(|value| format!("{}{value}", entry.label)))
                .collect();
            parts.map(|parts| Template::Constant(format!("{{{}}}", parts.join(","))))
        }
        Template::List(elements) => {
            let parts: Option<Vec<String>> = elements.iter().map(text).collect();
            parts.map(|parts| Template::Constant(format!("[{}]", parts.join(","))))
        }
        _ => None,
    }
    .unwrap_or(template)
}

/// Does an expression need more than a reply as it is?
pub(crate) fn is_whole_reply(expression: &Expression) -> Option<usize> {
    match expression {
        Expression { source: Source::Reply(step), path, functions }
            if path.is_empty() && functions.is_empty() =>
        {
            Some(*step)
        }
        _ => None,
    }
}

/// The fields of the request that a function names.
pub(crate) fn fields_of(function: &Function) -> Vec<&str> {
    match function {
        Function::Page { number, size } => {
            [number, size].into_iter().filter_map(Argument::field).collect()
        }
        _ => Vec::new(),
    }
}
