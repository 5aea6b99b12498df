//! From a path to what answers it.

use crate::document::{Document, Library, Position, Problem, Route};
use crate::envelope::Accepts;
use crate::http::EVENTS;
use crate::http::descriptions::Description;
use crate::http::probes::Probe;
use crate::op::Registry;
use hyper::Method;
use std::collections::HashMap;

/// Where JSON-RPC 2.0 alone is spoken.
pub(crate) const RPC: &str = "/api/rpc";

/// Where one operation has a path of its own.
pub(crate) const OPERATION: &str = "/api/op/{type}/{subtype}";

/// What answers a path.
pub(crate) enum Target {
    /// Envelopes, JSON-RPC 2.0 or both, by POST.
    Endpoint(Accepts),
    /// Routes of documents, one a method.
    Document(Vec<DocumentRoute>),
    /// One operation, by POST.
    Operation,
    /// Events of boards, by GET.
    Events,
    /// Descriptions of the API, by GET.
    Description(Description),
    /// Health, readiness and metrics, for monitoring.
    Probe(Probe),
}

/// A route of a document, under one of its paths.
#[derive(Clone, Copy)]
pub(crate) struct DocumentRoute {
    pub document: &'static Document,
    pub route: &'static Route,
    /// The names of the path's parameters, in order.
    pub names: &'static [String],
}

/// What answers a path that is asked for.
pub(crate) struct Found<'r, 'p> {
    /// The path as it is registered.
    pub path: &'static str,
    /// What answers it.
    pub target: &'r Target,
    /// What stands for its `{names}`, still percent-encoded.
    pub params: matchit::Params<'r, 'p>,
}

/// All paths.
pub(crate) struct Router(matchit::Router<(&'static str, Target)>);

/// A path that can't be registered. Found at start.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// A path of the engine's or the program's that is there twice, or is not well-formed.
    #[error("{0}: {1}")]
    Path(&'static str, matchit::InsertError),
    /// A path of a document that something else answers.
    #[error("{0}")]
    Document(Problem),
}

impl RouteError {
    /// What is wrong with documents.
    pub(crate) fn problems(self) -> Vec<Problem> {
        match self {
            RouteError::Document(problem) => vec![problem],
            RouteError::Path(path, error) => vec![Problem {
                file: path.to_owned(),
                position: Position { line: 1, column: 1 },
                text: error.to_string(),
            }],
        }
    }
}

/// The routes of one path, whose parameters have numbers for names.
struct PathRoutes {
    numbered: String,
    shown: &'static str,
    position: Position,
    routes: Vec<DocumentRoute>,
}

impl Router {
    /// Join the envelope's endpoints and the documents' routes.
    pub(crate) fn new(
        registry: &Registry,
        endpoints: &[&'static str],
        library: &Library,
    ) -> Result<Self, RouteError> {
        let mut router = Router(matchit::Router::new());
        for path in ["/api"].iter().chain(endpoints) {
            router.insert(path, Target::Endpoint(Accepts::Both))?;
        }
        router.insert(RPC, Target::Endpoint(Accepts::Rpc))?;
        router.insert(OPERATION, Target::Operation)?;
        router.insert(EVENTS, Target::Events)?;
        for (path, _, description) in Description::PATHS {
            router.insert(path, Target::Description(description))?;
        }
        for (path, _, probe) in Probe::PATHS {
            router.insert(path, Target::Probe(probe))?;
        }
        debug_assert!(library.documents().flat_map(|document| &document.routes).all(|route| {
            route.ops().all(|(kind, subtype)| registry.get(kind, subtype).is_some())
        }));
        let mut paths: Vec<PathRoutes> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for document in library.documents() {
            for (route, path) in
                document.routes.iter().flat_map(|it| it.paths.iter().map(move |path| (it, path)))
            {
                let target = DocumentRoute { document, route, names: &path.names };
                let numbered = path.numbered();
                let place = *places.entry(numbered.clone()).or_insert_with(|| {
                    let (shown, position) = (path.text.as_str(), path.position);
                    paths.push(PathRoutes { numbered, shown, position, routes: Vec::new() });
                    paths.len() - 1
                });
                let Some(known) = paths.get_mut(place) else { continue };
                if let Some(other) = known.routes.iter().find(|it| it.route.method == route.method)
                {
                    let (method, shown, other) = (route.method, &path.text, &other.document.name);
                    let text =
                        format!("{method} {shown} is answered by the document `{other}` already");
                    let (file, position) = (file_of(document), path.position);
                    return Err(RouteError::Document(Problem { file, position, text }));
                }
                known.routes.push(target);
            }
        }
        for PathRoutes { numbered, shown, position, routes } in paths {
            let document = routes.first().map(|it| it.document);
            let target = (shown, Target::Document(routes));
            router.0.insert(numbered, target).map_err(|error| {
                let text = format!("{shown}: {}", explained(&error));
                let file = document.map(file_of).unwrap_or_default();
                RouteError::Document(Problem { file, position, text })
            })?;
        }
        Ok(router)
    }

    fn insert(&mut self, path: &'static str, target: Target) -> Result<(), RouteError> {
        self.0.insert(path, (path, target)).map_err(|error| RouteError::Path(path, error))
    }

    /// What answers `path`.
    pub(crate) fn find<'r, 'p>(&'r self, path: &'p str) -> Option<Found<'r, 'p>> {
        let matchit::Match { value: (path, target), params } = self.0.at(path).ok()?;
        Some(Found { path, target, params })
    }
}

impl Target {
    /// The methods that the path answers, as the header `Allow` lists them.
    pub(crate) fn allow(&self) -> String {
        match self {
            Target::Endpoint(_) | Target::Operation => "POST".into(),
            Target::Events => "GET".into(),
            Target::Description(_) => Description::ALLOW.into(),
            Target::Probe(_) => Probe::ALLOW.into(),
            Target::Document(routes) => {
                let mut methods: Vec<&str> = routes.iter().map(|it| it.route.method).collect();
                if methods.contains(&"GET") {
                    methods.push("HEAD");
                }
                methods.join(", ")
            }
        }
    }

    /// The route for `method`.
    pub(crate) fn route(&self, method: &Method) -> Option<DocumentRoute> {
        let wanted = if method == Method::HEAD { "GET" } else { method.as_str() };
        match self {
            Target::Endpoint(_)
            | Target::Operation
            | Target::Events
            | Target::Description(_)
            | Target::Probe(_) => None,
            Target::Document(routes) => routes.iter().copied().find(|it| it.route.method == wanted),
        }
    }
}

/// The name of a document's file.
fn file_of(document: &Document) -> String {
    match &document.file {
        Some(file) => file.display().to_string(),
        None => document.name.clone(),
    }
}

/// Why a path can't be registered, in the words of whoever writes documents.
fn explained(error: &matchit::InsertError) -> String {
    match error {
        matchit::InsertError::Conflict { with } => {
            format!("the server answers {with} itself, or another route that can't be told from it")
        }
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(endpoints: &[&'static str]) -> Result<Router, RouteError> {
        Router::new(&Registry::default(), endpoints, &Library::default())
    }

    #[test]
    fn engine_paths_cannot_be_routes() {
        for path in ["/metrics", "/healthz", "/readyz", RPC] {
            assert!(
                matches!(router(&[path]), Err(RouteError::Path(refused, _)) if refused == path)
            );
        }
    }

    #[test]
    fn duplicate_endpoint_path_fails_at_start() {
        assert!(matches!(router(&["/api"]), Err(RouteError::Path("/api", _))));
    }
}
