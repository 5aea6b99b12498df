//! What a route reads of a request.

use super::problem::Position;
use super::source::{Conversion, Place};
use crate::data::Value;
use crate::op::Name;
use std::borrow::Cow;

/// A path of a route.
#[derive(Debug, Clone)]
pub struct RoutePath {
    /// As it is written; `{name}` stands for one segment.
    pub text: String,
    /// The names of its parameters, in order.
    pub names: Vec<String>,
    /// Where it stands in its file.
    pub position: Position,
}

impl RoutePath {
    /// The path with numbers for the names of its parameters: two documents may name the same parameter
    /// differently.
    pub(crate) fn numbered(&self) -> String {
        let mut text = String::new();
        let mut rest = self.text.as_str();
        for number in 0..self.names.len() {
            let (Some(open), Some(close)) = (rest.find('{'), rest.find('}')) else { break };
            text.push_str(&rest[..open]);
            text.push_str(&format!("{{{number}}}"));
            rest = &rest[close + 1..];
        }
        text + rest
    }
}

/// What is read of a request's path, query and body.
#[derive(Debug)]
pub enum Inputs {
    /// Everything, under the names that the operation has: it refuses itself what it does not know.
    All,
    /// Only these fields; all others of a request are ignored.
    Some(Vec<Input>),
}

/// A field of an operation, and where it comes from.
#[derive(Debug)]
pub struct Input {
    /// The operation's name for it.
    pub key: &'static str,
    /// The name on the wire.
    pub wire: String,
    /// The places that are looked at; empty: the value is always `constant`.
    pub(crate) from: Vec<Place>,
    /// It is a list: a form sends each element as a field of its own, `key=1&key=2` or `key[]=1&key[]=2`.
    pub is_list: bool,
    /// The value where the request has none.
    pub constant: Option<Constant>,
    /// Only the answer names it; the operation does not get it.
    pub is_parameter: bool,
    /// What is done to the value.
    pub(crate) conversions: Vec<Conversion>,
}

/// A value that a route adds.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// Text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A truth value.
    Bool(bool),
}

impl Constant {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Constant::Text(text) => Value::Text(Cow::Borrowed(text)),
            Constant::Integer(number) => Value::Int(*number),
            Constant::Bool(truth) => Value::Bool(*truth),
        }
    }
}

/// An operation that follows another.
#[derive(Debug)]
pub struct Step {
    /// The operation.
    pub op: Name,
    /// Fields that are not taken from the route's field of the same name: the key, and its source.
    pub fields: Vec<(&'static str, StepField)>,
}

/// Where a field of a following operation comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum StepField {
    /// A field of the route, under the first operation's name for it.
    Field(&'static str),
    /// A key of an earlier reply: the step's number, and the key.
    Reply(usize, String),
}

impl Inputs {
    /// The input that a name on the wire stands for at this place.
    pub(crate) fn find(&self, wire: &str, place: Place) -> Option<&Input> {
        match self {
            Inputs::All => None,
            Inputs::Some(inputs) => {
                inputs.iter().find(|input| input.wire == wire && input.from.contains(&place))
            }
        }
    }

    /// The inputs, if the file lists them.
    pub(crate) fn listed(&self) -> Option<&[Input]> {
        match self {
            Inputs::All => None,
            Inputs::Some(inputs) => Some(inputs),
        }
    }

    /// The inputs, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Input> {
        match self {
            Inputs::All => [].iter(),
            Inputs::Some(inputs) => inputs.iter(),
        }
    }

    /// Is a name looked at in this place?
    pub(crate) fn takes(&self, wire: &str, place: Place) -> bool {
        matches!(self, Inputs::All) || self.find(wire, place).is_some()
    }

    /// Is a name looked at in a query or a body?
    pub(crate) fn has(&self, wire: &str) -> bool {
        let is_sent = |place: &Place| matches!(place, Place::Query | Place::Form | Place::Json);
        matches!(self, Inputs::All)
            || self.iter().any(|input| input.wire == wire && input.from.iter().any(is_sent))
    }

    /// The list of which a form's field is an element: `list`, `list[]` and `list[0]` are.
    pub(crate) fn list(&self, field: &str, place: Place) -> Option<&Input> {
        let is_index = |rest: &str| {
            let index = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let is_element = |list: &str| {
            field.strip_prefix(list).is_some_and(|rest| rest.is_empty() || is_index(rest))
        };
        self.iter()
            .find(|input| input.is_list && input.from.contains(&place) && is_element(&input.wire))
    }

    /// The name on the wire of an operation's field.
    pub(crate) fn wire(&self, key: &str) -> Option<&str> {
        self.iter().find(|input| input.key == key).map(|input| input.wire.as_str())
    }

    /// The names that are looked at in a query or a body, in order; `None`: all that the operation has.
    pub fn names(&self) -> Option<Vec<&str>> {
        match self {
            Inputs::All => None,
            Inputs::Some(inputs) => {
                let sent = inputs.iter().filter(|input| self.has(&input.wire));
                Some(sent.map(|input| input.wire.as_str()).collect())
            }
        }
    }
}
