//! The parts that all descriptions of an operation share: its names, its data and its reply.

use super::reference;
use crate::data::schema::{self, FieldSchema};
use crate::op::{Name, RegisteredOp, Registry};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The schemas of all operations, by name.
pub(super) struct Components {
    schemas: Map<String, Value>,
}

impl Components {
    /// Those of the data and the replies of all operations.
    pub(super) fn new(registry: &Registry) -> Self {
        let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let mut generator = SchemaGenerator::new(settings);
        let mut schemas = Map::new();
        for entry in registry.entries().filter(|entry| entry.alias_of.is_none()) {
            let mut reply = Value::from((entry.reply_schema)(&mut generator));
            forget_title(&mut reply);
            schemas.insert(reply_name(entry), reply);
            schemas.insert(request_name(entry), request(entry));
        }
        for (name, mut schema) in generator.take_definitions(true) {
            forget_title(&mut schema);
            schemas.insert(name, schema);
        }
        Components { schemas }
    }

    /// Add a schema.
    pub(super) fn insert(&mut self, name: &str, schema: Value) {
        self.schemas.insert(name.to_owned(), schema);
    }

    /// All of them, sorted by name.
    pub(super) fn into_json(mut self) -> Value {
        self.schemas.sort_keys();
        Value::Object(self.schemas)
    }
}

/// The title of a schema is the name of a type in Rust, which nobody else knows.
fn forget_title(schema: &mut Value) {
    if let Value::Object(schema) = schema {
        schema.remove("title");
    }
}

/// `score/post` as `ScorePost`; an alias has its own.
pub(super) fn type_name((kind, subtype): Name) -> String {
    [kind, subtype].iter().flat_map(|word| word.split(['_', '-'])).map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The name of the schema of an operation's data.
pub(super) fn request_name(entry: &RegisteredOp) -> String {
    type_name(entry.alias_of.unwrap_or(entry.name)) + "Request"
}

/// The name of the schema of an operation's reply.
pub(super) fn reply_name(entry: &RegisteredOp) -> String {
    type_name(entry.alias_of.unwrap_or(entry.name)) + "Reply"
}

/// An operation's data: an object, or one of several.
fn request(entry: &RegisteredOp) -> Value {
    let object = |shape: &Vec<FieldSchema>| {
        let mut object = Value::from(schema::object(shape));
        if entry.refuses_unknown {
            object["additionalProperties"] = json!(false);
        }
        object
    };
    let shapes: Vec<Value> = (entry.shapes)().iter().map(object).collect();
    match <[Value; 1]>::try_from(shapes) {
        Ok([shape]) => shape,
        Err(shapes) => json!({ "anyOf": shapes }),
    }
}

/// The fields of an operation by which a request is described where its shapes can't be told apart: each once,
/// required where all shapes require it.
pub(super) fn merged_fields(entry: &RegisteredOp) -> Vec<FieldSchema> {
    let shapes = (entry.shapes)();
    let mut merged: Vec<FieldSchema> = Vec::new();
    for field in shapes.iter().flatten() {
        if merged.iter().all(|known| known.key != field.key) {
            let mut field = field.clone();
            field.is_required = shapes
                .iter()
                .all(|shape| shape.iter().any(|other| other.key == field.key && other.is_required));
            merged.push(field);
        }
    }
    merged
}

/// Data that an operation takes.
pub(super) fn example(entry: &RegisteredOp) -> Value {
    serde_json::from_str(entry.example).unwrap_or(Value::Null)
}

/// The reference (`$ref`) to the schema of an operation's reply.
pub(super) fn reply_reference(entry: &RegisteredOp) -> Value {
    reference(&reply_name(entry))
}
