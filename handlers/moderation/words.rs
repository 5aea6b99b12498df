//! Texts that accounts and players publish, looked through for the words of `moderation.words`.

use super::reviews::{self, Kind};
use engine::db::{Tx, View};
use engine::fault::Fault;

/// The word for which these texts are held; `None` if there is none. A text with a refused word is a fault of its key.
pub fn check(view: &View, texts: &[(&'static str, &str)]) -> Result<Option<String>, Fault> {
    let words = view.words.get();
    let mut held = None;
    for (key, text) in texts {
        match words.find(&[text]) {
            Some(found) if found.is_refused => {
                return Err(Fault::value(key, "has a word that is not allowed here"));
            }
            found => held = held.or(found.map(|found| found.word.clone())),
        }
    }
    Ok(held)
}

/// Check a text that can't be hidden, such as a name: where a word holds it, it is in use, and a moderator looks at it.
pub fn check_name(
    tx: &mut Tx,
    kind: Kind,
    target: &str,
    (key, text): (&'static str, &str),
) -> Result<(), Fault> {
    let held = check(tx, &[(key, text)])?;
    reviews::hold(tx, kind, target, held.as_deref())
}
