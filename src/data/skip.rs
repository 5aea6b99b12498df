//! Checking a part of a body that no operation takes, without building it.

use super::Value;
use super::json::inner;
use super::keys::{KeySeed, Keys};
use super::raw::{self, raw_text};
use super::reading::{Read, Reading};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess};

/// Checks one value that stands inside `depth` open arrays and objects, and builds nothing.
#[derive(Clone, Copy)]
pub(super) struct Skip {
    pub(super) depth: usize,
    pub(super) is_raw_pass: bool,
}

impl<'de> DeserializeSeed<'de> for Skip {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        if self.is_raw_pass {
            return raw::check(raw_text(json)?, self.depth);
        }
        // Not `deserialize_ignored_any`, which takes lone surrogates and numbers of any size.
        json.deserialize_any(Read(self))
    }
}

impl<'de> Reading<'de> for Skip {
    type Made = ();

    fn scalar(self, _: Value<'de>) {}

    fn unescaped(self, _: &str) {}

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inner = Skip { depth: inner(self.depth)?, ..self };
        while list.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = Skip { depth: inner(self.depth)?, ..self };
        let mut keys = Keys::default();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            keys.add_alone(&key)?;
            map.next_value_seed(inner)?;
        }
        Ok(())
    }
}
