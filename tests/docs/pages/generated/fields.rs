//! The fields, replies and faults of the operations, as `guichet openapi` describes them.

use super::expect;
use super::routes::OPERATIONS;
use crate::common::cli::{bare, done};
use serde_json::Value;
use std::fmt::Write as _;

#[test]
fn pages_have_every_field_and_every_fault() {
    let openapi: Value = serde_json::from_str(&done(bare(&["openapi"]))).unwrap();
    let paths = openapi["paths"].as_object().unwrap();
    for (page, types) in OPERATIONS {
        let mut text = String::new();
        for (path, described) in paths {
            let Some(name) = path.strip_prefix("/api/op/") else { continue };
            if types.contains(&name.split('/').next().unwrap()) {
                section(&mut text, &openapi, name, &described["post"]);
            }
        }
        expect(page, "fields", &text);
    }
}

/// One operation.
fn section(text: &mut String, openapi: &Value, name: &str, described: &Value) {
    let description = described["description"].as_str().unwrap();
    writeln!(text, "### {name}\n\n{description}\n").unwrap();
    let body = &described["requestBody"]["content"]["application/json"]["schema"];
    let reply = &described["responses"]["200"]["content"]["application/json"]["schema"];
    for (title, schema) in [("takes", body), ("answers", &reply["properties"]["data"])] {
        for (number, shape) in shapes(openapi, resolved(openapi, schema)).into_iter().enumerate() {
            let title = if number == 0 { format!("It {title}") } else { format!("Or it {title}") };
            table(text, openapi, &title, shape);
        }
    }
    let faults: Vec<String> = described["x-faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            let (code, http) = (&fault["status"], &fault["http"]);
            format!("{code} {} ({http})", fault["message"].as_str().unwrap())
        })
        .collect();
    writeln!(text, "Faults: {}.\n", faults.join("; ")).unwrap();
}

/// What a reference stands for.
fn resolved<'d>(openapi: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => openapi.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

fn shapes<'d>(openapi: &'d Value, schema: &'d Value) -> Vec<&'d Value> {
    match schema["anyOf"].as_array() {
        Some(shapes) => shapes.iter().map(|shape| resolved(openapi, shape)).collect(),
        None => vec![schema],
    }
}

/// A table of keys. Of a list, those of its rows.
fn table(text: &mut String, openapi: &Value, title: &str, shape: &Value) {
    let is_list = shape["type"] == "array";
    let row = if is_list { resolved(openapi, &shape["items"]) } else { shape };
    let list = if is_list { " a list, each of whose rows has" } else { "" };
    let Some(properties) = row["properties"].as_object().filter(|keys| !keys.is_empty()) else {
        writeln!(text, "{title} `{{}}`.\n").unwrap();
        return;
    };
    writeln!(
        text,
        "{title}{list}:\n\n| key | type | required | meaning |\n| --- | --- | --- | --- |"
    )
    .unwrap();
    for (key, property) in properties {
        let required =
            row["required"].as_array().is_some_and(|keys| keys.contains(&key.as_str().into()));
        let required = if required { "yes" } else { "no" };
        let meaning = property["description"].as_str().unwrap_or_default();
        let kind = kind(resolved(openapi, property));
        let meaning = meaning.replace('|', "\\|");
        writeln!(text, "| `{key}` | {kind} | {required} | {meaning} |").unwrap();
    }
    text.push('\n');
}

/// The type of a value, in words.
fn kind(schema: &Value) -> String {
    let word = |kind: &Value| match kind.as_str().unwrap() {
        "integer" => "integer",
        "string" => "text",
        "boolean" => "true or false",
        "array" => "list",
        "object" => "object",
        other => panic!("{other}"),
    };
    if let Some(choices) = schema["anyOf"].as_array() {
        let mut kinds: Vec<String> =
            choices.iter().filter(|choice| choice["type"] != "null").map(kind).collect();
        kinds.retain(|kind| kind != "text, at most 0");
        return kinds.join(" or ");
    }
    if let Some(texts) = schema["enum"].as_array() {
        let texts: Vec<String> =
            texts.iter().filter_map(Value::as_str).map(|text| format!("`{text}`")).collect();
        return texts.join(", ");
    }
    let mut said = match &schema["type"] {
        Value::Array(kinds) => {
            let kinds: Vec<&str> = kinds.iter().filter(|kind| *kind != "null").map(word).collect();
            kinds.join(" or ")
        }
        Value::String(_) => word(&schema["type"]).to_owned(),
        _ => return "object".to_owned(),
    };
    let bound = |low: &str, high: &str| {
        let (low, high) = (schema[low].as_i64(), schema[high].as_i64());
        match (low.filter(|low| *low != 0 || high.is_some_and(|high| high < 10)), high) {
            (Some(low), Some(high)) if high < i64::MAX => format!(", {low} to {high}"),
            (Some(low), _) => format!(", {low} or more"),
            (None, Some(high)) if high < i64::MAX => format!(", at most {high}"),
            (None, _) => String::new(),
        }
    };
    said.push_str(&bound("minimum", "maximum"));
    said.push_str(&bound("minLength", "maxLength"));
    if schema["maxLength"].is_i64() && schema["maxLength"] != 0 {
        said.push_str(" characters");
    }
    said
}
