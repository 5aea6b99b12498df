//! The subset of HTTP/1.1 and of the Redis protocol that a load generator needs: requests as raw
//! bytes, and finding the end of an answer.

use std::fmt::Write as _;

/// The protocol that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Redis,
    /// So many commands of Redis's that were sent together.
    Pipeline(usize),
}

/// A complete answer at the start of a buffer.
#[derive(Debug, Clone, Copy)]
pub struct Framed {
    /// Its length.
    pub length: usize,
    /// Offset of the body, after the HTTP head.
    pub body: usize,
    /// The server closes the connection after it.
    pub last: bool,
}

impl Protocol {
    /// The complete answer at the start of `bytes`, if there is one.
    pub fn framed(self, bytes: &[u8]) -> Option<Framed> {
        match self {
            Protocol::Http => http(bytes),
            Protocol::Redis => redis(bytes).map(|length| Framed { length, body: 0, last: false }),
            Protocol::Pipeline(count) => {
                let answers = (0..count).try_fold(0, |at, _| Some(at + redis(bytes.get(at..)?)?));
                answers.map(|length| Framed { length, body: 0, last: false })
            }
        }
    }
}

fn http(bytes: &[u8]) -> Option<Framed> {
    let body = find(bytes, b"\r\n\r\n")? + 4;
    let (mut length, mut last) = (0, false);
    for line in bytes[..body].split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = line[colon + 1..].trim_ascii();
        if line[..colon].eq_ignore_ascii_case(b"content-length") {
            length = decimal(value)?;
        } else if line[..colon].eq_ignore_ascii_case(b"connection") {
            last = value.eq_ignore_ascii_case(b"close");
        }
    }
    (bytes.len() >= body + length).then_some(Framed { length: body + length, body, last })
}

fn redis(bytes: &[u8]) -> Option<usize> {
    let end = find(bytes, b"\r\n")?;
    let next = end + 2;
    let number = || decimal(&bytes[1..end]);
    match bytes[0] {
        b'$' if bytes[1] == b'-' => Some(next),
        b'$' => number().map(|length| next + length + 2).filter(|end| *end <= bytes.len()),
        b'*' if bytes[1] == b'-' => Some(next),
        b'*' => (0..number()?).try_fold(next, |at, _| Some(at + redis(bytes.get(at..)?)?)),
        _ => Some(next),
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn decimal(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Append an HTTP request; an empty `body` makes it a GET.
pub fn http_request(out: &mut Vec<u8>, target: &str, body: &str) {
    out.clear();
    let mut text = String::with_capacity(128 + target.len() + body.len());
    let _ = match body.len() {
        0 => write!(text, "GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n"),
        length => write!(
            text,
            "POST {target} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ),
    };
    out.extend_from_slice(text.as_bytes());
}

/// Append an envelope for `type/subtype` as a request to `/api`.
pub fn envelope(out: &mut Vec<u8>, name: (&str, &str), data: &str) {
    http_request(out, "/api", &envelope_text(name, data));
}

/// An envelope with `id` 7.
pub fn envelope_text((kind, subtype): (&str, &str), data: &str) -> String {
    format!(
        "{{\"id\":7,\"status\":0,\"type\":\"{kind}\",\"subtype\":\"{subtype}\",\"data\":{data}}}"
    )
}

/// Append one of Redis's commands.
pub fn command(out: &mut Vec<u8>, words: &[&str]) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
}

/// The beginning of every successful answer to an envelope with `id` 7.
pub const DONE: &[u8] = b"{\"id\":7,\"status\":0,";
