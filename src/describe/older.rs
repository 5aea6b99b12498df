//! OpenAPI 3.0.3, for tools that know no 3.1: the same document, with JSON Schema as 3.0 has it.

use serde_json::{Map, Value, json};

/// The document in 3.0.3.
pub fn older(mut document: Value) -> Value {
    document["openapi"] = json!("3.0.3");
    if let Some(license) = document["info"]["license"].as_object_mut() {
        license.remove("identifier");
    }
    rewrite(&mut document);
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        simplify(operation);
    }
    document
}

/// Generators of 3.0 take one type of body, and one type of answer for success and for faults each. So of bodies
/// only JSON is left, and of answers those that have the type of the first fault.
fn simplify(operation: &mut Value) {
    let only_json = |content: &mut Value| {
        if let Some(json) = content.get("application/json").cloned() {
            *content = json!({ "application/json": json });
        }
    };
    if let Some(body) = operation.get_mut("requestBody") {
        only_json(&mut body["content"]);
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    responses.retain(|status, _| !status.starts_with('3') && status != "204");
    let mut first: Option<Value> = None;
    responses.retain(|status, response| {
        if let Some(content) = response.get_mut("content") {
            only_json(content);
        }
        let is_fault = status.starts_with(['4', '5']);
        !is_fault
            || *first.get_or_insert_with(|| response["content"].clone()) == response["content"]
    });
}

fn rewrite(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Object(object) => {
            object.values_mut().for_each(rewrite);
            rewrite_schema(object);
        }
        _ => {}
    }
}

/// What 3.0 writes otherwise. A `$ref` may not have neighbours there.
fn rewrite_schema(object: &mut Map<String, Value>) {
    if let Some(constant) = object.remove("const") {
        object.insert("enum".into(), json!([constant]));
    }
    object.remove("contentEncoding");
    object.remove("contentMediaType");
    if let Some(Value::Array(examples)) = object.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        object.insert("example".into(), first);
    }
    if let Some(Value::Array(kinds)) = object.get("type").cloned() {
        let (nulls, others): (Vec<Value>, Vec<Value>) =
            kinds.into_iter().partition(|kind| kind == "null");
        if !nulls.is_empty() {
            object.insert("nullable".into(), json!(true));
        }
        match <[Value; 1]>::try_from(others) {
            Ok([kind]) => {
                object.insert("type".into(), kind);
            }
            Err(others) => {
                object.remove("type");
                let mut each: Vec<Value> =
                    others.into_iter().map(|kind| json!({"type": kind})).collect();
                // `nullable` must stand beside a type.
                if let (Some(nullable), Some(first)) = (object.remove("nullable"), each.first_mut())
                {
                    first["nullable"] = nullable;
                }
                object.insert("anyOf".into(), each.into());
            }
        }
    }
    if let Some(Value::Array(choices)) = object.get("anyOf").cloned() {
        let (nulls, mut others): (Vec<Value>, Vec<Value>) =
            choices.into_iter().partition(|choice| *choice == json!({"type": "null"}));
        if !nulls.is_empty() {
            object.remove("anyOf");
            match others.len() {
                1 => match others.remove(0) {
                    Value::Object(only) if !only.contains_key("$ref") => {
                        object.extend(only);
                        object.insert("nullable".into(), json!(true));
                    }
                    // What is referred to here is always an object.
                    only => {
                        object.insert("type".into(), json!("object"));
                        object.insert("nullable".into(), json!(true));
                        object.insert("allOf".into(), json!([only]));
                    }
                },
                _ => {
                    // One choice that may be null is enough.
                    if let Some(Value::Object(first)) = others.first_mut() {
                        first.insert("nullable".into(), json!(true));
                    }
                    object.insert("anyOf".into(), others.into());
                }
            }
        }
    }
    if object.contains_key("$ref") && object.len() > 1 {
        let target = object.remove("$ref");
        object.insert("allOf".into(), json!([{"$ref": target}]));
    }
}
