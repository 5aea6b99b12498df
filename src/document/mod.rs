//! What a REST document is: a file, read once, of which every request is served.
//!
//! A [`Document`] is a list of [`Route`]s, each from a method and its paths to an operation. A route translates
//! names, and says what its client reads of success and of each fault. Rules of the business live in operations.
//! [`Library`] reads the files; the page `docs/bring-your-own-document.md` explains them.

mod compile;
mod library;
mod problem;
mod request;
mod response;
pub(crate) mod source;
pub(crate) mod template;

pub use compile::Surroundings;
pub use library::{
    Library, MAX_FILE, MAX_FILES, MAX_ROUTES, NamedPicture, SourceFile, read, read_folder,
};
pub use problem::{Position, Problem};
pub use request::{Constant, Input, Inputs, Step, StepField};
pub use response::Response;
pub(crate) use response::{Body, FaultTable, Form, Status};
pub use source::json_schema;

use crate::data::{Fields, Value};
use crate::fault::Fault;
use crate::metrics::Counter;
use crate::op::{File, Name};
use hyper::header::HeaderName;
use request::RoutePath;
use source::{BodyKind, Place};
use std::path::PathBuf;
use std::sync::Arc;
use template::{RequestField, Schemas};

/// One document: its paths, and what its clients have in common.
#[derive(Debug)]
pub struct Document {
    /// Its name in descriptions, such as `rank`.
    pub name: String,
    /// Whose clients it serves, in plain words.
    pub description: String,
    /// Its paths.
    pub routes: Vec<Route>,
    /// In its bodies `null` says the same as a key that is not there.
    pub null_is_absent: bool,
    /// Its clients' bodies are read leniently: in JSON, too, digits in text stand for an integer, and what is
    /// not UTF-8 in a form is read as well as it can be.
    pub lenient: bool,
    /// Its login travels in a cookie, which a browser sends along without being asked: so writes that come from
    /// pages of other sites are refused.
    pub by_cookie: bool,
    /// Where its token travels, if not where it does everywhere else.
    pub(crate) credentials: Option<CredentialPlaces>,
    /// Its file; `None` for one that is built in.
    pub file: Option<PathBuf>,
}

impl Document {
    /// Does a key of the body hold the token?
    pub(crate) fn token_in_body(&self, key: &str) -> bool {
        self.credentials.as_ref().is_some_and(|places| places.body.as_deref() == Some(key))
    }
}

/// A field of a request as JSON.
fn json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Text(text) | Value::FormText(text) => (&**text).into(),
        _ => serde_json::Value::Null,
    }
}

/// Where a document's token travels.
#[derive(Debug, Clone, Default)]
pub(crate) struct CredentialPlaces {
    pub header: Option<HeaderName>,
    /// The word before the token in the header, in lower case.
    pub scheme: Option<String>,
    pub cookie: Option<String>,
    pub query: Option<String>,
    pub body: Option<String>,
}

/// One path of a document, for one method.
#[derive(Debug)]
pub struct Route {
    /// `GET` (which answers `HEAD` too), `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The paths.
    pub paths: Vec<RoutePath>,
    /// The operation that it reaches.
    pub op: Name,
    /// Operations that follow it. The last one's answer is the route's.
    pub then: Vec<Step>,
    /// What is read of a request.
    pub inputs: Inputs,
    /// The kinds of bodies that are taken.
    pub(crate) accepts: Option<Vec<BodyKind>>,
    /// Whether its requests may be signed. Of one that is, path and body alone are read: the signature
    /// does not cover the query.
    pub is_signed: bool,
    /// What the route does to the session's cookie.
    pub cookie: Cookie,
    /// For pictures that pages of other sites may not show: the picture that they get instead.
    pub placeholder: Option<&'static File>,
    /// The step whose reply has the token of a session that it opened.
    pub(crate) token_step: Option<usize>,
    /// The fields of the request that the answer names.
    pub(crate) named: Vec<String>,
    /// What the client reads where all went well. A picture that an operation replies is sent as it is, without this.
    pub(crate) success: Form,
    /// What the client reads of faults.
    pub(crate) faults: Arc<FaultTable>,
    /// How often it was asked for.
    pub(crate) requests: Counter,
    /// What the operations reply, for descriptions.
    pub(crate) replies: Schemas,
}

impl Route {
    /// The operations, in order.
    pub fn ops(&self) -> impl Iterator<Item = Name> + '_ {
        std::iter::once(self.op).chain(self.then.iter().map(|step| step.op))
    }

    /// The fields of a request that the answer names, before an operation takes them.
    pub(crate) fn named_fields(&self, fields: &Fields<'_>) -> Vec<RequestField> {
        let value =
            |name: &String| (name.clone(), fields.get(name).map_or(serde_json::Value::Null, json));
        self.named.iter().map(value).collect()
    }

    /// Is a part of a multipart body looked at?
    pub(crate) fn takes_part(&self, name: &str) -> bool {
        self.inputs.takes(name, Place::Form) || self.inputs.list(name, Place::Form).is_some()
    }

    /// Is this kind of body taken?
    pub(crate) fn check_kind(&self, kind: BodyKind) -> Result<(), Fault> {
        match &self.accepts {
            Some(accepted) if !accepted.contains(&kind) => {
                Err(Fault::EnvelopeValue("this path takes another kind of body".into()))
            }
            _ => Ok(()),
        }
    }
}

/// What a route does to the session's cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Nothing.
    Untouched,
    /// Sets it to the token of the session that was opened.
    Set,
    /// Removes it.
    Clear,
}

/// The names of faults, groups and functions, for whoever writes a document.
pub fn names(around: Surroundings<'_>) -> String {
    let mut text = String::from("# Groups of faults\n");
    for (name, _, meaning) in compile::faults::GROUPS {
        text.push_str(&format!("{name}\t{meaning}\n"));
    }
    text.push_str("\n# Classes of faults that operations declare\n");
    for (name, _, meaning) in compile::faults::CLASSES {
        text.push_str(&format!("{name}\t{meaning}\n"));
    }
    text.push_str("\n# Faults\n");
    for kind in compile::faults::all_kinds(around.registry) {
        let example = kind.example();
        text.push_str(&format!("{}\t{}\n", kind.name(), example.explanation()));
    }
    text.push_str("\n# Functions\n");
    for (name, meaning) in template::function::FUNCTIONS {
        text.push_str(&format!("{name}\t{meaning}\n"));
    }
    text
}
