//! Shapes of TOML that stand for one another: one value or a list, a table whose order is kept.

use super::FieldSource;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, SeqAccess, Visitor, value};
use serde::{Deserialize, Deserializer};
use serde_spanned::Spanned;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

/// One value, or a list of them.
#[derive(Debug, Clone)]
pub(crate) struct OneOrMany<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Values<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, or a list of texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
                T::deserialize(value::StrDeserializer::new(text)).map(|one| vec![one])
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(values)
            }
        }
        deserializer.deserialize_any(Values(PhantomData)).map(OneOrMany)
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

/// A text or a list of texts, each with the place where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Texts(pub Vec<Spanned<String>>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        enum Written {
            One(String),
            Many(Vec<Spanned<String>>),
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Written, E> {
                Ok(Written::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Written, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(Written::Many(texts))
            }
        }
        impl<'de> Deserialize<'de> for Written {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Either)
            }
        }
        let written = Spanned::<Written>::deserialize(deserializer)?;
        let span = written.span();
        Ok(Texts(match written.into_inner() {
            Written::One(text) => vec![Spanned::new(span, text)],
            Written::Many(texts) => texts,
        }))
    }
}

/// A table whose entries keep their order.
#[derive(Debug, Clone)]
pub(crate) struct Ordered<T>(pub Vec<(Spanned<String>, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Ordered(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Vec<(Spanned<String>, T)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Entries(PhantomData)).map(Ordered)
    }
}

impl<T: JsonSchema> JsonSchema for Ordered<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("TableOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"type": "object", "additionalProperties": one})
    }
}

/// The fields of an operation.
#[derive(Debug, Clone)]
pub(crate) enum FieldsSource {
    /// `"all"`: whatever the client sends; the operation itself refuses what it does not know.
    All,
    /// Some, each with the place where it stands in the file.
    Some(Vec<(Spanned<String>, FieldSource)>),
}

impl Default for FieldsSource {
    fn default() -> Self {
        FieldsSource::Some(Vec::new())
    }
}

impl<'de> Deserialize<'de> for FieldsSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = FieldsSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of fields, a table of them, or \"all\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<FieldsSource, E> {
        match text {
            "all" => Ok(FieldsSource::All),
            _ => Err(E::custom("expected a list of fields, a table of them, or \"all\"")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FieldsSource, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = list.next_element()? {
            fields.push((name, FieldSource::default()));
        }
        Ok(FieldsSource::Some(fields))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FieldsSource, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, NameOrField(field))) = map.next_entry()? {
            fields.push((key, field));
        }
        Ok(FieldsSource::Some(fields))
    }
}

/// A field's name on the wire, or all about it.
struct NameOrField(FieldSource);

impl<'de> Deserialize<'de> for NameOrField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = FieldSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the field's name on the wire, or a table")
            }

            fn visit_str<E>(self, text: &str) -> Result<FieldSource, E> {
                Ok(FieldSource { name: Some(text.to_owned()), ..FieldSource::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldSource, A::Error> {
                FieldSource::deserialize(value::MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Either).map(NameOrField)
    }
}

impl JsonSchema for FieldsSource {
    fn schema_name() -> Cow<'static, str> {
        "Fields".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let field = generator.subschema_for::<FieldSource>();
        json_schema!({"anyOf": [
            {"const": "all"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, field]}},
        ]})
    }
}

/// An HTTP status.
#[derive(Debug, Clone)]
pub(crate) struct StatusSource {
    /// The status; `None`: the one that fits the fault.
    pub status: Option<u16>,
    /// Where it stands in the file.
    pub span: Range<usize>,
}

impl<'de> Deserialize<'de> for StatusSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u16),
            Word(Word),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            Fault,
        }
        let written = Spanned::<Written>::deserialize(deserializer)?;
        let status = match written.get_ref() {
            Written::Number(status) => Some(*status),
            Written::Word(Word::Fault) => None,
        };
        Ok(StatusSource { status, span: written.span() })
    }
}

impl JsonSchema for StatusSource {
    fn schema_name() -> Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "integer", "minimum": 200, "maximum": 599},
            {"const": "fault"},
        ]})
    }
}
