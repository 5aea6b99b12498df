//! The head of a part: which field it is, and whether it is a file.

use super::Part;
use super::parameters::{Parameter, parameters};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr_iter;
use percent_encoding::percent_decode;
use std::borrow::Cow;

/// What a part's head says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The field's name, in UTF-8; `None` if there is none.
    pub(super) name: Option<String>,
    /// Does anyone want what it holds?
    pub(super) is_wanted: bool,
    /// Is it a file?
    is_file: bool,
    /// Does the file's name say something? A page's empty file input sends an empty name and no bytes.
    has_file_name: bool,
    /// Is the content in base64 (`Content-Transfer-Encoding`)?
    is_base64: bool,
}

/// Split a part's head from what follows the empty line behind it; `None` if there is no such line yet. The
/// second is where the content begins.
pub(super) fn split(text: &[u8]) -> Option<(&[u8], usize)> {
    let is_empty_line = |at: usize| match text.get(at..)? {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    };
    if let Some(next) = is_empty_line(0) {
        return Some((&[], next));
    }
    memchr_iter(b'\n', text).find_map(|at| Some((text.get(..at)?, is_empty_line(at + 1)?)))
}

impl Head {
    /// Read a head. What is no header line continues the line before it: folded lines do, and file names
    /// with line ends in them.
    pub(super) fn read(text: &[u8]) -> Self {
        let mut head = Head::default();
        let mut is_told = false;
        let mut lines = text.split(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let Some((name, value)) = header(line) else { continue };
            let mut value = Cow::Borrowed(value);
            while let Some(more) = lines.next_if(|line| header(line).is_none()) {
                let value = value.to_mut();
                value.push(b' ');
                value.extend_from_slice(more.trim_ascii());
            }
            let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
            if is("content-disposition") && !std::mem::replace(&mut is_told, true) {
                head.disposition(&value);
            } else if is("content-transfer-encoding") {
                head.is_base64 = value.trim_ascii().eq_ignore_ascii_case(b"base64");
            } else if is("content-type") {
                // No text is of such a type: the client gave the file no name.
                let kind = value.trim_ascii().to_ascii_lowercase();
                head.is_file |= kind.starts_with(b"image/") || kind == b"application/octet-stream";
            }
        }
        head
    }

    /// Read `form-data; name="…"; filename="…"`, whatever the first word is, and where there is none.
    fn disposition(&mut self, value: &[u8]) {
        let start = match value.iter().position(|byte| matches!(byte, b';' | b'=')) {
            Some(at) if value.get(at) == Some(&b'=') => 0,
            at => at.unwrap_or(value.len()),
        };
        let mut name = None;
        let mut extended = None;
        for Parameter { name: key, value } in parameters(value.get(start..).unwrap_or_default()) {
            match key.as_slice() {
                b"name" if !value.is_empty() => name = name.or(Some(value)),
                b"name*" => extended = extended.or(Some(value)),
                // `filename*` (RFC 8187), and `filename*0` of mail's libraries (RFC 2231).
                key if key == b"filename" || key.starts_with(b"filename*") => {
                    self.is_file = true;
                    self.has_file_name |= !value.is_empty();
                }
                _ => {}
            }
        }
        self.name = match (name, extended) {
            (Some(name), _) => field_name(&name),
            (None, Some(extended)) => {
                // `UTF-8'language'text`
                let text = extended.splitn(3, |byte| *byte == b'\'').nth(2);
                text.and_then(|text| String::from_utf8(percent_decode(text).collect()).ok())
            }
            (None, None) => None,
        };
    }

    /// The part with this head that holds `held`; `None` if it is not wanted, or no file was chosen.
    pub(super) fn part(self, mut held: Vec<u8>) -> Option<(String, Part)> {
        let name = self.name.filter(|_| self.is_wanted)?;
        if self.is_base64 {
            held.retain(|byte| !byte.is_ascii_whitespace());
            // RFC 7578 does without this header; some clients send it and mean nothing by it.
            held = STANDARD.decode(&held).unwrap_or(held);
        }
        held.shrink_to_fit();
        match self.is_file {
            true if !self.has_file_name && held.is_empty() => None,
            true => Some((name, Part::File(held.into()))),
            false => Some((name, Part::Text(held))),
        }
    }
}

/// A field's name as it was meant: browsers write three bytes of it with percent signs.
fn field_name(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    if !name.contains('%') {
        return Some(name.to_owned());
    }
    Some(name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

/// A header line's name and value; `None` if the line is no such line.
fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let name = name.trim_ascii_end();
    (!name.is_empty() && name.iter().all(is_name)).then_some((name, value.get(1..)?.trim_ascii()))
}
