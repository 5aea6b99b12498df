//! The first places of a board as answered, cached until they change.
//!
//! A game shows its best players far more often than they change. So the last answer is kept beside
//! the board, with the [`Version`] it was made from. A commit that changes one of these places, or
//! the details of a player, changes the version, and the cached answer is no longer used.

use crate::reply::{Answer, Json, Reply};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use std::marker::PhantomData;
use std::sync::Arc;

/// The most places in a cached page.
const PLACES: usize = 100;

/// The longest text of a cached page, in bytes: there may be many boards.
const BYTES: usize = 64 * 1024;

/// Identifies a state of a board's first places and their players' details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(pub(super) u64);

impl Version {
    /// Its number. It begins again at a start of the server.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Rows of an answer as JSON text, from the first place on.
#[derive(Debug, Clone)]
pub struct TopPage(Arc<Text>);

#[derive(Debug)]
struct Text {
    /// The rows, commas between.
    rows: Vec<u8>,
    /// Where each row ends.
    ends: Vec<usize>,
    /// How many places were requested.
    asked: usize,
}

impl TopPage {
    /// The rows of the first `asked` places, or of all if there are fewer.
    ///
    /// # Errors
    /// A row may not serialize.
    pub fn new<T: Serialize>(rows: &[T], asked: usize) -> serde_json::Result<Self> {
        let mut text = Text { rows: Vec::new(), ends: Vec::with_capacity(rows.len()), asked };
        for row in rows {
            if !text.rows.is_empty() {
                text.rows.push(b',');
            }
            serde_json::to_writer(&mut text.rows, row)?;
            text.ends.push(text.rows.len());
        }
        Ok(TopPage(Arc::new(text)))
    }

    /// Are the first `count` places all in it?
    pub(super) fn has(&self, count: usize) -> bool {
        count <= self.0.asked
    }

    /// Is it small enough to be kept?
    pub(super) fn is_small(&self) -> bool {
        self.0.asked <= PLACES && self.0.rows.len() <= BYTES
    }

    /// The first `count` rows, as an answer.
    pub fn first<T>(&self, count: usize) -> TopRows<T> {
        TopRows { page: self.clone(), count, row: PhantomData }
    }
}

/// The first rows of a [`TopPage`] of rows of the type `T`, as an operation's answer.
#[derive(Debug)]
pub struct TopRows<T> {
    page: TopPage,
    count: usize,
    row: PhantomData<fn() -> T>,
}

impl<T: 'static> Json for TopRows<T> {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let Text { rows, ends, .. } = &*self.page.0;
        let end = ends.get(..self.count).unwrap_or(ends).last().copied().unwrap_or(0);
        out.push(b'[');
        out.extend_from_slice(rows.get(..end).unwrap_or_default());
        out.push(b']');
        Ok(())
    }

    fn tree(&self) -> serde_json::Result<serde_json::Value> {
        let mut text = Vec::new();
        self.write(&mut text)?;
        serde_json::from_slice(&text)
    }
}

impl<T: JsonSchema + 'static> Reply for TopRows<T> {
    fn answer(self) -> Answer {
        Answer::Json(Box::new(self))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_of_any_length_is_a_json_array() {
        let page = TopPage::new(&["a", "b,]", "c"], 5).unwrap();
        let first = |count| {
            let mut out = Vec::new();
            page.first::<&str>(count).write(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(first(0), "[]");
        assert_eq!(first(1), r#"["a"]"#);
        assert_eq!(first(2), r#"["a","b,]"]"#);
        assert_eq!((first(3), first(5)), (first(4), r#"["a","b,]","c"]"#.into()));
        assert_eq!(page.first::<&str>(2).tree().unwrap(), serde_json::json!(["a", "b,]"]));
        assert!(page.has(5) && !page.has(6));
        assert_eq!(
            TopPage::new::<u8>(&[], 10).unwrap().first::<u8>(10).tree().unwrap(),
            serde_json::json!([])
        );
    }
}
