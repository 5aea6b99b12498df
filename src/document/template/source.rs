//! A template as it stands in a document's file.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_spanned::Spanned;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// A template, and where in the file it stands, in bytes.
#[derive(Debug, Clone)]
pub(crate) struct TemplateSource {
    /// Where.
    pub span: Range<usize>,
    /// What.
    pub value: ValueSource,
}

/// A value of TOML. There is no `null`, which is written `${null}`.
#[derive(Debug, Clone)]
pub(crate) enum ValueSource {
    /// A string, which may contain placeholders.
    Text(String),
    /// An integer.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A list.
    List(Vec<TemplateSource>),
    /// An object.
    Object(Vec<(Spanned<String>, TemplateSource)>),
}

impl<'de> Deserialize<'de> for TemplateSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<ValueSource>::deserialize(deserializer)?;
        Ok(TemplateSource { span: spanned.span(), value: spanned.into_inner() })
    }
}

impl JsonSchema for TemplateSource {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "JSON with placeholders, such as `${reply.name}`.",
            "type": ["string", "integer", "number", "boolean", "array", "object"],
        })
    }
}

impl<'de> Deserialize<'de> for ValueSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = ValueSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, true, false, a list or a table")
    }

    fn visit_str<E>(self, text: &str) -> Result<ValueSource, E> {
        Ok(ValueSource::Text(text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<ValueSource, E> {
        Ok(ValueSource::Integer(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<ValueSource, E> {
        Ok(ValueSource::Float(number))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<ValueSource, E> {
        Ok(ValueSource::Bool(truth))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<ValueSource, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(ValueSource::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<ValueSource, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(ValueSource::Object(object))
    }
}
