//! What a body, a query and headers come to, without a connection: for the fuzz targets alone.

use crate::config::{Config, Networks};
use crate::document::{Document, Route};
use crate::http::endpoint::fields;
use crate::http::request::content::{Content, TextKind};
use crate::http::request::multipart::{self, Reader};
use crate::http::request::{client, forwarded};
use bytes::Bytes;
use hyper::Method;
use hyper::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERER};
use ipnet::IpNet;
use std::net::IpAddr;

static ROUTE: Route =
    Route { op: ("fuzz", "any"), params: Some(&["name", "id", "file"]), ..Route::DEFAULT };
const DOCUMENT: Document = Document { routes: std::slice::from_ref(&ROUTE), ..Document::DEFAULT };

/// Gather the fields of a request. The body comes in two pieces, cut anywhere, and is multipart if
/// `boundary` says so.
pub fn gather(query: &str, body: &[u8], cut: usize, boundary: Option<&str>) {
    let content = match boundary {
        None => {
            let kinds = [TextKind::Json, TextKind::Plain, TextKind::Other];
            let kind = kinds.get(cut % 3).copied().unwrap_or(TextKind::Other);
            Content::text(Bytes::copy_from_slice(body), kind)
        }
        Some(boundary) => {
            let (first, rest) = body.split_at(cut.min(body.len()));
            let mut reader = Reader::new(boundary.as_bytes(), |name: &str| ROUTE.has(name));
            let read = [first, rest].into_iter().try_for_each(|piece| reader.push(piece));
            match read.and_then(|()| reader.finish()) {
                Ok(parts) => Content::Parts(parts, None),
                Err(_) => return,
            }
        }
    };
    let mut router = matchit::Router::new();
    let routed = router.insert("/", ()).is_ok();
    if let (true, Ok(found)) = (routed, router.at("/")) {
        let _ = fields::gather(&DOCUMENT, &ROUTE, &found.params, query, &content);
    }
}

/// The headers that tell of a client, in the order in which a fuzz target numbers them.
const TELLING: [HeaderName; 8] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-forwarded-proto"),
    COOKIE,
    AUTHORIZATION,
    ORIGIN,
    REFERER,
];

/// Read from these lines, each the number of a header and its value, what they tell of the client. The
/// last address that a trusted proxy wrote is the client's, whatever stands before it.
pub fn client_of(lines: &[(u8, Vec<u8>)]) {
    let mut headers = HeaderMap::new();
    for (number, value) in lines {
        let name = &TELLING[usize::from(*number) % TELLING.len()];
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    let proxy = IpAddr::from([127, 0, 0, 1]);
    let mut config = Config::default();
    config.limits.trusted_proxies = Networks::from_iter([IpNet::from(proxy)]);
    let client = client::client(proxy, &headers, &config);
    let _ = client::credentials(&Method::POST, &headers, "", client, &config);
    let _ = client::is_cross_site(&Method::POST, &headers, &config);
    let _ = client::may_embed(&headers, &["a.example".to_owned()]);
    let written = HeaderValue::from_static("203.0.113.7:5678");
    headers.append(&TELLING[0], written);
    let found = forwarded::source(proxy, &headers, &config.limits.trusted_proxies);
    assert_eq!(found, forwarded::ClientSource::Address(IpAddr::from([203, 0, 113, 7])));
}

/// Read the head of a multipart body's part: everything but the empty line behind it.
pub fn part_head(head: &[u8]) {
    multipart::fuzz_head(head);
}
