//! The kinds of field in the contract's table of a notice: whether the key must be there, and
//! whether it may be empty. Empty is `""` or `null`.

use engine::caller::Account;
use engine::clock::{Clock, DateTime};
use engine::data::{Field, FieldError, Text, Value, schema};
use engine::fault::Fault;
use schemars::Schema;
use serde_json::json;

/// A field that must be there and say something.
#[derive(Clone)]
pub struct Filled<T>(pub T);

/// A field that may be left out, but says something where it is there.
#[derive(Clone)]
pub struct OptionalFilled<T>(pub Option<T>);

/// A field that must be there and may be empty.
#[derive(Clone)]
pub struct MaybeEmpty<T>(pub Option<T>);

/// A field that may be left out and may be empty.
#[derive(Clone)]
pub enum OptionalMaybeEmpty<T> {
    /// The key is not there.
    Absent,
    /// It is there and says nothing.
    Empty,
    /// What it says.
    Is(T),
}

impl<T> OptionalMaybeEmpty<T> {
    /// What it says, if anything; for operations to which absent and empty are the same.
    pub fn given(self) -> Option<T> {
        match self {
            OptionalMaybeEmpty::Is(value) => Some(value),
            OptionalMaybeEmpty::Absent | OptionalMaybeEmpty::Empty => None,
        }
    }

    /// The same, with `empty` for an empty one: `None` is then only an absent one.
    pub fn or_empty(self, empty: T) -> Option<T> {
        match self {
            OptionalMaybeEmpty::Absent => None,
            OptionalMaybeEmpty::Empty => Some(empty),
            OptionalMaybeEmpty::Is(value) => Some(value),
        }
    }
}

impl OptionalMaybeEmpty<Text<1, 15>> {
    /// Does a `user_id` name anyone but the caller? Passing the owner's does not make one the owner.
    pub fn names_another_account(&self, caller: &Account) -> bool {
        matches!(self, OptionalMaybeEmpty::Is(user) if **user != *caller.id.to_string())
    }
}

/// The seconds since 1970 that the date-time under `key` means, if it is given. A time that the server's
/// clocks skip is a wrong value: kept, it would come back as another, and be found by neither.
pub fn seconds(
    clock: &Clock,
    key: &'static str,
    given: Option<DateTime>,
) -> Result<Option<i64>, Fault> {
    let skipped = || Fault::value(key, "there is no such time: a change of the clocks skips it");
    given.map(|at| clock.exact(at).ok_or_else(skipped)).transpose()
}

/// `None` if the value is empty.
fn given<T: Field>(value: Value<'_>) -> Result<Option<T>, FieldError> {
    match &value {
        Value::Null => Ok(None),
        Value::Text(text) | Value::FormText(text) if text.is_empty() => Ok(None),
        _ => T::read(value).map(Some),
    }
}

/// The same values, and what is empty: `""` and `null`.
fn or_empty(inner: Schema) -> Schema {
    let of = |json: serde_json::Value| schema::schema(json);
    match inner.get("type").and_then(serde_json::Value::as_str) {
        Some("string") if inner.get("pattern").is_none() => {
            let mut inner = inner;
            inner.remove("minLength");
            schema::or_null(inner)
        }
        _ => of(json!({"anyOf": [inner, {"type": "string", "maxLength": 0}, {"type": "null"}]})),
    }
}

impl<T: Field> Field for Filled<T> {
    const TAKES_FILE: bool = T::TAKES_FILE;

    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        given(value)?.map(Filled).ok_or(FieldError::Empty)
    }

    fn schema() -> Schema {
        T::schema()
    }
}

impl<T: Field> Field for OptionalFilled<T> {
    const TAKES_FILE: bool = T::TAKES_FILE;

    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        Filled::read(value).map(|Filled(value)| OptionalFilled(Some(value)))
    }

    fn absent() -> Result<Self, FieldError> {
        Ok(OptionalFilled(None))
    }

    fn schema() -> Schema {
        T::schema()
    }
}

impl<T: Field> Field for MaybeEmpty<T> {
    const TAKES_FILE: bool = T::TAKES_FILE;

    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        given(value).map(MaybeEmpty)
    }

    fn schema() -> Schema {
        or_empty(T::schema())
    }
}

impl<T: Field> Field for OptionalMaybeEmpty<T> {
    const TAKES_FILE: bool = T::TAKES_FILE;

    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        Ok(given(value)?.map_or(OptionalMaybeEmpty::Empty, OptionalMaybeEmpty::Is))
    }

    fn absent() -> Result<Self, FieldError> {
        Ok(OptionalMaybeEmpty::Absent)
    }

    fn schema() -> Schema {
        or_empty(T::schema())
    }
}
