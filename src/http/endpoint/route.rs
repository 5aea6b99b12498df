//! From a path to what answers it.

use crate::document::{Document, Row};
use crate::envelope::Accepts;
use crate::http::probes::Watch;
use crate::op::Registry;
use hyper::Method;

/// Where JSON-RPC 2.0 alone is spoken.
pub(crate) const RPC: &str = "/api/rpc";

/// What answers a path.
pub(crate) enum Route {
    /// Envelopes, JSON-RPC 2.0 or both, by POST.
    Endpoint(Accepts),
    /// Rows of documents, one a method.
    Rows(Vec<(Document, &'static Row)>),
    /// What whoever watches the server asks.
    Watch(Watch),
}

/// What answers a path that is asked for.
pub(crate) struct Found<'r, 'p> {
    /// The path as it is registered.
    pub path: &'static str,
    /// What answers it.
    pub route: &'r Route,
    /// What stands for its `{names}`, still percent-encoded.
    pub params: matchit::Params<'r, 'p>,
}

/// All paths.
pub(crate) struct Router(matchit::Router<(&'static str, Route)>);

/// A path that can't be registered. Found at start.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// Two rows answer the same method and path.
    #[error("{0} {1}: two rows answer it")]
    Twice(&'static str, &'static str),
    /// Two paths that can't be told apart, or a path that is not well-formed.
    #[error("{0}: {1}")]
    Path(&'static str, matchit::InsertError),
    /// A row names an operation that is not registered.
    #[error("{method} {path}: there is no operation {}/{}", op.0, op.1)]
    NoOperation {
        /// The row's method.
        method: &'static str,
        /// The row's path.
        path: &'static str,
        /// The operation it names.
        op: crate::op::Name,
    },
}

impl Router {
    /// Join the envelope's endpoints and the documents' rows.
    pub(crate) fn new(
        registry: &Registry,
        endpoints: &[&'static str],
        documents: &[Document],
    ) -> Result<Self, RouteError> {
        let mut router = Router(matchit::Router::new());
        for path in ["/api"].iter().chain(endpoints) {
            router.insert(path, Route::Endpoint(Accepts::Both))?;
        }
        router.insert(RPC, Route::Endpoint(Accepts::Rpc))?;
        for (path, _, watch) in Watch::PATHS {
            router.insert(path, Route::Watch(watch))?;
        }
        let mut paths: Vec<(&'static str, Vec<(Document, &'static Row)>)> = Vec::new();
        for (document, row) in documents.iter().flat_map(|d| d.rows.iter().map(move |r| (d, r))) {
            let method = row.method;
            for op in std::iter::once(row.op).chain(row.then.iter().map(|step| step.op)) {
                if registry.get(op.0, op.1).is_none() {
                    let path = row.paths.first().copied().unwrap_or_default();
                    return Err(RouteError::NoOperation { method, path, op });
                }
            }
            for path in row.paths.iter().copied() {
                match paths.iter_mut().find(|(known, _)| *known == path) {
                    None => paths.push((path, vec![(*document, row)])),
                    Some((_, rows)) if rows.iter().any(|(_, row)| row.method == method) => {
                        return Err(RouteError::Twice(method, path));
                    }
                    Some((_, rows)) => rows.push((*document, row)),
                }
            }
        }
        for (path, rows) in paths {
            router.insert(path, Route::Rows(rows))?;
        }
        Ok(router)
    }

    fn insert(&mut self, path: &'static str, route: Route) -> Result<(), RouteError> {
        self.0.insert(path, (path, route)).map_err(|error| RouteError::Path(path, error))
    }

    /// What answers `path`.
    pub(crate) fn find<'r, 'p>(&'r self, path: &'p str) -> Option<Found<'r, 'p>> {
        let matchit::Match { value: (path, route), params } = self.0.at(path).ok()?;
        Some(Found { path, route, params })
    }
}

impl Route {
    /// The methods that the path answers, as the header `Allow` lists them.
    pub(crate) fn allow(&self) -> String {
        match self {
            Route::Endpoint(_) => "POST".into(),
            Route::Watch(_) => Watch::ALLOW.into(),
            Route::Rows(rows) => {
                let mut methods: Vec<&str> = rows.iter().map(|(_, row)| row.method).collect();
                if methods.contains(&"GET") {
                    methods.push("HEAD");
                }
                methods.join(", ")
            }
        }
    }

    /// The row for `method`.
    pub(crate) fn row(&self, method: &Method) -> Option<(&Document, &'static Row)> {
        let wanted = if method == Method::HEAD { "GET" } else { method.as_str() };
        match self {
            Route::Endpoint(_) | Route::Watch(_) => None,
            Route::Rows(rows) => {
                rows.iter().find(|(_, row)| row.method == wanted).map(|(d, row)| (d, *row))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(endpoints: &[&'static str], rows: &'static [Row]) -> Result<Router, RouteError> {
        let document = Document { rows, ..Document::PLAIN };
        Router::new(&Registry::default(), endpoints, &[document])
    }

    #[test]
    fn route_without_an_operation_fails_at_start() {
        static ROWS: [Row; 1] = [Row { paths: &["/x"], op: ("no", "such"), ..Row::PLAIN }];
        assert!(matches!(router(&[], &ROWS), Err(RouteError::NoOperation { path: "/x", .. })));
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
