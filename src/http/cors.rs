//! Cross-origin requests (Fetch standard, "CORS protocol").
//!
//! An origin that the configuration names is answered by name and may send cookies. `*` lets any
//! page call, without credentials that a browser adds by itself: never both.

use hyper::HeaderMap;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderValue, ORIGIN, VARY,
};

/// How long a browser may remember a preflight, in seconds.
const REMEMBER: &str = "600";

/// The headers that our documents' clients send.
const REQUEST_HEADERS: &str =
    "authorization, content-type, x-csrftoken, x-nonce, x-signature, x-timestamp";

/// Is it a preflight, sent before the request proper?
pub(super) fn is_preflight(request: &HeaderMap) -> bool {
    request.contains_key(ORIGIN) && request.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Let the page that asks read the answer, if it may.
pub(super) fn allow(allowed: &[String], origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
    // `*` is a rule and no name, even where a client sends it as its origin.
    let named = |origin: &HeaderValue| {
        origin != "*" && allowed.iter().any(|name| name.as_bytes() == origin)
    };
    match origin {
        Some(origin) if named(origin) => {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        Some(_) if allowed.iter().any(|name| name == "*") => {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        _ => {}
    }
    // The answer differs by origin once one is named; a cache must not mix them up.
    if allowed.iter().any(|name| name != "*") {
        answer.append(VARY, HeaderValue::from_static("Origin"));
    }
}

/// What a preflight learns: the methods of the path.
pub(super) fn preflight(methods: &str, answer: &mut HeaderMap) {
    if let Ok(methods) = HeaderValue::from_str(methods) {
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(REQUEST_HEADERS));
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBER));
}
