//! How a body is encoded: with a byte order mark before it, or not in UTF-8 at all.

/// U+FEFF in UTF-8. Editors and some platforms write it before a text.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A text without the byte order mark that stands before it, or the several that tools have put there one
/// after another. RFC 8259, section 8.1, lets a reader of JSON skip it; before a form it would become part
/// of the first key.
pub(crate) fn without_bom(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.strip_prefix(BOM) {
        text = rest;
    }
    text
}

/// The encoding of a text that is certainly not UTF-8, to name it in the fault.
pub(crate) fn other_encoding(text: &[u8]) -> Option<&'static str> {
    // JSON and forms begin with an ASCII character, which other encodings write with zeros beside it.
    match text {
        [0xff, 0xfe, 0, 0, ..]
        | [0, 0, 0xfe, 0xff, ..]
        | [0, 0, 0, 1..=0x7f, ..]
        | [1..=0x7f, 0, 0, 0, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=0x7f, ..] | [1..=0x7f, 0, ..] => {
            Some("UTF-16")
        }
        [0x1f, 0x8b, 8, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encodings_are_detected_by_first_bytes() {
        for (text, encoding) in [
            (&b"{\0}\0"[..], "UTF-16"),
            (b"\0{\0}", "UTF-16"),
            (b"\xff\xfe{\0}\0", "UTF-16"),
            (b"\xfe\xff\0{", "UTF-16"),
            (b"{\0\0\0}\0\0\0", "UTF-32"),
            (b"\0\0\0{", "UTF-32"),
            (b"\xff\xfe\0\0{\0\0\0", "UTF-32"),
            (b"\0\0\xfe\xff\0\0\0{", "UTF-32"),
            (b"\x1f\x8b\x08\0", "gzip"),
        ] {
            assert_eq!(other_encoding(text), Some(encoding), "{text:?}");
        }
        for text in [&b""[..], b"{", b"{}", b"a=1", b"\xef\xbb\xbf{}", b"\xc4\xe3=1", b"\0"] {
            assert_eq!(other_encoding(text), None, "{text:?}");
        }
    }
}
