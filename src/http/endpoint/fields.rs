//! A document's request as an operation's fields: path, query and body.
//!
//! What the path does not take is ignored unread: neither decoded nor compared.

use crate::data::body::KeepRules;
use crate::data::encoding::{other_encoding, without_bom};
use crate::data::{self, Fields, Value};
use crate::document::source::{BodyKind, Conversion, Place};
use crate::document::{Document, Input, Inputs, Route};
use crate::fault::Fault;
use crate::hex;
use crate::http::request::client;
use crate::http::request::content::{TextKind, trimmed};
use crate::http::request::form::{self, Pair};
use crate::http::request::multipart::Part;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
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

/// A request, as far as fields are taken from it.
pub(crate) struct Source<'s, 'a> {
    pub document: &'static Document,
    pub route: &'static Route,
    /// The names of the path's parameters, in order.
    pub names: &'static [String],
    pub params: &'s Params<'s, 'a>,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
}

/// All fields of a request, under the operation's names, and the token that its body holds where the document
/// has one there. No field may come twice, from wherever.
pub(crate) fn gather<'a>(
    source: &Source<'_, 'a>,
    content: &'a Content,
) -> Result<(Fields<'a>, Option<String>), Fault> {
    let Source { route, .. } = *source;
    let mut gathered = Gathered { source, fields: Fields::default(), token: None, count: 0 };
    for (name, (_, segment)) in source.names.iter().zip(source.params.iter()) {
        let text = percent_decode_str(segment).decode_utf8();
        let text = text.map_err(|_| Fault::WrongValue(name.as_str().into(), "not UTF-8".into()))?;
        gathered.add(Cow::Borrowed(name), Value::FormText(text), Place::Path)?;
    }
    for pair in form::pairs(source.query.as_bytes()).filter(|(name, _)| *name != CACHE_BUSTER) {
        // The query's token is a credential; an operation may still name it among its parameters.
        gathered.form(pair, form::decoded, Place::Query)?;
    }
    match content {
        Content::Parts(parts, _) => {
            route.check_kind(BodyKind::Multipart)?;
            for (name, part) in parts {
                gathered.part(name, part)?;
            }
        }
        Content::Text { body, unwrapped, kind } => {
            gathered.text(unwrapped.as_ref().unwrap_or(body), *kind)?;
        }
    }
    let Gathered { mut fields, token, .. } = gathered;
    for input in route.inputs.iter() {
        fill(input, source.headers, &mut fields)?;
    }
    Ok((fields, token))
}

/// Complete one field: from headers and cookies, from the file, and by its conversions.
fn fill<'a>(
    input: &'static Input,
    headers: &'a HeaderMap,
    fields: &mut Fields<'a>,
) -> Result<(), Fault> {
    if input.from.contains(&Place::Header)
        && let Some(value) = headers.get(&input.wire)
    {
        let text = form::utf8(Cow::Borrowed(value.as_bytes()));
        let text =
            text.ok_or_else(|| Fault::WrongValue((&*input.wire).into(), "not UTF-8".into()))?;
        fields.insert(Cow::Borrowed(input.key), Value::FormText(text));
    }
    if input.from.contains(&Place::Cookie)
        && let Some(value) = client::cookies(headers, &input.wire).next()
    {
        let text = form::utf8(form::decoded(value));
        let text =
            text.ok_or_else(|| Fault::WrongValue((&*input.wire).into(), "not UTF-8".into()))?;
        fields.insert(Cow::Borrowed(input.key), Value::FormText(text));
    }
    for conversion in &input.conversions {
        if let Some(value) = fields.remove(input.key)
            && let Some(converted) = convert(*conversion, value, input)?
        {
            fields.set(Cow::Borrowed(input.key), converted);
        }
    }
    if let Some(constant) = &input.constant
        && (input.from.is_empty() || !fields.is_given(input.key))
    {
        fields.set(Cow::Borrowed(input.key), constant.value());
    }
    Ok(())
}

/// A value after a conversion; `None` if it counts as absent then. A value that it can't be applied to stays as it
/// is: the operation tells what is wrong with it.
fn convert<'a>(
    conversion: Conversion,
    value: Value<'a>,
    input: &Input,
) -> Result<Option<Value<'a>>, Fault> {
    let wrong = |why: &'static str| Fault::WrongValue(Cow::Borrowed(input.key), why.into());
    let is_form = matches!(value, Value::FormText(_));
    let text = match value {
        Value::Text(text) | Value::FormText(text) => text,
        Value::Null if conversion == Conversion::NullIsAbsent => return Ok(None),
        value => return Ok(Some(value)),
    };
    let again = |text: Cow<'a, str>| match is_form {
        true => Value::FormText(text),
        false => Value::Text(text),
    };
    Ok(Some(match conversion {
        Conversion::Integer => Value::FormText(text),
        Conversion::Trim => again(text.trim().to_owned().into()),
        Conversion::NullIsAbsent => again(text),
        Conversion::EmptyIsAbsent if text.is_empty() => return Ok(None),
        Conversion::EmptyIsAbsent => again(text),
        Conversion::Md5 => again(hex::md5(&text).into()),
        Conversion::RequireMd5 => {
            if !text.is_empty() && !hex::is_hex(&text, 32) {
                return Err(wrong("expected an md5, 32 hex digits"));
            }
            again(text)
        }
        Conversion::Base64Encode => again(STANDARD.encode(text.as_bytes()).into()),
        Conversion::Base64Decode => {
            let bytes = STANDARD.decode(text.as_bytes()).map_err(|_| wrong("not base64"))?;
            let text = String::from_utf8(bytes).map_err(|_| wrong("not text in base64"))?;
            again(text.into())
        }
    }))
}

/// The fields of a request, as far as they are gathered.
struct Gathered<'g, 'a> {
    source: &'g Source<'g, 'a>,
    fields: Fields<'a>,
    /// The token that the body holds.
    token: Option<String>,
    /// How many came with the query and the body, whether or not they are taken.
    count: usize,
}

impl<'a> Gathered<'_, 'a> {
    /// Add a field, whatever it is.
    fn add(&mut self, name: Cow<'a, str>, value: Value<'a>, place: Place) -> Result<(), Fault> {
        let Source { document, route, .. } = *self.source;
        if let Some(places) = &document.credentials
            && places.body.as_deref() == Some(&*name)
            && matches!(place, Place::Form | Place::Json)
            && let Value::Text(text) | Value::FormText(text) = &value
        {
            self.token = Some(text.clone().into_owned());
            return Ok(());
        }
        if value == Value::Null && document.null_is_absent {
            return Ok(());
        }
        let value = match value {
            Value::Text(text) if document.lenient => Value::FormText(text),
            value => value,
        };
        let key = match route.inputs.find(&name, place) {
            Some(input) => Cow::Borrowed(input.key),
            None => name.clone(),
        };
        if self.fields.insert(key, value) { Ok(()) } else { Err(sent_twice(&name)) }
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
    fn takes(&self, name: &str, place: Place) -> bool {
        let Source { document, route, names, .. } = *self.source;
        // What the path has said already may not be said again, unless nobody would mean it.
        let is_in_path = || !document.lenient && names.iter().any(|known| known == name);
        route.inputs.takes(name, place)
            || is_in_path()
            || (place != Place::Query && document.token_in_body(name))
    }

    /// Add a field of a query or a form, whose value is decoded by `decode`.
    fn form(&mut self, pair: Pair<'a>, decode: Decode, place: Place) -> Result<(), Fault> {
        self.count()?;
        let route = self.source.route;
        let (name, value) = pair;
        let name = match form::utf8(decode(name)) {
            Some(name) => name,
            // No field is called so. Who takes any name refuses this one by what can be shown of it.
            None if matches!(route.inputs, Inputs::All) => {
                Cow::Owned(String::from_utf8_lossy(&decode(name)).into_owned())
            }
            None => return Ok(()),
        };
        if let Some(list) = route.inputs.list(&name, place) {
            let value = self.word(&list.wire, decode(value))?;
            return self.push(list, value);
        }
        if !self.takes(&name, place) {
            return Ok(());
        }
        let value = self.word(&name, decode(value))?;
        self.add(name, value, place)
    }

    /// Text outside JSON. What is not UTF-8 is refused and not replaced: two passwords could become one.
    fn word(&self, name: &str, text: Cow<'a, [u8]>) -> Result<Value<'a>, Fault> {
        if self.source.document.lenient && std::str::from_utf8(&text).is_err() {
            return Ok(Value::FormText(String::from_utf8_lossy(&text).into_owned().into()));
        }
        let text = form::utf8(text);
        let why = || Fault::WrongValue(name.to_owned().into(), "not UTF-8".into());
        text.map(Value::FormText).ok_or_else(why)
    }

    /// Add an element to a list.
    fn push(&mut self, input: &'static Input, value: Value<'a>) -> Result<(), Fault> {
        let list = match self.fields.take(input.key) {
            None => vec![value],
            Some(Value::List(mut list)) if list.len() < LIST => {
                list.push(value);
                list
            }
            Some(_) => return Err(sent_twice(&input.wire)),
        };
        self.fields.set(Cow::Borrowed(input.key), Value::List(list));
        Ok(())
    }

    /// Add a part of a multipart body.
    fn part(&mut self, name: &'a str, part: &'a Part) -> Result<(), Fault> {
        match part {
            Part::Text(text) => {
                self.form((name.as_bytes(), without_bom(text)), form::verbatim, Place::Form)
            }
            Part::File(bytes) => {
                self.count()?;
                self.add(Cow::Borrowed(name), Value::Bytes(bytes.clone()), Place::Form)
            }
        }
    }

    /// Add the fields of a body that is one text.
    fn text(&mut self, body: &'a [u8], kind: TextKind) -> Result<(), Fault> {
        if let Some(encoding) = other_encoding(body) {
            let why = format!("the body is in {encoding}, not in UTF-8");
            return Err(Fault::EnvelopeValue(why.into()));
        }
        let route = self.source.route;
        let text = trimmed(body);
        if text.starts_with(b"{") {
            route.check_kind(BodyKind::Json)?;
            return self.json(body);
        }
        // What says that it is JSON and has no `key=value` either is neither.
        let is_neither = kind == TextKind::Json && !text.is_empty() && !text.contains(&b'=');
        if is_neither || text.starts_with(b"[") {
            return Err(Fault::EnvelopeValue("the body is not a JSON object".into()));
        }
        if !text.is_empty() {
            route.check_kind(BodyKind::Form)?;
        }
        let lines = if kind == TextKind::Plain { form::lines(text) } else { None };
        match lines {
            Some(mut lines) => {
                lines.try_for_each(|pair| self.form(pair, form::verbatim, Place::Form))
            }
            None => {
                form::pairs(text).try_for_each(|pair| self.form(pair, form::decoded, Place::Form))
            }
        }
    }

    fn json(&mut self, body: &'a [u8]) -> Result<(), Fault> {
        let Source { document, route, .. } = *self.source;
        let is_known =
            |key: &str| route.inputs.takes(key, Place::Json) || document.token_in_body(key);
        // One more than are looked at, so that it is noticed.
        let wanted = KeepRules { items: 0, keys: MANY + 1, is_known: &is_known };
        let value = data::body::data(body, &wanted);
        let value =
            value.map_err(|e| Fault::EnvelopeValue(format!("not a JSON text: {e}").into()))?;
        if let Value::Map(map) = value {
            for (name, value) in map {
                self.count()?;
                if self.takes(&name, Place::Json) {
                    self.add(name, value, Place::Json)?;
                }
            }
        }
        Ok(())
    }
}

/// How the text of a name or a value is decoded.
type Decode = for<'t> fn(&'t [u8]) -> Cow<'t, [u8]>;

fn sent_twice(name: &str) -> Fault {
    Fault::Repeated(name.to_owned().into())
}
