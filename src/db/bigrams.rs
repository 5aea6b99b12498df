//! Bigrams: the pairs of neighbouring characters that a text index stores.
//!
//! Chinese text has no spaces between words, and a search may be for any part of a text. Most
//! searches have at least two characters, and a pair is rare enough to leave few rows. A longer
//! search finds the rows that have all of its pairs, which are then checked with SQL. A search for
//! one character looks for pairs that begin with it; so that the last character of a text begins a
//! pair too, an end mark follows it.
//!
//! Each pair is one token of the tokenizer `ascii`, after the number of its row's group: `1钥匙`.
//! That tokenizer splits only at ASCII punctuation and spaces, so these are moved up by 128.
//! Characters that are really there also match then, and are refused when SQL checks the row.

/// Stands after the last character of a text.
const END: char = '\u{80}';

/// The most different pairs of a search text that are looked up: more of them exclude hardly any
/// more rows.
const PAIRS: usize = 16;

/// A character as it stands in tokens: ASCII letters in lower case, characters that would split a
/// token moved up.
fn cell(character: char) -> char {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte.to_ascii_lowercase()),
        Ok(byte) => char::from(byte | 0x80),
        Err(_) => character,
    }
}

fn prefix(group: i64) -> String {
    group.to_string().chars().map(cell).collect()
}

fn word_token(prefix: &str, word: &str) -> String {
    // No pair begins with a letter: a group is a number.
    format!("w{prefix}w{}", word.chars().map(cell).collect::<String>())
}

/// The tokens of a row, separated by spaces: the pairs of its `texts`, and its `words` as whole
/// words.
pub(super) fn tokens(group: i64, texts: &[&str], words: &[&str]) -> String {
    let prefix = prefix(group);
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let mut tokens = String::with_capacity(bytes * 2 + bytes * (prefix.len() + 1) + 64);
    for text in texts {
        let mut cells = text.chars().map(cell).peekable();
        while let Some(cell) = cells.next() {
            tokens.push_str(&prefix);
            tokens.push(cell);
            tokens.push(cells.peek().copied().unwrap_or(END));
            tokens.push(' ');
        }
    }
    for word in words {
        tokens.push_str(&word_token(&prefix, word));
        tokens.push(' ');
    }
    tokens
}

/// What a row must have in the index to be considered. It finds every row that the search finds,
/// and few others.
#[derive(Debug, Default)]
pub struct IndexQuery {
    /// The characters of each text that must be present.
    texts: Vec<Vec<char>>,
    /// Alternatively, this whole word.
    word: Option<String>,
}

impl IndexQuery {
    /// Require `text` in one of the indexed texts, in addition to earlier requirements.
    pub fn text(&mut self, text: &str) {
        self.texts.push(text.chars().map(cell).collect());
    }

    /// Also accept rows that have `word` among their words, whatever their texts.
    pub fn or_word(&mut self, word: &str) {
        self.word = Some(word.to_owned());
    }

    /// Is nothing required? Then every row must be considered.
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Is there no complete pair to look up?
    pub(super) fn is_vague(&self) -> bool {
        self.texts.iter().all(|cells| cells.len() < 2)
    }

    /// The tokens that [`IndexQuery::postings`] looks for, in order.
    pub(super) fn tokens(&self, group: i64) -> Vec<String> {
        let prefix = prefix(group);
        let mut tokens = Vec::new();
        for pair in self.texts.iter().flat_map(|cells| cells.windows(2)) {
            let token: String = prefix.chars().chain(pair.iter().copied()).collect();
            if tokens.len() < PAIRS && !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        tokens.extend(self.word.as_ref().map(|word| word_token(&prefix, word)));
        tokens
    }

    /// The query for the positions, as `at`, of rows that a table of postings has for these tokens. Each `?`
    /// stands for one of them.
    pub(super) fn postings(&self, index: &str) -> String {
        let count = self.tokens(0).len() - usize::from(self.word.is_some());
        let more = format!(
            " AND EXISTS (SELECT 1 FROM {index} AS other
                           WHERE other.token = ? AND other.position = {index}.position)"
        );
        let all = format!(
            "SELECT position AS at FROM {index} WHERE token = ?{}",
            more.repeat(count.saturating_sub(1))
        );
        match self.word {
            None => all,
            Some(_) => format!("{all} UNION SELECT position AS at FROM {index} WHERE token = ?"),
        }
    }

    /// The expression for MATCH. It consists of letters, digits, non-ASCII characters and our own
    /// operators; nothing from a client can act as an operator.
    pub(super) fn expression(&self, group: i64) -> String {
        let prefix = prefix(group);
        let vague = self.is_vague();
        let mut terms = Vec::new();
        for cells in &self.texts {
            // Looking up a single character is slow, so it is done only if there is no pair.
            if let ([cell], true) = (&cells[..], vague) {
                terms.push(format!("{prefix}{cell}*"));
            }
            // The same pair again would find the same rows.
            let mut pairs = Vec::new();
            for pair in cells.windows(2) {
                if pairs.len() < PAIRS && !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
            for pair in pairs {
                let term: String = prefix.chars().chain(pair.iter().copied()).collect();
                if !terms.contains(&term) {
                    terms.push(term);
                }
            }
        }
        let all = terms.join(" AND ");
        match &self.word {
            Some(word) => format!("({all}) OR {}", word_token(&prefix, word)),
            None => all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(texts: &[&str]) -> IndexQuery {
        let mut wanted = IndexQuery::default();
        texts.iter().for_each(|text| wanted.text(text));
        wanted
    }

    #[test]
    fn row_is_indexed_by_character_pairs_and_words() {
        let tokens = tokens(1, &["钥匙 A", "伞"], &["17"]);
        assert_eq!(tokens, "1钥匙 1匙\u{a0} 1\u{a0}a 1a\u{80} 1伞\u{80} w1w17 ");
    }

    #[test]
    fn search_uses_each_pair_once_or_a_pair_prefix() {
        assert_eq!(wanted(&["一把钥匙"]).expression(2), "2一把 AND 2把钥 AND 2钥匙");
        assert_eq!(wanted(&["哈哈哈哈"]).expression(1), "1哈哈");
        assert_eq!(wanted(&["a*"]).expression(1), "1a\u{aa}");
        assert_eq!(wanted(&["伞"]).expression(1), "1伞*");
        assert_eq!(wanted(&["伞", "\"OR"]).expression(1), "1\u{a2}o AND 1or");
        assert_eq!(wanted(&["伞", "书"]).expression(1), "1伞* AND 1书*");
        let mut id = wanted(&["17"]);
        id.or_word("17");
        assert_eq!(id.expression(1), "(117) OR w1w17");
    }

    #[test]
    fn repeated_pairs_do_not_hide_other_pairs() {
        let key = "a".repeat(249) + "c";
        assert_eq!(wanted(&[&key]).expression(0), "0aa AND 0ac");
    }

    #[test]
    fn search_uses_at_most_the_allowed_pairs() {
        let long: String = (0x4e00..0x4e40).filter_map(char::from_u32).collect();
        assert_eq!(wanted(&[&long]).expression(1).matches("AND").count(), PAIRS - 1);
    }
}
