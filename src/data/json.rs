//! JSON into [`Value`], refusing what the contract's -2 is for. The whole tree is built: this is for
//! texts of our own, an import for example. What strangers send is decoded by [`body`](super::body).
//!
//! `serde_json` refuses bad UTF-8, lone surrogates and numbers past what a double holds; this adds
//! the two that it does not: a key sent twice (which of them counts would differ from parser to
//! parser) and nesting past [`MAX_DEPTH`], counted here because serde_json's own limit is one less
//! than the contract's.

use super::encoding::{other_encoding, without_bom};
use super::keys::{KeySeed, Keys};
use super::reading::{Read, Reading};
use super::{Fields, Value};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess};
use std::borrow::Cow;

/// How many arrays and objects may be open at once.
pub const MAX_DEPTH: usize = 128;

/// Decode one JSON text, all of it. The error says what is wrong and where.
pub fn decode(body: &[u8]) -> Result<Value<'_>, serde_json::Error> {
    read(body, Seed { depth: 0 })
}

/// Let `seed` read one JSON text, all of it.
pub(super) fn read<'de, S: DeserializeSeed<'de>>(
    body: &'de [u8],
    seed: S,
) -> Result<S::Value, serde_json::Error> {
    let body = without_bom(body);
    if let Some(encoding) = other_encoding(body) {
        return Err(Error::custom(format_args!("it is in {encoding}, not in UTF-8")));
    }
    // Once for the whole body, rather than again for each of its strings.
    let text = std::str::from_utf8(body).map_err(Error::custom)?;
    let mut json = serde_json::Deserializer::from_str(text);
    json.disable_recursion_limit();
    let value = seed.deserialize(&mut json)?;
    json.end()?;
    Ok(value)
}

/// The depth of what stands inside an array or object that stands at `depth`.
pub(super) fn inner<E: Error>(depth: usize) -> Result<usize, E> {
    if depth == MAX_DEPTH {
        return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(depth + 1)
}

/// Decodes one value that stands inside `depth` open arrays and objects.
#[derive(Clone, Copy)]
struct Seed {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value<'de>, D::Error> {
        json.deserialize_any(Read(self))
    }
}

impl<'de> Reading<'de> for Seed {
    type Made = Value<'de>;

    fn scalar(self, value: Value<'de>) -> Value<'de> {
        value
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let inner = Seed { depth: inner(self.depth)? };
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let inner = Seed { depth: inner(self.depth)? };
        let mut fields: Vec<(Cow<'de, str>, Value<'de>)> = Vec::new();
        let mut keys = Keys::default();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            keys.add(&key, fields.iter().map(|(name, _)| &**name))?;
            fields.push((key, map.next_value_seed(inner)?));
        }
        Ok(Value::Map(Fields(fields)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        "[".repeat(depth) + &"]".repeat(depth)
    }

    #[test]
    fn nesting_up_to_the_contract_limit_is_read() {
        assert!(decode(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(decode(nested(MAX_DEPTH + 1).as_bytes()).is_err());
        assert!(decode("[".repeat(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn duplicate_key_is_refused_in_objects_of_any_size() {
        assert!(decode(br#"{"a":1,"a":1}"#).is_err());
        assert!(decode(br#"{"x":{"a":1,"\u0061":2}}"#).is_err());
        let keys: Vec<String> = (0..40).map(|n| format!("\"k{n}\":{n}")).collect();
        assert!(decode(format!("{{{}}}", keys.join(",")).as_bytes()).is_ok());
        assert!(decode(format!("{{{},\"k3\":0}}", keys.join(",")).as_bytes()).is_err());
        assert!(decode(format!("{{{},\"k39\":0}}", keys.join(",")).as_bytes()).is_err());
    }

    #[test]
    fn ambiguous_json_is_refused() {
        for bad in [&b"\"\\ud800\""[..], b"\"\xff\"", b"1e400", b"{} {}", b"", b"nul", b"[1,]"] {
            assert!(decode(bad).is_err(), "{:?}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn only_64_bit_integers_are_read_exactly() {
        assert_eq!(decode(b"9223372036854775807").unwrap(), Value::Int(i64::MAX));
        assert_eq!(decode(b"-9223372036854775808").unwrap(), Value::Int(i64::MIN));
        assert!(matches!(decode(b"9223372036854775808").unwrap(), Value::Number));
        assert!(matches!(decode(b"1.0").unwrap(), Value::Number));
    }
}
