//! One value into one typed field, and many fields into an operation's data.
//!
//! The contract fixes which fault is told when several keys are wrong: missing before empty before
//! wrong type before wrong value, and among equals the first in the table's order. A derived
//! `Deserialize` reports in the order of the *body*; [`FieldErrors`] reads every field, in the order of
//! the struct, and keeps the fault that ranks first.

use super::schema::{self, FieldSchema};
use super::{Fields, Value};
use crate::fault::{Fault, Key};
use schemars::Schema;
use serde_json::json;
use std::borrow::Cow;
use std::ops::Deref;

/// What is wrong with a value. Of several errors the one that is first here is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldError {
    /// The key is not one that the operation knows.
    Unknown,
    /// The key is not there.
    Missing,
    /// The key excludes another that is there too: which.
    Conflict(&'static str),
    /// It is `""` or `null` where something must stand.
    Empty,
    /// It has another type; what was expected.
    Type(&'static str),
    /// It has the right type but is not acceptable; what would be.
    Value(Cow<'static, str>),
}

impl FieldError {
    fn rank(&self) -> u8 {
        match self {
            FieldError::Unknown => 0,
            FieldError::Missing => 1,
            FieldError::Conflict(_) => 2,
            FieldError::Empty => 3,
            FieldError::Type(_) => 4,
            FieldError::Value(_) => 5,
        }
    }

    fn at(self, key: Key) -> Fault {
        match self {
            FieldError::Unknown => Fault::UnknownParameter(key),
            FieldError::Missing => Fault::Missing(key),
            FieldError::Conflict(other) => Fault::Conflict(key, other),
            FieldError::Empty => Fault::Empty(key),
            FieldError::Type(expected) => Fault::WrongType(key, expected),
            FieldError::Value(why) => Fault::WrongValue(key, why),
        }
    }
}

/// A type that one field can have.
pub trait Field: Sized {
    /// May it be a file, and so far longer than any other value?
    const TAKES_FILE: bool = false;

    /// Read the value that was sent.
    fn read(value: Value<'_>) -> Result<Self, FieldError>;

    /// What an absent key stands for: a fault, unless the type has a meaning for it.
    fn absent() -> Result<Self, FieldError> {
        Err(FieldError::Missing)
    }

    /// What values are accepted in JSON, for descriptions.
    fn schema() -> Schema;
}

/// An operation's data, read from its fields.
pub trait Data: Sized {
    /// The keys that it takes, in groups: of data in two shapes, one group a shape. In a group no
    /// key stands twice.
    const FIELDS: &'static [&'static [&'static str]];

    /// Is one of the fields a file? All others together are short.
    const TAKES_FILE: bool = false;

    /// What the operation does, in plain words: the doc comment of the type.
    fn description() -> String;

    /// Its fields, for descriptions: of data in two shapes, one group a shape.
    fn shapes() -> Vec<Vec<FieldSchema>>;

    /// Does a key that is none of its fields refuse the data? Others are ignored.
    const REFUSES_UNKNOWN: bool = false;

    /// Read all fields, or tell the one fault that ranks first.
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault>;
}

/// Reads fields one by one and remembers the flaw that is to be told.
#[derive(Debug, Default)]
pub struct FieldErrors {
    worst: Option<(FieldError, Key)>,
}

impl FieldErrors {
    /// Read the field `key`; `None` if it is flawed, which is then remembered.
    pub fn read<T: Field>(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<T> {
        let key = wire_key(key);
        match fields.take(key).map_or_else(T::absent, T::read) {
            Ok(value) => Some(value),
            Err(flaw) => {
                self.note(key.into(), flaw);
                None
            }
        }
    }

    /// Remember a flaw, if it ranks before what is remembered already.
    pub fn note(&mut self, key: Key, flaw: FieldError) {
        if self.worst.as_ref().is_none_or(|(worst, _)| flaw.rank() < worst.rank()) {
            self.worst = Some((flaw, key));
        }
    }

    /// Nothing was flawed, or the fault that is to be told.
    pub fn check(&mut self) -> Result<(), Fault> {
        self.worst.take().map_or(Ok(()), |(flaw, key)| Err(flaw.at(key)))
    }

    /// The fault that is to be told.
    pub fn fault(mut self) -> Fault {
        self.check().err().unwrap_or_else(|| Fault::unknown("a field is lost without a flaw"))
    }
}

/// A field named by a Rust keyword is written `r#type` in the struct and `type` on the wire.
pub(crate) fn wire_key(key: &'static str) -> &'static str {
    key.strip_prefix("r#").unwrap_or(key)
}

/// Declare an operation's data: a struct whose fields are read, in this order, from the wire's
/// keys of the same names. `Option` makes a key optional. The doc comments are what descriptions say of
/// the operation and its fields.
///
/// Data that comes in several shapes is an enum, each variant a shape that is declared with `data!` too,
/// and names the function that chooses: `data! { pub enum Any { One(One), Other(Other) } read by choose }`.
#[macro_export]
macro_rules! data {
    ($(#[$($meta:tt)*])* $vis:vis struct $name:ident;) => {
        $(#[$($meta)*])* #[derive(Clone)] $vis struct $name;

        impl $crate::data::Data for $name {
            const FIELDS: &'static [&'static [&'static str]] = &[];

            fn description() -> String {
                $crate::data::schema::description(&[$($crate::doc_line!($($meta)*)),*])
            }

            fn shapes() -> Vec<Vec<$crate::data::schema::FieldSchema>> {
                vec![vec![]]
            }

            fn read(_: &mut $crate::data::Fields<'_>) -> Result<Self, $crate::fault::Fault> {
                Ok($name)
            }
        }
    };
    ($(#[$($meta:tt)*])* $vis:vis struct $name:ident {
        $($(#[$($field_meta:tt)*])* $field_vis:vis $field:ident: $type:ty,)+
    }) => {
        $(#[$($meta)*])* #[derive(Clone)] $vis struct $name {
            $($(#[$($field_meta)*])* $field_vis $field: $type,)+
        }

        impl $crate::data::Data for $name {
            const FIELDS: &'static [&'static [&'static str]] = &[&[$(stringify!($field)),+]];
            const TAKES_FILE: bool = false $(|| <$type as $crate::data::Field>::TAKES_FILE)+;

            fn description() -> String {
                $crate::data::schema::description(&[$($crate::doc_line!($($meta)*)),*])
            }

            fn shapes() -> Vec<Vec<$crate::data::schema::FieldSchema>> {
                vec![vec![$($crate::data::schema::FieldSchema::of::<$type>(
                    stringify!($field),
                    &[$($crate::doc_line!($($field_meta)*)),*],
                )),+]]
            }

            fn read(fields: &mut $crate::data::Fields<'_>) -> Result<Self, $crate::fault::Fault> {
                let mut field_errors = $crate::data::FieldErrors::default();
                $(let $field = field_errors.read::<$type>(fields, stringify!($field));)+
                match ($($field,)+) {
                    ($(Some($field),)+) => Ok($name { $($field,)+ }),
                    _ => Err(field_errors.fault()),
                }
            }
        }
    };
    ($(#[$($meta:tt)*])* $vis:vis enum $name:ident {
        $($(#[$($shape_meta:tt)*])* $variant:ident($shape:ty),)+
    } read by $read:path) => {
        $(#[$($meta)*])* #[derive(Clone)] $vis enum $name { $($(#[$($shape_meta)*])* $variant($shape),)+ }

        impl $crate::data::Data for $name {
            const FIELDS: &'static [&'static [&'static str]] =
                &[$(<$shape as $crate::data::Data>::FIELDS[0]),+];
            const TAKES_FILE: bool = false $(|| <$shape as $crate::data::Data>::TAKES_FILE)+;

            fn description() -> String {
                $crate::data::schema::description(&[$($crate::doc_line!($($meta)*)),*])
            }

            fn shapes() -> Vec<Vec<$crate::data::schema::FieldSchema>> {
                let shapes = [$(<$shape as $crate::data::Data>::shapes()),+];
                shapes.into_iter().flatten().collect()
            }

            fn read(fields: &mut $crate::data::Fields<'_>) -> Result<Self, $crate::fault::Fault> {
                $read(fields)
            }
        }
    };
}

/// The text of an attribute that is a line of a doc comment.
#[doc(hidden)]
#[macro_export]
macro_rules! doc_line {
    (doc = $text:literal) => {
        Some($text)
    };
    ($($other:tt)*) => {
        None
    };
}

impl Field for i64 {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        const EXPECTED: FieldError = FieldError::Type("an integer");
        match value {
            Value::Int(number) => Ok(number),
            // `+5` parses in Rust; on the wire only digits after an optional minus are an integer.
            Value::FormText(text) if !text.starts_with('+') => text.parse().map_err(|_| EXPECTED),
            _ => Err(EXPECTED),
        }
    }

    fn schema() -> Schema {
        schema::schema(json!({"type": "integer", "format": "int64"}))
    }
}

impl Field for String {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        match value {
            Value::Text(text) | Value::FormText(text) => Ok(text.into_owned()),
            _ => Err(FieldError::Type("a string")),
        }
    }

    fn schema() -> Schema {
        schema::schema(json!({"type": "string"}))
    }
}

/// `null` is an absent key: clients send it for what they have nothing to say about.
impl<T: Field> Field for Option<T> {
    const TAKES_FILE: bool = T::TAKES_FILE;

    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        match value {
            Value::Null => Ok(None),
            value => T::read(value).map(Some),
        }
    }

    fn absent() -> Result<Self, FieldError> {
        Ok(None)
    }

    fn schema() -> Schema {
        schema::or_null(T::schema())
    }
}

/// An optional field that may be sent empty: `""` and `[]` are the same as no such key. Clients of the
/// documents send all fields of a page, those that were not filled in too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optional<T>(pub Option<T>);

impl<T: Field> Field for Optional<T> {
    const TAKES_FILE: bool = T::TAKES_FILE;

    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        if value.is_empty() { Ok(Optional(None)) } else { T::read(value).map(Some).map(Optional) }
    }

    fn absent() -> Result<Self, FieldError> {
        Ok(Optional(None))
    }

    fn schema() -> Schema {
        schema::or_null(T::schema())
    }
}

/// Text of `MIN` to `MAX` characters (Unicode scalar values). With `MIN` of 1 or more, `""` is
/// empty rather than too short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<const MIN: usize, const MAX: usize>(pub String);

impl<const MIN: usize, const MAX: usize> Field for Text<MIN, MAX> {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let text = String::read(value)?;
        if text.is_empty() && MIN > 0 {
            return Err(FieldError::Empty);
        }
        // A character takes at most four bytes: a longer text need not be counted to be refused.
        let length = if text.len() > 4 * MAX { usize::MAX } else { text.chars().count() };
        if length < MIN || length > MAX {
            return Err(FieldError::Value(match MIN {
                0 => format!("at most {MAX} characters").into(),
                _ => format!("{MIN} to {MAX} characters").into(),
            }));
        }
        // SQLite would keep it, PostgreSQL would not, and no person types it.
        if text.contains('\0') {
            return Err(FieldError::Value("a NUL character can't be kept".into()));
        }
        Ok(Text(text))
    }

    fn schema() -> Schema {
        schema::text(MIN, MAX)
    }
}

/// An integer from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntBetween<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> Field for IntBetween<MIN, MAX> {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let number = i64::read(value)?;
        if (MIN..=MAX).contains(&number) {
            Ok(IntBetween(number))
        } else {
            Err(FieldError::Value(format!("{MIN} to {MAX}").into()))
        }
    }

    fn schema() -> Schema {
        schema::schema(json!({
            "type": "integer", "format": "int64", "minimum": MIN, "maximum": MAX
        }))
    }
}

/// An integer, or its digits as text, in JSON too: for ids that some clients hold as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntOrText(pub i64);

impl Field for IntOrText {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let value = match value {
            Value::Text(text) => Value::FormText(text),
            value => value,
        };
        i64::read(value).map(IntOrText)
    }

    fn schema() -> Schema {
        schema::schema(json!({
            "anyOf": [
                {"type": "integer", "format": "int64"},
                {"type": "string", "pattern": "^-?[0-9]{1,19}$"},
            ]
        }))
    }
}

impl Field for bool {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        match value {
            Value::Bool(value) => Ok(value),
            _ => Err(FieldError::Type("true or false")),
        }
    }

    fn schema() -> Schema {
        schema::schema(json!({"type": "boolean"}))
    }
}

impl<const MIN: usize, const MAX: usize> Deref for Text<MIN, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    data! {
        #[derive(Debug)]
        struct Sample {
            name: Text<1, 3>,
            r#type: i64,
            note: Option<Text<0, 2>>,
        }
    }

    fn read(json: &str) -> Result<Sample, Fault> {
        match super::super::json::decode(json.as_bytes()).unwrap() {
            Value::Map(mut fields) => Sample::read(&mut fields),
            other => panic!("{other:?} is no object"),
        }
    }

    #[test]
    fn fields_are_read_in_any_order() {
        let sample = read(r#"{"type":5,"other":[],"name":"张三丰"}"#).unwrap();
        assert_eq!((&*sample.name, sample.r#type, sample.note), ("张三丰", 5, None));
        assert_eq!(read(r#"{"type":5,"name":"a","note":null}"#).unwrap().note, None);
    }

    #[test]
    fn errors_rank_missing_then_empty_type_value() {
        let detail = |json| read(json).unwrap_err().detail().unwrap().into_owned();
        assert_eq!(detail(r#"{"name":""}"#), "type: missing");
        assert_eq!(detail(r#"{"type":"5","name":""}"#), "name: must not be empty");
        assert_eq!(detail(r#"{"note":"abc","type":"5","name":"a"}"#), "type: expected an integer");
        assert_eq!(detail(r#"{"note":"abc","type":5,"name":"abcd"}"#), "name: 1 to 3 characters");
        assert_eq!(detail(r#"{"note":"abc","type":5,"name":"a"}"#), "note: at most 2 characters");
    }

    #[test]
    fn text_counts_as_integer_only_outside_json() {
        assert_eq!(i64::read(Value::FormText("-7".into())), Ok(-7));
        for bad in ["+7", "", "7.0", "9223372036854775808", " 7"] {
            assert!(i64::read(Value::FormText(bad.into())).is_err(), "{bad:?}");
        }
        assert!(i64::read(Value::Text("7".into())).is_err());
    }

    #[test]
    fn empty_optional_field_counts_as_absent() {
        let read = Optional::<IntBetween<0, 2>>::read;
        let empty = [Value::Null, Value::Text("".into()), Value::FormText("".into())];
        let lists = [Value::List(vec![]), Value::List(vec![Value::FormText("".into())])];
        for value in empty.into_iter().chain(lists) {
            assert_eq!(read(value.clone()), Ok(Optional(None)), "{value:?}");
        }
        assert_eq!(read(Value::Int(2)), Ok(Optional(Some(IntBetween(2)))));
        for value in
            [Value::FormText(" ".into()), Value::List(vec![Value::Int(1)]), Value::Bool(false)]
        {
            assert!(read(value.clone()).is_err(), "{value:?}");
        }
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert!(Text::<1, 2>::read(Value::Text("😀😀".into())).is_ok());
        assert!(Text::<1, 2>::read(Value::Text("😀😀😀".into())).is_err());
        assert!(Text::<1, 2>::read(Value::Text("abc".into())).is_err());
    }
}
