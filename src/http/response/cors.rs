//! Cross-origin requests (Fetch standard, "CORS protocol").
//!
//! An origin that the configuration names is answered by name and may send cookies. `*` lets any
//! page call, without credentials that a browser adds by itself: never both. A page in the internet
//! that asks for a server in a private network (`Access-Control-Request-Private-Network`) gets no
//! permission: whoever wants that serves the page from there.

use crate::config::Cors;
use crate::http::request::headers;
use crate::origin::Origin;
use hyper::HeaderMap;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN, VARY,
};

/// How long a browser may remember a preflight, in seconds.
const REMEMBER: &str = "600";

/// The headers that our documents' clients send.
const REQUEST_HEADERS: &str =
    "authorization, content-type, x-csrftoken, x-nonce, x-signature, x-timestamp";

/// Is it a preflight, sent before the request proper?
pub(crate) fn is_preflight(request: &HeaderMap) -> bool {
    request.contains_key(ORIGIN) && request.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Does the configuration list this origin by name?
fn is_named(allowed: &[String], origin: &HeaderValue) -> bool {
    // `*` is a rule and no name, even where a client sends it as its origin. Browsers send the
    // canonical text, which needs no parsing.
    let lists = |text: &[u8]| allowed.iter().any(|name| name != "*" && name.as_bytes() == text);
    let is_only_rule = allowed.iter().all(|name| name == "*");
    !is_only_rule
        && (lists(origin.as_bytes())
            || Origin::from_bytes(origin.as_bytes())
                .is_some_and(|origin| lists(origin.as_str().as_bytes())))
}

/// Let the page that asks read the answer, if it may.
pub(crate) fn allow(allowed: &[String], origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
    match origin {
        Some(origin) if is_named(allowed, origin) => {
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

/// What a preflight learns: the methods of the path, and the headers that a request may have.
pub(crate) fn preflight(cors: &Cors, request: &HeaderMap, methods: &str, answer: &mut HeaderMap) {
    if let Ok(methods) = HeaderValue::from_str(methods) {
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    if let Ok(allowed) = HeaderValue::from_str(&request_headers(cors, request)) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBER));
}

/// The headers that a page may send. Whoever is let in by `*` brings no cookie, so there is nothing
/// that a header could make worse: any is allowed, by the names that are asked for.
fn request_headers(cors: &Cors, request: &HeaderMap) -> String {
    let mut allowed = REQUEST_HEADERS.to_owned();
    let mut add = |name: &str| {
        if !allowed.split(", ").any(|known| known == name) {
            allowed.push_str(", ");
            allowed.push_str(name);
        }
    };
    if request.get(ORIGIN).is_some_and(|origin| is_named(&cors.allowed_origins, origin)) {
        cors.allowed_headers.iter().for_each(|name| add(name));
    } else {
        headers::pieces(request, &ACCESS_CONTROL_REQUEST_HEADERS, b',')
            .filter_map(|name| HeaderName::from_bytes(name).ok())
            .for_each(|name| add(name.as_str()));
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The headers that a preflight of `origin` for `wanted` allows.
    fn allowed(origin: &str, wanted: &[u8]) -> String {
        let cors = Cors {
            allowed_origins: vec!["*".into(), "https://a.example".into()],
            allowed_headers: vec!["x-app".into()],
        };
        let request = headers::of(&[
            ("origin", origin.as_bytes()),
            ("access-control-request-headers", wanted),
        ]);
        request_headers(&cors, &request)
    }

    #[test]
    fn origin_star_allows_any_request_header() {
        let extra = |wanted| {
            let all = allowed("https://b.example", wanted);
            all.strip_prefix(REQUEST_HEADERS).unwrap().to_owned()
        };
        for (wanted, expected) in [
            (&b""[..], ""),
            (b"x-requested-with", ", x-requested-with"),
            (b"traceparent,tracestate", ", traceparent, tracestate"),
            (b"sentry-trace, baggage", ", sentry-trace, baggage"),
            (b"Content-Type, Authorization", ""),
            (b"x-csrf-token", ", x-csrf-token"),
            (b"ngrok-skip-browser-warning", ", ngrok-skip-browser-warning"),
            (b"cache-control, pragma", ", cache-control, pragma"),
            (b"x-a, x-a", ", x-a"),
            (b"bad name, \xe9, x-b", ", x-b"),
        ] {
            assert_eq!(extra(wanted), expected, "{}", String::from_utf8_lossy(wanted));
        }
    }

    #[test]
    fn listed_origin_may_send_the_listed_headers() {
        let expected = format!("{REQUEST_HEADERS}, x-app");
        assert_eq!(allowed("https://a.example", b"x-requested-with, x-app"), expected);
        assert_eq!(allowed("https://A.example:443", b"x-other"), expected);
    }
}
