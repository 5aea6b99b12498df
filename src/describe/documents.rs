//! The paths of the documents: parameters and bodies from the operations' fields, answers from the routes.

use super::operations::{Components, reply_name};
use super::{Api, reference, summary};
use crate::data::schema::{self, FieldSchema};
use crate::document::{Document, ReplySchema, Route, RouteReply};
use crate::op::RegisteredOp;
use serde_json::{Map, Value, json};

/// The documents' tags.
pub(super) fn tags(api: &Api) -> impl Iterator<Item = Value> + use<> {
    api.documents
        .iter()
        .map(|document| json!({"name": document.name, "description": document.description}))
}

/// Add the documents' paths.
pub(super) fn add(api: &Api, components: &Components, paths: &mut Map<String, Value>) {
    for document in api.documents {
        for route in document.routes {
            for (number, path) in route.paths.iter().enumerate() {
                let described = operation(api, components, document, route, (number, path));
                let entry = paths.entry(*path).or_insert_with(|| json!({}));
                entry[route.method.to_lowercase()] = described;
            }
        }
    }
}

/// One path of a route.
fn operation(
    api: &Api,
    components: &Components,
    document: &Document,
    route: &Route,
    (number, path): (usize, &str),
) -> Value {
    let (kind, subtype) = route.op;
    let Some(entry) = api.registry.get(kind, subtype) else { return json!({}) };
    let last = route.then.last().map_or(route.op, |step| step.op);
    let reply = api.registry.get(last.0, last.1).map(reply_name).unwrap_or_default();
    let text = (entry.description)();
    let steps: Vec<String> = std::iter::once(route.op)
        .chain(route.then.iter().map(|step| step.op))
        .map(|(kind, subtype)| format!("{kind}/{subtype}"))
        .collect();
    let fields = fields(route, entry);
    let in_path = |field: &WireField| path.contains(&format!("{{{}}}", field.wire));
    let has_body = matches!(route.method, "POST" | "PUT");
    let mut described = json!({
        "operationId": operation_id(document, route, number),
        "tags": [document.name],
        "summary": summary(&text),
        "description": format!("{text} Calls {}.", steps.join(", then ")),
        "security": super::openapi::security(entry),
        "responses": responses(components.get(&reply), route),
    });
    let parameters: Vec<Value> = fields
        .iter()
        .filter(|field| in_path(field) || !has_body)
        .map(|field| {
            let mut parameter = json!({
                "name": field.wire,
                "in": if in_path(field) { "path" } else { "query" },
                "required": in_path(field) || field.field.is_required,
                "schema": schema::without_null(field.field.schema.clone()),
            });
            if !field.field.description.is_empty() {
                parameter["description"] = field.field.description.clone().into();
            }
            parameter
        })
        .collect();
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    let in_body: Vec<FieldSchema> =
        fields.iter().filter(|field| !in_path(field)).map(WireField::renamed).collect();
    if has_body && !in_body.is_empty() {
        let object = schema::object(&in_body);
        let mut content = json!({
            "application/json": {"schema": object},
            "application/x-www-form-urlencoded": {"schema": object},
        });
        if entry.takes_file {
            content["multipart/form-data"] = json!({"schema": object});
        }
        described["requestBody"] = json!({"required": true, "content": content});
    }
    described
}

/// A field under the name that the wire has for it.
struct WireField {
    wire: &'static str,
    field: FieldSchema,
}

impl WireField {
    fn renamed(&self) -> FieldSchema {
        FieldSchema { key: self.wire, ..self.field.clone() }
    }
}

/// The fields of an operation that a route has on the wire, of the shape that has the most of them.
fn fields(route: &Route, entry: &RegisteredOp) -> Vec<WireField> {
    let wire = |key: &'static str| {
        let renamed = route.renames.iter().find(|(_, inner)| *inner == key);
        renamed.map_or(key, |(wire, _)| *wire)
    };
    let is_in_path =
        |name: &str| route.paths.iter().any(|path| path.contains(&format!("{{{name}}}")));
    let taken = |shape: Vec<FieldSchema>| -> Vec<WireField> {
        shape
            .into_iter()
            .filter(|field| route.constants.iter().all(|(key, _)| *key != field.key))
            .map(|field| WireField { wire: wire(field.key), field })
            .filter(|field| route.has(field.wire) || is_in_path(field.wire))
            .collect()
    };
    (entry.shapes)().into_iter().map(taken).max_by_key(Vec::len).unwrap_or_default()
}

/// `ihomePostUsers`, from the document, the method and the route's first path.
fn operation_id(document: &Document, route: &Route, number: usize) -> String {
    let path = route.paths.get(number).copied().unwrap_or_default();
    let words = path.split(['/', '{', '}', '-', '_', '.']).filter(|word| !word.is_empty());
    let all = [document.name, route.method].map(str::to_lowercase);
    let words = all.iter().map(String::as_str).flat_map(|word| word.split('-')).chain(words);
    let mut id = String::new();
    for word in words {
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        match id.is_empty() {
            true => id.extend(first),
            false => id.extend(first.flat_map(char::to_uppercase)),
        }
        id.extend(letters);
    }
    id
}

/// What is answered to a request that does not reach an operation.
fn refusal() -> Value {
    json!({
        "description": "The request did not reach the operation.",
        "content": {"application/json": {"schema": reference("EnvelopeAnswer")}},
    })
}

/// What a route answers.
fn responses(reply: &Value, route: &Route) -> Value {
    match route.reply {
        RouteReply::Picture => {
            let picture = || {
                json!({"content": {"image/*": {"schema": {
                    "type": "string", "contentMediaType": "image/*"
                }}}})
            };
            let with = |text: &str| {
                let mut response = picture();
                response["description"] = text.into();
                response
            };
            json!({
                "200": with("The picture."),
                "304": {"description": "The client has this very picture."},
                "4XX": with("A picture that stands for what was asked for."),
            })
        }
        RouteReply::PictureOrFault(failure) => json!({
            "200": {
                "description": "The picture, or a fault: the document answers both under HTTP 200.",
                "content": {
                    "image/*": {"schema": {"type": "string", "contentMediaType": "image/*"}},
                    "application/json": {"schema": failure()},
                },
            },
            "4XX": refusal(),
        }),
        RouteReply::Json { success, failure } => {
            let (success, failure) = (success(&ReplySchema(reply)), failure());
            let schema =
                if success == failure { success } else { json!({"anyOf": [success, failure]}) };
            json!({
                "200": {
                    "description": "Done, or a fault: the document answers both under HTTP 200.",
                    "content": {"application/json": {"schema": schema}},
                },
                "4XX": refusal(),
            })
        }
    }
}
