//! Kinds of characters, and which of them a name that people read may have.

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// Does it show nothing by itself? These are Unicode's default-ignorable code points, and the blank
/// of braille.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Does it choose how the character before it is drawn, as a text or as an emoji?
pub fn is_emoji_style(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}

/// Does it take room and show nothing?
pub fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{115f}'
                | '\u{1160}'
                | '\u{200b}'
                | '\u{2060}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
        )
}

/// Does it change the order in which all that follows is read?
fn is_order_override(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Is it an accent or another sign that is drawn on the character before it?
pub fn is_mark(c: char) -> bool {
    use Category::{EnclosingMark, NonspacingMark, SpacingMark};
    matches!(get_general_category(c), NonspacingMark | SpacingMark | EnclosingMark)
}

/// Is it a hyphen or a dash, or does it look like one: the minus sign, and the long-vowel mark of Japanese?
pub fn is_dash(c: char) -> bool {
    get_general_category(c) == Category::DashPunctuation || matches!(c, '\u{2212}' | '\u{30fc}')
}

/// Is it a decimal digit, of any script?
pub fn is_digit(c: char) -> bool {
    get_general_category(c) == Category::DecimalNumber
}

/// Is it a letter, of any script?
pub fn is_letter(c: char) -> bool {
    use Category::{
        LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter,
    };
    matches!(
        get_general_category(c),
        LowercaseLetter | UppercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter
    ) && !is_invisible(c)
}

/// Does the character draw anything?
fn is_visible(c: char) -> bool {
    use Category::{Control, Format, Surrogate, Unassigned};
    !is_invisible(c)
        && !is_blank(c)
        && !is_mark(c)
        && !matches!(get_general_category(c), Control | Format | Surrogate | Unassigned)
}

/// Why a text can't be one line that others read, if so: for nicknames and the like. Joiners and other
/// format characters are allowed, because emoji and some scripts need them.
pub fn line_problem(text: &str) -> Option<&'static str> {
    use Category::{Control, LineSeparator, ParagraphSeparator, Surrogate, Unassigned};
    for c in text.chars() {
        match get_general_category(c) {
            Control => return Some("control characters can't be part of a name"),
            LineSeparator | ParagraphSeparator => return Some("a name is one line"),
            Unassigned | Surrogate => return Some("there is no such character"),
            _ if is_order_override(c) => {
                return Some(
                    "characters that override the order of reading can't be part of a name",
                );
            }
            _ => {}
        }
    }
    outline_problem(text)
}

/// Why a text can't be a user name, if so: besides what no [line](line_problem) has, everything that
/// can't be seen, because another name would look the same without it.
pub fn user_name_problem(text: &str) -> Option<&'static str> {
    if let Some(problem) = line_problem(text) {
        return Some(problem);
    }
    let is_hidden = |c: char| {
        matches!(get_general_category(c), Category::Format) || is_invisible(c) && !is_emoji_style(c)
    };
    if text.chars().any(is_hidden) {
        return Some("invisible characters can't be part of a user name");
    }
    if text.chars().any(|c| get_general_category(c) == Category::PrivateUse) {
        return Some("private-use characters can't be part of a user name");
    }
    if text.starts_with(is_mark) {
        return Some("a name can't begin with a mark that belongs to a character before it");
    }
    None
}

fn outline_problem(text: &str) -> Option<&'static str> {
    if !text.chars().any(is_visible) {
        return Some("a name must have something that can be seen");
    }
    if text.starts_with(is_blank) || text.ends_with(is_blank) {
        return Some("a name can't begin or end with a blank");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn emoji_and_scripts_pass_as_nicknames() {
        for good in ["小雨", "👨\u{200d}👩\u{200d}👧", "می\u{200c}خواهم", "Blue Lamp", "❤\u{fe0f}"]
        {
            assert_eq!(line_problem(good), None, "{good:?}");
        }
        for bad in
            [" ", "\u{3000}", "\u{200b}", "\u{2800}", "\u{3164}", "a\n", "a\u{2028}b", "\u{301}"]
        {
            assert!(line_problem(bad).is_some(), "{bad:?}");
        }
        for bad in ["a\u{202e}b", "\u{378}", "\u{ffff}", " a", "a ", "\u{3000}a"] {
            assert!(line_problem(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn user_name_with_invisible_characters_is_refused() {
        for good in ["nora", "张三", "Nora Lin", "❤\u{fe0f}", "o'hara", "e\u{301}"] {
            assert_eq!(user_name_problem(good), None, "{good:?}");
        }
        for bad in [
            "no\u{200b}ra",
            "no\u{ad}ra",
            "no\u{200d}ra",
            "\u{e000}",
            "\u{301}a",
            "a\u{115f}b",
            "a\u{34f}b",
            "a\u{e0061}",
            "a\u{e0100}",
        ] {
            assert!(user_name_problem(bad).is_some(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_valid_user_name_is_a_valid_line(text in "\\PC{0,40}|\\p{Any}{0,40}") {
            let strict = user_name_problem(&text).is_none();
            prop_assert!(!strict || line_problem(&text).is_none());
        }
    }
}
