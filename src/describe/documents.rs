//! The paths of the documents: parameters and bodies from the operations' fields, answers from the routes.

use super::{Api, reference, summary};
use crate::data::schema::{self, FieldSchema};
use crate::document::source::Place;
use crate::document::template::Schemas;
use crate::document::{Body, Document, Form, Route, Status};
use crate::fault::FaultKind;
use crate::op::RegisteredOp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The documents' tags.
pub(super) fn tags(api: &Api<'_>) -> impl Iterator<Item = Value> {
    api.documents
        .documents()
        .map(|document| json!({"name": document.name, "description": document.description}))
}

/// Add the documents' paths.
pub(super) fn add(api: &Api<'_>, paths: &mut Map<String, Value>) {
    for document in api.documents.documents() {
        for route in &document.routes {
            for (number, path) in route.paths.iter().enumerate() {
                let path = path.text.as_str();
                let described = operation(api, document, route, (number, path));
                let entry = paths.entry(path).or_insert_with(|| json!({}));
                entry[route.method.to_lowercase()] = described;
            }
        }
    }
}

/// One path of a route.
fn operation(
    api: &Api<'_>,
    document: &Document,
    route: &'static Route,
    (number, path): (usize, &str),
) -> Value {
    let (kind, subtype) = route.op;
    let Some(entry) = api.registry.get(kind, subtype) else { return json!({}) };
    let text = (entry.description)();
    let steps: Vec<String> =
        route.ops().map(|(kind, subtype)| format!("{kind}/{subtype}")).collect();
    let in_path = |field: &WireField| path.contains(&format!("{{{}}}", field.wire));
    let mut fields = fields(route, entry);
    // A route may have paths with a parameter and without it.
    fields.retain(|field| in_path(field) || field.from != [Place::Path]);
    let has_body = matches!(route.method, "POST" | "PUT" | "PATCH");
    let mut described = json!({
        "operationId": operation_id(document, route, number),
        "tags": [document.name],
        "summary": summary(&text),
        "description": format!("{text} Calls {}.", steps.join(", then ")),
        "security": security(document, entry),
        "responses": responses(route, entry),
    });
    let parameters: Vec<Value> = fields
        .iter()
        .filter(|field| in_path(field) || !(has_body && field.may_be_in_body()))
        .map(|field| {
            let mut parameter = json!({
                "name": field.wire,
                "in": if in_path(field) { "path" } else { field.place() },
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
    let in_body: Vec<FieldSchema> = fields
        .iter()
        .filter(|it| !in_path(it) && it.may_be_in_body())
        .map(WireField::renamed)
        .collect();
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
    /// The places where it may be; empty: all where fields usually are.
    from: &'static [Place],
}

impl WireField {
    fn may_be_in_body(&self) -> bool {
        self.from.is_empty() || self.from.iter().any(|it| matches!(it, Place::Form | Place::Json))
    }

    /// Where a parameter is that is not in the path, as OpenAPI has it.
    fn place(&self) -> &'static str {
        match self.from.first() {
            Some(Place::Header) => "header",
            Some(Place::Cookie) => "cookie",
            _ => "query",
        }
    }

    fn renamed(&self) -> FieldSchema {
        FieldSchema { key: self.wire, ..self.field.clone() }
    }
}

/// The fields of an operation that a route has on the wire, of the shape that has the most of them.
fn fields(route: &'static Route, entry: &RegisteredOp) -> Vec<WireField> {
    let taken = |shape: Vec<FieldSchema>| -> Vec<WireField> {
        let on_wire = |field: FieldSchema| -> Option<WireField> {
            let Some(inputs) = route.inputs.listed() else {
                return Some(WireField { wire: field.key, field, from: &[] });
            };
            let input = inputs.iter().find(|input| input.key == field.key)?;
            let is_sent = !input.from.is_empty();
            let is_required = field.is_required && input.constant.is_none();
            let field = FieldSchema { is_required, ..field };
            is_sent.then(|| WireField { wire: &input.wire, field, from: &input.from })
        };
        shape.into_iter().filter_map(on_wire).collect()
    };
    let mut fields: Vec<WireField> =
        (entry.shapes)().into_iter().map(taken).max_by_key(Vec::len).unwrap_or_default();
    for input in route.inputs.iter().filter(|input| input.is_parameter && !input.from.is_empty()) {
        let field = FieldSchema {
            key: input.key,
            is_required: false,
            schema: schema::schema(json!({"type": ["string", "integer"]})),
            description: "For the answer.".into(),
        };
        fields.push(WireField { wire: &input.wire, field, from: &input.from });
    }
    fields
}

/// How a login is proven to a document: as everywhere, or as its file says.
fn security(document: &Document, entry: &RegisteredOp) -> Value {
    let usual = super::openapi::security(entry);
    let schemes = schemes(document);
    if document.credentials.is_none() || usual == json!([]) {
        return usual;
    }
    let own = schemes.into_iter().map(|(name, _)| json!({ name: [] }));
    let nobody = (!entry.needs_login).then(|| json!({}));
    nobody.into_iter().chain(own).collect()
}

/// The security schemes of a document with credentials of its own: the name of each, and what it is. OpenAPI has
/// none for a token in the body.
pub(super) fn schemes(document: &Document) -> Vec<(String, Value)> {
    let Some(places) = &document.credentials else { return Vec::new() };
    let bearer = |scheme: &str| json!({"type": "http", "scheme": scheme});
    let key = |place: &str, name: &str| json!({"type": "apiKey", "in": place, "name": name});
    let named = |place: &str| format!("{}-{place}", document.name);
    let mut schemes = Vec::new();
    if let Some(header) = &places.header {
        let scheme = match places.scheme.as_deref() {
            Some(scheme) if header == "authorization" => bearer(scheme),
            _ => key("header", header.as_str()),
        };
        schemes.push((named("header"), scheme));
    }
    if let Some(cookie) = &places.cookie {
        schemes.push((named("cookie"), key("cookie", cookie)));
    }
    if let Some(query) = &places.query {
        schemes.push((named("query"), key("query", query)));
    }
    schemes
}

/// `ihomePostUsers`, from the document, the method and the route's first path.
fn operation_id(document: &Document, route: &Route, number: usize) -> String {
    let path = route.paths.get(number).map(|path| path.text.as_str()).unwrap_or_default();
    let words = path.split(['/', '{', '}', '-', '_', '.']).filter(|word| !word.is_empty());
    let all = [&*document.name, route.method].map(str::to_lowercase);
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

/// The media types and schemas of one answer, by HTTP status.
#[derive(Default)]
struct Answers(BTreeMap<u16, BTreeMap<String, Vec<Value>>>);

impl Answers {
    fn add(&mut self, status: u16, media_type: &str, schema: Value) {
        let media_type = media_type.split(';').next().unwrap_or(media_type).trim().to_owned();
        let schemas = self.0.entry(status).or_default().entry(media_type).or_default();
        if !schemas.contains(&schema) {
            schemas.push(schema);
        }
    }

    /// Add what a form answers.
    fn form(&mut self, form: &Form, status: u16, replies: &Schemas, data: &dyn Fn() -> Value) {
        match &form.body {
            Body::Json(template) => self.add(status, &form.content_type, template.schema(replies)),
            Body::Bytes(_) => self.add(status, &form.content_type, picture()),
            Body::Picture(_) => self.add(status, "image/*", picture()),
            Body::Envelope(id) => self.add(status, "application/json", in_envelope(*id, data())),
        }
    }
}

fn picture() -> Value {
    json!({"type": "string", "contentMediaType": "image/*"})
}

/// The schema of an envelope's answer with this data.
fn in_envelope(id: i64, data: Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": {"type": "integer", "const": id},
            "status": {"type": "integer"},
            "message": {"type": "string"},
            "data": data,
            "detail": {"type": "string"},
        },
        "required": ["id", "status", "message", "data"],
    })
}

/// What a route answers.
fn responses(route: &Route, entry: &RegisteredOp) -> Value {
    let mut answers = Answers::default();
    let status = |form: &Form, kind: Option<FaultKind>| match form.status {
        Status::Fixed(status) => status,
        Status::OfFault => kind.map_or(200, |kind| kind.example().http_status()),
    };
    let last = || route.replies.0.last().cloned().unwrap_or_default();
    if entry.replies_file && route.then.is_empty() {
        answers.add(200, "image/*", picture());
    } else {
        answers.form(&route.success, status(&route.success, None), &route.replies, &last);
    }
    let empty = || match entry.empty_data {
        "[]" => json!({"type": "array", "maxItems": 0}),
        _ => json!({"type": "object"}),
    };
    for (kind, form) in route.faults.forms() {
        answers.form(form, status(form, Some(kind)), &Schemas::default(), &empty);
    }
    let mut responses = Map::new();
    for (status, media_types) in answers.0 {
        let content: Map<String, Value> = media_types
            .into_iter()
            .map(|(media_type, schemas)| (media_type, json!({"schema": any_of(schemas)})))
            .collect();
        let text = match status {
            200 => "Done, or a fault that is answered under HTTP 200.",
            201..=299 => "Done.",
            _ => "A fault.",
        };
        responses.insert(status.to_string(), json!({"description": text, "content": content}));
    }
    if entry.replies_file {
        responses.insert("304".into(), json!({"description": "The client has this very picture."}));
        responses.insert(
            "403".into(),
            json!({
                "description": "The picture for pages of other sites that may not show this one.",
                "content": {"image/*": {"schema": picture()}},
            }),
        );
    }
    responses.entry("4XX").or_insert_with(refusal);
    Value::Object(responses)
}

/// A schema that has what any of these has. What differs in constants alone becomes one.
fn any_of(schemas: Vec<Value>) -> Value {
    let mut kept: Vec<Value> = Vec::new();
    for schema in schemas.into_iter().map(without_constants) {
        if !kept.contains(&schema) {
            kept.push(schema);
        }
    }
    match <[Value; 1]>::try_from(kept) {
        Ok([only]) => only,
        Err(kept) => json!({"anyOf": kept}),
    }
}

/// The same schema, of which constants say only their type: a document has dozens of codes and texts.
fn without_constants(mut schema: Value) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.remove("const");
        for value in object.values_mut() {
            *value = without_constants(value.take());
        }
    } else if let Some(list) = schema.as_array_mut() {
        for value in list {
            *value = without_constants(value.take());
        }
    }
    schema
}
