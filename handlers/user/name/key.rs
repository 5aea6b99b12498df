//! The keys by which user names are compared.
//!
//! Two names are too much alike if they have a key in common. A key is the name in Unicode's
//! compatibility form (NFKC), without case, and with each character of another script than Latin in
//! the place of the Latin one that it looks like ("confusables", Unicode Technical Standard 39). ASCII
//! stays as it is: `rn` is not `m`, and `l` is not `1`.
//!
//! A name has several keys where looks depend on the case: Cyrillic `В` looks like `B`, while `в` does
//! not look like `b`. So one key is made with the case taken away first, and one with looks first. A
//! character that looks like a bar or a circle may stand for `l`, `i` and `1`, or for `o` and `0`.

use crate::handlers::text::{is_blank, is_dash, is_digit, is_invisible};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization as _;
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::confusable_detection::skeleton;

/// After so many rounds a key no longer changes; two are enough for all but made-up texts.
const ROUNDS: usize = 8;

/// Characters of other scripts that look like a bar or a circle, and the ASCII characters they may stand for.
const LOOKALIKE_READINGS: [(char, char); 3] = [('l', 'o'), ('i', 'o'), ('1', '0')];

/// The keys of a name. At most six, most names have one.
pub fn keys(name: &str) -> BTreeSet<String> {
    let name = compatible(name.chars());
    LOOKALIKE_READINGS
        .into_iter()
        .flat_map(|reading| {
            let case_first = stable_key(without_case(&name), reading);
            let looks_first = stable_key(without_case(&latin_lookalikes(&name, reading)), reading);
            [case_first, looks_first]
        })
        .collect()
}

/// The digits that a name consists of, as ASCII: of any script, and in any form that is compatible with
/// them. `None` if it has anything else.
pub fn digits(name: &str) -> Option<String> {
    let digits: Option<String> = name.nfkc().map(ascii_digit).collect();
    digits.filter(|digits| !digits.is_empty())
}

/// The digits of a telephone number as people write it: with blanks and hyphens, in brackets, and behind the
/// country code of China. `None` if the name has anything else.
pub fn telephone_digits(name: &str) -> Option<String> {
    let is_separator = |c: char| {
        is_blank(c) || is_invisible(c) || is_dash(c) || matches!(c, '+' | '(' | ')' | '.' | '/')
    };
    let all = digits(&name.nfkc().filter(|c| !is_separator(*c)).collect::<String>())?;
    let of_china = all.strip_prefix("0086").or_else(|| all.strip_prefix("86"));
    // Whether it is `86` or the first digits of the number itself, the length tells.
    let number = of_china.filter(|rest| rest.len() >= 11).unwrap_or(&all);
    Some(number.strip_prefix('0').unwrap_or(number).to_owned())
}

/// The ASCII digit of the same value. Unicode has the digits of a script in order, from zero, ten
/// in a run or several tens.
fn ascii_digit(c: char) -> Option<char> {
    if !is_digit(c) {
        return None;
    }
    let before = (0..u32::from(c)).rev().map_while(char::from_u32).take_while(|c| is_digit(*c));
    let place = u32::try_from(before.count()).ok()?;
    char::from_digit(place % 10, 10)
}

/// In compatibility form, without what can't be seen, with one space for any run of blanks.
fn compatible(text: impl Iterator<Item = char>) -> String {
    let mut last_is_blank = false;
    let text: String = text
        .nfkc()
        .filter(|c| c.is_whitespace() || !is_invisible(*c))
        .filter_map(|c| {
            let is_again = is_blank(c) && last_is_blank;
            last_is_blank = is_blank(c);
            (!is_again).then_some(if is_blank(c) { ' ' } else { c })
        })
        .collect();
    text.nfkc().collect()
}

/// Without case: each character in upper, then in lower case, so that `ß` becomes `ss` and `ς` becomes
/// `σ`.
fn without_case(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Replace each character of another script by the Latin one that it looks like.
fn latin_lookalikes(text: &str, reading: (char, char)) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.nfkd() {
        push_lookalike(c, reading, &mut seen);
    }
    compatible(seen.chars())
}

fn push_lookalike(c: char, (bar, circle): (char, char), into: &mut String) {
    if c.is_ascii() {
        return into.push(c);
    }
    let mut buffer = [0; 4];
    let prototype: Vec<char> = skeleton(c.encode_utf8(&mut buffer)).collect();
    let is_latin = c.script() == Script::Latin;
    match prototype[..] {
        // A letter of Latin with a sign on it is another letter.
        [_, _, ..] if is_latin => into.push(c),
        ['l' | 'I' | '1' | '|'] if !is_latin => into.push(bar),
        ['O' | 'o' | '0'] if !is_latin && c.to_lowercase().eq([c]) && c.to_uppercase().eq([c]) => {
            into.push(circle);
        }
        ['r', 'n'] => into.push('m'),
        // Within a script likeness is no reason: people who read it tell such letters apart.
        [first, ..] if is_latin || first.script() != c.script() || c.script() == Script::Common => {
            into.extend(&prototype);
        }
        _ => into.push(c),
    }
}

fn stable_key(mut text: String, reading: (char, char)) -> String {
    for _ in 0..ROUNDS {
        let next = latin_lookalikes(&without_case(&text), reading);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn alike(a: &str, b: &str) -> bool {
        !keys(a).is_disjoint(&keys(b))
    }

    #[test]
    fn lookalikes_of_other_scripts_share_a_key() {
        for (a, b) in [
            ("nora", "NORA"),
            ("nora", "n\u{43e}ra"),
            ("nora", "ｎｏｒａ"),
            ("admin", "\u{430}dmin"),
            ("ADMIN", "\u{410}DM\u{406}N"),
            ("BOB", "\u{412}\u{41e}\u{412}"),
            ("paypal", "\u{440}\u{430}\u{443}\u{440}\u{430}l"),
            ("Nano", "\u{39d}ano"),
            ("вова", "Вова"),
            ("straße", "STRASSE"),
            ("σοφος", "ΣΟΦΟΣ"),
            ("café", "cafe\u{301}"),
            ("a b", "a\u{a0}\u{3000}b"),
            ("no\u{200b}ra", "nora"),
            ("ADM\u{a4f2}N", "admin"),
        ] {
            assert!(alike(a, b), "{a:?} {b:?}: {:?} {:?}", keys(a), keys(b));
        }
    }

    #[test]
    fn different_latin_letters_have_different_keys() {
        for (a, b) in [
            ("rn", "m"),
            ("l", "1"),
            ("lan", "ian"),
            ("o0", "oo"),
            ("cafe", "café"),
            ("vv", "w"),
            ("nora", "norа1"),
            ("张三", "张三丰"),
            ("土", "士"),
        ] {
            assert!(!alike(a, b), "{a:?} {b:?}: {:?} {:?}", keys(a), keys(b));
        }
    }

    #[test]
    fn digits_of_any_script_become_ascii() {
        for digits_of in
            ["13800001234", "１３８００００１２３４", "١٣٨٠٠٠٠١٢٣٤", "१३८००००१२३४", "𝟙𝟛𝟠𝟘𝟘𝟘𝟘𝟙𝟚𝟛𝟜"]
        {
            assert_eq!(digits(digits_of).as_deref(), Some("13800001234"), "{digits_of}");
        }
        for other in ["", "1a", "一三八", "1 2", "-1"] {
            assert_eq!(digits(other), None, "{other:?}");
        }
    }

    #[test]
    fn telephone_digits_ignore_separators() {
        for name in [
            "13800001234",
            "8613800001234",
            "+8613800001234",
            "0086 138 0000 1234",
            "1380000 1234",
            "138-0000-1234",
            "138\u{2014}0000\u{3000}1234",
            "138\u{2212}0000\u{30fc}1234",
            "（＋８６）１３８．００００．１２３４",
            "013800001234",
        ] {
            assert_eq!(telephone_digits(name).as_deref(), Some("13800001234"), "{name}");
        }
        assert_eq!(telephone_digits("86138").as_deref(), Some("86138"));
        for other in ["", "-", "1380000123x", "138_0000_1234"] {
            assert_eq!(telephone_digits(other), None, "{other:?}");
        }
    }

    /// For every ASCII letter with a confusable in Unicode's list, a similar character of another
    /// script.
    #[test]
    fn unicode_confusables_share_the_ascii_letter_key() {
        let mut found = 0;
        for code in 0x370..0x1_0000_u32 {
            let Some(c) = char::from_u32(code) else { continue };
            if c.script() == Script::Latin || c.script() == Script::Common {
                continue;
            }
            let mut buffer = [0; 4];
            let prototype: String = skeleton(c.encode_utf8(&mut buffer)).collect();
            // What is compatible with another character is that character by now.
            let is_compatible = std::iter::once(c).nfkc().eq([c]);
            if is_compatible
                && prototype.len() == 1
                && prototype.chars().all(|p| p.is_ascii_lowercase())
            {
                found += 1;
                assert!(alike(&format!("x{c}x"), &format!("x{prototype}x")), "{c:?} {prototype}");
            }
        }
        // Unicode 17 lists 142 of them.
        assert!(found > 100, "{found}");
    }

    proptest! {
        #[test]
        fn key_of_a_key_is_the_same_key(name in "\\PC{1,32}|[а-яА-ЯΑ-Ωα-ωa-zA-Z0-9]{1,32}") {
            for key in keys(&name) {
                prop_assert!(keys(&key).contains(&key), "{name:?} {key:?} {:?}", keys(&key));
            }
        }

        #[test]
        fn ascii_names_share_a_key_only_if_case_differs(a in "[a-zA-Z0-9._-]{1,8}", b in "[a-zA-Z0-9._-]{1,8}") {
            prop_assert_eq!(alike(&a, &b), a.eq_ignore_ascii_case(&b));
        }

        #[test]
        fn any_name_has_one_to_six_keys(name in "\\p{Any}{0,40}") {
            prop_assert!((1..=6).contains(&keys(&name).len()));
        }
    }
}
