//! From a document's file to what serves it. Everything that the file names is looked up here, once; what is
//! missing or can't be is a [`Problem`](super::Problem) with its line.

mod answers;
pub(crate) mod faults;
mod fields;
mod paths;
mod route;

use super::problem::{Position, Problem, Problems, suggestion};
use super::source::{CredentialsSource, DocumentSource};
use super::{CredentialPlaces, Document, NamedPicture};
use crate::op::{RegisteredOp, Registry};
use faults::Faults;
use hyper::header::HeaderName;
use serde_spanned::Spanned;

/// What documents may name: the operations, and the pictures of the program.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The operations.
    pub registry: &'a Registry,
    /// The pictures.
    pub pictures: &'a [NamedPicture],
}

impl<'a> Surroundings<'a> {
    /// The operation with this name, as a file writes it; an error says what would be right.
    fn op(&self, name: &str) -> Result<&'a RegisteredOp, String> {
        let found =
            name.split_once('/').and_then(|(kind, subtype)| self.registry.get(kind, subtype));
        found.ok_or_else(|| {
            let names: Vec<String> =
                self.registry.names().map(|(kind, subtype)| format!("{kind}/{subtype}")).collect();
            let near = suggestion(name, names.iter().map(String::as_str));
            format!("there is no operation `{name}`.{near} `guichet routes` lists them")
        })
    }

    /// The picture with this name.
    fn picture(&self, name: &str) -> Result<&'static crate::op::File, String> {
        let found = self.pictures.iter().find(|picture| picture.name == name);
        found.map(|picture| picture.file).ok_or_else(|| {
            let known: Vec<&str> = self.pictures.iter().map(|picture| picture.name).collect();
            format!("there is no picture `{name}`; there are {}", known.join(", "))
        })
    }
}

/// Compile the text of `file`.
pub(super) fn compile(
    file: &str,
    text: &str,
    around: Surroundings<'_>,
) -> Result<Document, Vec<Problem>> {
    let mut problems = Problems { file, text, found: Vec::new() };
    let source: DocumentSource = match toml::from_str(text) {
        Ok(source) => source,
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            problems.add(&span, error.message());
            return Err(problems.found);
        }
    };
    let document = read(&source, around, &mut problems);
    if problems.found.is_empty() {
        return Ok(document);
    }
    problems.found.sort_by_key(|problem| problem.position);
    Err(problems.found)
}

fn read(
    source: &DocumentSource,
    around: Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Document {
    let name = source.name.get_ref();
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > 40 || !name.bytes().all(is_name) {
        let why = "a name is up to 40 small letters, digits and hyphens";
        problems.add(&source.name.span(), format!("`{name}`: {why}"));
    }
    if source.routes.is_empty() {
        problems.add(&source.name.span(), "there is no `[[route]]`");
    }
    if source.routes.len() > super::MAX_ROUTES {
        let most = super::MAX_ROUTES;
        problems.add(&source.name.span(), format!("there are more than {most} routes"));
        return empty(source);
    }
    let credentials = source.credentials.as_ref().map(|places| credentials(places, problems));
    let faults = Faults::new(source, around, problems);
    let routes = source
        .routes
        .iter()
        .filter_map(|route| route::read(route, source, &faults, around, problems));
    let by_cookie = source.requests.refuse_cross_site
        || credentials.as_ref().is_some_and(|places| places.cookie.is_some());
    Document { routes: routes.collect(), credentials, by_cookie, ..empty(source) }
}

fn empty(source: &DocumentSource) -> Document {
    Document {
        name: source.name.get_ref().clone(),
        description: source.description.clone(),
        routes: Vec::new(),
        null_is_absent: source.requests.null_is_absent,
        lenient: source.requests.lenient,
        by_cookie: false,
        credentials: None,
        file: None,
    }
}

/// Headers that say something of the request itself: no token or field travels in them.
const OTHER_HEADERS: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "origin",
    "transfer-encoding",
];

/// The name of a header of requests.
fn header(name: &Spanned<String>, problems: &mut Problems<'_>) -> Option<HeaderName> {
    let text = name.get_ref();
    let parsed = text.parse::<HeaderName>().ok();
    let allowed = parsed.filter(|name| !OTHER_HEADERS.contains(&name.as_str()));
    if allowed.is_none() {
        problems
            .add(&name.span(), format!("`{text}` is no name of a header that can be used here"));
    }
    allowed
}

fn credentials(places: &CredentialsSource, problems: &mut Problems<'_>) -> CredentialPlaces {
    if let Some(cookie) = &places.cookie {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if cookie.get_ref().is_empty() || !cookie.get_ref().bytes().all(is_token) {
            problems.add(&cookie.span(), "a cookie's name has letters, digits and `-_.` only");
        }
    }
    CredentialPlaces {
        header: places.header.as_ref().and_then(|name| header(name, problems)),
        scheme: places.scheme.as_ref().map(|scheme| scheme.to_ascii_lowercase()),
        cookie: places.cookie.as_ref().map(|cookie| cookie.get_ref().clone()),
        query: places.query.clone(),
        body: places.body.clone(),
    }
}

/// Where something stands.
fn position(problems: &Problems<'_>, at: usize) -> Position {
    Position::of(problems.text, at)
}
