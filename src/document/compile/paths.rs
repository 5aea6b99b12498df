//! The paths of a route.

use super::position;
use crate::document::problem::Problems;
use crate::document::request::RoutePath;
use serde_spanned::Spanned;

/// The longest path, in bytes.
const LONGEST: usize = 256;

/// Read a path; `None` if it is none.
pub(super) fn read(path: &Spanned<String>, problems: &mut Problems<'_>) -> Option<RoutePath> {
    let text = path.get_ref();
    match names(text) {
        Ok(names) => Some(RoutePath {
            text: text.clone(),
            names,
            position: position(problems, path.span().start),
        }),
        Err(why) => {
            problems.add(&path.span(), format!("`{text}`: {why}"));
            None
        }
    }
}

/// The names of a path's parameters.
fn names(path: &str) -> Result<Vec<String>, String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err("a path begins with `/`".into());
    };
    if path.len() > LONGEST {
        return Err(format!("a path has at most {LONGEST} bytes"));
    }
    let mut names: Vec<String> = Vec::new();
    let mut has_text = false;
    for segment in rest.split('/') {
        let Some(name) = segment.strip_prefix('{') else {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!@:".contains(&byte);
            if segment.is_empty() || !segment.bytes().all(is_plain) {
                return Err(format!(
                    "`{segment}`: a segment is `{{name}}`, or letters, digits and `-_.~!@:`"
                ));
            }
            has_text = true;
            continue;
        };
        let Some(name) = name.strip_suffix('}') else {
            return Err(format!("`{segment}`: a parameter is a whole segment"));
        };
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_word) {
            return Err(format!("`{name}`: a parameter's name has letters, digits and `_` only"));
        }
        if names.iter().any(|known| known == name) {
            return Err(format!("`{name}` stands there twice"));
        }
        names.push(name.to_owned());
    }
    if has_text {
        Ok(names)
    } else {
        Err("a path of parameters alone would hide all others".into())
    }
}
