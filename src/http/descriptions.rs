//! The descriptions of the API, and the page that shows them.

use crate::http::response::{self, HttpResponse};
use bytes::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use sha2::{Digest, Sha256};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Description {
    /// The OpenAPI document.
    OpenApi,
    /// The OpenRPC document.
    OpenRpc,
    /// The page that shows all operations and tries them.
    Page,
    /// Its script.
    Script,
    /// Its style sheet.
    Style,
}

/// What the page may load: its own script and style, and answers of this server. Nothing may frame it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

impl Description {
    /// Where each is asked for, and what it is called in a list of paths.
    pub(crate) const PATHS: [(&'static str, &'static str, Description); 5] = [
        ("/api/openapi.json", "openapi", Description::OpenApi),
        ("/api/openrpc.json", "openrpc", Description::OpenRpc),
        ("/api/docs", "docs", Description::Page),
        ("/api/docs.js", "docs", Description::Script),
        ("/api/docs.css", "docs", Description::Style),
    ];

    /// The methods that are answered.
    pub(crate) const ALLOW: &'static str = "GET, HEAD";

    /// Answer it. `openapi` and `openrpc` are the documents.
    pub(super) fn answer(
        self,
        head: &Parts,
        openapi: impl FnOnce() -> Bytes,
        openrpc: impl FnOnce() -> Bytes,
    ) -> HttpResponse {
        if !matches!(head.method, Method::GET | Method::HEAD) {
            return response::wrong_method(Self::ALLOW);
        }
        let built_in = |text: &'static str| Bytes::from_static(text.as_bytes());
        let (body, media) = match self {
            Description::OpenApi => (openapi(), "application/json; charset=utf-8"),
            Description::OpenRpc => (openrpc(), "application/json; charset=utf-8"),
            Description::Page => {
                (built_in(include_str!("../../assets/docs/index.html")), "text/html; charset=utf-8")
            }
            Description::Script => (
                built_in(include_str!("../../assets/docs/docs.js")),
                "text/javascript; charset=utf-8",
            ),
            Description::Style => {
                (built_in(include_str!("../../assets/docs/docs.css")), "text/css; charset=utf-8")
            }
        };
        kept(&head.headers, body, HeaderValue::from_static(media))
    }
}

/// An answer that clients may keep, and ask for again by its tag: it changes with the program alone.
fn kept(request: &HeaderMap, body: Bytes, media: HeaderValue) -> HttpResponse {
    let tag = crate::hex::encode(&Sha256::digest(&body)[..16]);
    let mut answer = match response::names(request, IF_NONE_MATCH, &tag) {
        true => {
            let mut answer = response::no_content();
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            answer
        }
        false => response::with(StatusCode::OK, body, media),
    };
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        headers.insert(ETAG, tag);
    }
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}
