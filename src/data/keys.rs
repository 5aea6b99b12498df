//! Noticing that a key stands twice in an object, without keeping the keys.

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// From this many keys on, an object's keys are remembered in a set: looking through all of them for each
/// new one would let a client buy quadratic work with a linear body.
pub(super) const MANY_KEYS: usize = 16;

/// The keys of one object. Of each it remembers a hash of 64 bits under a secret key, 8 bytes however
/// long the key is. Two different keys of the 300,000 that fit in a body of 2 MiB have the same hash once
/// in 10^8 such bodies; that body is refused.
#[derive(Default)]
pub(super) struct Keys {
    set: Option<(RandomState, HashSet<u64>)>,
    count: usize,
}

impl Keys {
    /// Add `key`; an error if the object has it already. `known` is those that came before it, at least
    /// while there are fewer than [`MANY_KEYS`].
    pub(super) fn add<'k, E: Error>(
        &mut self,
        key: &str,
        mut known: impl Iterator<Item = &'k str>,
    ) -> Result<(), E> {
        self.count += 1;
        let twice = match &mut self.set {
            Some((hasher, set)) => !set.insert(hasher.hash_one(key)),
            None if self.count <= MANY_KEYS => known.any(|name| name == key),
            None => {
                let hasher = RandomState::new();
                let mut set: HashSet<u64> = known.map(|name| hasher.hash_one(name)).collect();
                let twice = !set.insert(hasher.hash_one(key));
                self.set = Some((hasher, set));
                twice
            }
        };
        if twice { Err(E::custom("a key stands twice in one object")) } else { Ok(()) }
    }

    /// The same for an object of which nothing else remembers the keys.
    pub(super) fn add_alone<E: Error>(&mut self, key: &str) -> Result<(), E> {
        let (hasher, set) = self.set.get_or_insert_with(Default::default);
        if set.insert(hasher.hash_one(key)) {
            Ok(())
        } else {
            Err(E::custom("a key stands twice in one object"))
        }
    }
}

/// Decodes an object's key, borrowing it where it has no escapes.
pub(super) struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Cow<'de, str>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
