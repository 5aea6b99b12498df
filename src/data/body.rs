//! A client's body into as much of a [`Value`] tree as operations take.
//!
//! Everything is checked as [`json`](super::json) checks it, and refused for the same reasons. But what no
//! operation takes is not built, because a tree may be a hundred times as large as its text. Of an
//! object's keys these are kept: the first ones whatever they are called, the known ones, and the first
//! unknown one (an operation may refuse unknown keys). A field's value is a scalar or a list of a few
//! scalars. Anything else becomes [`Value::Skipped`].
//!
//! A body that can't be read so may still be JSON: the grammar knows numbers of any size, for example. It is
//! read once more, value by value (`careful`): unknown fields are then only checked.

use super::careful::{self, raw_text};
use super::json::{inner, read};
use super::keys::{KeySeed, Keys, MANY_KEYS};
use super::{Fields, Value};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

/// The most elements of a field's list that are kept. A longer list is skipped: no operation takes one.
const LIST: usize = 16;

/// The keys that an envelope or a call of JSON-RPC has.
const ENVELOPE_KEYS: [&str; 8] =
    ["id", "status", "type", "subtype", "data", "jsonrpc", "method", "params"];

/// Those under which an operation's data stands.
const DATA_KEYS: [&str; 2] = ["data", "params"];

/// What is to be kept of a body.
pub struct Wanted<'k> {
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
    wanted: &Wanted<'_>,
) -> Result<Envelopes<'de>, serde_json::Error> {
    let seen = Seen::default();
    let value = decode(body, Part::Body, wanted, &seen)?;
    Ok(Envelopes { value, count: seen.count.get(), size: seen.size.get() })
}

/// Decode an operation's data that stands alone.
pub fn data<'de>(body: &'de [u8], wanted: &Wanted<'_>) -> Result<Value<'de>, serde_json::Error> {
    decode(body, Part::Data, wanted, &Seen::default())
}

fn decode<'de>(
    body: &'de [u8],
    part: Part,
    wanted: &Wanted<'_>,
    seen: &Seen,
) -> Result<Value<'de>, serde_json::Error> {
    let seed = Seed { depth: 0, part, wanted, seen, is_careful: false };
    match read(body, seed) {
        Err(error) if error.is_syntax() => {
            seen.count.set(0);
            seen.size.set(0);
            read(body, Seed { is_careful: true, ..seed }).map_err(|_| error)
        }
        result => result,
    }
}

/// What is counted while a body is decoded.
#[derive(Default)]
struct Seen {
    /// The batch's elements.
    count: Cell<usize>,
    /// The bytes that were built.
    size: Cell<usize>,
}

impl Seen {
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
    wanted: &'s Wanted<'s>,
    seen: &'s Seen,
    /// Is it the second reading, value by value?
    is_careful: bool,
}

impl Seed<'_> {
    fn skip(self) -> Skip {
        Skip { depth: self.depth, is_careful: self.is_careful }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value<'de>, D::Error> {
        if !self.is_careful {
            return json.deserialize_any(self);
        }
        let text = raw_text(json)?;
        if self.part == Part::Unknown {
            careful::check(text, self.depth)?;
            return Ok(Value::Skipped);
        }
        careful::number(text).map_or_else(|| careful::value(text, self), Ok)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        // Past 63 bits it is no integer that any operation takes, but still a number.
        Ok(i64::try_from(value).map_or(Value::Number, Value::Int))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value<'de>, E> {
        Ok(Value::Number)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        self.seen.built(value.len());
        Ok(Value::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let depth = inner(self.depth)?;
        let skip = Skip { depth, is_careful: self.is_careful };
        let (most, part) = match self.part {
            Part::Body => (self.wanted.items, Part::Item),
            Part::Field => (LIST, Part::Scalar),
            // Those who have nothing to say in JSON-RPC say it so: it is no list of positions.
            Part::Data if list.next_element_seed(skip)?.is_none() => {
                return Ok(Value::List(Vec::new()));
            }
            Part::Item | Part::Data | Part::Scalar | Part::Unknown => {
                self.skip().visit_seq(list)?;
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

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let depth = inner(self.depth)?;
        let is_envelope = match self.part {
            Part::Body | Part::Item => true,
            Part::Data => false,
            Part::Field | Part::Scalar | Part::Unknown => {
                self.skip().visit_map(map)?;
                return Ok(Value::Skipped);
            }
        };
        let skip = Skip { depth, is_careful: self.is_careful };
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
                true if self.is_careful && !ENVELOPE_KEYS.contains(&&*key) => Part::Unknown,
                true => Part::Scalar,
                false if self.is_careful && !(self.wanted.is_known)(&key) => Part::Unknown,
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

/// Checks one value that stands inside `depth` open arrays and objects, and builds nothing.
#[derive(Clone, Copy)]
struct Skip {
    depth: usize,
    is_careful: bool,
}

impl<'de> DeserializeSeed<'de> for Skip {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        if self.is_careful {
            return careful::check(raw_text(json)?, self.depth);
        }
        // Not `deserialize_ignored_any`, which takes lone surrogates and numbers of any size.
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Skip {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inner = Skip { depth: inner(self.depth)?, ..self };
        while list.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = Skip { depth: inner(self.depth)?, ..self };
        let mut keys = Keys::default();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            keys.add_alone(&key)?;
            map.next_value_seed(inner)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;
    use proptest::prelude::*;

    const WANTED: Wanted<'static> =
        Wanted { items: 3, keys: 0, is_known: &|key| ["name", "list"].contains(&key) };

    fn decoded(body: &str) -> Envelopes<'_> {
        envelopes(body.as_bytes(), &WANTED).unwrap()
    }

    #[test]
    fn unknown_keys_are_skipped_and_known_ones_kept() {
        let decoded = decoded(
            r#"{"x":{"a":[{}]},"id":1,"data":{"list":[1,"b",[2]],"name":{"a":1},"other":[1]}}"#,
        );
        let expected = concat!(
            r#"Map(Fields([("x", Skipped), ("id", Int(1)), ("data", Map(Fields(["#,
            r#"("list", List([Int(1), Text("b"), Skipped])), ("name", Skipped), ("other", List([Int(1)]))])))]))"#
        );
        assert_eq!(format!("{:?}", decoded.value), expected);
    }

    #[test]
    fn unknown_fields_must_still_be_valid_json() {
        for unknown in [
            "1e400",
            "-1E+99999",
            r#""\ud800""#,
            r#"{"\udfff":["\ud83d",1e999]}"#,
            "[[[123456789012345678901234567890]]]",
        ] {
            for body in [
                format!(r#"{{"x":{unknown},"data":{{"name":"n"}}}}"#),
                format!(r#"{{"data":{{"x":{unknown},"name":"n","list":[1,2]}},"y":1}}"#),
            ] {
                let Value::Map(mut fields) = decoded(&body).value else { panic!("no object") };
                let Some(Value::Map(data)) = fields.take("data") else { panic!("no data") };
                assert_eq!(data.get("name"), Some(&Value::Text("n".into())), "{body}");
            }
        }
        for bad in [
            r#"{"x":1e400,"data":{"name":"\ud800"}}"#,
            r#"{"x":1e400,"y":{"a":1,"\u0061":2}}"#,
            r#"{"x":1e400,"y":[1,]}"#,
            r#"{"x":1e400,"x":1}"#,
            r#"{"data":{"x":1e400,"y":"\x"}}"#,
        ] {
            let error = envelopes(bad.as_bytes(), &WANTED).unwrap_err().to_string();
            assert!(error.contains("out of range"), "{bad}: {error}");
        }
        // A known field is told by its name.
        let Value::Map(mut fields) = decoded(r#"{"data":{"name":1e400}}"#).value else { panic!() };
        let Some(Value::Map(data)) = fields.take("data") else { panic!("no data") };
        assert_eq!(data.get("name"), Some(&Value::Number));
    }

    #[test]
    fn items_past_the_batch_limit_are_counted_not_kept() {
        let decoded = decoded("[{},[{}],1,2,{\"a\":[]}]");
        let Value::List(items) = decoded.value else { panic!("no list") };
        assert_eq!((items.len(), decoded.count), (3, 5));
        assert_eq!(items[1], Value::Skipped);
    }

    #[test]
    fn unknown_nested_objects_are_not_built() {
        let nested = vec!["{}"; 100_000].join(",");
        for body in [
            format!(r#"{{"data":{{"x":[{nested}]}}}}"#),
            format!(r#"{{"data":{{"list":[{nested}]}}}}"#),
            format!(r#"{{"x":[{nested}],"data":[{nested}]}}"#),
            format!(r#"[{nested}]"#),
        ] {
            assert!(decoded(&body).size < 3_000, "{}", decoded(&body).size);
        }
    }

    #[test]
    fn wide_object_keeps_known_keys_and_one_unknown() {
        let many: String = (0..5_000).map(|n| format!("\"k{n}\":{n},")).collect();
        let body = format!(r#"{{{many}"id":7,"data":{{{many}"name":"n"}}}}"#);
        let decoded = decoded(&body);
        let Value::Map(mut fields) = decoded.value else { panic!("no object") };
        assert_eq!(fields.take("id"), Some(Value::Int(7)));
        let Some(Value::Map(data)) = fields.take("data") else { panic!("no data") };
        assert_eq!(data.keys().count(), MANY_KEYS + 2);
        assert_eq!(data.get("name"), Some(&Value::Text("n".into())));
        assert_eq!(data.get("k16"), Some(&Value::Int(16)));
        for twice in ["k3", "k4999"] {
            let body = body.replace("\"name\"", &format!("\"{twice}\""));
            assert!(envelopes(body.as_bytes(), &WANTED).is_err(), "{twice}");
        }
    }

    /// JSON-like text: mostly valid JSON, with duplicate keys and scalars at a limit.
    fn text() -> impl Strategy<Value = String> {
        let scalar = prop::sample::select(vec![
            "1",
            "-0",
            "1e400",
            "9223372036854775808",
            "null",
            "true",
            "tru",
            "\"\"",
            "\"a\\n\"",
            "\"\\ud800\"",
            "\"\\u0061\"",
            "",
        ]);
        scalar.prop_map(str::to_owned).prop_recursive(6, 60, 6, |inner| {
            let key = prop::sample::select(vec!["a", "\\u0061", "data", "name", "list", "id", "b"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6)
                    .prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec((key, inner), 0..20).prop_map(|members| {
                    let members: Vec<String> =
                        members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn selective_parser_refuses_what_the_full_one_does(text in text()) {
            let whole = json::decode(text.as_bytes()).map(|_| ()).map_err(|e| e.to_string());
            for part in [
                envelopes(text.as_bytes(), &WANTED).map(|_| ()).map_err(|e| e.to_string()),
                data(text.as_bytes(), &WANTED).map(|_| ()).map_err(|e| e.to_string()),
            ] {
                // Of an unknown field only the grammar is checked.
                let is_grammar = |error: &String| {
                    error.contains("out of range") || error.contains("hex escape")
                };
                match &whole {
                    Err(error) if is_grammar(error) => prop_assert!(part.is_ok() || part == whole),
                    _ => prop_assert_eq!(&part, &whole),
                }
            }
        }

        #[test]
        fn nesting_limit_is_the_same_in_every_part(depth in 120usize..136) {
            for (before, after) in [("", ""), ("{\"x\":", "}"), ("{\"data\":{\"list\":", "}}")] {
                let text = format!("{before}{}{}{after}", "[".repeat(depth), "]".repeat(depth));
                let whole = json::decode(text.as_bytes()).is_ok();
                prop_assert_eq!(envelopes(text.as_bytes(), &WANTED).is_ok(), whole);
            }
        }
    }
}
