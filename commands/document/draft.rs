//! A document from a browser's recording of a client and its old server.
//!
//! What is written is a beginning: routes, the names of fields, the shape of answers and the likeliest operation of
//! each. Values of requests do not get into it, and of answers only what all of them have in common.

mod guess;
mod recording;
mod shape;

use engine::op::RegisteredOp;
use engine::program::Program;
use guess::Guess;
use recording::{Call, Endpoint, endpoints, read};
use serde_json::Value;
use shape::Shape;
use std::fmt::Write as _;
use std::path::Path;

/// The draft, as a document's file.
pub fn draft(
    program: &Program,
    file: &Path,
    name: &str,
    host: Option<&str>,
) -> Result<String, String> {
    let calls = read(file, host)?;
    let endpoints = endpoints(&calls);
    if endpoints.is_empty() {
        return Err(format!("{}: no request to an API was recorded", file.display()));
    }
    let shape = Shape::of(&calls);
    let mut text = head(name, &shape, &calls);
    for endpoint in &endpoints {
        route(&mut text, program, endpoint, &shape);
    }
    Ok(text)
}

fn head(name: &str, shape: &Shape, calls: &[Call]) -> String {
    let mut text = format!(
        "# Drafted from a recording of {} requests. Every route needs a look: `guichet document check FILE`\n\
         # tells what is missing, and docs/bring-your-own-document.md explains the format.\n\
         name = {}\n\
         description = \"Drafted from a recording.\"\n\n",
        calls.len(),
        quoted(name)
    );
    if calls.iter().any(|call| call.has_bearer) {
        text.push_str("[credentials]\nheader = \"Authorization\"\nscheme = \"Bearer\"\n\n");
    }
    text.push_str(&shape.toml());
    text.push_str(
        "# What the recording does not show: which code each fault has.\n\
         [faults]\n\
         login = { code = 401 }\n\
         not_found = { code = 404 }\n\
         limits = { code = 429 }\n\
         server = { code = 500 }\n\
         any = { code = 400 }\n",
    );
    text
}

fn route(text: &mut String, program: &Program, endpoint: &Endpoint, shape: &Shape) {
    let guesses = guess::operations(program, endpoint, shape);
    let Some(Guess { entry, .. }) = guesses.first() else { return };
    let named = |guess: &Guess| format!("{}/{}", guess.entry.name.0, guess.entry.name.1);
    let others: Vec<String> = guesses.iter().skip(1).take(3).map(named).collect();
    let _ = write!(
        text,
        "\n# Seen {} times. Other operations that may be meant: {}.\n[[route]]\nmethod = {}\npath = {}\noperation = {}\n",
        endpoint.calls.len(),
        if others.is_empty() { "none".to_owned() } else { others.join(", ") },
        quoted(&endpoint.method),
        quoted(&endpoint.path),
        quoted(&guesses.first().map(named).unwrap_or_default()),
    );
    fields(text, endpoint, entry);
    answer(text, endpoint, entry, shape);
}

/// The fields of the route.
fn fields(text: &mut String, endpoint: &Endpoint, entry: &RegisteredOp) {
    let mut taken = Vec::new();
    let mut unknown = Vec::new();
    for wire in endpoint.fields() {
        match guess::field(&wire, entry).filter(|key| taken.iter().all(|(known, _)| known != key)) {
            Some(key) => taken.push((key, wire)),
            None => unknown.push(wire),
        }
    }
    if !unknown.is_empty() {
        let _ = writeln!(
            text,
            "# Sent by the client, and not known to the operation: {}",
            unknown.join(", ")
        );
    }
    let needed = (entry.shapes)().into_iter().map(|shape| {
        let needed = shape.into_iter().filter(|field| field.is_required).map(|field| field.key);
        needed.filter(|key| taken.iter().all(|(known, _)| known != key)).collect::<Vec<_>>()
    });
    if let Some(missing) = needed.min_by_key(Vec::len).filter(|missing| !missing.is_empty()) {
        let _ = writeln!(text, "# Needed by the operation, and not seen: {}", missing.join(", "));
    }
    if !taken.is_empty() {
        let pairs = taken.iter().map(|(key, wire)| format!("{key} = {}", quoted(wire)));
        let _ = writeln!(text, "fields = {{ {} }}", pairs.collect::<Vec<_>>().join(", "));
    }
}

/// What the route answers.
fn answer(text: &mut String, endpoint: &Endpoint, entry: &RegisteredOp, shape: &Shape) {
    if entry.replies_file {
        return;
    }
    let Some((key, payload)) = shape.payload(endpoint) else { return };
    let schema = entry.inlined_reply_schema();
    let (made, unknown) = match payload {
        Value::Array(list) => {
            let item = list.first().cloned().unwrap_or_default();
            let (item, unknown) = guess::object(&item, &schema["items"], "item");
            (format!("{{ \"$each\" = \"${{reply}}\", \"$as\" = {item} }}"), unknown)
        }
        payload => guess::object(payload, &schema, "reply"),
    };
    if !unknown.is_empty() {
        let _ = writeln!(
            text,
            "# Read by the client perhaps, and not in the reply: {}",
            unknown.join(", ")
        );
    }
    let _ = writeln!(text, "answer.{} = {made}", bare(&key));
}

/// A key of TOML.
fn bare(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !key.is_empty() && key.bytes().all(is_bare) { key.to_owned() } else { quoted(key) }
}

/// A text of TOML. JSON's way to write one is one of TOML's.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
