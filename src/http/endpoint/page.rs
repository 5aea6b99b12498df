//! Paths that are not the API's: files of a folder, or the page that says what the server is. And what browsers ask before
//! they send a request of another origin.

use super::Handler;
use super::record::Record;
use crate::client::Client;
use crate::config::Config;
use crate::http::home;
use crate::http::response::{self, HttpResponse, cors};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

/// The methods of pages.
const PAGE_METHODS: &str = "GET, HEAD";

impl Handler {
    /// Answer a path that is not the API's.
    pub(super) async fn page(
        &self,
        head: &Parts,
        client: Client,
        record: &mut Record<'_>,
    ) -> HttpResponse {
        let is_page = self.pages.is_some() || head.uri.path() == "/";
        if is_page {
            record.path = "page";
        }
        let mut answer = match (&self.pages, &head.method) {
            _ if !is_page => return response::refusal(StatusCode::NOT_FOUND, "no such path"),
            // Also where the folder has no such file: else the browser would hide that from the page that asks.
            _ if is_preflight(head) => {
                return preflight(&self.engine.services.config, head, PAGE_METHODS);
            }
            (Some(pages), &Method::GET | &Method::HEAD) => {
                pages.answer(head, &client, &self.engine.answers).await
            }
            (None, &Method::GET | &Method::HEAD) => {
                home::answer(self.program.home, &head.headers, &self.engine.services.public_url)
            }
            _ => return response::wrong_method(PAGE_METHODS),
        };
        self.page_headers.add_to(answer.headers_mut());
        answer
    }
}

/// Does a browser ask what a page of another origin may send?
pub(super) fn is_preflight(head: &Parts) -> bool {
    head.method == Method::OPTIONS && cors::is_preflight(&head.headers)
}

/// What it learns, of a path with these methods.
pub(super) fn preflight(config: &Config, head: &Parts, methods: &str) -> HttpResponse {
    let mut answer = response::no_content();
    cors::preflight(&config.cors, &head.headers, methods, answer.headers_mut());
    answer
}
