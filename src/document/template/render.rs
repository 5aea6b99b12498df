//! Writing a template for one request.

use super::expression::{Expression, FaultPart, Source};
use super::function::{RequestField, Surroundings, requested};
use super::parse::is_whole_reply;
use super::{Piece, Template};
use crate::fault::Fault;
use crate::reply::Answer;
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// What an operation replied, as a tree once that is needed.
pub(crate) struct Tree {
    /// The reply.
    pub answer: Answer,
    tree: OnceCell<Value>,
}

impl Tree {
    /// The reply of an operation.
    pub(crate) fn new(answer: Answer) -> Self {
        Tree { answer, tree: OnceCell::new() }
    }

    /// A key of it, if that is text.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, Fault> {
        Ok(self.value()?.get(key).and_then(Value::as_str).map(str::to_owned))
    }

    /// A key of it as an operation's field.
    pub(crate) fn field(&self, key: &str) -> Result<crate::data::Value<'static>, Fault> {
        use crate::data::Value as Field;
        Ok(match self.value()?.get(key) {
            Some(Value::String(text)) => Field::Text(text.clone().into()),
            Some(Value::Bool(truth)) => Field::Bool(*truth),
            Some(Value::Number(number)) => number.as_i64().map_or(Field::Number, Field::Int),
            _ => Field::Null,
        })
    }

    fn value(&self) -> Result<&Value, Fault> {
        if let Some(tree) = self.tree.get() {
            return Ok(tree);
        }
        let tree = self.answer.tree().map_err(Fault::unknown)?;
        Ok(self.tree.get_or_init(|| tree))
    }
}

/// What placeholders stand for in one answer.
pub(crate) struct Context<'a> {
    /// The replies of the route's operations, in order.
    pub replies: &'a [Tree],
    /// The fields of the request that a template names.
    pub request: &'a [RequestField],
    /// The fault, if it is one.
    pub fault: Option<&'a Fault>,
    /// The server's address, without a slash at its end.
    pub public_url: &'a str,
}

/// The element of a list, and its place from 1 on.
type Item<'a> = Option<(&'a Value, usize)>;

impl Template {
    /// Append it as JSON text.
    pub(crate) fn write(&self, context: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        if !self.written(context, None, out)? {
            out.extend_from_slice(b"null");
        }
        Ok(())
    }

    /// Append it; `false`, and nothing written, if its key is to be left out.
    fn written(
        &self,
        context: &Context<'_>,
        item: Item<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Fault> {
        match self {
            Template::Constant(text) => out.extend_from_slice(text.as_bytes()),
            Template::Nothing => return Ok(false),
            Template::Value(expression) => return expression.written(context, item, out),
            Template::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Constant(constant) => text.push_str(constant),
                        Piece::Value(expression) => {
                            match expression.value(context, item)?.as_deref() {
                                None | Some(Value::Null) => {}
                                Some(Value::String(value)) => text.push_str(value),
                                Some(value) => text.push_str(&value.to_string()),
                            }
                        }
                    }
                }
                json(out, &text)?;
            }
            Template::Object(entries) => {
                sequence(out, *b"{}", entries.iter(), |entry, out| {
                    out.extend_from_slice(entry.label.as_bytes());
                    entry.value.written(context, item, out)
                })?;
            }
            Template::List(elements) => {
                sequence(out, *b"[]", elements.iter(), |element, out| {
                    element.written(context, item, out)
                })?;
            }
            Template::Each { list: source, element } => {
                let values = source.value(context, item)?;
                let values = values.as_deref().and_then(Value::as_array);
                let values = values.into_iter().flatten().zip(1..);
                sequence(out, *b"[]", values, |(value, place), out| {
                    element.written(context, Some((value, place)), out)
                })?;
            }
            Template::When { condition, then, otherwise } => {
                let value = condition.value(context, item)?;
                let branch = if value.as_deref().is_some_and(is_true) { then } else { otherwise };
                return branch.written(context, item, out);
            }
        }
        Ok(true)
    }
}

/// Append what `write` makes of each element, between these brackets. An element of which it writes nothing is left
/// out.
fn sequence<T>(
    out: &mut Vec<u8>,
    [open, close]: [u8; 2],
    elements: impl Iterator<Item = T>,
    mut write: impl FnMut(T, &mut Vec<u8>) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    out.push(open);
    let mut is_first = true;
    for element in elements {
        let before = out.len();
        if !is_first {
            out.push(b',');
        }
        if write(element, out)? {
            is_first = false;
        } else {
            out.truncate(before);
        }
    }
    out.push(close);
    Ok(())
}

fn json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) -> Result<(), Fault> {
    serde_json::to_writer(out, value).map_err(Fault::unknown)
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

impl Expression {
    fn written(
        &self,
        context: &Context<'_>,
        item: Item<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Fault> {
        if let Some(step) = is_whole_reply(self)
            && let Some(reply) = context.replies.get(step)
        {
            reply.answer.write(out).map_err(Fault::unknown)?;
            return Ok(true);
        }
        match self.value(context, item)? {
            None => Ok(false),
            Some(value) => json(out, &*value).map(|()| true),
        }
    }

    /// Its value; `None` if a function leaves it out.
    pub(crate) fn value<'a>(
        &self,
        context: &'a Context<'_>,
        item: Item<'a>,
    ) -> Result<Option<Cow<'a, Value>>, Fault> {
        let mut value = self.found(context, item)?;
        let around = Surroundings { public_url: context.public_url, request: context.request };
        for function in &self.functions {
            match function.apply(value.into_owned(), &around) {
                Some(applied) => value = Cow::Owned(applied),
                None => return Ok(None),
            }
        }
        Ok(Some(value))
    }

    /// The value of its source, without its functions; `null` where there is none.
    fn found<'a>(&self, context: &'a Context<'_>, item: Item<'a>) -> Result<Cow<'a, Value>, Fault> {
        let root = match &self.source {
            Source::Reply(step) => match context.replies.get(*step) {
                Some(reply) => reply.value()?,
                None => &Value::Null,
            },
            Source::Request(field) => requested(context.request, field),
            Source::Item => item.map_or(&Value::Null, |(value, _)| value),
            Source::Place => return Ok(Cow::Owned(item.map_or(0, |(_, place)| place).into())),
            Source::Fault(part) => return Ok(Cow::Owned(part.of(context.fault))),
            Source::Null => &Value::Null,
        };
        let into = |value: &'a Value, key: &String| match value {
            Value::Array(list) => key.parse::<usize>().ok().and_then(|index| list.get(index)),
            value => value.get(key),
        };
        let mut value = root;
        for key in &self.path {
            value = into(value, key).unwrap_or(&Value::Null);
        }
        Ok(Cow::Borrowed(value))
    }
}

impl FaultPart {
    fn of(self, fault: Option<&Fault>) -> Value {
        let Some(fault) = fault else { return Value::Null };
        match self {
            FaultPart::Detail => fault.explanation().into(),
            FaultPart::Field => fault.key().map_or(Value::Null, Value::from),
            FaultPart::Limit => fault.limit().map_or(Value::Null, Value::from),
            FaultPart::RetryAfter => fault.retry_after().map_or(Value::Null, Value::from),
        }
    }
}
