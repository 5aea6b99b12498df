//! Heads of requests that no path answers.

use crate::http::request::host;
use crate::http::response::{self, HttpResponse};
use hyper::Uri;
use hyper::header::{EXPECT, HeaderMap};
use hyper::http::request::Parts;

/// The most bytes of a request's target and headers.
const HEAD: usize = 16 * 1024;

/// The answer to a request with this head, if that alone is a reason to refuse it.
pub(super) fn refused(head: &Parts) -> Option<HttpResponse> {
    let length: usize = head.headers.iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
    if length + target_length(&head.uri) > HEAD {
        return Some(response::long_head("the request's headers are longer than 16 KB"));
    }
    if let Err(why) = host::check(&head.headers, head.version) {
        return Some(response::malformed(why));
    }
    (!expects_only_continue(&head.headers)).then(response::expectation_failed)
}

/// Does the client expect nothing, or nothing but `100-continue`? hyper knows no other expectation
/// (RFC 9110, 10.1.1), and would serve the request as if it had none.
fn expects_only_continue(headers: &HeaderMap) -> bool {
    headers
        .get_all(EXPECT)
        .iter()
        .all(|expected| expected.as_bytes().trim_ascii().eq_ignore_ascii_case(b"100-continue"))
}

fn target_length(uri: &Uri) -> usize {
    uri.path().len() + uri.query().map_or(0, str::len)
}
