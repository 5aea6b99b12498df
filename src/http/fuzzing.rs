//! What a body, a query and headers come to, without a connection: for the fuzz targets alone.

use crate::caller::Anyone;
use crate::config::{Config, Networks};
use crate::data;
use crate::db::View;
use crate::document::{Document, Library, Route, Surroundings};
use crate::fault::{Fault, FaultKind};
use crate::http::endpoint::fields::{self, Source};
use crate::http::request::content::{Content, TextKind};
use crate::http::request::multipart::{self, Reader};
use crate::http::request::{client, forwarded};
use crate::op::{Name, Op, Read, Registry};
use bytes::Bytes;
use hyper::Method;
use hyper::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERER};
use ipnet::IpNet;
use std::net::IpAddr;
use std::sync::LazyLock;

data! {
    /// Takes three fields, and does nothing.
    struct AnyFields {
        name: Option<String>,
        id: Option<String>,
        file: Option<String>,
    }
}

impl Op for AnyFields {
    const NAME: Name = ("fuzz", "any");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Anyone;
    type Lane = Read;
    type Reply = String;

    fn run(self, _: &View<'_>, _: Anyone) -> Result<String, Fault> {
        Ok([self.name, self.id, self.file].into_iter().flatten().collect())
    }
}

/// The document of the route that is fuzzed.
const FILE: &str = r#"
    name = "fuzz"
    description = "One route."
    [success]
    body = "${reply}"
    [failure]
    body = "${fault.text}"
    [faults]
    any = {}
    [[route]]
    method = "POST"
    path = "/fuzz"
    operation = "fuzz/any"
    fields = ["name", "id", "file"]
"#;

/// The document, and its route.
static DOCUMENT: LazyLock<(&'static Document, &'static Route)> = LazyLock::new(|| {
    let mut registry = Registry::default();
    let mut library = Library::default();
    let is_known = registry.op::<AnyFields>().is_ok();
    let around = Surroundings { registry: &registry, pictures: &[] };
    let is_right = is_known && library.add("fuzz", FILE, around).is_ok();
    assert!(is_right, "the document is right");
    let routes = |document: &'static Document| Some((document, document.routes.first()?));
    match library.documents().find_map(routes) {
        Some(found) => found,
        None => unreachable!("it has a route"),
    }
});

/// Gather the fields of a request. The body comes in two pieces, cut anywhere, and is multipart if
/// `boundary` says so.
pub fn gather(query: &str, body: &[u8], cut: usize, boundary: Option<&str>) {
    let (document, route) = *DOCUMENT;
    let content = match boundary {
        None => {
            let kinds = [TextKind::Json, TextKind::Plain, TextKind::Other];
            let kind = kinds.get(cut % 3).copied().unwrap_or(TextKind::Other);
            Content::text(Bytes::copy_from_slice(body), kind)
        }
        Some(boundary) => {
            let (first, rest) = body.split_at(cut.min(body.len()));
            let mut reader = Reader::new(boundary.as_bytes(), |name: &str| route.takes_part(name));
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
        let (params, headers) = (&found.params, &HeaderMap::new());
        let source = Source { document, route, names: &[], params, query, headers };
        let _ = fields::gather(&source, &content);
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
