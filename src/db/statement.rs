//! A SELECT that is assembled from the conditions of a request.

use super::value::Param;
use crate::data::{Field, FieldError, Value, schema};
use schemars::Schema;

/// A statement under construction, with its parameters.
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
    /// Start with `sql`, which has no parameters.
    pub fn new(sql: String) -> Self {
        Statement { sql, args: Vec::new() }
    }

    /// Append `sql` as it is.
    pub fn text(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Append `sql`, in which each `?` stands for `arg`. `sql` must never contain text from a
    /// client; pass that as `arg`.
    pub fn with(&mut self, sql: &str, arg: impl Into<Arg>) -> &mut Self {
        self.args.push(arg.into());
        self.sql.push_str(&sql.replace('?', &format!("${}", self.args.len())));
        self
    }

    /// Append `sql`, whose `?` stand for `args`, one for each.
    pub(super) fn with_all(&mut self, sql: &str, args: Vec<String>) -> &mut Self {
        let mut pieces = sql.split('?');
        self.text(pieces.next().unwrap_or_default());
        for (piece, arg) in pieces.zip(args) {
            self.with("?", arg).text(piece);
        }
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

/// A text to search for: not empty, and at most `MOST` characters long.
#[derive(Clone, Debug)]
pub struct Search<const MOST: usize>(String);

impl<const MOST: usize> Field for Search<MOST> {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        match String::read(value)? {
            text if text.is_empty() => Err(FieldError::Value("must not be empty".into())),
            text if text.chars().nth(MOST).is_some() => {
                Err(FieldError::Value(format!("at most {MOST} characters").into()))
            }
            text if text.contains('\0') => {
                Err(FieldError::Value("no text has a NUL character".into()))
            }
            text => Ok(Search(text)),
        }
    }

    fn schema() -> Schema {
        schema::text(1, MOST)
    }
}

impl<const MOST: usize> Search<MOST> {
    /// The text itself.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The argument for SQL's `contains(column, ?)` that finds this text anywhere in the column,
    /// ignoring ASCII case. (`contains` is our own function on every database: LIKE takes time by
    /// the product of both lengths, and a stranger may choose both.)
    pub fn needle(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_text_length_is_limited_in_characters() {
        let read = |text: &str| Search::<4>::read(Value::Text(text.to_owned().into()));
        assert_eq!(read("%_aB").unwrap().needle(), "%_ab");
        assert_eq!(read("钥匙钥匙").unwrap().text(), "钥匙钥匙");
        assert!(read("钥匙钥匙a").is_err() && read("").is_err() && read("\0").is_err());
    }

    #[test]
    fn condition_may_use_its_parameter_twice() {
        let mut statement = Statement::new("SELECT 1 WHERE ".into());
        statement.with("a = ?", 1).text(" AND ").with("(b = ? OR c = ?)", "x".to_owned());
        assert_eq!(statement.sql, "SELECT 1 WHERE a = $1 AND (b = $2 OR c = $2)");
        assert_eq!(statement.args().len(), 2);
    }
}
