//! From a path to what answers it.

use crate::document::{Document, Route};
use crate::envelope::Accepts;
use crate::http::descriptions::Description;
use crate::http::probes::Probe;
use crate::op::Registry;
use hyper::Method;

/// Where JSON-RPC 2.0 alone is spoken.
pub(crate) const RPC: &str = "/api/rpc";

/// Where one operation has a path of its own.
pub(crate) const OPERATION: &str = "/api/op/{type}/{subtype}";

/// What answers a path.
pub(crate) enum Target {
    /// Envelopes, JSON-RPC 2.0 or both, by POST.
    Endpoint(Accepts),
    /// Routes of documents, one a method.
    Document(Vec<(Document, &'static Route)>),
    /// One operation, by POST.
    Operation,
    /// Descriptions of the API, by GET.
    Description(Description),
    /// What whoever watches the server asks.
    Probe(Probe),
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
    /// Two routes answer the same method and path.
    #[error("{0} {1}: two routes answer it")]
    Twice(&'static str, &'static str),
    /// Two paths that can't be told apart, or a path that is not well-formed.
    #[error("{0}: {1}")]
    Path(&'static str, matchit::InsertError),
    /// A route names an operation that is not registered.
    #[error("{method} {path}: there is no operation {}/{}", op.0, op.1)]
    NoOperation {
        /// The route's method.
        method: &'static str,
        /// The route's path.
        path: &'static str,
        /// The operation it names.
        op: crate::op::Name,
    },
}

impl Router {
    /// Join the envelope's endpoints and the documents' routes.
    pub(crate) fn new(
        registry: &Registry,
        endpoints: &[&'static str],
        documents: &[Document],
    ) -> Result<Self, RouteError> {
        let mut router = Router(matchit::Router::new());
        for path in ["/api"].iter().chain(endpoints) {
            router.insert(path, Target::Endpoint(Accepts::Both))?;
        }
        router.insert(RPC, Target::Endpoint(Accepts::Rpc))?;
        router.insert(OPERATION, Target::Operation)?;
        for (path, _, description) in Description::PATHS {
            router.insert(path, Target::Description(description))?;
        }
        for (path, _, probe) in Probe::PATHS {
            router.insert(path, Target::Probe(probe))?;
        }
        let mut paths: Vec<(&'static str, Vec<(Document, &'static Route)>)> = Vec::new();
        for (document, route) in documents.iter().flat_map(|d| d.routes.iter().map(move |r| (d, r)))
        {
            let method = route.method;
            for op in std::iter::once(route.op).chain(route.then.iter().map(|step| step.op)) {
                if registry.get(op.0, op.1).is_none() {
                    let path = route.paths.first().copied().unwrap_or_default();
                    return Err(RouteError::NoOperation { method, path, op });
                }
            }
            for path in route.paths.iter().copied() {
                match paths.iter_mut().find(|(known, _)| *known == path) {
                    None => paths.push((path, vec![(*document, route)])),
                    Some((_, routes)) if routes.iter().any(|(_, route)| route.method == method) => {
                        return Err(RouteError::Twice(method, path));
                    }
                    Some((_, routes)) => routes.push((*document, route)),
                }
            }
        }
        for (path, routes) in paths {
            router.insert(path, Target::Document(routes))?;
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
            Target::Description(_) => Description::ALLOW.into(),
            Target::Probe(_) => Probe::ALLOW.into(),
            Target::Document(routes) => {
                let mut methods: Vec<&str> = routes.iter().map(|(_, route)| route.method).collect();
                if methods.contains(&"GET") {
                    methods.push("HEAD");
                }
                methods.join(", ")
            }
        }
    }

    /// The route for `method`.
    pub(crate) fn route(&self, method: &Method) -> Option<(&Document, &'static Route)> {
        let wanted = if method == Method::HEAD { "GET" } else { method.as_str() };
        match self {
            Target::Endpoint(_) | Target::Operation | Target::Description(_) | Target::Probe(_) => {
                None
            }
            Target::Document(routes) => routes
                .iter()
                .find(|(_, route)| route.method == wanted)
                .map(|(d, route)| (d, *route)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(endpoints: &[&'static str], routes: &'static [Route]) -> Result<Router, RouteError> {
        let document = Document { routes, ..Document::DEFAULT };
        Router::new(&Registry::default(), endpoints, &[document])
    }

    #[test]
    fn route_without_an_operation_fails_at_start() {
        static ROUTES: [Route; 1] =
            [Route { paths: &["/x"], op: ("no", "such"), ..Route::DEFAULT }];
        assert!(matches!(router(&[], &ROUTES), Err(RouteError::NoOperation { path: "/x", .. })));
    }

    #[test]
    fn engine_paths_cannot_be_routes() {
        for path in ["/metrics", "/healthz", "/readyz", RPC] {
            assert!(
                matches!(router(&[path], &[]), Err(RouteError::Path(refused, _)) if refused == path)
            );
        }
    }

    #[test]
    fn duplicate_endpoint_path_fails_at_start() {
        assert!(matches!(router(&["/api"], &[]), Err(RouteError::Path("/api", _))));
    }
}
