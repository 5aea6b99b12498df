//! Where the fields of a route's operation come from.

use super::header;
use crate::data::schema::FieldSchema;
use crate::document::problem::{Problems, suggestion};
use crate::document::request::{Constant, Input, Inputs, RoutePath};
use crate::document::source::{Conversion, FieldSource, FieldsSource, Place, RouteSource, Scalar};
use crate::op::RegisteredOp;
use serde_json::Value;
use serde_spanned::Spanned;

/// What a field may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldType {
    Integer,
    Text,
    Bool,
    List,
    File,
    /// More than one of them.
    Other,
}

/// Read the fields of a route.
pub(super) fn read(
    route: &RouteSource,
    entry: &RegisteredOp,
    paths: &[RoutePath],
    problems: &mut Problems<'_>,
) -> Inputs {
    let FieldsSource::Some(fields) = &route.fields else { return Inputs::All };
    let schemas: Vec<FieldSchema> = (entry.shapes)().into_iter().flatten().collect();
    let keys = entry.fields();
    let mut inputs: Vec<Input> = Vec::new();
    for (key, field) in fields {
        let Some(known) = keys.iter().copied().find(|known| known == key.get_ref()) else {
            problems.add(&key.span(), unknown(key.get_ref(), entry, &keys));
            continue;
        };
        if inputs.iter().any(|input| input.key == known) {
            problems.add(&key.span(), format!("`{known}` stands there twice"));
            continue;
        }
        let schema = schemas.iter().find(|schema| schema.key == known);
        let kind = schema.map_or(FieldType::Other, |schema| kind(schema.schema.as_value()));
        inputs.push(input(known, key, field, kind, problems));
    }
    parameters(route, &keys, &mut inputs, problems);
    // A parameter of the path whose name is that of a field need not be named.
    for name in paths.iter().flat_map(|path| &path.names) {
        let is_named =
            inputs.iter().any(|input| input.wire == *name && (input.from.contains(&Place::Path)));
        match keys.iter().copied().find(|key| key == name) {
            _ if is_named => {}
            Some(key) if inputs.iter().all(|input| input.key != key) => inputs.push(Input {
                key,
                wire: name.clone(),
                from: vec![Place::Path],
                is_list: false,
                constant: None,
                is_parameter: false,
                conversions: Vec::new(),
            }),
            _ => {
                let why = format!("no field takes `{{{name}}}` of the path");
                problems.add(&route.operation.span(), why);
            }
        }
    }
    check(route, entry, paths, &inputs, problems);
    Inputs::Some(inputs)
}

fn unknown(key: &str, entry: &RegisteredOp, keys: &[&'static str]) -> String {
    let (kind, subtype) = entry.name;
    let near = suggestion(key, keys.iter().copied());
    let known = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
    format!("{kind}/{subtype} has no field `{key}`.{near} It has {known}")
}

/// Every field that the operation needs must come from somewhere, and every place must be there.
fn check(
    route: &RouteSource,
    entry: &RegisteredOp,
    paths: &[RoutePath],
    inputs: &[Input],
    problems: &mut Problems<'_>,
) {
    let span = route.operation.span();
    let missing = |shape: &[FieldSchema]| -> Vec<&'static str> {
        let needed = shape.iter().filter(|field| field.is_required).map(|field| field.key);
        needed.filter(|key| inputs.iter().all(|input| input.key != *key)).collect()
    };
    let fewest = (entry.shapes)().iter().map(|shape| missing(shape)).min_by_key(Vec::len);
    if let Some(fewest) = fewest.filter(|missing| !missing.is_empty()) {
        let why = format!("the operation needs {}; say where it comes from", fewest.join(", "));
        problems.add(&span, why);
    }
    for input in inputs.iter().filter(|input| input.from == [Place::Path]) {
        if !paths.iter().any(|path| path.names.contains(&input.wire)) {
            problems.add(&span, format!("`{}` is no parameter of the path", input.wire));
        }
    }
}

fn kind(schema: &Value) -> FieldType {
    if let Some(Value::Array(choices)) = schema.get("anyOf") {
        let mut kinds: Vec<FieldType> =
            choices.iter().filter(|it| it["type"] != "null").map(kind).collect();
        kinds.dedup();
        return match kinds[..] {
            [one] => one,
            _ => FieldType::Other,
        };
    }
    let is = |wanted: &str| match &schema["type"] {
        Value::Array(types) => types.iter().any(|it| it == wanted),
        one => one == wanted,
    };
    if schema.get("contentEncoding").is_some() {
        return FieldType::File;
    }
    let types = [
        ("integer", FieldType::Integer),
        ("string", FieldType::Text),
        ("boolean", FieldType::Bool),
        ("array", FieldType::List),
    ];
    types.iter().find(|(name, _)| is(name)).map_or(FieldType::Other, |(_, kind)| *kind)
}

const EVERYWHERE: [Place; 4] = [Place::Path, Place::Query, Place::Form, Place::Json];

fn input(
    key: &'static str,
    written: &Spanned<String>,
    field: &FieldSource,
    kind: FieldType,
    problems: &mut Problems<'_>,
) -> Input {
    let span = written.span();
    let wire = field.name.clone().unwrap_or_else(|| key.to_owned());
    let mut from = field.from.as_ref().map_or_else(|| EVERYWHERE.to_vec(), |from| from.0.clone());
    if field.value.is_some() {
        if field.name.is_some() || field.from.is_some() || field.default.is_some() {
            problems.add(&span, format!("`{key}`: with `value` nothing else is said of it"));
        }
        from.clear();
    }
    if from.contains(&Place::Header) {
        header(&Spanned::new(span.clone(), wire.clone()), problems);
    }
    // Where the file names no places, those that can't be are no mistake.
    for place in field.from.iter().flat_map(|from| &from.0) {
        let refused = match (place, kind) {
            (Place::Path | Place::Header | Place::Cookie, FieldType::List) => {
                Some("a list comes from JSON, a form or the query")
            }
            (Place::Path | Place::Query | Place::Header | Place::Cookie, FieldType::File) => {
                Some("a picture comes from JSON or a form")
            }
            _ => None,
        };
        if let Some(why) = refused {
            problems.add(&span, format!("`{key}`: {why}"));
        }
    }
    let conversions = field.convert.as_ref().map(|it| it.0.clone()).unwrap_or_default();
    for conversion in &conversions {
        if let Some(why) = unfit(*conversion, kind) {
            problems.add(&span, format!("`{key}`: {why}"));
        }
    }
    let constant = field.value.as_ref().or(field.default.as_ref());
    if let Some(constant) = constant
        && !fits(constant, kind)
    {
        let why = format!("`{key}`: the operation takes {} here", name(kind));
        problems.add(&span, why);
    }
    Input {
        key,
        wire,
        from,
        is_list: kind == FieldType::List,
        constant: constant.map(|constant| match constant {
            Scalar::Bool(truth) => Constant::Bool(*truth),
            Scalar::Integer(number) => Constant::Integer(*number),
            Scalar::Text(text) => Constant::Text(text.clone()),
        }),
        is_parameter: false,
        conversions,
    }
}

/// Read the values that only the answer names.
fn parameters(
    route: &RouteSource,
    keys: &[&'static str],
    inputs: &mut Vec<Input>,
    problems: &mut Problems<'_>,
) {
    let FieldsSource::Some(parameters) = &route.parameters else {
        return problems.add(&route.operation.span(), "`parameters` are named one by one");
    };
    for (key, field) in parameters {
        let name = key.get_ref();
        if keys.contains(&name.as_str()) || inputs.iter().any(|input| input.key == name) {
            problems.add(
                &key.span(),
                format!("`{name}` is a field of the operation; name it in `fields`"),
            );
            continue;
        }
        // Documents stay in memory until the server's end.
        let leaked: &'static str = Box::leak(name.clone().into_boxed_str());
        let input = input(leaked, key, field, FieldType::Other, problems);
        inputs.push(Input { is_parameter: true, ..input });
    }
}

/// Why a conversion makes nothing that the field takes.
fn unfit(conversion: Conversion, kind: FieldType) -> Option<String> {
    let makes_text = matches!(
        conversion,
        Conversion::Md5
            | Conversion::RequireMd5
            | Conversion::Base64Encode
            | Conversion::Base64Decode
    );
    let is_wrong = match kind {
        FieldType::Other => false,
        FieldType::Text | FieldType::File => conversion == Conversion::Integer,
        FieldType::Integer | FieldType::Bool => makes_text,
        FieldType::List => {
            makes_text || matches!(conversion, Conversion::Integer | Conversion::Trim)
        }
    };
    is_wrong.then(|| format!("the operation takes {} here; the conversion makes none", name(kind)))
}

fn fits(constant: &Scalar, kind: FieldType) -> bool {
    matches!(
        (constant, kind),
        (_, FieldType::Other)
            | (Scalar::Bool(_), FieldType::Bool)
            | (Scalar::Integer(_), FieldType::Integer)
            | (Scalar::Text(_), FieldType::Text | FieldType::File)
    )
}

fn name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Integer => "an integer",
        FieldType::Text => "text",
        FieldType::Bool => "true or false",
        FieldType::List => "a list",
        FieldType::File => "a picture",
        FieldType::Other => "something else",
    }
}
