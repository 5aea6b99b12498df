//! Text that a page may show in a line of its own.

use engine::data::{Field, FieldError, Text, Value, schema};
use schemars::Schema;

/// Text of at most `MAX` characters that a page may show in a line of its own: without control characters,
/// which also make a JSON answer six times as long, line ends, and marks that turn the direction of
/// what stands beside it and so fake another row.
///
/// Other invisible characters pass: emoji and several scripts need them, and nothing is gained by a name
/// that looks like another's, where anybody may take any name.
#[derive(Clone)]
pub struct VisibleText<const MAX: usize>(pub String);

impl<const MAX: usize> Field for VisibleText<MAX> {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let Text(text) = Text::<0, MAX>::read(value)?;
        if text.contains(is_unshowable) {
            return Err(FieldError::Value("control characters are not accepted".into()));
        }
        Ok(VisibleText(text))
    }

    fn schema() -> Schema {
        schema::text(0, MAX)
    }
}

/// Control characters, line and paragraph separators, and the marks and embeddings of the bidirectional
/// algorithm (Unicode, annex 9).
fn is_unshowable(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}
