//! A folder of pages beside the API, so that a front end and its back end are one origin.
//!
//! What is served is what lies in the folder under that very name: no file or folder whose name
//! begins with a dot, except the folder `.well-known` (RFC 8615), nothing that `..` or a link leads to
//! outside, and never instead of a path of the API. Conditions and ranges are those of RFC 9110, sections 13 and 14.

pub(crate) mod exposure;
mod media;
mod range;
mod tag;

use crate::budget::Budget;
use crate::client::Client;
use crate::config::Config;
use crate::http::request::headers::{self, accepts};
use crate::http::response::event_body::LongBody;
use crate::http::response::file_body::{FileBody, MAX_BUFFERED};
use crate::http::response::{self, HttpResponse};
use crate::op::SMALL_ANSWER;
use http_body_util::Either;
use hyper::body::Body as _;
use hyper::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, IF_RANGE,
    LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode, Uri};
use media::media_type;
use percent_encoding::{CONTROLS, percent_decode_str, utf8_percent_encode};
use range::Range;
use std::fs::{File, Metadata};
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tag::{TICK, TooRecent, tag};

/// The page for a browser that asks for one that is not there.
const MISSING: &str = include_str!("../../assets/missing.html");

/// The folder of files that have one address on every host (RFC 8615), in spite of its dot.
const WELL_KNOWN: &str = ".well-known";

/// The headers of all pages: the defaults, and what the configuration has in their place or besides.
///
/// No page of another site may frame ours, so that nobody is made to click in it unseen; other sites
/// learn our host and not the address of the page, which may hold a secret; and a file is what its
/// media type says. A policy for scripts is the operator's to write: a default one would break old
/// pages.
pub(crate) struct PageHeaders(Vec<(HeaderName, HeaderValue)>);

impl PageHeaders {
    pub(crate) fn new(config: &Config) -> Self {
        let defaults = [
            (CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'self'")),
            (REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        let configured: Vec<(HeaderName, HeaderValue)> = config
            .web
            .headers
            .iter()
            // They were checked when the configuration was read.
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
            .collect();
        let is_replaced = |name: &HeaderName| configured.iter().any(|(other, _)| other == name);
        let kept = defaults.into_iter().filter(|(name, _)| !is_replaced(name));
        let mut all: Vec<_> = kept.collect();
        all.extend(configured.iter().filter(|(_, value)| !value.is_empty()).cloned());
        PageHeaders(all)
    }

    /// Add them to an answer.
    pub(crate) fn add_to(&self, answer: &mut HeaderMap) {
        for (name, value) in &self.0 {
            answer.insert(name, value.clone());
        }
    }
}

/// A folder that is served.
pub(crate) struct StaticFiles {
    folder: PathBuf,
}

impl StaticFiles {
    /// Serve `folder`, which must be there and must not hold `data_dir`, the database or the backups:
    /// any of them would be a page.
    pub(crate) fn open(folder: &Path, config: &Config) -> io::Result<Self> {
        let folder = folder.canonicalize()?;
        if !folder.is_dir() {
            return Err(io::Error::other("not a folder"));
        }
        exposure::outside(&folder, config)?;
        Ok(StaticFiles { folder })
    }

    /// Answer a client's GET or HEAD, with memory for answers from this budget.
    pub(crate) async fn answer(
        &self,
        head: &Parts,
        client: &Client,
        answers: &Arc<Budget>,
    ) -> HttpResponse {
        match self.find(head.uri.path()).await {
            Found::File(page) => match page.whole_or_part(head) {
                Ok(mut answer) => match hold(&mut answer, answers, client) {
                    true => answer,
                    false => response::no_answer_memory(),
                },
                Err(error) => unreadable(&error),
            },
            Found::Unreadable(error) => unreadable(&error),
            Found::Folder => {
                let mut answer = response::no_content();
                *answer.status_mut() = StatusCode::MOVED_PERMANENTLY;
                answer.headers_mut().insert(LOCATION, header(&inside(&head.uri)));
                answer
            }
            Found::Nothing => self.missing(&head.headers).await,
        }
    }

    /// The answer where there is no such page: for a browser the folder's own `404.html`, or a page of
    /// ours.
    async fn missing(&self, request: &HeaderMap) -> HttpResponse {
        if !accepts(request, "text/html") {
            return response::refusal(StatusCode::NOT_FOUND, "no such path");
        }
        let own = match self.find("/404.html").await {
            Found::File(page) => {
                let length = page.about.len();
                page.part(0, length, StatusCode::NOT_FOUND)
            }
            _ => Err(io::ErrorKind::NotFound.into()),
        };
        own.unwrap_or_else(|_| response::page(StatusCode::NOT_FOUND, MISSING))
    }

    /// What lies in the folder under the path of an address.
    async fn find(&self, path: &str) -> Found {
        let Some(relative) = safe(path) else { return Found::Nothing };
        let mut wanted = self.folder.join(relative);
        let names_folder = path.ends_with('/');
        if names_folder {
            wanted.push("index.html");
        }
        let folder = self.folder.clone();
        // All in one go on a thread that may wait for the disk.
        let looked = move || look(&folder, &wanted, names_folder);
        let found = tokio::task::spawn_blocking(looked).await.unwrap_or(Found::Nothing);
        let Found::File(mut page) = found else { return found };
        if matches!(page.tag, Err(TooRecent::Briefly)) {
            // It was changed this very moment, and in the next one has a tag.
            tokio::time::sleep(TICK).await;
            match page.file.metadata() {
                Ok(about) => {
                    page.tag = tag(&about);
                    page.about = about;
                }
                Err(error) => return Found::Unreadable(error),
            }
        }
        Found::File(page)
    }
}

/// Open what is at `wanted`, which must lie in `folder`.
fn look(folder: &Path, wanted: &Path, names_folder: bool) -> Found {
    // What a link stands for is known only once it is followed.
    let Ok(path) = wanted.canonicalize() else { return Found::Nothing };
    if !path.starts_with(folder) {
        return Found::Nothing;
    }
    match path.metadata() {
        // Opening anything else may wait for ever, such as a pipe that nobody writes to.
        Ok(about) if about.is_file() => {}
        Ok(about) if about.is_dir() && !names_folder => return Found::Folder,
        _ => return Found::Nothing,
    }
    // Asked of the open file: what was looked at is what is sent, whatever is put in its place meanwhile.
    match File::open(&path).and_then(|file| Ok((file.metadata()?, file))) {
        Ok((about, file)) => {
            Found::File(Box::new(OpenFile { tag: tag(&about), path, file, about }))
        }
        Err(error) => Found::Unreadable(error),
    }
}

fn unreadable(error: &io::Error) -> HttpResponse {
    tracing::warn!(%error, "a page can't be read");
    response::refusal(StatusCode::NOT_FOUND, "no such page")
}

/// The address of the folder that was asked for without a slash at its end, with the query. It begins
/// with one slash and a name, so it never leads to another host; an encoded slash, which is read as one,
/// is written as one.
fn inside(uri: &Uri) -> String {
    let path = uri.path().replace("%2f", "/").replace("%2F", "/");
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{query}", path.trim_end_matches('/'))
}

/// Have an answer hold the memory that its file takes while it is sent; `false` if there is none.
fn hold(answer: &mut HttpResponse, answers: &Arc<Budget>, client: &Client) -> bool {
    let Either::Right(LongBody::File(file)) = answer.body_mut() else { return true };
    let length = usize::try_from(file.size_hint().lower()).unwrap_or(usize::MAX);
    if length <= SMALL_ANSWER {
        return true;
    }
    let mut charge = answers.charge(client);
    let fits = charge.hold(length.min(MAX_BUFFERED));
    file.hold(charge);
    fits
}

enum Found {
    File(Box<OpenFile>),
    /// A file that can't be opened.
    Unreadable(io::Error),
    /// A folder that was asked for without a slash, so that its pages' relative links would break.
    Folder,
    Nothing,
}

/// The path below the folder; `None` if a segment of it is not a plain name.
fn safe(path: &str) -> Option<PathBuf> {
    let path = percent_decode_str(path.strip_prefix('/')?).decode_utf8().ok()?;
    let is_plain = |name: &str| !name.starts_with('.') && !name.contains(['\\', '\0']);
    let names: Vec<&str> = path.split('/').collect();
    // Apps, certificates and people who report a flaw look for their files there.
    let below = names.strip_prefix(&[WELL_KNOWN]).unwrap_or(&names);
    let (last, folders) = below.split_last()?;
    // An empty name in the middle would be a second address for the same page.
    let is_safe = folders.iter().all(|name| !name.is_empty() && is_plain(name)) && is_plain(last);
    is_safe.then(|| names.iter().filter(|name| !name.is_empty()).collect())
}

/// A file that is open.
struct OpenFile {
    path: PathBuf,
    file: File,
    about: Metadata,
    /// What its content is told from any other by; or why it can't be, for now.
    tag: Result<String, TooRecent>,
}

impl OpenFile {
    /// All of it, the part that is asked for, or word that the browser has it.
    fn whole_or_part(self, head: &Parts) -> io::Result<HttpResponse> {
        let (request, length) = (&head.headers, self.about.len());
        let tag = self.tag.as_deref().unwrap_or_default().to_owned();
        if !may_be_sent(request, &tag) {
            let why = "If-Match does not name what the file is now";
            return Ok(response::refusal(StatusCode::PRECONDITION_FAILED, why));
        }
        if response::names(request, IF_NONE_MATCH, &tag) {
            let mut answer = response::no_content();
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            keep(answer.headers_mut(), &tag);
            return Ok(answer);
        }
        // Parts of two contents must not be joined: so neither a weak tag nor a time will do here
        // (13.1.5). And a range is for GET only (14.2).
        let is_this = request.get(IF_RANGE).is_none_or(|given| is_strongly(given.as_bytes(), &tag));
        let asked = match is_this && head.method == Method::GET {
            true => Range::asked(request, length),
            false => Range::Whole,
        };
        let (status, first, size) = match asked {
            Range::Part(part) => {
                (StatusCode::PARTIAL_CONTENT, *part.start(), part.end() - part.start() + 1)
            }
            Range::Unsatisfiable => {
                let why = "the range begins behind the end of the file";
                let mut answer = response::refusal(StatusCode::RANGE_NOT_SATISFIABLE, why);
                answer.headers_mut().insert(CONTENT_RANGE, header(&format!("bytes */{length}")));
                return Ok(answer);
            }
            Range::Whole => (StatusCode::OK, 0, length),
        };
        let mut answer = self.part(first, size, status)?;
        let headers = answer.headers_mut();
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if status == StatusCode::PARTIAL_CONTENT {
            let last = first + size - 1;
            headers.insert(CONTENT_RANGE, header(&format!("bytes {first}-{last}/{length}")));
        }
        keep(headers, &tag);
        Ok(answer)
    }

    /// `size` bytes of it, from `first` on, piece by piece: a film is not held in memory, nor a thread
    /// while its viewer is slow.
    fn part(mut self, first: u64, size: u64, status: StatusCode) -> io::Result<HttpResponse> {
        if first > 0 {
            self.file.seek(SeekFrom::Start(first))?;
        }
        let body = FileBody::new(self.file.into(), size);
        let mut answer = Response::new(Either::Right(LongBody::File(body)));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(&self.path)));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
        Ok(answer)
    }
}

/// May a file with this tag be sent, by the header `If-Match` (RFC 9110, 13.1.1)? Clients that resume a download send it.
fn may_be_sent(request: &HeaderMap, tag: &str) -> bool {
    !request.contains_key(IF_MATCH)
        || headers::pieces(request, &IF_MATCH, b',')
            .any(|given| given == b"*" || is_strongly(given, tag))
}

/// Is what a request gives this very tag (8.8.3.2)? Nothing is the tag of a file that has none.
fn is_strongly(given: &[u8], tag: &str) -> bool {
    let inside = given.strip_prefix(b"\"").and_then(|given| given.strip_suffix(b"\""));
    !tag.is_empty() && inside == Some(tag.as_bytes())
}

/// A browser keeps a page and asks each time whether it is still that one.
fn keep(headers: &mut HeaderMap, tag: &str) {
    if !tag.is_empty() {
        headers.insert(ETAG, header(&format!("\"{tag}\"")));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

/// A text as a header: what can't stand in one is percent-encoded, which only an address has.
fn header(text: &str) -> HeaderValue {
    let text = utf8_percent_encode(text, CONTROLS).to_string();
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests;
