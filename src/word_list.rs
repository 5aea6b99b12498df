//! Words that texts of strangers are looked through for: some are refused, some are held until a person has decided
//! (`moderation.words`).
//!
//! Text and words are compared in Unicode's compatibility form (NFKC), without case and without characters that can't be
//! seen. A word of ASCII letters and digits counts where it stands alone: `ass` is not found in `pass`. Any other word, such
//! as a Chinese one, counts wherever its letters follow each other, whatever signs and blanks are between them.

use aho_corasick::{AhoCorasick, BuildError, Input};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

/// How long a list may be, in bytes: what it takes in memory is about ten times as much.
const MAX_BYTES: u64 = 1_048_576;

/// A list can't be used. One line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum WordListError {
    /// The file can't be read.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// The file is too long.
    #[error("{0}: longer than 1 MiB")]
    TooLong(PathBuf),
    /// A line is wrong.
    #[error("{0}: line {1}: {2}")]
    Line(PathBuf, usize, &'static str),
    /// The words are too many or too long.
    #[error("{0}: {1}")]
    Build(PathBuf, BuildError),
}

/// A word of the list that a text has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundWord {
    /// The word, as the list has it.
    pub word: String,
    /// Is a text with it refused, rather than held?
    pub is_refused: bool,
}

/// The words, ready to be looked for in a text of any length at once.
#[derive(Debug, Default)]
pub struct WordList {
    /// Words of ASCII letters and digits.
    alone: Words,
    /// All others.
    anywhere: Words,
}

/// Words that are looked for in the same way.
#[derive(Debug, Default)]
struct Words {
    words: Vec<FoundWord>,
    automaton: Option<AhoCorasick>,
}

impl WordList {
    /// The list of a file: a line `refuse WORD` or `hold WORD` each. Empty lines and lines that begin with `#` are skipped.
    pub fn read(file: &Path) -> Result<Self, WordListError> {
        let fault = |error| WordListError::File(file.to_owned(), error);
        if std::fs::metadata(file).map_err(fault)?.len() > MAX_BYTES {
            return Err(WordListError::TooLong(file.to_owned()));
        }
        Self::parse(file, &std::fs::read_to_string(file).map_err(fault)?)
    }

    /// The same from its text; `file` is what errors name.
    fn parse(file: &Path, text: &str) -> Result<Self, WordListError> {
        let (mut alone, mut anywhere) = (Vec::new(), Vec::new());
        for (nth, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let fault = |why| WordListError::Line(file.to_owned(), nth + 1, why);
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (verb, word) = line
                .split_once(char::is_whitespace)
                .ok_or(fault("expected refuse or hold, and a word"))?;
            let is_refused = match verb {
                "refuse" => true,
                "hold" => false,
                _ => return Err(fault("expected refuse or hold, and a word")),
            };
            let found = FoundWord { word: word.trim().to_owned(), is_refused };
            let comparable = comparable(&found.word);
            if comparable.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ') {
                alone.push((comparable.trim().to_owned(), found));
            } else {
                anywhere.push((joined(&comparable), found));
            }
            let added = alone.last().into_iter().chain(anywhere.last());
            if added.into_iter().any(|(text, _)| text.is_empty()) {
                return Err(fault("the word has neither a letter nor a digit"));
            }
        }
        let build =
            |words| Words::new(words).map_err(|error| WordListError::Build(file.to_owned(), error));
        Ok(WordList { alone: build(alone)?, anywhere: build(anywhere)? })
    }

    /// How many words it has.
    pub fn len(&self) -> usize {
        self.alone.words.len() + self.anywhere.words.len()
    }

    /// Has it no words?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The word that decides about these texts: one that is refused, or else one that is held, or else none.
    pub fn find(&self, texts: &[&str]) -> Option<&FoundWord> {
        if self.is_empty() {
            return None;
        }
        let mut held = None;
        for text in texts {
            let text = comparable(text);
            let letters = joined(&text);
            for word in self.alone.all(&text, true).chain(self.anywhere.all(&letters, false)) {
                if word.is_refused {
                    return Some(word);
                }
                held = held.or(Some(word));
            }
        }
        held
    }
}

impl Words {
    fn new(words: Vec<(String, FoundWord)>) -> Result<Self, BuildError> {
        let (texts, words): (Vec<_>, Vec<_>) = words.into_iter().unzip();
        let automaton = if texts.is_empty() { None } else { Some(AhoCorasick::new(&texts)?) };
        Ok(Words { words, automaton })
    }

    /// All words that a text has; those alone that stand alone, where that counts.
    fn all(&self, text: &str, stands_alone: bool) -> impl Iterator<Item = &FoundWord> {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let matches = self.automaton.iter().flat_map(move |automaton| {
            automaton
                .find_overlapping_iter(Input::new(text))
                .filter(|found| {
                    !stands_alone
                        || !(is_part(text[..found.start()].chars().next_back())
                            || is_part(text[found.end()..].chars().next()))
                })
                .map(|found| found.pattern().as_usize())
                .collect::<Vec<_>>()
        });
        matches.filter_map(|nth| self.words.get(nth))
    }
}

/// In compatibility form, in lower case, without marks and characters that can't be seen, with one blank for several.
fn comparable(text: &str) -> String {
    let mut comparable = String::with_capacity(text.len());
    let seen = text.nfkd().filter(|c| {
        use GeneralCategory::{EnclosingMark, Format, NonspacingMark};
        c.is_ascii() || !matches!(get_general_category(*c), Format | NonspacingMark | EnclosingMark)
    });
    for c in seen.nfkc().flat_map(char::to_lowercase) {
        let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
        if !(c == ' ' && comparable.ends_with(' ')) {
            comparable.push(c);
        }
    }
    comparable
}

/// Letters and digits alone.
fn joined(comparable: &str) -> String {
    comparable.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The list that is in use, which may be replaced while texts are looked through.
#[derive(Debug, Default)]
pub struct CurrentWordList(RwLock<Arc<WordList>>);

impl CurrentWordList {
    /// It.
    pub fn get(&self) -> Arc<WordList> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Use another one from now on.
    pub fn replace(&self, list: WordList) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(text: &str) -> WordList {
        WordList::parse(Path::new("words.txt"), text).unwrap()
    }

    #[track_caller]
    fn found(words: &WordList, text: &str) -> Option<String> {
        words.find(&[text]).map(|found| found.word.clone())
    }

    #[test]
    fn ascii_words_count_where_they_stand_alone() {
        let words = list("# a list\n\nrefuse ass\r\nhold free money\n");
        for text in ["ass", "an ASS!", "a\u{200b}ss", "ａｓｓ", "x.ass.x", "Free \t Money"] {
            assert!(found(&words, text).is_some(), "{text}");
        }
        for text in ["pass", "assess", "as s", "", "freemoney", "free of money"] {
            assert_eq!(found(&words, text), None, "{text}");
        }
    }

    #[test]
    fn other_words_count_wherever_letters_follow() {
        let words = list("refuse 加微信\nhold v信");
        for text in ["请加微信聊", "加 微 信", "加-微*信", "加\u{200d}微\u{fe0f}信", "V 信"]
        {
            assert!(found(&words, text).is_some(), "{text}");
        }
        assert_eq!(found(&words, "加信微"), None);
    }

    #[test]
    fn refused_word_decides_before_a_held_one() {
        let words = list("hold one\nrefuse two");
        assert!(!words.find(&["one"]).unwrap().is_refused);
        assert!(words.find(&["one", "two"]).unwrap().is_refused);
        assert!(words.find(&["one two one"]).unwrap().is_refused);
    }

    #[test]
    fn wrong_lines_are_told_by_their_number() {
        for (text, line) in [("ban x", 1), ("\nrefuse", 2), ("hold \u{200b}", 1), ("hold --", 1)] {
            let error = WordList::parse(Path::new("words.txt"), text).unwrap_err();
            assert!(error.to_string().starts_with(&format!("words.txt: line {line}: ")), "{error}");
        }
    }

    #[test]
    fn list_that_is_too_long_is_refused() {
        let file = std::env::temp_dir().join(format!("guichet-words-{}", std::process::id()));
        std::fs::write(&file, "# \n".repeat(400_000)).unwrap();
        let error = WordList::read(&file).unwrap_err().to_string();
        std::fs::remove_file(&file).unwrap();
        assert!(error.ends_with("longer than 1 MiB"), "{error}");
    }

    proptest! {
        #[test]
        fn word_between_blanks_is_always_found(before in ".*", after in ".*") {
            let words = list("refuse lamp\nrefuse 灯泡");
            for word in ["lamp", "灯泡"] {
                let text = format!("{before} {word} {after}");
                prop_assert!(words.find(&[&text]).is_some());
            }
        }
    }
}
