//! Which operation, field or key of a reply is likeliest meant by what a client says.

use super::bare;
use super::recording::Endpoint;
use super::shape::Shape;
use engine::op::RegisteredOp;
use engine::program::Program;
use serde_json::Value;
use std::collections::BTreeSet;

/// Words that stand for the same thing. The first is the operations' word.
const SAME: [&[&str]; 22] = [
    &["login", "signin", "session", "sessions", "auth", "token"],
    &["logout", "signout"],
    &["register", "signup", "users", "regist"],
    &["user", "account", "member", "profile", "me"],
    &["info", "profile", "detail", "me"],
    &["img", "captcha", "imagecode", "image", "verifycode", "vcode", "kaptcha"],
    &["sms", "smscode", "message", "phonecode"],
    &["generate", "send", "get", "create", "new"],
    &["phone", "mobile", "tel", "telephone", "cellphone"],
    &["password", "pwd", "passwd", "pass"],
    &["username", "name", "account", "login", "loginname"],
    &["nickname", "nick", "displayname"],
    &["avatar", "head", "headimg", "headimgurl", "portrait", "photo", "profilepicture", "picture"],
    &["score", "scores", "points"],
    &["top", "rank", "ranking", "leaderboard", "list", "board"],
    &["property", "notice", "notices", "lost", "found", "item", "items"],
    &["shop", "shops", "store", "goods"],
    &["add", "create", "new", "publish", "insert"],
    &["update", "edit", "modify", "save", "change"],
    &["query", "list", "search", "find"],
    &["verify", "realname", "auth", "certify"],
    &["openid", "player", "playerid", "uid", "userid", "id"],
];

/// An operation that may be meant, and how much speaks for it.
pub struct Guess<'a> {
    pub entry: &'a RegisteredOp,
    score: i32,
}

/// The operations that may be meant, the likeliest first.
pub fn operations<'a>(
    program: &'a Program,
    endpoint: &Endpoint<'_>,
    shape: &Shape,
) -> Vec<Guess<'a>> {
    let path = words(&endpoint.path.replace(['{', '}'], " "));
    let sent: Vec<String> = endpoint.fields();
    let told = told(endpoint, shape);
    let is_read = endpoint.method == "GET";
    let is_list = shape.payload(endpoint).map(|(_, payload)| payload.is_array());
    let is_picture = endpoint.calls.iter().any(|call| call.is_picture);
    let mut guesses: Vec<Guess<'a>> = program
        .registry
        .entries()
        .filter(|entry| entry.alias_of.is_none())
        .map(|entry| {
            let keys = entry.fields();
            let known: BTreeSet<&str> = sent.iter().filter_map(|wire| field(wire, entry)).collect();
            let schema = entry.inlined_reply_schema();
            let replied = reply_keys(&schema);
            let common = told.iter().filter(|key| replied.iter().any(|it| plain(it) == plain(key)));
            let score = named(entry, &path) + 3 * count(known.len()) + 3 * count(common.count())
                - 3 * count(needed(entry, &known))
                - count(keys.len().saturating_sub(known.len())) / 3
                - if is_read == entry.changes { 6 } else { 0 }
                - if is_list.is_some_and(|is_list| is_list != (schema["type"] == "array")) {
                    5
                } else {
                    0
                }
                + if is_picture && (entry.replies_file || replied.contains("imgdata")) {
                    8
                } else {
                    0
                };
            Guess { entry, score }
        })
        .collect();
    guesses.sort_by_key(|guess| std::cmp::Reverse(guess.score));
    guesses
}

/// How much an operation's name has in common with a path, each word of which counts once.
fn named(entry: &RegisteredOp, path: &[String]) -> i32 {
    let mut left: Vec<&String> = path.iter().collect();
    let mut score = 0;
    for name in words(&format!("{} {}", entry.name.0, entry.name.1)) {
        let exact = left.iter().position(|word| **word == name);
        let similar = || left.iter().position(|word| is_same(&name, word));
        if let Some(at) = exact.or_else(similar) {
            score += if exact.is_some() { 8 } else { 5 };
            left.remove(at);
        }
    }
    score
}

/// How many fields an operation needs that a client does not send.
fn needed(entry: &RegisteredOp, known: &BTreeSet<&str>) -> usize {
    let missing = (entry.shapes)().into_iter().map(|shape| {
        shape.iter().filter(|field| field.is_required && !known.contains(field.key)).count()
    });
    missing.min().unwrap_or_default()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The keys of what was asked for.
fn told(endpoint: &Endpoint<'_>, shape: &Shape) -> BTreeSet<String> {
    let Some((_, payload)) = shape.payload(endpoint) else { return BTreeSet::new() };
    let object = payload.as_array().and_then(|list| list.first()).unwrap_or(payload);
    object.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

/// The operation's field that a client's name stands for.
pub fn field(wire: &str, entry: &RegisteredOp) -> Option<&'static str> {
    let keys = entry.fields();
    let exact = keys.iter().find(|key| plain(key) == plain(wire));
    let similar = || keys.iter().find(|key| is_same(key, wire));
    // `shop_id` of a path is the `id` of an operation that has but one.
    let id = || keys.iter().find(|key| **key == "id" && wire.ends_with("_id"));
    exact.or_else(similar).or_else(id).copied()
}

fn reply_keys(schema: &Value) -> BTreeSet<String> {
    let own = schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.clone());
    let nested = ["items", "anyOf", "oneOf"].into_iter().flat_map(|key| match &schema[key] {
        Value::Array(choices) => choices.iter().flat_map(reply_keys).collect::<Vec<_>>(),
        Value::Object(_) => reply_keys(&schema[key]).into_iter().collect(),
        _ => Vec::new(),
    });
    own.chain(nested).collect()
}

/// A template that makes a recorded object of a reply, and the keys that the reply has nothing for.
pub fn object(seen: &Value, schema: &Value, source: &str) -> (String, Vec<String>) {
    let Some(object) = seen.as_object() else { return (format!("\"${{{source}}}\""), Vec::new()) };
    let known = reply_keys(schema);
    let (mut pairs, mut unknown) = (Vec::new(), Vec::new());
    for key in object.keys() {
        let exact = known.iter().find(|it| plain(it) == plain(key));
        match exact.or_else(|| known.iter().find(|it| is_same(it, key))) {
            Some(found) => pairs.push(format!("{} = \"${{{source}.{found}}}\"", bare(key))),
            None => {
                pairs.push(format!("{} = \"${{null}}\"", bare(key)));
                unknown.push(key.clone());
            }
        }
    }
    (format!("{{ {} }}", pairs.join(", ")), unknown)
}

/// `userName`, `user_name` and `user-name` are the same.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (plain(one), plain(other));
    one == other
        || SAME.iter().any(|words| words.contains(&one.as_str()) && words.contains(&other.as_str()))
}

/// The words of a path: cut at marks and before capitals.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in text.chars() {
        let starts = letter.is_uppercase() || !letter.is_alphanumeric();
        if starts && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
