//! Forms and queries: `name=value&…`, split first and decoded only where a field is wanted.

use crate::data::encoding::without_bom;
use bytes::Bytes;
use percent_encoding::percent_decode;
use std::borrow::Cow;

/// A field as it was sent: its name and its value, neither of them decoded.
pub(crate) type Pair<'t> = (&'t [u8], &'t [u8]);

/// The fields of a query or of a form, without a byte order mark that was taken for a part of the first key.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    let text = without_escaped_bom(without_bom(text));
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(pair)
}

fn without_escaped_bom(text: &[u8]) -> &[u8] {
    const BOM: &[u8] = b"%EF%BB%BF";
    match text.split_at_checked(BOM.len()) {
        Some((begin, rest)) if begin.eq_ignore_ascii_case(BOM) => without_escaped_bom(rest),
        _ => text,
    }
}

/// The fields of a form that a page sends as `text/plain`: one a line, as they are. `None` where the text has one
/// line: then it is a usual form, which scripts send under that type too.
pub(crate) fn lines(text: &[u8]) -> Option<impl Iterator<Item = Pair<'_>>> {
    text.contains(&b'\n').then(|| {
        text.split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .filter(|line| !line.is_empty())
            .map(pair)
    })
}

fn pair(text: &[u8]) -> Pair<'_> {
    let equals = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    let (name, value) = text.split_at(equals);
    (name, value.get(1..).unwrap_or_default())
}

/// A name or a value: a plus sign is a space, and `%` and two hex digits are a byte.
pub(crate) fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    let spaced: Vec<u8> =
        text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

/// A name or a value that is not encoded.
pub(crate) fn verbatim(text: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(text)
}

/// Text in UTF-8; `None` if it is not.
pub(crate) fn utf8(bytes: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// The JSON object that a form has as its only key and nothing as its value. Libraries make such a form of
/// a JSON text that they take for a form's key.
pub(crate) fn json_key(body: &Bytes) -> Option<Bytes> {
    let text = super::content::trimmed(body);
    let key = text.strip_suffix(b"=").unwrap_or(text);
    if key.len() < text.len() && key.starts_with(b"{") && key.ends_with(b"}") {
        return Some(body.slice_ref(key));
    }
    let is_escaped = key.get(..3).is_some_and(|brace| brace.eq_ignore_ascii_case(b"%7B"));
    if !is_escaped || key.iter().any(|byte| matches!(byte, b'&' | b'=')) {
        return None;
    }
    Some(decoded(key).into_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown<'t>(pairs: impl Iterator<Item = Pair<'t>>) -> Vec<(String, String)> {
        let text = |text| String::from_utf8_lossy(&decoded(text)).into_owned();
        pairs.map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn form_is_split_before_it_is_decoded() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        for (form, expected) in [
            ("", &[][..]),
            ("&&", &[]),
            ("a", &[("a", "")]),
            ("a=1&&b=2&", &[("a", "1"), ("b", "2")]),
            ("=x&a==b", &[("", "x"), ("a", "=b")]),
            ("a%3D=%26&%61=+%2B", &[("a=", "&"), ("a", " +")]),
            ("a=100%&b=%zz&c=%4", &[("a", "100%"), ("b", "%zz"), ("c", "%4")]),
            ("a=%u6D4B", &[("a", "%u6D4B")]),
            ("\u{feff}\u{feff}a=1", &[("a", "1")]),
            ("%EF%BB%BF%ef%bb%bfa=1&%EF%BB%BFb=2", &[("a", "1"), ("\u{feff}b", "2")]),
            ("%EF%BB%B", &[("\u{fffd}%B", "")]),
        ] {
            let expected: Vec<_> = expected.iter().copied().map(pair).collect();
            assert_eq!(shown(pairs(form.as_bytes())), expected, "{form}");
        }
        let plain = lines(b"a=1+1\r\nb=%41=x\n\r\nc").unwrap();
        let found: Vec<_> = plain.collect();
        let expected: [Pair<'_>; 3] = [(b"a", b"1+1"), (b"b", b"%41=x"), (b"c", b"")];
        assert_eq!(found, expected);
        assert!(lines(b"a=1&b=2").is_none());
    }

    #[test]
    fn json_sent_as_the_only_form_key_is_found() {
        for (form, json) in [
            ("{\"a\":1}=", Some("{\"a\":1}")),
            ("%7B%22a%22%3A1%7D=", Some("{\"a\":1}")),
            ("%7b%22a%22%3a+%22x%3Dy%22%7d", Some("{\"a\": \"x=y\"}")),
            (" %7B%7D=\r\n", Some("{}")),
            ("{\"a\":1}", None),
            ("%7B%7D=1", None),
            ("%7B%7D=&a=1", None),
            ("a=%7B%7D", None),
            ("a={}=", None),
            ("", None),
        ] {
            let found = json_key(&Bytes::copy_from_slice(form.as_bytes()));
            assert_eq!(found.as_deref(), json.map(str::as_bytes), "{form}");
        }
    }

    proptest! {
        #[test]
        fn any_form_is_parsed_per_url_standard(text in "[a-c=&+%0-9A-F\u{80}-\u{ff}]{0,40}") {
            let theirs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
            prop_assert_eq!(shown(pairs(text.as_bytes())), theirs);
        }
    }
}
