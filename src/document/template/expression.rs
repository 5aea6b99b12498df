//! A placeholder: where its value comes from, and what is done to it.

use super::function::{self, Function};

/// A placeholder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expression {
    /// Where the value comes from.
    pub source: Source,
    /// The keys, or the numbers of elements, that lead into it.
    pub path: Vec<String>,
    /// What is done to it, in order.
    pub functions: Vec<Function>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// What an operation replied: that of the route's step with this number.
    Reply(usize),
    /// A field of the request, under the operation's name for it.
    Request(String),
    /// What the client may know of a fault.
    Fault(FaultPart),
    /// The element of a list, inside `$as`.
    Item,
    /// The place of that element in its list, from 1 on.
    Place,
    /// JSON `null`.
    Null,
}

/// What the client may know of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultPart {
    /// What is wrong, in plain English.
    Detail,
    /// The key that it is about, as the wire names it.
    Field,
    /// The limit that is used up.
    Limit,
    /// In how many seconds it is worth trying again.
    RetryAfter,
}

impl FaultPart {
    /// All of them, with the names that they have in a file.
    pub(crate) const ALL: [(&'static str, FaultPart); 4] = [
        ("detail", FaultPart::Detail),
        ("field", FaultPart::Field),
        ("limit", FaultPart::Limit),
        ("retry_after", FaultPart::RetryAfter),
    ];
}

/// A placeholder as it is written, before it is known what its source stands for.
#[derive(Debug, PartialEq)]
pub(super) struct Written {
    /// The first word.
    pub source: String,
    /// The words behind dots.
    pub path: Vec<String>,
    /// The functions.
    pub functions: Vec<Function>,
}

/// Read what stands between `${` and `}`.
pub(super) fn read(text: &str) -> Result<Written, String> {
    let mut parts = split(text, '|').into_iter();
    let name = parts.next().unwrap_or_default().trim();
    let (source, path) = name.split_once('.').map_or((name, ""), |(source, path)| (source, path));
    if source.is_empty() || !source.chars().all(is_word) {
        return Err(format!("`{name}`: expected a source such as `reply` or `reply.key`"));
    }
    let path: Vec<String> = match path {
        "" if name.contains('.') => {
            return Err(format!("`{name}`: a key is missing after the dot"));
        }
        "" => Vec::new(),
        path => path.split('.').map(str::to_owned).collect(),
    };
    if let Some(key) = path.iter().find(|key| key.is_empty() || !key.chars().all(is_word)) {
        return Err(format!("`{name}`: `{key}` is no key"));
    }
    let functions = parts.map(|part| function::read(part.trim())).collect::<Result<_, _>>()?;
    Ok(Written { source: source.to_owned(), path, functions })
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '/')
}

/// Split a text where `mark` stands outside quotation marks and parentheses.
pub(super) fn split(text: &str, mark: char) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0_u32, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, letter) if letter == mark && depth == 0 => {
                parts.push(&text[from..at]);
                from = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expression_has_source_path_and_functions() {
        let read = read("user/login.name | default('a|b') | base64").unwrap();
        assert_eq!((read.source.as_str(), read.path.len()), ("user/login", 1));
        assert_eq!(read.functions, [Function::Default(serde_json::json!("a|b")), Function::Base64]);
    }

    #[test]
    fn malformed_expressions_are_refused() {
        for text in ["", ".a", "reply.", "reply..a", "re ply", "reply | nothing", "reply | pick()"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
