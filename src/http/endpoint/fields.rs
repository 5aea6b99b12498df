//! A document's request as an operation's fields: path, query and body.
//!
//! What the path does not take is ignored unread: neither decoded nor compared.

use crate::data::body::KeepRules;
use crate::data::encoding::{other_encoding, without_bom};
use crate::data::{self, Fields, Value};
use crate::document::{Constant, Document, Route};
use crate::fault::Fault;
use crate::hex;
use crate::http::request::content::{TextKind, trimmed};
use crate::http::request::form::{self, Pair};
use crate::http::request::multipart::Part;
use matchit::Params;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

pub(crate) use crate::http::request::content::{Content, ContentError, read};

/// The most fields that are looked at: each new one is compared with all before it.
const MANY: usize = 256;

/// The most elements of a list. No operation takes a longer one.
const LIST: usize = 16;

/// What jQuery adds to a query so that no cache answers it (`cache: false`): the time.
const CACHE_BUSTER: &[u8] = b"_";

/// All fields of a request, under the operation's names. None may come twice, from wherever.
pub(crate) fn gather<'a>(
    document: &Document,
    route: &'static Route,
    params: &Params<'_, 'a>,
    query: &'a str,
    content: &'a Content,
) -> Result<Fields<'a>, Fault> {
    let mut gathered = Gathered { document, route, params, fields: Fields::default(), count: 0 };
    for (name, segment) in params.iter() {
        let text = percent_decode_str(segment).decode_utf8();
        let text =
            text.map_err(|_| Fault::WrongValue(name.to_owned().into(), "not UTF-8".into()))?;
        gathered.add(Cow::Owned(name.to_owned()), Value::FormText(text))?;
    }
    for pair in form::pairs(query.as_bytes()).filter(|(name, _)| *name != CACHE_BUSTER) {
        // The query's token is a credential; an operation may still name it among its parameters.
        gathered.form(pair, form::decoded)?;
    }
    match content {
        Content::Parts(parts, _) => {
            for (name, part) in parts {
                gathered.part(name, part)?;
            }
        }
        Content::Text { body, unwrapped, kind } => {
            gathered.text(unwrapped.as_ref().unwrap_or(body), *kind)?;
        }
    }
    let mut fields = gathered.fields;
    for (key, value) in route.constants {
        let value = match value {
            Constant::Text(text) => Value::Text(Cow::Borrowed(text)),
            Constant::True => Value::Bool(true),
        };
        fields.set(Cow::Borrowed(key), value);
    }
    if let Some(key) = route.digest
        && let Some(Value::Text(text) | Value::FormText(text)) = fields.get(key)
        && !text.is_empty()
        && !hex::is_hex(text, 32)
    {
        return Err(Fault::WrongValue(key.into(), "expected an md5, 32 hex digits".into()));
    }
    Ok(fields)
}

/// The fields of a request, as far as they are gathered.
struct Gathered<'g, 'a> {
    document: &'g Document,
    route: &'static Route,
    params: &'g Params<'g, 'a>,
    fields: Fields<'a>,
    /// How many came with the query and the body, whether or not they are taken.
    count: usize,
}

impl<'a> Gathered<'_, 'a> {
    /// Add a field, whatever it is.
    fn add(&mut self, name: Cow<'a, str>, value: Value<'a>) -> Result<(), Fault> {
        if value == Value::Null && self.document.null_is_absent {
            return Ok(());
        }
        let value = match value {
            Value::Text(text) if self.document.lenient => Value::FormText(text),
            value => value,
        };
        let key = self.key(&name);
        if self.fields.insert(key.unwrap_or_else(|| name.clone()), value) {
            Ok(())
        } else {
            Err(sent_twice(&name))
        }
    }

    /// The operation's name for a field, where that is another.
    fn key(&self, name: &str) -> Option<Cow<'a, str>> {
        let renamed = self.route.renames.iter().find(|(wire, _)| *wire == name);
        renamed.map(|(_, key)| Cow::Borrowed(*key))
    }

    /// Count one more field of the query or the body.
    fn count(&mut self) -> Result<(), Fault> {
        self.count += 1;
        if self.count > MANY {
            return Err(Fault::EnvelopeValue("more fields than any operation has".into()));
        }
        Ok(())
    }

    /// Is the field looked at?
    fn takes(&self, name: &str) -> bool {
        // What the path has said already may not be said again, unless nobody would mean it.
        let is_in_path = || {
            let mut params = self.params.iter();
            !self.document.lenient && params.any(|(param, _)| param == name)
        };
        self.route.has(name) || is_in_path()
    }

    /// Add a field of a query or a form, whose value is decoded by `decode`.
    fn form(&mut self, pair: Pair<'a>, decode: Decode) -> Result<(), Fault> {
        self.count()?;
        let (name, value) = pair;
        let name = match form::utf8(decode(name)) {
            Some(name) => name,
            // No field is called so. Who takes any name refuses this one by what can be shown of it.
            None if self.route.params.is_none() => {
                Cow::Owned(String::from_utf8_lossy(&decode(name)).into_owned())
            }
            None => return Ok(()),
        };
        if let Some(list) = self.route.list(&name) {
            let value = self.word(list, decode(value))?;
            return self.push(list, value);
        }
        if !self.takes(&name) {
            return Ok(());
        }
        let value = self.word(&name, decode(value))?;
        self.add(name, value)
    }

    /// Text outside JSON. What is not UTF-8 is refused and not replaced: two passwords could become one.
    fn word(&self, name: &str, text: Cow<'a, [u8]>) -> Result<Value<'a>, Fault> {
        if self.document.lenient && std::str::from_utf8(&text).is_err() {
            return Ok(Value::FormText(String::from_utf8_lossy(&text).into_owned().into()));
        }
        let text = form::utf8(text);
        let why = || Fault::WrongValue(name.to_owned().into(), "not UTF-8".into());
        text.map(Value::FormText).ok_or_else(why)
    }

    /// Add an element to a list.
    fn push(&mut self, name: &'static str, value: Value<'a>) -> Result<(), Fault> {
        let key = self.key(name).unwrap_or(Cow::Borrowed(name));
        let list = match self.fields.take(&key) {
            None => vec![value],
            Some(Value::List(mut list)) if list.len() < LIST => {
                list.push(value);
                list
            }
            Some(_) => return Err(sent_twice(name)),
        };
        self.fields.set(key, Value::List(list));
        Ok(())
    }

    /// Add a part of a multipart body.
    fn part(&mut self, name: &'a str, part: &'a Part) -> Result<(), Fault> {
        match part {
            Part::Text(text) => self.form((name.as_bytes(), without_bom(text)), form::verbatim),
            Part::File(bytes) => {
                self.count()?;
                self.add(Cow::Borrowed(name), Value::Bytes(bytes.clone()))
            }
        }
    }

    /// Add the fields of a body that is one text.
    fn text(&mut self, body: &'a [u8], kind: TextKind) -> Result<(), Fault> {
        if let Some(encoding) = other_encoding(body) {
            let why = format!("the body is in {encoding}, not in UTF-8");
            return Err(Fault::EnvelopeValue(why.into()));
        }
        let text = trimmed(body);
        if text.starts_with(b"{") {
            return self.json(body);
        }
        // What says that it is JSON and has no `key=value` either is neither.
        let is_neither = kind == TextKind::Json && !text.is_empty() && !text.contains(&b'=');
        if is_neither || text.starts_with(b"[") {
            return Err(Fault::EnvelopeValue("the body is not a JSON object".into()));
        }
        let lines = if kind == TextKind::Plain { form::lines(text) } else { None };
        match lines {
            Some(mut lines) => lines.try_for_each(|pair| self.form(pair, form::verbatim)),
            None => form::pairs(text).try_for_each(|pair| self.form(pair, form::decoded)),
        }
    }

    fn json(&mut self, body: &'a [u8]) -> Result<(), Fault> {
        let route = self.route;
        // One more than are looked at, so that it is noticed.
        let wanted = KeepRules { items: 0, keys: MANY + 1, is_known: &|key| route.has(key) };
        let value = data::body::data(body, &wanted);
        let value =
            value.map_err(|e| Fault::EnvelopeValue(format!("not a JSON text: {e}").into()))?;
        if let Value::Map(map) = value {
            for (name, value) in map {
                self.count()?;
                if self.takes(&name) {
                    self.add(name, value)?;
                }
            }
        }
        Ok(())
    }
}

/// How the text of a name or a value is decoded.
type Decode = for<'t> fn(&'t [u8]) -> Cow<'t, [u8]>;

fn sent_twice(name: &str) -> Fault {
    Fault::WrongValue(name.to_owned().into(), "sent twice".into())
}
