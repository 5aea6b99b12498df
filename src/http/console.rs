//! The console's requests: who may ask, sessions in cookies, forms that only its own pages can send.
//!
//! A page is an operation's answer; a form calls an operation and leads back to a page. So nothing can be seen or
//! changed here that is no operation `admin/…`, and the same operations are at `/api/op/…` for programs.

mod access;
mod cookies;
mod files;
#[cfg(test)]
mod tests;

use crate::caller::stored_key;
use crate::caller::{Admin, Caller as _, Credentials, Viewer, admin};
use crate::client::Client;
use crate::console::{Console, LANGUAGES, Page, PageRequest, value_of};
use crate::describe::{Descriptions, Info};
use crate::engine::Engine;
use crate::envelope::{self, CallContext, CallSummary, DirectReply};
use crate::hex;
use crate::http::response::{self, HttpResponse};
use crate::op::Name;
use crate::request::RequestId;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of a form.
const MAX_BODY: usize = 64 * 1024;

/// How long a form may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What every answer says to browsers.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Answers the console's requests.
pub(crate) struct ConsoleHandler {
    engine: Arc<Engine>,
    console: Console,
    descriptions: Descriptions,
}

/// A request that may be answered.
struct Asked {
    head: Parts,
    body: Bytes,
    client: Client,
    id: RequestId,
    /// The session's token, from its cookie.
    token: Option<String>,
}

impl Asked {
    fn credentials(&self, token: Option<String>) -> Credentials {
        Credentials { token, client: self.client, signature: None }
    }

    /// The request of somebody who is not logged in.
    fn page_request(&self) -> PageRequest {
        PageRequest {
            path: self.head.uri.path().to_owned(),
            query: pairs(self.head.uri.query().unwrap_or("").as_bytes()),
            language: language(&self.head.headers),
            admin: None,
            form_token: String::new(),
        }
    }
}

impl ConsoleHandler {
    pub(crate) fn new(engine: Arc<Engine>, console: Console, info: Info) -> Self {
        ConsoleHandler { engine, console, descriptions: Descriptions::new(info) }
    }

    /// Where it is configured to listen; `None` where there is no console.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.engine.services.config.console.listen.filter(|_| !self.console.pages.is_empty())
    }

    /// Answer one request of `peer`.
    pub(crate) async fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> HttpResponse {
        let mut answer = self.routed(peer, request).await;
        let headers = answer.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        answer
    }

    async fn routed(&self, peer: SocketAddr, request: Request<Incoming>) -> HttpResponse {
        let (head, body) = request.into_parts();
        let config = &self.engine.services.config;
        let client = match access::check(peer, &head, config) {
            Ok(client) => client,
            Err(why) => return response::refusal(StatusCode::FORBIDDEN, why),
        };
        let path = head.uri.path();
        if let Some((_, kind, text)) = self.console.files.iter().find(|(own, ..)| *own == path) {
            return file(kind, text);
        }
        let body = match read(body).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let token = cookies::session(&head.headers, config.console.is_https());
        let asked = Asked { head, body, client, id: RequestId::next(), token };
        if let Some(subtype) = asked.head.uri.path().strip_prefix("/api/op/admin/") {
            return self.operation(&asked, subtype).await;
        }
        let is_post = match asked.head.method {
            Method::GET | Method::HEAD => false,
            Method::POST => true,
            _ => return response::wrong_method("GET, HEAD, POST"),
        };
        if is_post && !access::is_same_origin(&asked.head.headers) {
            return response::cross_site("this form was not sent by a page of the console");
        }
        match (asked.head.uri.path(), is_post) {
            ("/login", false) => self.login_page(&asked, None),
            ("/login", true) => self.login(&asked).await,
            ("/language", false) => self.language(&asked),
            (path, false) if self.console.picture.is_some_and(|(own, _)| own == path) => {
                self.picture(&asked).await
            }
            (path, false) if self.console.backup.is_some_and(|(own, _)| own == path) => {
                self.backup(&asked).await
            }
            (path, true) => match path.strip_prefix("/do/") {
                Some(subtype) => self.action(&asked, subtype).await,
                None => response::refusal(StatusCode::NOT_FOUND, "no such path"),
            },
            (path, false) => {
                let page = match path {
                    "/" => self.console.pages.first(),
                    path => self.console.pages.iter().find(|page| page.path == path),
                };
                match page {
                    Some(page) => self.page(&asked, page).await,
                    None => response::refusal(StatusCode::NOT_FOUND, "no such path"),
                }
            }
        }
    }

    /// Call an operation with `data`; its HTTP status and its answer.
    async fn call(
        &self,
        asked: &Asked,
        token: Option<String>,
        name: Name,
        data: &[u8],
    ) -> (u16, Value) {
        let direct = self.call_directly(asked, token, name, data).await;
        (direct.status, serde_json::from_slice(&direct.reply.text).unwrap_or(Value::Null))
    }

    async fn call_directly(
        &self,
        asked: &Asked,
        token: Option<String>,
        name: (&str, &str),
        data: &[u8],
    ) -> DirectReply {
        let call = CallContext {
            engine: &self.engine,
            registry: &self.console.registry,
            descriptions: &self.descriptions,
            credentials: asked.credentials(token),
            id: asked.id,
        };
        let entry = self.console.registry.get(name.0, name.1);
        envelope::answer_directly(&call, entry, data, &mut CallSummary::default()).await
    }

    /// Call an operation for a program, whose token is in the header `Authorization`: no page of another site can
    /// make a browser send it.
    async fn operation(&self, asked: &Asked, subtype: &str) -> HttpResponse {
        if asked.head.method != Method::POST {
            return response::wrong_method("POST");
        }
        let token = asked.head.headers.get(hyper::header::AUTHORIZATION);
        let token = token.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let name = ("admin", subtype);
        let answer = self.call_directly(asked, token.map(str::to_owned), name, &asked.body).await;
        if let Some(token) = token.filter(|_| answer.status == 200) {
            admin::note_use(&self.engine.db, token, asked.client);
        }
        response::direct(answer)
    }

    /// The request of an admin who is logged in; `None` if nobody is.
    async fn admin_request(&self, asked: &Asked) -> Option<PageRequest> {
        // A key is for programs: no page opens with it.
        let token = asked.token.as_deref().filter(|token| stored_key(token).is_none())?;
        let (engine, credentials) =
            (Arc::clone(&self.engine), asked.credentials(asked.token.clone()));
        // The database may be another server's, which takes its time.
        let proven = tokio::task::spawn_blocking(move || {
            let operation = ("admin", "overview");
            Admin::<Viewer>::prove(&engine.db.view(), &credentials, operation)
        });
        let admin = proven.await.ok()?.ok()?;
        admin::note_use(&self.engine.db, token, asked.client);
        let (admin, form_token) = (Some((admin.name, admin.role)), form_token(token));
        Some(PageRequest { admin, form_token, ..asked.page_request() })
    }

    async fn page(&self, asked: &Asked, page: &Page) -> HttpResponse {
        let Some(request) = self.admin_request(asked).await else { return redirect("/login") };
        let data = self.data_of(page.operation, &request.query);
        let (status, answer) = self.call(asked, asked.token.clone(), page.operation, &data).await;
        match status {
            200 => html(StatusCode::OK, (page.render)(&request, &answer["data"])),
            _ => self.fault(&request, status, &answer),
        }
    }

    /// Call an operation for a form, and lead back to the page that the form names.
    async fn action(&self, asked: &Asked, subtype: &str) -> HttpResponse {
        let Some(request) = self.admin_request(asked).await else { return redirect("/login") };
        let form = pairs(&asked.body);
        if value_of(&form, "form_token") != Some(&*request.form_token) {
            return response::cross_site("this form was not sent by a page of the console");
        }
        let Some(name) = self.console.registry.get("admin", subtype).map(|entry| entry.name) else {
            return response::refusal(StatusCode::NOT_FOUND, "no such path");
        };
        let data = self.data_of(name, &form);
        let (status, answer) = self.call(asked, asked.token.clone(), name, &data).await;
        if status != 200 {
            return self.fault(&request, status, &answer);
        }
        if name == self.console.logout {
            let mut answer = redirect("/login");
            let cookie = cookies::end(self.engine.services.config.console.is_https());
            answer.headers_mut().insert(SET_COOKIE, cookie);
            return answer;
        }
        if let Some((_, render)) = self.console.results.iter().find(|(of, _)| *of == name.1) {
            return html(StatusCode::OK, render(&request, &answer["data"]));
        }
        let back = value_of(&form, "back").filter(|back| is_own_path(back)).unwrap_or("/");
        let separator = if back.contains('?') { '&' } else { '?' };
        redirect(&format!("{back}{separator}done={subtype}"))
    }

    /// The pairs that are fields of an operation, as its data; a field that is empty was not filled in.
    fn data_of(&self, name: Name, pairs: &[(String, String)]) -> Vec<u8> {
        let fields =
            self.console.registry.get(name.0, name.1).map(|it| it.fields()).unwrap_or_default();
        let wanted =
            pairs.iter().filter(|(key, value)| !value.is_empty() && fields.contains(&key.as_str()));
        let mut data: Map<String, Value> = Map::new();
        for (key, value) in wanted {
            // Several boxes of a form that are ticked.
            let value = match data.get(key) {
                Some(Value::String(before)) => format!("{before},{value}"),
                _ => value.clone(),
            };
            data.insert(key.clone(), value.into());
        }
        Value::Object(data).to_string().into_bytes()
    }

    fn fault(&self, request: &PageRequest, status: u16, answer: &Value) -> HttpResponse {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match self.console.fault_page {
            Some(page) => html(status, page(request, status.as_u16(), answer)),
            None => response::internal_error(),
        }
    }

    fn login_page(&self, asked: &Asked, problem: Option<(u16, &Value)>) -> HttpResponse {
        let request = asked.page_request();
        let status = problem.and_then(|(status, _)| StatusCode::from_u16(status).ok());
        match self.console.login_page {
            Some(page) => html(status.unwrap_or(StatusCode::OK), page(&request, problem)),
            None => response::internal_error(),
        }
    }

    async fn login(&self, asked: &Asked) -> HttpResponse {
        let data = self.data_of(self.console.login, &pairs(&asked.body));
        let (status, answer) = self.call(asked, None, self.console.login, &data).await;
        match answer["data"]["token"].as_str().filter(|_| status == 200) {
            Some(token) => {
                let mut answer = redirect("/");
                let cookie = cookies::start(token, self.engine.services.config.console.is_https());
                answer.headers_mut().insert(SET_COOKIE, cookie);
                answer
            }
            None => self.login_page(asked, Some((status, &answer))),
        }
    }

    /// Keep the chosen language in a cookie, and lead back.
    fn language(&self, asked: &Asked) -> HttpResponse {
        let query = pairs(asked.head.uri.query().unwrap_or("").as_bytes());
        let wanted = value_of(&query, "to");
        let chosen = LANGUAGES.into_iter().find(|language| wanted == Some(language));
        let back = value_of(&query, "back").filter(|back| is_own_path(back));
        let mut answer = redirect(back.unwrap_or("/"));
        answer.headers_mut().insert(SET_COOKIE, cookies::language(chosen.unwrap_or(LANGUAGES[0])));
        answer
    }
}

async fn read(body: Incoming) -> Result<Bytes, HttpResponse> {
    let whole = Limited::new(body, MAX_BODY).collect();
    match tokio::time::timeout(BODY_TIME, whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(_)) => Err(response::refusal(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long")),
        Err(_) => {
            Err(response::refusal(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"))
        }
    }
}

/// The pairs of a query or a form. What is not UTF-8 becomes U+FFFD.
fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}

/// What proves that a form was sent by a page of this session: nobody can make it without the session's token.
fn form_token(token: &str) -> String {
    hex::encode(&Sha256::digest(format!("form of the console {token}")))
}

/// Is it a path on this server, and not the address of another one?
fn is_own_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n'])
}

/// The language that was chosen, or else the one that the browser likes best.
fn language(headers: &HeaderMap) -> &'static str {
    let chosen = cookies::chosen_language(headers);
    let liked = headers.get(hyper::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let mut liked = liked.unwrap_or("").split(',').map(|part| part.trim().to_ascii_lowercase());
    let known = |tag: &str| LANGUAGES.into_iter().find(|language| tag.starts_with(language));
    chosen.or_else(|| liked.find_map(|tag| known(&tag))).unwrap_or(LANGUAGES[0])
}

fn html(status: StatusCode, page: String) -> HttpResponse {
    response::with(status, page.into(), HeaderValue::from_static("text/html; charset=utf-8"))
}

fn file(kind: &'static str, text: &'static str) -> HttpResponse {
    let mut answer = response::with(StatusCode::OK, text.into(), HeaderValue::from_static(kind));
    let cache = HeaderValue::from_static("private, max-age=3600");
    answer.headers_mut().insert(CACHE_CONTROL, cache);
    answer
}

fn redirect(path: &str) -> HttpResponse {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let mut answer = response::with(StatusCode::SEE_OTHER, Bytes::new(), html);
    // A path that can't be a header was checked by nobody; the start page is always right.
    let to = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    answer.headers_mut().insert(LOCATION, to);
    answer
}
