//! A recording: HAR 1.2, as the developer tools of browsers save it.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The longest recording, in bytes.
const LONGEST: u64 = 256 << 20;

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Pair>,
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    #[serde(default)]
    mime_type: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    params: Vec<Pair>,
}

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    content: Content,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Content {
    mime_type: String,
    text: String,
    encoding: String,
}

/// One request to the API, and its answer.
pub struct Call {
    pub method: String,
    /// The path's segments, decoded no further.
    pub segments: Vec<String>,
    /// The names of fields, of query and body.
    pub fields: BTreeSet<String>,
    /// The answer, if it is JSON.
    pub answer: Option<Value>,
    /// The answer is a picture.
    pub is_picture: bool,
    /// The header `Authorization` had a token as `Bearer`.
    pub has_bearer: bool,
}

/// Calls of one method whose paths differ in parameters only.
pub struct Endpoint<'a> {
    pub method: String,
    /// `{name}` stands for a parameter.
    pub path: String,
    /// The names of the parameters.
    pub parameters: Vec<String>,
    pub calls: Vec<&'a Call>,
}

impl Endpoint<'_> {
    /// The names of all fields, those of the path first.
    pub fn fields(&self) -> Vec<String> {
        let sent: BTreeSet<&String> = self.calls.iter().flat_map(|call| &call.fields).collect();
        self.parameters.iter().chain(sent).cloned().collect()
    }
}

/// What pages are made of, and no API answers.
const ASSETS: [&str; 16] = [
    "css", "eot", "gif", "htm", "html", "ico", "jpeg", "jpg", "js", "map", "png", "svg", "ttf",
    "webp", "woff", "woff2",
];

/// The calls of a recording.
pub fn read(file: &Path, host: Option<&str>) -> Result<Vec<Call>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let length = fs::metadata(file).map_err(|error| wrong(&error))?.len();
    if length > LONGEST {
        return Err(wrong(&format!("is longer than {LONGEST} bytes")));
    }
    let text = fs::read(file).map_err(|error| wrong(&error))?;
    let har: Har = serde_json::from_slice(&text)
        .map_err(|error| wrong(&format!("is no recording in the form HAR: {error}")))?;
    Ok(har.log.entries.into_iter().filter_map(|entry| call(entry, host)).collect())
}

fn call(Entry { request, response }: Entry, host: Option<&str>) -> Option<Call> {
    let (_, rest) = request.url.split_once("://")?;
    let (authority, target) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_some_and(|host| authority != host && authority.split(':').next() != Some(host)) {
        return None;
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = query.split('#').next().unwrap_or_default();
    let extension = path.rsplit('/').next()?.rsplit_once('.').map(|(_, extension)| extension);
    let is_api = matches!(request.method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE");
    if !is_api || path.is_empty() || extension.is_some_and(|it| ASSETS.contains(&it)) {
        return None;
    }
    let mut fields: BTreeSet<String> =
        form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    if let Some(PostData { mime_type, text, params }) = request.post_data {
        fields.extend(params.into_iter().map(|pair| pair.name));
        match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => fields.extend(object.into_iter().map(|(key, _)| key)),
            _ if mime_type.contains("urlencoded") => {
                let pairs = form_urlencoded::parse(text.as_bytes());
                fields.extend(pairs.map(|(name, _)| name.into_owned()));
            }
            _ => {}
        }
    }
    fields.retain(|name| !name.is_empty());
    let content = response.content;
    let has_bearer = request.headers.iter().any(|header| {
        header.name.eq_ignore_ascii_case("authorization")
            && header.value.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("bearer "))
    });
    let is_page = content.mime_type.starts_with("text/html");
    let answer =
        if content.encoding.is_empty() { serde_json::from_str(&content.text).ok() } else { None };
    (!is_page).then(|| Call {
        method: request.method,
        segments: path.trim_end_matches('/').split('/').map(str::to_owned).collect(),
        fields,
        answer,
        is_picture: content.mime_type.starts_with("image/"),
        has_bearer,
    })
}

/// Is a segment of a path a value rather than a word?
fn is_value(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    // `v1`, `v1.0` and `2fa` are words.
    digits > 0
        && (digits == segment.len()
            || (is_hex && segment.len() >= 8)
            || (segment.len() >= 16 && digits >= 4)
            || segment.contains('%'))
}

/// A name for a parameter behind this word of a path: `shop_id` behind `shops`.
fn parameter(word: &str, before: usize) -> String {
    let plain = word.strip_suffix('s').unwrap_or(word);
    let is_word = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_alphabetic());
    match before {
        0 if is_word => format!("{}_id", plain.to_lowercase()),
        0 => "id".to_owned(),
        number => format!("id{}", number + 1),
    }
}

/// The calls, by method and path.
pub fn endpoints(calls: &[Call]) -> Vec<Endpoint<'_>> {
    let mut endpoints: Vec<Endpoint<'_>> = Vec::new();
    for call in calls {
        let (mut path, mut parameters) = (String::new(), Vec::new());
        let mut word = "";
        for segment in &call.segments {
            path.push('/');
            if is_value(segment) {
                let name = parameter(word, parameters.len());
                path.push_str(&format!("{{{name}}}"));
                parameters.push(name);
            } else {
                path.push_str(segment);
                word = segment;
            }
        }
        let method = &call.method;
        match endpoints.iter_mut().find(|it| it.method == *method && it.path == path) {
            Some(known) => known.calls.push(call),
            None => {
                let (method, calls) = (method.clone(), vec![call]);
                endpoints.push(Endpoint { method, path, parameters, calls });
            }
        }
    }
    endpoints
}
