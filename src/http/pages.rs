//! A folder of pages beside the API, so that a front end and its back end are one origin.
//!
//! What is served is what lies in the folder under that very name: no file or folder whose name
//! begins with a dot, nothing that `..` or a link leads to outside, and never instead of a path of
//! the API. Ranges are RFC 9110, section 14; a request for several is answered whole, as it allows.

use super::headers::accepts;
use super::piecewise::Piecewise;
use super::private;
use super::respond::{self, Answer};
use crate::config::Config;
use http_body_util::Either;
use hyper::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, LOCATION,
    RANGE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use std::fs::Metadata;
use std::io::{self, SeekFrom};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use tokio::fs::File;
use tokio::io::AsyncSeekExt;

/// The page for a browser that asks for one that is not there.
const MISSING: &str = include_str!("../../assets/missing.html");

/// The headers of all pages: the defaults, and what the configuration has in their place or besides.
///
/// No page of another site may frame ours, so that nobody is made to click in it unseen; other sites
/// learn our host and not the address of the page, which may hold a secret; and a file is what its
/// media type says. A policy for scripts is the operator's to write: a default one would break old
/// pages.
pub(super) struct PageHeaders(Vec<(HeaderName, HeaderValue)>);

impl PageHeaders {
    pub(super) fn new(config: &Config) -> Self {
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
    pub(super) fn add_to(&self, answer: &mut HeaderMap) {
        for (name, value) in &self.0 {
            answer.insert(name, value.clone());
        }
    }
}

/// A folder that is served.
pub(super) struct Pages {
    folder: PathBuf,
}

impl Pages {
    /// Serve `folder`, which must be there and must not hold `data_dir`, the database or the backups:
    /// any of them would be a page.
    pub(super) fn open(folder: &Path, config: &Config) -> io::Result<Self> {
        let folder = folder.canonicalize()?;
        if !folder.is_dir() {
            return Err(io::Error::other("not a folder"));
        }
        private::outside(&folder, config)?;
        Ok(Pages { folder })
    }

    /// Answer GET or HEAD.
    pub(super) async fn answer(&self, head: &Parts) -> Answer {
        let path = head.uri.path();
        match self.find(path).await {
            Found::File(path, about) => match whole_or_part(&path, &about, head).await {
                Ok(answer) => answer,
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "a page can't be read");
                    respond::refusal(StatusCode::NOT_FOUND, "no such page")
                }
            },
            Found::Folder => {
                let mut answer = respond::nothing();
                *answer.status_mut() = StatusCode::MOVED_PERMANENTLY;
                if let Ok(location) = HeaderValue::from_str(&format!("{path}/")) {
                    answer.headers_mut().insert(LOCATION, location);
                }
                answer
            }
            Found::Nothing => self.missing(&head.headers).await,
        }
    }

    /// The answer where there is no such page: for a browser the folder's own `404.html`, or a page of
    /// ours.
    async fn missing(&self, request: &HeaderMap) -> Answer {
        if !accepts(request, "text/html") {
            return respond::refusal(StatusCode::NOT_FOUND, "no such path");
        }
        let own = match self.find("/404.html").await {
            Found::File(path, about) => part_of(&path, 0, about.len(), StatusCode::NOT_FOUND).await,
            Found::Folder | Found::Nothing => Err(io::ErrorKind::NotFound.into()),
        };
        own.unwrap_or_else(|_| respond::page(StatusCode::NOT_FOUND, MISSING))
    }

    async fn find(&self, path: &str) -> Found {
        let Some(relative) = safe(path) else { return Found::Nothing };
        let mut wanted = self.folder.join(relative);
        if path.ends_with('/') {
            wanted.push("index.html");
        }
        // What a link stands for is known only once it is followed.
        let Ok(real) = tokio::fs::canonicalize(&wanted).await else { return Found::Nothing };
        if !real.starts_with(&self.folder) {
            return Found::Nothing;
        }
        match tokio::fs::metadata(&real).await {
            Ok(about) if about.is_file() => Found::File(real, about),
            Ok(about) if about.is_dir() && !path.ends_with('/') => Found::Folder,
            _ => Found::Nothing,
        }
    }
}

enum Found {
    File(PathBuf, Metadata),
    /// A folder that was asked for without a slash, so that its pages' relative links would break.
    Folder,
    Nothing,
}

/// The path below the folder; `None` if a segment of it is not a plain name.
fn safe(path: &str) -> Option<PathBuf> {
    let path = percent_decode_str(path.strip_prefix('/')?).decode_utf8().ok()?;
    let is_plain = |name: &str| !name.starts_with('.') && !name.contains(['\\', '\0']);
    let names: Vec<&str> = path.split('/').collect();
    let (last, folders) = names.split_last()?;
    // An empty name in the middle would be a second address for the same page.
    let is_safe = folders.iter().all(|name| !name.is_empty() && is_plain(name)) && is_plain(last);
    is_safe.then(|| names.iter().filter(|name| !name.is_empty()).collect())
}

async fn whole_or_part(path: &Path, about: &Metadata, head: &Parts) -> io::Result<Answer> {
    let request = &head.headers;
    let tag = tag(about);
    let length = about.len();
    if respond::names(request, IF_NONE_MATCH, &tag) {
        let mut answer = respond::nothing();
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        keep(answer.headers_mut(), &tag);
        return Ok(answer);
    }
    // Parts of two contents must not be joined: so neither a weak tag nor a time will do here
    // (13.1.5). And a range is for GET only (14.2).
    let is_this = request.get(IF_RANGE).is_none_or(|given| *given == format!("\"{tag}\""));
    let may_be_part = is_this && head.method == Method::GET;
    let range = request.get(RANGE).and_then(|range| range.to_str().ok()).filter(|_| may_be_part);
    let (status, part) = match range.map(|range| part(range, length)) {
        Some(Range::Part(part)) => (StatusCode::PARTIAL_CONTENT, part),
        Some(Range::Unsatisfiable) => {
            let why = "the range begins behind the end of the file";
            let mut answer = respond::refusal(StatusCode::RANGE_NOT_SATISFIABLE, why);
            answer.headers_mut().insert(CONTENT_RANGE, header(&format!("bytes */{length}")));
            return Ok(answer);
        }
        Some(Range::Whole) | None => (StatusCode::OK, 0..=length.saturating_sub(1)),
    };
    let (first, last) = (*part.start(), *part.end());
    let size = if length == 0 { 0 } else { last - first + 1 };
    let mut answer = part_of(path, first, size, status).await?;
    let headers = answer.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if status == StatusCode::PARTIAL_CONTENT {
        headers.insert(CONTENT_RANGE, header(&format!("bytes {first}-{last}/{length}")));
    }
    keep(headers, &tag);
    Ok(answer)
}

/// `size` bytes of a file, from `first` on, piece by piece: a film is not held in memory, nor a thread
/// while its viewer is slow.
async fn part_of(path: &Path, first: u64, size: u64, status: StatusCode) -> io::Result<Answer> {
    let mut file = File::open(path).await?;
    file.seek(SeekFrom::Start(first)).await?;
    let mut answer = Response::new(Either::Right(Piecewise::new(file, size)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    Ok(answer)
}

/// A file's content is told from another by its length and when it was written.
fn tag(about: &Metadata) -> String {
    let written = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    format!("{:x}-{:x}", written.unwrap_or_default().as_nanos(), about.len())
}

/// A browser keeps a page and asks each time whether it is still that one.
fn keep(headers: &mut HeaderMap, tag: &str) {
    headers.insert(ETAG, header(&format!("\"{tag}\"")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

/// Text of ours as a header: digits and ASCII punctuation, which always is one.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    Part(RangeInclusive<u64>),
    Whole,
    Unsatisfiable,
}

/// What the header `Range` asks of a file of `length` bytes.
fn part(range: &str, length: u64) -> Range {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|r| r.trim().split_once('-'))
    else {
        return Range::Whole;
    };
    let end = length.saturating_sub(1);
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), _) if first >= length => Range::Unsatisfiable,
        (Ok(first), Ok(last)) if first <= last => Range::Part(first..=last.min(end)),
        (Ok(first), Err(_)) if last.is_empty() => Range::Part(first..=end),
        // The last so many bytes.
        (Err(_), Ok(0)) if first.is_empty() => Range::Unsatisfiable,
        (Err(_), Ok(_)) if first.is_empty() && length == 0 => Range::Unsatisfiable,
        (Err(_), Ok(count)) if first.is_empty() => Range::Part(length.saturating_sub(count)..=end),
        _ => Range::Whole,
    }
}

/// The media type, by the ending of the name.
fn content_type(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "txt" | "md" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "mp3" => "audio/mpeg",
        "ogg" | "oga" => "audio/ogg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "wasm" => "application/wasm",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_lead_to_a_page() {
        for (path, file) in [("/", ""), ("/a.html", "a.html"), ("/a/b.js", "a/b.js"), ("/a/", "a")]
        {
            assert_eq!(safe(path), Some(PathBuf::from(file)), "{path}");
        }
        assert_eq!(safe("/%E4%B8%AD.html"), Some(PathBuf::from("中.html")));
        for path in [
            "/../x",
            "/a/../x",
            "/%2e%2e/x",
            "/.env",
            "/a/.git/config",
            "//x",
            "/a//b",
            "/a%00b",
            "/a\\..\\x",
            "/%ff",
            "/..%2fx",
            "x",
        ] {
            assert_eq!(safe(path), None, "{path}");
        }
    }

    #[test]
    fn ranges_are_those_of_the_standard() {
        for (range, expected) in [
            ("bytes=0-4", Range::Part(0..=4)),
            ("bytes=5-", Range::Part(5..=9)),
            ("bytes=5-99", Range::Part(5..=9)),
            ("bytes=-3", Range::Part(7..=9)),
            ("bytes=-99", Range::Part(0..=9)),
            ("bytes=10-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=4-2", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("lines=0-1", Range::Whole),
            ("bytes=", Range::Whole),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Range::Unsatisfiable);
    }
}
