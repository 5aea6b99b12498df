//! The parameters of a header's value: `; name=value; name="quoted value"`, in any bytes.
//!
//! The grammar is RFC 9110's, section 5.6.6, and quoted strings are opaque. But clients write quoted strings in
//! several ways. Browsers leave a backslash as it is and write `%22` for a quotation mark; curl and
//! older browsers write `\"`; others escape nothing, and in GBK and Shift-JIS a character's second byte may be
//! a backslash. So a quotation mark ends a string where parameters follow it, or nothing.

/// How often a quotation mark is looked behind in one header; after that it ends its string. A look may
/// go through the whole header.
const LOOKS: usize = 8;

/// One parameter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Its name, in lower case.
    pub(crate) name: Vec<u8>,
    /// Its value, without quotation marks and what escapes them.
    pub(crate) value: Vec<u8>,
}

/// The parameters of `text`, which begins behind the value's first word. They stand in the order in which
/// they were sent.
pub(crate) fn parameters(text: &[u8]) -> Vec<Parameter> {
    let mut found = Vec::new();
    let mut looks = LOOKS;
    let mut rest = text;
    loop {
        rest = skip(rest, |byte| byte == b';' || byte.is_ascii_whitespace());
        if rest.is_empty() {
            return found;
        }
        let length = rest.iter().position(|byte| matches!(byte, b'=' | b';')).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(length);
        let name = name.trim_ascii().to_ascii_lowercase();
        rest = behind;
        let Some(value) = behind.strip_prefix(b"=") else {
            found.push(Parameter { name, value: Vec::new() });
            continue;
        };
        let value = value.trim_ascii_start();
        let quoted = value.strip_prefix(b"\"").and_then(|text| quoted(text, &mut looks));
        let (value, behind) = quoted.unwrap_or_else(|| unquoted(value));
        found.push(Parameter { name, value });
        rest = behind;
    }
}

/// A quoted string, whose first quotation mark is taken away, and what follows it; `None` if it has no end.
fn quoted<'t>(text: &'t [u8], looks: &mut usize) -> Option<(Vec<u8>, &'t [u8])> {
    let mut at = 0;
    let mut last = None;
    while let Some(byte) = text.get(at) {
        let is_escaped = *byte == b'\\' && text.get(at + 1) == Some(&b'"');
        let mark = if is_escaped { at + 1 } else { at };
        if text.get(mark) == Some(&b'"') {
            let behind = text.get(mark + 1..).unwrap_or_default();
            let is_end = match (*looks, is_escaped) {
                (0, is_escaped) => !is_escaped,
                _ => {
                    let behind = behind.trim_ascii_start();
                    // Only what may be an end is a long look.
                    *looks -= usize::from(behind.starts_with(b";"));
                    are_parameters(behind)
                }
            };
            if is_end {
                // `mark`: an escape that escapes nothing is a backslash.
                return Some((unescaped(text.get(..mark)?), behind));
            }
            if !is_escaped {
                last = last.or(Some(mark));
            }
        }
        at = mark + 1;
    }
    // What follows is no parameter: the first mark that is not escaped is the end after all.
    let mark = last?;
    Some((unescaped(text.get(..mark)?), text.get(mark + 1..)?))
}

/// A value without quotation marks: up to the next semicolon.
fn unquoted(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let length = text.iter().position(|byte| *byte == b';').unwrap_or(text.len());
    let (value, behind) = text.split_at(length);
    let value = value.trim_ascii();
    // Not by any grammar, but never part of a name either: one mark alone, or marks of the other kind.
    let inner = |mark: &[u8]| value.strip_prefix(mark)?.strip_suffix(mark);
    let value = inner(b"'").unwrap_or_else(|| value.strip_prefix(b"\"").unwrap_or(value));
    (value.to_vec(), behind)
}

/// Is it nothing, or well-formed parameters and nothing else?
fn are_parameters(mut text: &[u8]) -> bool {
    loop {
        text = text.trim_ascii_start();
        if text.is_empty() {
            return true;
        }
        let Some(behind) = text.strip_prefix(b";") else { return false };
        let behind = behind.trim_ascii_start();
        if behind.is_empty() || behind.starts_with(b";") {
            text = behind;
            continue;
        }
        let name = behind.iter().take_while(|byte| is_token(**byte)).count();
        let Some(value) =
            behind.get(name..).unwrap_or_default().trim_ascii_start().strip_prefix(b"=")
        else {
            return false;
        };
        let value = value.trim_ascii_start();
        text = match value.strip_prefix(b"\"") {
            Some(value) => match end(value) {
                Some(end) if name > 0 => value.get(end..).unwrap_or_default(),
                _ => return false,
            },
            None => {
                let length = value.iter().position(|byte| matches!(byte, b';' | b'"'));
                let behind = value.get(length.unwrap_or(value.len())..).unwrap_or_default();
                if name == 0 || behind.starts_with(b"\"") {
                    return false;
                }
                behind
            }
        };
    }
}

/// Where a quoted string ends by the grammar, its last quotation mark included.
fn end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' if text.get(at + 1) == Some(&b'"') && !is_last_mark(text, at + 1) => at += 2,
            _ => at += 1,
        }
    }
}

/// Does nothing follow the quotation mark at `at` but a semicolon?
fn is_last_mark(text: &[u8], at: usize) -> bool {
    let behind = text.get(at + 1..).unwrap_or_default().trim_ascii();
    behind.is_empty() || behind == b";"
}

/// A quoted string's text: `\"` is a quotation mark. Other backslashes stay: in browsers' file names they
/// escape nothing.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        if *byte == b'\\' && text.get(at + 1) == Some(&b'"') {
            continue;
        }
        plain.push(*byte);
    }
    plain
}

fn skip(text: &[u8], is_skipped: impl Fn(u8) -> bool) -> &[u8] {
    let start = text.iter().position(|byte| !is_skipped(*byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// May it stand in a parameter's name (RFC 9110, section 5.6.2)?
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
