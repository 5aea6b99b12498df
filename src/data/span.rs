//! Where in a body the parts of its envelopes stand, for what the decoded tree does not keep: how long
//! an envelope's data is, and how a number was written.
//!
//! The body must be JSON that was decoded without an error: nothing is checked here, and of other text
//! the answer is some number or some text.

use super::encoding::without_bom;
use std::borrow::Cow;

/// The length of the value under `data` or `params` of each envelope, in bytes of the body, in the order
/// of a batch; of a body that is no batch, of the one envelope. 0 where there is none.
pub fn data_lengths(body: &[u8]) -> Vec<usize> {
    let longest = |longest: &mut usize, key: &str, value: &[u8]| {
        if key == "data" || key == "params" {
            *longest = (*longest).max(value.len());
        }
    };
    items(body, longest)
}

/// The value under `id` of each envelope, as it stands in the body; empty where there is none. In the
/// same order.
pub fn ids(body: &[u8]) -> Vec<&[u8]> {
    items(body, |id, key, value| {
        if key == "id" {
            *id = value;
        }
    })
}

/// What `add` makes of the keys and values of each envelope.
fn items<'t, T: Default>(body: &'t [u8], add: impl Fn(&mut T, &str, &'t [u8])) -> Vec<T> {
    let mut text = Scanner { text: without_bom(body), at: 0 };
    match text.peek() {
        Some(b'[') => text.elements(|text| text.members(&add)),
        _ => vec![text.members(&add)],
    }
}

/// Reads JSON that is known to be JSON.
struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scanner<'t> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        while self.byte().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.byte()
    }

    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// What `read` tells of each element of an array, or of each member of an object, where `read` begins
    /// at the key.
    fn elements<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut all = Vec::new();
        self.at += 1;
        while self.peek().is_some_and(|byte| byte != b']' && byte != b'}') {
            let before = self.at;
            all.push(read(self));
            // Only in what is not JSON.
            if self.at == before {
                break;
            }
            if self.peek() == Some(b',') {
                self.at += 1;
            }
        }
        self.at += 1;
        all
    }

    /// Read one envelope; what `add` makes of its keys and values.
    fn members<T: Default>(&mut self, add: impl Fn(&mut T, &str, &'t [u8])) -> T {
        let mut made = T::default();
        if self.peek() != Some(b'{') {
            self.value();
            return made;
        }
        self.elements(|text| {
            let key = text.value();
            text.peek();
            text.at += 1;
            let value = text.value();
            if let Ok(key) = serde_json::from_slice::<Cow<'_, str>>(key) {
                add(&mut made, &key, value);
            }
        });
        made
    }

    /// Read one value; its text.
    fn value(&mut self) -> &'t [u8] {
        self.peek();
        let start = self.at;
        let mut open = 0_usize;
        while let Some(byte) = self.byte() {
            match byte {
                b'"' => self.string(),
                b'[' | b'{' => open += 1,
                b']' | b'}' if open > 0 => open -= 1,
                // The end of a scalar.
                b']' | b'}' | b',' | b':' if open == 0 => break,
                byte if open == 0 && byte.is_ascii_whitespace() => break,
                _ => {}
            }
            self.at += 1;
            if open == 0 && matches!(byte, b'"' | b']' | b'}') {
                break;
            }
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Go from a string's first quotation mark to its last.
    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte() {
            match byte {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn data_is_found_among_any_other_keys() {
        assert_eq!(data_lengths(br#"{"id":7,"data": {"a":"}"} ,"x":[]}"#), [9]);
        assert_eq!(
            data_lengths(br#" [ {"d\u0061ta":[1,2]} , 5 , {"a\"":{"data":1}},{"params":-12}] "#),
            [5, 0, 0, 3]
        );
        assert_eq!(data_lengths(br#""text""#), [0]);
        assert_eq!(data_lengths(b"[]"), [] as [usize; 0]);
        assert_eq!(data_lengths(b"\xef\xbb\xbf[{\"data\":{}}]"), [2]);
    }

    #[test]
    fn ids_are_kept_as_written_in_the_body() {
        let body = br#"[{"id":1e2,"x":[{"id":9}]},{"params":{"id":7},"i\u0064": -0 },5,{}]"#;
        assert_eq!(ids(body), [&b"1e2"[..], b"-0", b"", b""]);
        assert_eq!(ids(br#" {"a":"}","id":18446744073709551615}"#), [&b"18446744073709551615"[..]]);
    }

    proptest! {
        #[test]
        fn data_length_equals_the_serialized_length(text in "\\PC{0,20}", number: i64, list: Vec<String>) {
            let data = serde_json::json!({"text": text, "list": list, "n": number});
            let item = serde_json::json!({"a": text, format!("{text}x"): [number], "data": data, "z": list});
            let length = data.to_string().len();
            prop_assume!(item["data"] == data);
            prop_assert_eq!(data_lengths(item.to_string().as_bytes()), [length]);
            let batch = serde_json::json!([item, number, item]);
            let found = data_lengths(format!("{batch:#}").as_bytes());
            prop_assert_eq!((found.len(), found[1]), (3, 0));
            prop_assert!(found[0] >= length && found[0] == found[2]);
        }

        #[test]
        fn scanning_any_text_terminates(text in prop::collection::vec(
            prop::sample::select(br#"[]{}",:\ a1"#.to_vec()), 0..200)) {
            data_lengths(&text);
        }
    }
}
