//! What an operation's data looks like, for descriptions: JSON Schema, draft 2020-12, which is the dialect of
//! OpenAPI 3.1.

use super::field::{Field, FieldError, wire_key};
use schemars::Schema;
use serde_json::{Value, json};

/// One key of an operation's data.
#[derive(Debug, Clone)]
pub struct FieldSchema {
    /// The key, as the wire has it.
    pub key: &'static str,
    /// Must it be sent?
    pub is_required: bool,
    /// What its value may be.
    pub schema: Schema,
    /// What it means, in plain words; empty where the name says it all.
    pub description: String,
}

impl FieldSchema {
    /// Describe the field `key`, which has the type `T` and these lines of doc comment.
    pub fn of<T: Field>(key: &'static str, docs: &[Option<&str>]) -> Self {
        FieldSchema {
            key: wire_key(key),
            is_required: matches!(T::absent(), Err(FieldError::Missing)),
            schema: T::schema(),
            description: description(docs),
        }
    }
}

/// The text of a doc comment, of which these are the lines; attributes that are none are `None`.
pub fn description(docs: &[Option<&str>]) -> String {
    let lines = docs.iter().copied().flatten().map(str::trim);
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A schema, from its JSON.
pub fn schema(json: Value) -> Schema {
    Schema::try_from(json).unwrap_or_default()
}

/// Text of `min` to `max` characters.
pub fn text(min: usize, max: usize) -> Schema {
    match min {
        0 => schema(json!({"type": "string", "maxLength": max})),
        _ => schema(json!({"type": "string", "minLength": min, "maxLength": max})),
    }
}

/// Text that matches `pattern`, a regular expression (ECMA-262).
pub fn pattern(pattern: &str) -> Schema {
    schema(json!({"type": "string", "pattern": pattern}))
}

/// One of these texts.
pub fn one_of(texts: &[&str]) -> Schema {
    schema(json!({"type": "string", "enum": texts}))
}

/// The same values, and `null`.
pub fn or_null(inner: Schema) -> Schema {
    let mut json = Value::from(inner);
    if let Some(Value::Array(choices)) = json.get_mut("anyOf") {
        choices.push(json!({"type": "null"}));
        return schema(json);
    }
    match json.get("type") {
        // Where values are listed, `null` must be among them.
        Some(Value::String(kind)) if json.get("enum").is_none() => {
            json["type"] = json!([kind, "null"]);
            schema(json)
        }
        _ => schema(json!({"anyOf": [json, {"type": "null"}]})),
    }
}

/// The same values without `null`, which a path or a query can't say.
pub fn without_null(inner: Schema) -> Schema {
    let mut json = Value::from(inner);
    let is_null = |value: &Value| *value == json!("null") || *value == json!({"type": "null"});
    for key in ["type", "anyOf"] {
        if let Some(Value::Array(choices)) = json.get_mut(key) {
            choices.retain(|choice| !is_null(choice));
            if let ("type", [only]) = (key, &choices[..]) {
                json[key] = only.clone();
            }
        }
    }
    schema(json)
}

/// The schema with a text that says what it means, where that is not empty.
pub fn described(mut inner: Schema, description: &str) -> Schema {
    if !description.is_empty() {
        inner.insert("description".into(), description.into());
    }
    inner
}

/// The JSON object that a group of keys makes.
pub fn object(fields: &[FieldSchema]) -> Schema {
    let properties: serde_json::Map<String, Value> = fields
        .iter()
        .map(|field| {
            let property = described(field.schema.clone(), &field.description);
            (field.key.to_owned(), property.into())
        })
        .collect();
    let required: Vec<&str> =
        fields.iter().filter(|field| field.is_required).map(|field| field.key).collect();
    let mut object = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    schema(object)
}
