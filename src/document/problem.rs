//! What is wrong with a document's file, and where.

use std::fmt;
use std::ops::Range;

/// A place in a file, both numbers from 1 on; a column is a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// What is wrong with a file, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the name of a built-in document.
    pub file: String,
    /// Where.
    pub position: Position,
    /// What.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { file, position: Position { line, column }, text } = self;
        write!(f, "{file}:{line}:{column}: {text}")
    }
}

impl Position {
    /// Where a byte of a text stands.
    pub(crate) fn of(text: &str, at: usize) -> Self {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &text[..at];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Position { line, column }
    }
}

/// The problems of one file, as they are found.
pub(crate) struct Problems<'a> {
    /// The file.
    pub file: &'a str,
    /// What it says.
    pub text: &'a str,
    /// What is wrong.
    pub found: Vec<Problem>,
}

impl Problems<'_> {
    /// Note one.
    pub(crate) fn add(&mut self, span: &Range<usize>, text: impl Into<String>) {
        let (file, position) = (self.file.to_owned(), Position::of(self.text, span.start));
        let problem = Problem { file, position, text: text.into() };
        // A template that many routes share is wrong once.
        if !self.found.contains(&problem) {
            self.found.push(problem);
        }
    }
}

/// `known` that is nearest to `word`, as a question to the author; nothing if none is near.
pub(crate) fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let distances = known.map(|known| (distance(word, known), known));
    match distances.min() {
        Some((distance, known)) if distance <= word.len().max(3) / 3 => {
            format!(" Did you mean `{known}`?")
        }
        _ => String::new(),
    }
}

/// How many letters must be changed, added or removed to make one word of another (Levenshtein).
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, letter) in (1..).zip(one.chars()) {
        let mut diagonal = std::mem::replace(&mut row[0], number);
        for (index, known) in other.iter().enumerate() {
            let cost = diagonal + usize::from(letter != *known);
            diagonal = row[index + 1];
            row[index + 1] = cost.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_counts_lines_and_characters() {
        let text = "a\n中b\nc";
        assert_eq!(Position::of(text, 0), Position { line: 1, column: 1 });
        assert_eq!(Position::of(text, 5), Position { line: 2, column: 2 });
        assert_eq!(Position::of(text, 4), Position { line: 2, column: 1 });
        assert_eq!(Position::of(text, 99), Position { line: 3, column: 2 });
    }

    #[test]
    fn nearest_word_is_suggested() {
        let known = ["username", "password"];
        assert_eq!(suggestion("usrname", known.into_iter()), " Did you mean `username`?");
        assert_eq!(suggestion("colour", known.into_iter()), "");
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
