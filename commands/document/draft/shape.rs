//! What the answers of a recording have in common.

use super::recording::{Call, Endpoint};
use super::{bare, quoted};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The shape of answers: the keys that most of them have, and which of them holds what was asked for.
pub struct Shape {
    /// In the order of the first answer that has them.
    keys: Vec<Key>,
}

struct Key {
    name: String,
    /// The value that most answers have; `None`: it differs, or holds what was asked for.
    common: Option<Value>,
    /// It holds an object or a list in some answer.
    is_payload: bool,
}

impl Shape {
    /// The shape of all answers that are JSON objects.
    pub fn of(calls: &[Call]) -> Self {
        let answers: Vec<&Map<String, Value>> =
            calls.iter().filter_map(|call| call.answer.as_ref()?.as_object()).collect();
        let mut names: Vec<&String> = Vec::new();
        for name in answers.iter().flat_map(|answer| answer.keys()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let has = |name: &String| answers.iter().filter(|answer| answer.contains_key(name)).count();
        // A key of few answers belongs to their own routes.
        let common = names.into_iter().filter(|name| has(name) * 2 >= answers.len());
        let keys = common
            .map(|name| {
                let values: Vec<&Value> =
                    answers.iter().filter_map(|answer| answer.get(name)).collect();
                let is_payload = values.iter().any(|value| value.is_object() || value.is_array());
                let common = if is_payload { None } else { most_frequent(&values) };
                Key { name: name.clone(), common, is_payload }
            })
            .collect();
        Shape { keys }
    }

    /// The tables `[answer]`, `[success]` and `[failure]`.
    pub fn toml(&self) -> String {
        if self.keys.iter().all(|key| !key.is_payload && key.common.is_none()) {
            return "[success]\nbody = \"${answer.body}\"\n\n\
                    [failure]\nstatus = \"fault\"\nbody = { code = \"${fault.code}\", message = \"${fault.text}\" }\n\n"
                .to_owned();
        }
        let entry = |key: &Key, failure: bool| {
            let value = match &key.common {
                _ if failure && is_code(key) => "\"${fault.code}\"".to_owned(),
                _ if failure && key.is_payload => return None,
                Some(Value::Bool(truth)) if failure => (!truth).to_string(),
                Some(Value::String(_)) | None if failure => "\"${fault.text}\"".to_owned(),
                Some(Value::Null) => "\"${null}\"".to_owned(),
                Some(Value::String(text)) => quoted(text),
                Some(value) => value.to_string(),
                None => format!("\"${{answer.{}}}\"", key.name),
            };
            Some(format!("{} = {value}", bare(&key.name)))
        };
        let body = |failure: bool| {
            self.keys.iter().filter_map(|key| entry(key, failure)).collect::<Vec<_>>().join(", ")
        };
        format!(
            "[success]\nbody = {{ {} }}\n\n[failure]\nbody = {{ {} }}\n\n",
            body(false),
            body(true)
        )
    }

    /// What was asked for in an endpoint's answers, and the key that holds it.
    pub fn payload<'a>(&self, endpoint: &'a Endpoint<'_>) -> Option<(String, &'a Value)> {
        let answers = endpoint.calls.iter().filter_map(|call| call.answer.as_ref());
        let mut answers = answers.collect::<Vec<_>>().into_iter();
        let is_told = |value: &&Value| value.is_object() || value.is_array();
        let payloads = || self.keys.iter().filter(|key| key.is_payload);
        if payloads().next().is_none() {
            return answers.next().map(|answer| ("body".to_owned(), answer));
        }
        answers.find_map(|answer| {
            payloads().find_map(|key| {
                answer.get(&key.name).filter(is_told).map(|value| (key.name.clone(), value))
            })
        })
    }
}

/// Does a key hold a number that says whether all went well?
fn is_code(key: &Key) -> bool {
    let is_number = matches!(key.common, Some(Value::Number(_)));
    is_number || ["code", "errno", "error", "status"].contains(&key.name.to_lowercase().as_str())
}

/// The value that more than half have; short ones only.
fn most_frequent(values: &[&Value]) -> Option<Value> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value.to_string()).or_default() += 1;
    }
    let (text, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let is_common = count * 2 > values.len() && text.len() <= 40;
    is_common.then(|| serde_json::from_str(&text).ok()).flatten()
}
