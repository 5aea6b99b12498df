//! The console: pages for the people who look after the server. A program brings its operations and how their
//! answers look; what browsers need around that is the [engine's](crate::http).

use crate::caller::AdminRole;
use crate::op::{Name, Registry};
use serde_json::Value;

/// The languages of the console, the default first.
pub const LANGUAGES: [&str; 2] = ["en", "zh"];

/// A page on which somebody logs in; with the HTTP status and the answer of a try that failed.
pub type LoginPage = fn(&PageRequest, Option<(u16, &Value)>) -> String;

/// How an operation's `data` looks, as HTML.
pub type Render = fn(&PageRequest, &Value) -> String;

/// What a program brings to the console.
#[derive(Default)]
pub struct Console {
    /// Its operations. They are reached by the console's listener alone.
    pub registry: Registry,
    /// Its pages; the first is what `/` shows.
    pub pages: &'static [Page],
    /// What is shown of an operation's answer, by its subtype, where there is more to say than that it is done: such as a
    /// secret that is told once.
    pub results: &'static [(&'static str, Render)],
    /// The operation that replies with a picture, and the path at which a browser gets it: the query has its fields.
    pub picture: Option<(&'static str, Name)>,
    /// The operation that replies with the `name` of a backup in `backup.dir`, and the path at which a browser downloads it.
    pub backup: Option<(&'static str, Name)>,
    /// The operation that logs in, with the fields `name`, `password` and `code`; it replies with `token`.
    pub login: Name,
    /// The operation that logs out.
    pub logout: Name,
    /// The page on which somebody logs in.
    pub login_page: Option<LoginPage>,
    /// The page that says why something was not done: an HTTP status, and an answer with `detail`.
    pub fault_page: Option<fn(&PageRequest, u16, &Value) -> String>,
    /// Static files, such as the style sheet: path, media type, content.
    pub files: &'static [(&'static str, &'static str, &'static str)],
}

/// A page: an operation's answer, and how it looks.
pub struct Page {
    /// Its path.
    pub path: &'static str,
    /// The operation; its fields are taken from the query.
    pub operation: Name,
    /// The page for the operation's `data`, as HTML.
    pub render: Render,
}

/// Who asks for a page, and how.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The path.
    pub path: String,
    /// The query.
    pub query: Vec<(String, String)>,
    /// The language of the page: one of [`LANGUAGES`].
    pub language: &'static str,
    /// The name and role of the admin who is logged in; `None` if nobody is.
    pub admin: Option<(String, AdminRole)>,
    /// What each form must send as `form_token`: a page of another site can't know it.
    pub form_token: String,
}

/// The value of the first pair with this name.
pub(crate) fn value_of<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

impl PageRequest {
    /// A parameter of the query; `""` where there is none.
    pub fn parameter(&self, name: &str) -> &str {
        value_of(&self.query, name).unwrap_or("")
    }

    /// May the admin do what this role is needed for?
    pub fn may(&self, least: AdminRole) -> bool {
        self.admin.as_ref().is_some_and(|(_, role)| *role >= least)
    }
}
