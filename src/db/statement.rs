//! A SELECT that is put together from the conditions that a request asks for.

use super::value::Param;
use crate::data::{Field, Flaw, Value};

/// A statement as it grows, with what its parameters stand for.
#[derive(Debug)]
pub struct Statement {
    pub(super) sql: String,
    args: Vec<Arg>,
}

/// A parameter that the statement owns.
#[derive(Debug, Clone)]
pub enum Arg {
    /// A 64-bit integer.
    Int(i64),
    /// Text.
    Text(String),
}

impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Arg::Int(value)
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Self {
        Arg::Text(value)
    }
}

impl Statement {
    /// Begin with `sql`, which has no parameters.
    pub fn new(sql: String) -> Self {
        Statement { sql, args: Vec::new() }
    }

    /// Append `sql` as it is.
    pub fn text(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Append `sql`, in which each `?` stands for `arg`. Never text of a client: that is what
    /// `arg` is for.
    pub fn with(&mut self, sql: &str, arg: impl Into<Arg>) -> &mut Self {
        self.args.push(arg.into());
        self.sql.push_str(&sql.replace('?', &format!("${}", self.args.len())));
        self
    }

    pub(super) fn args(&self) -> Vec<Param<'_>> {
        self.args
            .iter()
            .map(|arg| match arg {
                Arg::Int(number) => Param::Int(*number),
                Arg::Text(text) => Param::Text(text),
            })
            .collect()
    }
}

/// The most bytes of a text that is searched for: what a search costs grows with it.
const LONGEST: usize = 256;

/// A text to search for: not empty, and short enough to be one.
#[derive(Debug)]
pub struct Search(String);

impl Field for Search {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        match String::read(value)? {
            text if text.is_empty() => Err(Flaw::Value("must not be empty".into())),
            text if text.len() > LONGEST => Err(Flaw::Value("at most 256 bytes".into())),
            text if text.contains('\0') => Err(Flaw::Value("no text has a NUL character".into())),
            text => Ok(Search(text)),
        }
    }
}

impl Search {
    /// The text itself.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The pattern for `lower(column) LIKE ? ESCAPE '!'` that finds this very text anywhere in the
    /// column, ASCII letters in either case. What LIKE would take for a wildcard is an ordinary
    /// character.
    pub fn pattern(&self) -> String {
        let mut pattern = String::with_capacity(self.0.len() + 2);
        pattern.push('%');
        for character in self.0.chars() {
            if matches!(character, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(character.to_ascii_lowercase());
        }
        pattern.push('%');
        pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_ordinary_characters() {
        assert_eq!(Search("50%_\\!aB".into()).pattern(), "%50!%!_\\!!ab%");
    }

    #[test]
    fn a_condition_may_name_its_parameter_twice() {
        let mut statement = Statement::new("SELECT 1 WHERE ".into());
        statement.with("a = ?", 1).text(" AND ").with("(b = ? OR c = ?)", "x".to_owned());
        assert_eq!(statement.sql, "SELECT 1 WHERE a = $1 AND (b = $2 OR c = $2)");
        assert_eq!(statement.args().len(), 2);
    }
}
