//! How values of headers are read: as bytes, cut into their pieces first. So a byte that is not ASCII
//! spoils the piece that it stands in and not the whole line.

use hyper::header::{HeaderMap, HeaderName};

/// The pieces of all lines of `name`, cut at `separator`, without blanks around them; empty ones too.
pub(crate) fn pieces<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    separator: u8,
) -> impl DoubleEndedIterator<Item = &'a [u8]> + use<'a> {
    let lines = headers.get_all(name).into_iter();
    lines
        .flat_map(move |line| line.as_bytes().split(move |byte| *byte == separator))
        .map(<[u8]>::trim_ascii)
}

/// The whole of the first line of `name`, without blanks around it.
pub(crate) fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    headers.get(name).map(|line| line.as_bytes().trim_ascii())
}

/// The same as text; `None` if the header is missing or not ASCII.
pub(crate) fn first_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    first(headers, name).and_then(ascii)
}

/// Bytes as text, if they are ASCII.
pub(crate) fn ascii(bytes: &[u8]) -> Option<&str> {
    bytes.is_ascii().then(|| std::str::from_utf8(bytes).ok()).flatten()
}

/// Does the header `Accept` name this media type, and not with `q=0`, which refuses it (RFC 9110, 12.4.2)?
pub(crate) fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    pieces(headers, &hyper::header::ACCEPT, b',').any(|piece| {
        let mut parts = piece.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        parts.next().unwrap_or_default().eq_ignore_ascii_case(media_type.as_bytes())
            && !parts.any(is_weight_zero)
    })
}

/// Is it `q=0`, `q=0.0` and the like?
fn is_weight_zero(parameter: &[u8]) -> bool {
    let Some((b'q' | b'Q', value)) = parameter.split_first() else { return false };
    let Some(weight) = value.trim_ascii_start().strip_prefix(b"=") else { return false };
    let weight = weight.trim_ascii_start();
    weight.starts_with(b"0") && weight.iter().all(|byte| matches!(byte, b'0' | b'.'))
}

#[cfg(test)]
pub(crate) fn of(lines: &[(&'static str, &[u8])]) -> HeaderMap {
    use hyper::header::HeaderValue;
    lines
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_bytes(value).unwrap()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::COOKIE;

    #[test]
    fn invalid_byte_spoils_only_its_list_item() {
        let headers = of(&[("cookie", b"a=\xe6\xb5\x8b; b=2"), ("cookie", b"; c=3 ")]);
        let found: Vec<&[u8]> = pieces(&headers, &COOKIE, b';').collect();
        assert_eq!(found, [&b"a=\xe6\xb5\x8b"[..], b"b=2", b"", b"c=3"]);
        let back: Vec<&[u8]> = pieces(&headers, &COOKIE, b';').rev().collect();
        assert_eq!(back, [&b"c=3"[..], b"", b"b=2", b"a=\xe6\xb5\x8b"]);
    }

    #[test]
    fn only_accept_with_text_html_wants_a_page() {
        let accepted = |value: &[u8]| accepts(&of(&[("accept", value)]), "text/html");
        assert!(accepted(b"text/html,application/xhtml+xml;q=0.9"));
        assert!(accepted(b"image/*, TEXT/HTML;q=0.8"));
        assert!(accepted(b"text/html;q=0.001") && accepted(b"text/html ; level=1;q=1"));
        // Public reports: zmthy/http-media#30, pallets/werkzeug#536, webmachine#77 (`q=0`).
        assert!(!accepted(b"text/html;q=0, */*") && !accepted(b"text/html; Q = 0.000"));
        assert!(!accepted(b"*/*") && !accepted(b"application/json") && !accepted(b"\xff"));
        assert!(!accepts(&HeaderMap::new(), "text/html"));
    }
}
