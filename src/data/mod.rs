//! An operation's fields, wherever they came from: JSON, a query string, a form.
//!
//! [`json`] decodes a text of our own into a [`Value`] tree that borrows from it, [`body`] a client's body
//! into as much of one as operations take, [`field`] turns one value
//! into one typed field, and the [`data!`](crate::data!) macro declares an operation's fields as a
//! struct. Our own tree, not `serde_json::Value`, for three reasons: a key sent twice must be
//! refused rather than lost, integers must stay exact, and text from a query (`type=1`) must be
//! told from text in JSON (`"1"`), because only the first may stand for an integer.

pub mod body;
pub(crate) mod encoding;
pub mod field;
pub mod json;
mod keys;
mod raw;
mod reading;
pub mod schema;
mod skip;
pub mod span;

use bytes::Bytes;
use std::borrow::Cow;

pub use field::{Data, Field, FieldError, FieldErrors, IntBetween, IntOrText, Optional, Text};

/// One value as the client sent it; text borrows from the body where it needed no unescaping.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// JSON `null`.
    Null,
    /// JSON `true` or `false`.
    Bool(bool),
    /// An integer that fits in 64 bits, sign included.
    Int(i64),
    /// Any other number, of which nothing is kept: no operation takes one.
    Number,
    /// Text in JSON.
    Text(Cow<'a, str>),
    /// Text outside JSON (a query, a form, a path), where digits may stand for an integer.
    FormText(Cow<'a, str>),
    /// The bytes of a file.
    Bytes(Bytes),
    /// A JSON array.
    List(Vec<Value<'a>>),
    /// A JSON object.
    Map(Fields<'a>),
    /// A JSON array or object where no operation takes one: checked, and not kept.
    Skipped,
}

impl Value<'_> {
    /// Does it say nothing: `null`, `""`, or a list of nothing but such values?
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Text(text) | Value::FormText(text) => text.is_empty(),
            Value::List(values) => values.iter().all(Value::is_empty),
            _ => false,
        }
    }
}

/// Keys and values in the order they were sent; no key stands twice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Fields<'a> {
    /// Look at the value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Move the value of `key` out, leaving `null` in its place.
    pub fn take(&mut self, key: &str) -> Option<Value<'a>> {
        self.0
            .iter_mut()
            .find(|(name, _)| name == key)
            .map(|(_, value)| std::mem::replace(value, Value::Null))
    }

    /// Put `value` under `key`; `false`, and nothing changed, if the key is there already.
    pub fn insert(&mut self, key: Cow<'a, str>, value: Value<'a>) -> bool {
        let new = self.get(&key).is_none();
        if new {
            self.0.push((key, value));
        }
        new
    }

    /// Take `key` out with its value.
    pub fn remove(&mut self, key: &str) -> Option<Value<'a>> {
        let at = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(at).1)
    }

    /// Is it there, and not `null`?
    pub fn is_given(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| *value != Value::Null)
    }

    /// The keys, in the order they were sent.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// Put `value` under `key`, in place of what is there.
    pub fn set(&mut self, key: Cow<'a, str>, value: Value<'a>) {
        match self.0.iter_mut().find(|(name, _)| *name == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }
}

impl<'a> IntoIterator for Fields<'a> {
    type Item = (Cow<'a, str>, Value<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
