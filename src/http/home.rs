//! The root page of a server without a folder of pages.

use crate::http::response::{self, HttpResponse};
use hyper::header::{HOST, HeaderMap};
use hyper::{StatusCode, header::HeaderValue};

/// What stands in the page for the address of the server.
const ADDRESS: &str = "{address}";

/// The page, with the address by which it was asked for. `public_url` is the server's own address, whose scheme
/// is the client's too: a proxy that ends TLS does not show here.
pub(super) fn answer(page: &str, headers: &HeaderMap, public_url: &str) -> HttpResponse {
    let scheme = if public_url.starts_with("https://") { "https" } else { "http" };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).filter(|host| is_plain(host));
    let address = host.map_or_else(|| public_url.to_owned(), |host| format!("{scheme}://{host}"));
    let html = page.replace(ADDRESS, &escaped(&address));
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    response::with(StatusCode::OK, html.into(), html_type)
}

/// Is it a host name or an address, with or without a port?
fn is_plain(host: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    !host.is_empty() && host.len() <= 255 && host.bytes().all(is_usual)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
