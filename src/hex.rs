//! Lower-case hexadecimal, and the md5 that the documents' clients speak.

use md5::{Digest, Md5};

/// `bytes` as lower-case hex digits.
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// The bytes that hex digits of either case stand for; `None` if they aren't all pairs of those.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| pair.iter().try_fold(0, |byte, half| Some(byte << 4 | digit(half)?)))
        .collect()
}

/// The md5 of `text` in 32 lower-case hex digits. The documents fix md5 as what clients send; it
/// protects nothing here (passwords are stored as Argon2id over it).
pub fn md5(text: &str) -> String {
    encode(&Md5::digest(text))
}

/// Are these `length` hex digits, of either case?
pub fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn md5_matches_the_rfc_1321_example() {
        // RFC 1321, appendix A.5.
        assert_eq!(md5("abc"), "900150983cd24fb0d6963f7d28e17f72");
    }
}
