//! What a template writes, as JSON Schema; and whether what it names is there.

use super::Template;
use super::expression::{Expression, FaultPart, Source};
use super::function::{Argument, Function, camel_case};
use super::parse::fields_of;
use serde_json::{Map, Value, json};

/// What the operations of a route reply, as JSON Schema without references.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schemas(pub Vec<Value>);

/// The key of an object or the element of a list that has this schema; an error names the keys that there are.
fn property(schema: &Value, key: &str) -> Result<Value, Vec<String>> {
    if let Some(Value::Array(choices)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
        let mut known = Vec::new();
        for choice in choices.iter().filter(|choice| !is_null(choice)) {
            match property(choice, key) {
                Ok(found) => return Ok(found),
                Err(keys) => known.extend(keys),
            }
        }
        return Err(known);
    }
    if let Some(items) = schema.get("items")
        && key.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Ok(items.clone());
    }
    match schema.get("properties") {
        Some(Value::Object(properties)) => match properties.get(key) {
            Some(found) => Ok(found.clone()),
            None => Err(properties.keys().cloned().collect()),
        },
        // Nothing is known of it, or it is no object.
        _ => match schema.get("type").and_then(Value::as_str) {
            None | Some("object") => Ok(json!({})),
            Some(_) => Err(Vec::new()),
        },
    }
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

/// The same values and `null`.
fn or_null(schema: Value) -> Value {
    if schema == json!({}) { schema } else { json!({"anyOf": [schema, {"type": "null"}]}) }
}

impl Schemas {
    /// What is wrong with naming this, if anything.
    pub(super) fn wrong(
        &self,
        source: &Source,
        path: &[String],
        functions: &[Function],
        request: &[&'static str],
    ) -> Option<String> {
        let named = match source {
            Source::Request(field) => Some(field.as_str()),
            _ => None,
        };
        let mut fields = named.into_iter().chain(functions.iter().flat_map(fields_of));
        if let Some(field) = fields.find(|field| !request.contains(field)) {
            return Some(no_field(field, request));
        }
        let Source::Reply(step) = source else { return None };
        let mut schema = self.of_reply(*step);
        for key in path {
            match reply_key(&schema, key) {
                Ok(found) => schema = found,
                Err(why) => return Some(why),
            }
        }
        None
    }

    /// The schema of a key of a step's reply; an error names the keys that there are.
    pub(crate) fn property(&self, step: usize, key: &str) -> Result<Value, String> {
        reply_key(&self.of_reply(step), key)
    }

    fn of_reply(&self, step: usize) -> Value {
        self.0.get(step).cloned().unwrap_or_else(|| json!({}))
    }

    /// The schema of an expression's value.
    fn of(&self, expression: &Expression, item: &Value) -> Value {
        let root = match &expression.source {
            Source::Reply(step) => self.of_reply(*step),
            Source::Item => item.clone(),
            Source::Place => json!({"type": "integer", "minimum": 1}),
            Source::Fault(FaultPart::Detail) => json!({"type": "string"}),
            Source::Fault(FaultPart::RetryAfter) => json!({"type": ["integer", "null"]}),
            Source::Fault(FaultPart::Field | FaultPart::Limit) => {
                json!({"type": ["string", "null"]})
            }
            Source::Null => json!({"type": "null"}),
            Source::Request(_) => json!({}),
        };
        let mut schema = root;
        let mut may_be_absent = false;
        for key in &expression.path {
            let required = schema["required"].as_array();
            may_be_absent |= !required.is_some_and(|it| it.iter().any(|name| name == key));
            schema = property(&schema, key).unwrap_or_else(|_| json!({}));
        }
        if may_be_absent {
            schema = or_null(schema);
        }
        expression.functions.iter().fold(schema, after)
    }
}

fn reply_key(schema: &Value, key: &str) -> Result<Value, String> {
    property(schema, key).map_err(|known| {
        let known = listed(known.iter().map(String::as_str));
        format!("the reply has no key `{key}`; it has {known}")
    })
}

/// What is wrong with the name of a field that the route does not take.
pub(crate) fn no_field(field: &str, request: &[&'static str]) -> String {
    let known = listed(request.iter().copied());
    format!("the route takes no field `{field}`; it takes {known}")
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The schema of what a function makes of values with this schema.
fn after(schema: Value, function: &Function) -> Value {
    let nullable = |to: Value| match accepts_null(&schema) {
        true => or_null(to),
        false => to,
    };
    match function {
        Function::Text | Function::Date(_) | Function::Url => nullable(json!({"type": "string"})),
        Function::Base64 => nullable(json!({"type": "string", "contentEncoding": "base64"})),
        Function::Number => nullable(json!({"type": ["number", "string"]})),
        Function::Length => nullable(json!({"type": "integer", "minimum": 0})),
        Function::First => property(&schema, "0").map_or_else(|_| json!({}), or_null),
        Function::OmitIfEmpty | Function::Page { size: Argument::Request(_), .. } => schema,
        Function::Page { size: Argument::Number(size), .. } => {
            let mut page = schema;
            if page.get("items").is_some() {
                page["maxItems"] = (*size).into();
            }
            page
        }
        Function::Default(_) => json!({}),
        Function::Pick(_) | Function::Without(_) | Function::Rename(_) | Function::CamelCase => {
            mapped(&schema, &|object| keys(object, function))
        }
    }
}

fn accepts_null(schema: &Value) -> bool {
    let is_listed = |schema: &Value| match &schema["type"] {
        Value::Array(types) => types.iter().any(|it| it == "null"),
        one => one == "null",
    };
    *schema == json!({})
        || is_listed(schema)
        || schema["anyOf"].as_array().is_some_and(|choices| choices.iter().any(is_listed))
}

/// An object's schema changed, wherever it stands: by itself, as the element of a list, or beside `null`.
fn mapped(schema: &Value, change: &dyn Fn(&Value) -> Value) -> Value {
    if let Some(items) = schema.get("items") {
        let mut list = schema.clone();
        list["items"] = mapped(items, change);
        return list;
    }
    if let Some(Value::Array(choices)) = schema.get("anyOf") {
        return json!({"anyOf": choices.iter().map(|it| mapped(it, change)).collect::<Vec<_>>()});
    }
    if schema.get("properties").is_some() { change(schema) } else { schema.clone() }
}

/// An object's schema after a function that changes its keys.
fn keys(object: &Value, function: &Function) -> Value {
    let empty = Map::new();
    let properties = object["properties"].as_object().unwrap_or(&empty);
    let is_required = |key: &str| {
        object["required"].as_array().is_some_and(|required| required.iter().any(|it| it == key))
    };
    let all = || properties.keys().map(|key| (key.clone(), key.clone()));
    let kept: Vec<(String, String)> = match function {
        Function::Pick(pairs) => pairs.clone(),
        Function::Without(names) => all().filter(|(_, key)| !names.contains(key)).collect(),
        Function::Rename(pairs) => all()
            .map(|(new, key)| {
                let pair = pairs.iter().find(|(_, old)| *old == key);
                (pair.map_or(new, |(new, _)| new.clone()), key)
            })
            .collect(),
        _ => all().map(|(_, key)| (camel_case(&key), key)).collect(),
    };
    let is_pick = matches!(function, Function::Pick(_));
    let (mut new_properties, mut required) = (Map::new(), Vec::new());
    for (new, key) in kept {
        let schema = properties.get(&key).cloned().unwrap_or_else(|| json!({}));
        let schema = if is_pick && !is_required(&key) { or_null(schema) } else { schema };
        if is_pick || is_required(&key) {
            required.push(new.clone());
        }
        new_properties.insert(new, schema);
    }
    json!({"type": "object", "properties": new_properties, "required": required})
}

impl Template {
    /// What it writes.
    pub(crate) fn schema(&self, replies: &Schemas) -> Value {
        self.schema_with(replies, &json!({}))
    }

    fn schema_with(&self, replies: &Schemas, item: &Value) -> Value {
        match self {
            Template::Constant(text) => {
                let value = serde_json::from_str(text).unwrap_or(Value::Null);
                of_constant(&value)
            }
            Template::Nothing => json!({"type": "null"}),
            Template::Value(expression) => replies.of(expression, item),
            Template::Text(_) => json!({"type": "string"}),
            Template::Object(entries) => {
                let (mut properties, mut required) = (Map::new(), Vec::new());
                for entry in entries.iter().filter(|entry| entry.value != Template::Nothing) {
                    properties.insert(entry.key.clone(), entry.value.schema_with(replies, item));
                    if !entry.value.may_be_left_out() {
                        required.push(entry.key.clone());
                    }
                }
                json!({"type": "object", "properties": properties, "required": required})
            }
            Template::List(elements) => {
                let each: Vec<Value> =
                    elements.iter().map(|element| element.schema_with(replies, item)).collect();
                json!({"type": "array", "prefixItems": each})
            }
            Template::Each { list, element } => {
                let of_list = replies.of(list, item);
                let inner = property(&of_list, "0").unwrap_or_else(|_| json!({}));
                json!({"type": "array", "items": element.schema_with(replies, &inner)})
            }
            Template::When { then, otherwise, .. } => {
                let (then, other) =
                    (then.schema_with(replies, item), otherwise.schema_with(replies, item));
                if then == other { then } else { json!({"anyOf": [then, other]}) }
            }
        }
    }

    fn may_be_left_out(&self) -> bool {
        match self {
            Template::Nothing => true,
            Template::Value(expression) => expression.functions.contains(&Function::OmitIfEmpty),
            Template::When { then, otherwise, .. } => {
                then.may_be_left_out() || otherwise.may_be_left_out()
            }
            _ => false,
        }
    }
}

/// The schema of a value that is always the same.
fn of_constant(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let properties: Map<String, Value> =
                object.iter().map(|(key, value)| (key.clone(), of_constant(value))).collect();
            let required: Vec<&String> = object.keys().collect();
            json!({"type": "object", "properties": properties, "required": required})
        }
        Value::Array(list) if list.is_empty() => json!({"type": "array", "maxItems": 0}),
        Value::Array(list) => {
            json!({"type": "array", "prefixItems": list.iter().map(of_constant).collect::<Vec<_>>()})
        }
        Value::String(_) => json!({"type": "string", "const": value}),
        Value::Number(number) if number.is_f64() => json!({"type": "number", "const": value}),
        Value::Number(_) => json!({"type": "integer", "const": value}),
        Value::Bool(_) => json!({"type": "boolean", "const": value}),
        Value::Null => json!({"type": "null"}),
    }
}
