//! User names: which there may be, and which are taken.

use crate::handlers::phone::is_mobile;
use engine::args;
use engine::data::{Field, Flaw, Text, Value};
use engine::db::View;
use engine::fault::Fault;

/// A name or nickname: 1 to 32 characters of any script, none of them a control character.
#[derive(Debug)]
pub struct Name(pub String);

impl Field for Name {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        let name = Text::<1, 32>::read(value)?.0;
        if name.chars().any(char::is_control) {
            return Err(Flaw::Value("control characters can't be part of a name".into()));
        }
        Ok(Name(name))
    }
}

/// A user name that its account may take. One that reads like a telephone number is only for the
/// account whose number it is: logging in by number must reach its owner.
pub fn may_be_called(name: &str, mobile: Option<&str>) -> Result<(), Fault> {
    if is_mobile(name) && mobile != Some(name) {
        return Err(Fault::value("username", "another's telephone number can't be a name"));
    }
    Ok(())
}

/// Is this name taken, by a user name or a mobile number?
pub fn is_taken(view: &View, name: &str) -> Result<bool, Fault> {
    let taken =
        view.one("SELECT 1 FROM account WHERE username = $1 OR mobile = $1", args![name], |_| {
            Ok(())
        })?;
    Ok(taken.is_some())
}
