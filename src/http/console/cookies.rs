//! The console's cookies: the session, and the language.

use crate::caller::is_token;
use crate::console::LANGUAGES;
use crate::http::request::client::cookies;
use hyper::header::{HeaderMap, HeaderValue};

/// By https, browsers keep a cookie of such a name to this host and to https.
const SECURE_NAME: &str = "__Host-guichet_console";

const NAME: &str = "guichet_console";

fn name(is_https: bool) -> &'static str {
    if is_https { SECURE_NAME } else { NAME }
}

/// The session's token.
pub(super) fn session(headers: &HeaderMap, is_https: bool) -> Option<String> {
    let sent = cookies(headers, name(is_https)).find(|value| is_token(value));
    sent.and_then(|value| String::from_utf8(value.to_vec()).ok())
}

/// Begin a session. It is the browser's until it is closed; the server ends it earlier.
pub(super) fn start(token: &str, is_https: bool) -> HeaderValue {
    set(name(is_https), token, is_https, "")
}

/// End a session.
pub(super) fn end(is_https: bool) -> HeaderValue {
    set(name(is_https), "", is_https, "; Max-Age=0")
}

/// Keep a language.
pub(super) fn language(language: &str) -> HeaderValue {
    set("language", language, false, "; Max-Age=31536000")
}

/// The language that was kept.
pub(super) fn chosen_language(headers: &HeaderMap) -> Option<&'static str> {
    let sent = cookies(headers, "language").next()?;
    LANGUAGES.into_iter().find(|language| language.as_bytes() == sent)
}

fn set(name: &str, value: &str, is_https: bool, more: &str) -> HeaderValue {
    let secure = if is_https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
