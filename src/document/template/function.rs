//! What can be done to a value: a closed list.

use super::expression::split;
use jiff::civil;
use jiff::fmt::strtime;
use serde_json::{Map, Number, Value};

/// What can be done to a value. A value that a function can't be applied to, `null` above all, stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Function {
    /// A number or a truth value as text.
    Text,
    /// Digits in text as a number.
    Number,
    /// Text in base64.
    Base64,
    /// An absolute URL: the server's address before a path.
    Url,
    /// A date-time in another form, as `strftime` has it.
    Date(String),
    /// Another value in the place of `null`.
    Default(Value),
    /// What is `null`, `""`, `[]` or `{}` is left out with its key.
    OmitIfEmpty,
    /// These keys alone, in this order: `(new name, name)`. Of a list, for each element.
    Pick(Vec<(String, String)>),
    /// All keys but these.
    Without(Vec<String>),
    /// All keys, of which these have other names: `(new name, name)`.
    Rename(Vec<(String, String)>),
    /// All keys in the form `userName`.
    CamelCase,
    /// How many elements a list has, or characters a text.
    Length,
    /// The first element of a list.
    First,
    /// A page of a list.
    Page {
        /// Its number, from 1 on.
        number: Argument,
        /// How many elements a page has.
        size: Argument,
    },
}

/// A number that a function takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument {
    /// It is always the same.
    Number(u64),
    /// A field of the request.
    Request(String),
}

/// All functions, as they are written, and what each does.
pub(crate) const FUNCTIONS: [(&str, &str); 14] = [
    ("text", "a number or a truth value as text"),
    ("number", "digits in text as a number"),
    ("base64", "text in base64"),
    ("url", "the server's address before a path"),
    ("date('%Y-%m-%d')", "a date-time in another form, as `strftime` has it"),
    ("default(0)", "another value in the place of `null`"),
    ("omit_if_empty", "what is `null`, `\"\"`, `[]` or `{}` is left out with its key"),
    ("pick(id, name=username)", "these keys alone, of an object or of each element of a list"),
    ("without(id)", "all keys but these"),
    ("rename(name=username)", "all keys, some under other names"),
    ("camel_case", "all keys in the form `userName`"),
    ("length", "how many elements a list has, or characters a text"),
    ("first", "the first element of a list"),
    ("page(request.page, 10)", "a page of a list: its number from 1 on, and its size"),
];

/// Read a function as it is written.
pub(super) fn read(text: &str) -> Result<Function, String> {
    let (name, arguments) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => {
            let inner = rest.strip_suffix(')');
            let inner = inner.ok_or_else(|| format!("`{text}`: a `)` is missing at its end"))?;
            (name.trim(), Some(split(inner, ',')))
        }
    };
    let arguments: Vec<&str> = arguments
        .unwrap_or_default()
        .into_iter()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    let one = || match arguments[..] {
        [one] => Ok(one),
        _ => Err(format!("`{text}`: `{name}` takes one argument")),
    };
    let names = || match arguments[..] {
        [] => Err(format!("`{text}`: `{name}` takes the names of keys")),
        _ => Ok(arguments.iter().map(|name| name.to_string()).collect::<Vec<_>>()),
    };
    let pairs = || {
        names().map(|names| {
            names
                .iter()
                .map(|it| it.split_once('=').unwrap_or((it, it)))
                .map(|(new, old)| (new.trim().to_owned(), old.trim().to_owned()))
                .collect::<Vec<_>>()
        })
    };
    let function = match name {
        "text" => Function::Text,
        "number" => Function::Number,
        "base64" => Function::Base64,
        "url" => Function::Url,
        "date" => Function::Date(format(one()?)?),
        "default" => Function::Default(constant(one()?)?),
        "omit_if_empty" => Function::OmitIfEmpty,
        "pick" => Function::Pick(pairs()?),
        "without" => Function::Without(names()?),
        "rename" => Function::Rename(pairs()?),
        "camel_case" => Function::CamelCase,
        "length" => Function::Length,
        "first" => Function::First,
        "page" => match arguments[..] {
            [number, size] => Function::Page { number: argument(number)?, size: argument(size)? },
            _ => return Err(format!("`{text}`: `page` takes a number and a size")),
        },
        _ => {
            let known: Vec<&str> =
                FUNCTIONS.iter().map(|(name, _)| name.split('(').next().unwrap_or(name)).collect();
            return Err(format!("`{name}` is no function; there are {}", known.join(", ")));
        }
    };
    let takes_none = !text.contains('(')
        || matches!(
            function,
            Function::Date(_)
                | Function::Default(_)
                | Function::Pick(_)
                | Function::Without(_)
                | Function::Rename(_)
                | Function::Page { .. }
        );
    if takes_none { Ok(function) } else { Err(format!("`{text}`: `{name}` takes no argument")) }
}

fn format(text: &str) -> Result<String, String> {
    let Value::String(format) = constant(text)? else {
        return Err(format!("`date({text})`: expected a format in quotation marks"));
    };
    let sample = civil::date(2000, 1, 1).at(0, 0, 0, 0);
    match strtime::format(&format, sample) {
        Ok(_) => Ok(format),
        Err(error) => Err(format!("`date({text})`: {error}")),
    }
}

/// A constant: text in quotation marks, an integer, `true`, `false` or `null`.
fn constant(text: &str) -> Result<Value, String> {
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Ok(inner.into());
        }
    }
    match (text, text.parse::<i64>()) {
        ("true", _) => Ok(true.into()),
        ("false", _) => Ok(false.into()),
        ("null", _) => Ok(Value::Null),
        (_, Ok(number)) => Ok(number.into()),
        _ => Err(format!(
            "`{text}`: expected text in quotation marks, an integer, true, false or null"
        )),
    }
}

fn argument(text: &str) -> Result<Argument, String> {
    if let Some(field) = text.strip_prefix("request.") {
        return Ok(Argument::Request(field.to_owned()));
    }
    match text.parse() {
        Ok(number) if number > 0 => Ok(Argument::Number(number)),
        _ => Err(format!("`{text}`: expected a number from 1 on, or `request.` and a field")),
    }
}

/// What functions need to know of a request.
pub(crate) struct Surroundings<'a> {
    /// The server's address, without a slash at its end.
    pub public_url: &'a str,
    /// The fields of the request that a template names.
    pub request: &'a [RequestField],
}

/// A field of the request, under the operation's name for it.
pub(crate) type RequestField = (String, Value);

/// The value of a field of the request; `null` where there is none.
pub(super) fn requested<'a>(request: &'a [RequestField], field: &str) -> &'a Value {
    let known = request.iter().find(|(name, _)| name == field);
    known.map_or(&Value::Null, |(_, value)| value)
}

impl Function {
    /// Apply it; `None`: the value is left out with its key.
    pub(super) fn apply(&self, value: Value, around: &Surroundings<'_>) -> Option<Value> {
        Some(match (self, value) {
            (Function::OmitIfEmpty, value) => return (!is_empty(&value)).then_some(value),
            (Function::Default(other), Value::Null) => other.clone(),
            (Function::Text, Value::Number(number)) => number.to_string().into(),
            (Function::Text, Value::Bool(truth)) => truth.to_string().into(),
            (Function::Number, Value::String(text)) => match text.parse::<Number>() {
                Ok(number) => number.into(),
                Err(_) => text.into(),
            },
            (Function::Base64, Value::String(text)) => base64(&text).into(),
            (Function::Url, Value::String(text)) => match text.starts_with('/') {
                true => format!("{}{text}", around.public_url).into(),
                false => text.into(),
            },
            (Function::Date(format), Value::String(text)) => date(format, &text).into(),
            (Function::Length, Value::Array(list)) => list.len().into(),
            (Function::Length, Value::String(text)) => text.chars().count().into(),
            (Function::First, Value::Array(list)) => list.into_iter().next().unwrap_or(Value::Null),
            (Function::Page { number, size }, Value::Array(list)) => {
                let number = number.value(around, 1).saturating_sub(1);
                let size = number_of(size.value(around, 10));
                let before = number_of(number).saturating_mul(size);
                list.into_iter().skip(before).take(size).collect()
            }
            (
                Function::Pick(_)
                | Function::Without(_)
                | Function::Rename(_)
                | Function::CamelCase,
                Value::Array(list),
            ) => list.into_iter().filter_map(|element| self.apply(element, around)).collect(),
            (Function::Pick(pairs), Value::Object(object)) => {
                let taken = |(new, old): &(String, String)| {
                    (new.clone(), object.get(old).cloned().unwrap_or(Value::Null))
                };
                Value::Object(pairs.iter().map(taken).collect())
            }
            (Function::Without(names), Value::Object(mut object)) => {
                object.retain(|key, _| !names.contains(key));
                Value::Object(object)
            }
            (Function::Rename(pairs), Value::Object(object)) => {
                let renamed = |key: String| {
                    let pair = pairs.iter().find(|(_, old)| *old == key);
                    pair.map_or(key, |(new, _)| new.clone())
                };
                let entries = object.into_iter().map(|(key, value)| (renamed(key), value));
                Value::Object(entries.collect())
            }
            (Function::CamelCase, Value::Object(object)) => {
                let entries = object.into_iter().map(|(key, value)| (camel_case(&key), value));
                Value::Object(entries.collect::<Map<_, _>>())
            }
            (_, value) => value,
        })
    }
}

impl Argument {
    /// The field of the request that it names.
    pub(super) fn field(&self) -> Option<&str> {
        match self {
            Argument::Request(field) => Some(field),
            Argument::Number(_) => None,
        }
    }

    fn value(&self, around: &Surroundings<'_>, other: u64) -> u64 {
        match self {
            Argument::Number(number) => *number,
            Argument::Request(field) => match requested(around.request, field) {
                Value::Number(number) => number.as_u64().unwrap_or(other),
                Value::String(text) => text.parse().unwrap_or(other),
                _ => other,
            },
        }
    }
}

fn number_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Text in base64, standard alphabet, padded.
fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A date-time of the contract, `2000-12-31 23:59:59`, in another form; other text stays as it is.
fn date(format: &str, text: &str) -> String {
    let at = civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text);
    at.and_then(|at| strtime::format(format, at)).unwrap_or_else(|_| text.to_owned())
}

/// `user_name` as `userName`.
pub(crate) fn camel_case(key: &str) -> String {
    let mut words = key.split('_').filter(|word| !word.is_empty());
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.extend(letters);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn applied(function: &str, value: Value) -> Option<Value> {
        let request = [("page".to_owned(), json!("2"))];
        let around = Surroundings { public_url: "https://a.example", request: &request };
        read(function).unwrap().apply(value, &around)
    }

    #[test]
    fn each_function_does_what_its_row_says() {
        for (function, value, expected) in [
            ("text", json!(5), json!("5")),
            ("number", json!("-7"), json!(-7)),
            ("number", json!("seven"), json!("seven")),
            ("base64", json!("ab"), json!("YWI=")),
            ("url", json!("/upload/a.png"), json!("https://a.example/upload/a.png")),
            ("url", json!("http://b.example/a"), json!("http://b.example/a")),
            ("date('%d.%m.%Y')", json!("2000-12-31 23:59:59"), json!("31.12.2000")),
            ("default(0)", Value::Null, json!(0)),
            ("default('')", json!("a"), json!("a")),
            ("pick(b, c=a)", json!({"a": 1, "b": 2}), json!({"b": 2, "c": 1})),
            ("without(a)", json!([{"a": 1, "b": 2}]), json!([{"b": 2}])),
            ("rename(c=a)", json!({"a": 1, "b": 2}), json!({"c": 1, "b": 2})),
            ("camel_case", json!({"shop_id": 1}), json!({"shopId": 1})),
            ("length", json!([1, 2]), json!(2)),
            ("first", json!([1, 2]), json!(1)),
            ("page(request.page, 2)", json!([1, 2, 3]), json!([3])),
            ("page(1, 2)", json!([1, 2, 3]), json!([1, 2])),
        ] {
            assert_eq!(applied(function, value), Some(expected), "{function}");
        }
        assert_eq!(applied("omit_if_empty", json!([])), None);
        assert_eq!(applied("omit_if_empty", json!(0)), Some(json!(0)));
    }

    #[test]
    fn listed_functions_are_known() {
        for (function, _) in FUNCTIONS {
            assert!(read(function).is_ok(), "{function}");
        }
    }

    #[test]
    fn wrong_arguments_are_refused() {
        for text in
            ["text(1)", "date", "date('%Q')", "default(x)", "page(1)", "page(0, 1)", "pick(", "x"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
