//! A client's body into as much of a [`Value`] tree as operations take.
//!
//! Everything is checked as [`json`](super::json) checks it, and refused for the same reasons. But what no
//! operation takes is not built, because a tree may be a hundred times as large as its text. Of an
//! object's keys these are kept: the first ones whatever they are called, the known ones, and the first
//! unknown one (an operation may refuse unknown keys). A field's value is a scalar or a list of a few
//! scalars. Anything else becomes [`Value::Skipped`].
//!
//! A body that can't be read so may still be JSON: the grammar knows numbers of any size, for example. It is
//! read once more, value by value (`raw`): unknown fields are then only checked.

use super::json::{inner, read};
use super::keys::{KeySeed, Keys, MANY_KEYS};
use super::raw::{self, raw_text};
use super::reading::{Read, Reading};
use super::skip::Skip;
use super::{Fields, Value};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess};
use std::borrow::Cow;
use std::cell::Cell;

/// The most elements of a field's list that are kept. A longer list is skipped: no operation takes one.
const LIST: usize = 16;

/// The keys that an envelope or a call of JSON-RPC has.
const ENVELOPE_KEYS: [&str; 8] =
    ["id", "status", "type", "subtype", "data", "jsonrpc", "method", "params"];

/// Those under which an operation's data stands.
const DATA_KEYS: [&str; 2] = ["data", "params"];

/// What is to be kept of a body.
pub struct KeepRules<'k> {
    /// The most elements of a batch that are kept; the others are counted.
    pub items: usize,
    /// The most keys of an object that are kept whatever they are called. Never fewer than
    /// `MANY_KEYS` are.
    pub keys: usize,
    /// Is it a key of some operation's data?
    pub is_known: &'k dyn Fn(&str) -> bool,
}

/// What a body of envelopes was decoded to.
#[derive(Debug)]
pub struct Envelopes<'de> {
    /// An envelope, a call, or the first elements of a batch.
    pub value: Value<'de>,
    /// How many elements the batch has; 0 if it is none.
    pub count: usize,
    /// What the tree takes in memory besides the body, in bytes.
    pub size: usize,
}

/// Decode an envelope, a call, or a batch of them.
pub fn envelopes<'de>(
    body: &'de [u8],
    wanted: &KeepRules<'_>,
) -> Result<Envelopes<'de>, serde_json::Error> {
    let seen = DecodeStats::default();
    let value = decode(body, Part::Body, wanted, &seen)?;
    Ok(Envelopes { value, count: seen.count.get(), size: seen.size.get() })
}

/// Decode an operation's data that stands alone.
pub fn data<'de>(body: &'de [u8], wanted: &KeepRules<'_>) -> Result<Value<'de>, serde_json::Error> {
    decode(body, Part::Data, wanted, &DecodeStats::default())
}

fn decode<'de>(
    body: &'de [u8],
    part: Part,
    wanted: &KeepRules<'_>,
    seen: &DecodeStats,
) -> Result<Value<'de>, serde_json::Error> {
    let seed = Seed { depth: 0, part, wanted, seen, is_raw_pass: false };
    match read(body, seed) {
        Err(error) if error.is_syntax() => {
            seen.count.set(0);
            seen.size.set(0);
            read(body, Seed { is_raw_pass: true, ..seed }).map_err(|_| error)
        }
        result => result,
    }
}

/// What is counted while a body is decoded.
#[derive(Default)]
struct DecodeStats {
    /// The batch's elements.
    count: Cell<usize>,
    /// The bytes that were built.
    size: Cell<usize>,
}

impl DecodeStats {
    fn built(&self, bytes: usize) {
        self.size.set(self.size.get() + bytes);
    }
}

/// Which part of a body a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All of it.
    Body,
    /// An element of a batch.
    Item,
    /// An operation's data.
    Data,
    /// The value of one of its fields: a scalar or a list.
    Field,
    /// A scalar.
    Scalar,
    /// The value of a key that nobody knows.
    Unknown,
}

/// Decodes one part that stands inside `depth` open arrays and objects.
#[derive(Clone, Copy)]
struct Seed<'s> {
    depth: usize,
    part: Part,
    wanted: &'s KeepRules<'s>,
    seen: &'s DecodeStats,
    /// Is it the second reading, value by value?
    is_raw_pass: bool,
}

impl Seed<'_> {
    fn skip(self) -> Skip {
        Skip { depth: self.depth, is_raw_pass: self.is_raw_pass }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value<'de>, D::Error> {
        if !self.is_raw_pass {
            return json.deserialize_any(Read(self));
        }
        let text = raw_text(json)?;
        if self.part == Part::Unknown {
            raw::check(text, self.depth)?;
            return Ok(Value::Skipped);
        }
        raw::number(text).map_or_else(|| raw::value(text, Read(self)), Ok)
    }
}

impl<'de> Reading<'de> for Seed<'_> {
    type Made = Value<'de>;

    fn scalar(self, value: Value<'de>) -> Value<'de> {
        value
    }

    fn unescaped(self, text: &str) -> Value<'de> {
        self.seen.built(text.len());
        Value::Text(Cow::Owned(text.to_owned()))
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let depth = inner(self.depth)?;
        let skip = Skip { depth, is_raw_pass: self.is_raw_pass };
        let (most, part) = match self.part {
            Part::Body => (self.wanted.items, Part::Item),
            Part::Field => (LIST, Part::Scalar),
            // Those who have nothing to say in JSON-RPC say it so: it is no list of positions.
            Part::Data if list.next_element_seed(skip)?.is_none() => {
                return Ok(Value::List(Vec::new()));
            }
            Part::Item | Part::Data | Part::Scalar | Part::Unknown => {
                self.skip().list(list)?;
                return Ok(Value::Skipped);
            }
        };
        let mut values = Vec::new();
        let mut count = 0;
        loop {
            if count < most {
                let Some(value) = list.next_element_seed(Seed { depth, part, ..self })? else {
                    break;
                };
                values.push(value);
            } else if list.next_element_seed(skip)?.is_none() {
                break;
            }
            count += 1;
        }
        self.seen.built(values.capacity() * size_of::<Value<'_>>());
        if self.part == Part::Body {
            self.seen.count.set(count);
        } else if count > most {
            return Ok(Value::Skipped);
        }
        Ok(Value::List(values))
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let depth = inner(self.depth)?;
        let is_envelope = match self.part {
            Part::Body | Part::Item => true,
            Part::Data => false,
            Part::Field | Part::Scalar | Part::Unknown => {
                self.skip().object(map)?;
                return Ok(Value::Skipped);
            }
        };
        let skip = Skip { depth, is_raw_pass: self.is_raw_pass };
        // All of the first: the others are told from each other by their hashes.
        let most = self.wanted.keys.max(MANY_KEYS);
        // The envelope has five keys; most operations' data fewer.
        let mut fields: Vec<(Cow<'de, str>, Value<'de>)> = Vec::with_capacity(5);
        let mut keys = Keys::default();
        let mut has_unknown = false;
        while let Some(key) = map.next_key_seed(KeySeed)? {
            keys.add(&key, fields.iter().map(|(name, _)| &**name))?;
            if fields.len() >= most {
                let is_kept = match is_envelope {
                    true => ENVELOPE_KEYS.contains(&&*key),
                    false => {
                        (self.wanted.is_known)(&key) || !std::mem::replace(&mut has_unknown, true)
                    }
                };
                if !is_kept {
                    map.next_value_seed(skip)?;
                    continue;
                }
            }
            let part = match is_envelope {
                true if DATA_KEYS.contains(&&*key) => Part::Data,
                true if self.is_raw_pass && !ENVELOPE_KEYS.contains(&&*key) => Part::Unknown,
                true => Part::Scalar,
                false if self.is_raw_pass && !(self.wanted.is_known)(&key) => Part::Unknown,
                false => Part::Field,
            };
            if let Cow::Owned(key) = &key {
                self.seen.built(key.len());
            }
            fields.push((key, map.next_value_seed(Seed { depth, part, ..self })?));
        }
        self.seen.built(fields.capacity() * size_of::<(Cow<'_, str>, Value<'_>)>());
        Ok(Value::Map(Fields(fields)))
    }
}

#[cfg(test)]
mod tests;
