//! The second reading of a body, value by value: each is first taken as the text it has in the body.
//!
//! A parser turns a number into a double and a string into text, and fails where there is no such double or
//! text. Of a field that no operation takes neither is needed, and a number that no operation takes is told by its
//! field's name.

use super::Value;
use super::json::MAX_DEPTH;
use super::keys::Keys;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The next value's text. It is JSON by its grammar.
pub(super) fn raw_text<'de, D: Deserializer<'de>>(json: D) -> Result<&'de str, D::Error> {
    <&RawValue>::deserialize(json).map(RawValue::get)
}

/// The number that a value's text is; `None` if it is none.
pub(super) fn number(text: &str) -> Option<Value<'_>> {
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    // `-0` is no integer to other parsers either: its sign would be lost.
    let integer = text.parse().ok().filter(|_| text != "-0");
    Some(integer.map_or(Value::Number, Value::Int))
}

/// Let `visitor` read a value's text.
pub(super) fn value<'de, V, E>(text: &'de str, visitor: V) -> Result<V::Value, E>
where
    V: Visitor<'de>,
    E: Error,
{
    let mut json = serde_json::Deserializer::from_str(text);
    json.disable_recursion_limit();
    json.deserialize_any(visitor).map_err(E::custom)
}

/// Check what the grammar leaves open of a value that stands inside `depth` open arrays and objects: how deep it
/// nests, and that no key stands twice in an object.
pub(super) fn check<E: Error>(text: &str, depth: usize) -> Result<(), E> {
    // For each open object its keys.
    let mut open: Vec<Option<Keys>> = Vec::new();
    let mut is_key = false;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                if depth + open.len() >= MAX_DEPTH {
                    return Err(E::custom("nested too deep"));
                }
                is_key = *byte == b'{';
                open.push(is_key.then(Keys::default));
            }
            b'}' | b']' => {
                open.pop();
                is_key = false;
            }
            b',' => is_key = matches!(open.last(), Some(Some(_))),
            b'"' => {
                let end = end_of_string(bytes, at);
                if is_key && let Some(Some(keys)) = open.last_mut() {
                    let quoted = text.get(at..end).unwrap_or_default();
                    // A key that is no text is compared as it is written.
                    let key = serde_json::from_str(quoted).unwrap_or(Cow::Borrowed(quoted));
                    keys.add_alone(&key)?;
                }
                is_key = false;
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Where the string that begins at `at` ends, its last quotation mark included.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}
