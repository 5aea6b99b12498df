//! Passwords that everybody tries first.

use crate::hex;

/// The first bytes of the md5 of each common password, sorted (`assets/passwords/README.md`). By md5,
/// because some clients send nothing else of a password.
const COMMON: &[u8] = include_bytes!("../../assets/passwords/common.md5");

/// How many bytes of each md5 are kept.
const BYTES: usize = 5;

/// Is it one of the most common passwords, or the md5 of one? Case is ignored.
pub fn is_common(text: &str) -> bool {
    if hex::is_hex(text, 32) {
        return is_listed(text);
    }
    is_listed(&hex::md5(text)) || is_listed(&hex::md5(&text.to_lowercase()))
}

/// Is this md5, in hex of either case, the md5 of a common password?
fn is_listed(md5: &str) -> bool {
    let (entries, _) = COMMON.as_chunks::<BYTES>();
    let prefix = hex::decode(md5).and_then(|md5| md5.first_chunk::<BYTES>().copied());
    prefix.is_some_and(|prefix| entries.binary_search(&prefix).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_and_their_md5_are_recognized() {
        for common in
            ["123456", "password", "PassWord", "qwerty", "iloveyou", "woaini1314", "a123456"]
        {
            assert!(is_common(common), "{common}");
        }
        for short in ["", "1", "ab", "0000", "password", "5201314"] {
            let md5 = hex::md5(short);
            assert!(is_common(&md5) && is_common(&md5.to_uppercase()), "{short:?}");
        }
    }

    #[test]
    fn uncommon_passwords_are_accepted() {
        for other in ["secret-1", "correct horse battery", "密码一二三四", &"0".repeat(32)] {
            assert!(!is_common(other), "{other}");
        }
        assert!(!is_common(&hex::md5("secret-1")));
    }

    #[test]
    fn common_password_list_is_sorted_and_complete() {
        let (entries, rest) = COMMON.as_chunks::<BYTES>();
        assert!(rest.is_empty() && entries.len() > 10_000);
        assert!(entries.is_sorted());
    }
}
