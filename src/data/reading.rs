//! What all readings of JSON have in common: how a parser's scalars become values.

use super::Value;
use serde::de::{MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A reading of JSON: what it makes of each value that the parser meets.
pub(super) trait Reading<'de>: Sized {
    /// What it makes of a value.
    type Made;

    /// Make something of a scalar.
    fn scalar(self, value: Value<'de>) -> Self::Made;

    /// Make something of a text that has escapes, and so is not in the body as it is.
    fn unescaped(self, text: &str) -> Self::Made {
        self.scalar(Value::Text(Cow::Owned(text.to_owned())))
    }

    /// Make something of an array.
    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Made, A::Error>;

    /// Make something of an object.
    fn object<A: MapAccess<'de>>(self, map: A) -> Result<Self::Made, A::Error>;
}

/// Lets a parser tell a reading what it meets.
pub(super) struct Read<R>(pub(super) R);

impl<'de, R: Reading<'de>> Visitor<'de> for Read<R> {
    type Value = R::Made;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<R::Made, E> {
        Ok(self.0.scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<R::Made, E> {
        Ok(self.0.scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<R::Made, E> {
        Ok(self.0.scalar(Value::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<R::Made, E> {
        // Past 63 bits it is no integer that any operation takes, but still a number.
        Ok(self.0.scalar(i64::try_from(value).map_or(Value::Number, Value::Int)))
    }

    fn visit_f64<E>(self, _: f64) -> Result<R::Made, E> {
        Ok(self.0.scalar(Value::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<R::Made, E> {
        Ok(self.0.scalar(Value::Text(Cow::Borrowed(value))))
    }

    fn visit_str<E>(self, value: &str) -> Result<R::Made, E> {
        Ok(self.0.unescaped(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<R::Made, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<R::Made, A::Error> {
        self.0.object(map)
    }
}
