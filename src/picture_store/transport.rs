//! How requests to a store travel: by our own client, so that there is one pool of connections, one
//! set of certificates and no HTTP/2 in the program.

use super::refusal::StoreRefusal;
use async_trait::async_trait;
use hyper::StatusCode;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use reqwest::{Body, Client, Request, Response};
use std::error::Error;
use std::io;

/// Sends what `object_store` has signed.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    pub client: Client,
    /// The longest answer that is read, in bytes.
    pub longest: usize,
}

/// What failed below HTTP, or an answer that no store would give.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failed(String);

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Transport {
    /// A refusal is an error here, not an answer: what `object_store` makes of an answer can't be
    /// looked into, while an error's source can. What may be better a moment later stays an answer,
    /// since those are tried again.
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let url = head.uri.to_string().parse().map_err(|_| odd("the address is not a URL"))?;
        let mut request = Request::new(head.method, url);
        *request.headers_mut() = head.headers;
        if body.content_length() > 0 {
            *request.body_mut() = Some(Body::wrap(body));
        }
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let mut bytes = read(&mut response, self.longest).await?;
        let status = response.status();
        if !status.is_success() {
            let refusal = StoreRefusal::read(status.as_u16(), &bytes);
            if !may_pass(status) {
                return Err(HttpError::new(HttpErrorKind::Unknown, refusal));
            }
            bytes = format!("{} {}", refusal.code, refusal.advice()).into_bytes();
        }
        let mut answer = HttpResponse::new(bytes.into());
        *answer.status_mut() = status;
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

/// The whole body of an answer, `longest` bytes of it at most.
pub(super) async fn read(response: &mut Response, longest: usize) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(failed)? {
        if bytes.len() + piece.len() > longest {
            return Err(odd("the answer is too long"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// May the same request go well a moment later?
fn may_pass(status: StatusCode) -> bool {
    let passing = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
    status.is_server_error() || passing.contains(&status)
}

fn odd(what: &str) -> HttpError {
    HttpError::new(HttpErrorKind::Decode, Failed(what.to_owned()))
}

/// The whole story in one line, without the address, which whoever logs it adds; and what kind of
/// failure it is, which decides whether it is tried again.
pub(super) fn failed(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    let mut kind = match () {
        () if error.is_timeout() => HttpErrorKind::Timeout,
        () if error.is_connect() => HttpErrorKind::Connect,
        () => HttpErrorKind::Unknown,
    };
    let mut story = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        story = format!("{story}: {cause}");
        if kind == HttpErrorKind::Unknown {
            kind = kind_of(cause);
        }
        source = cause.source();
    }
    HttpError::new(kind, Failed(story))
}

fn kind_of(cause: &(dyn Error + 'static)) -> HttpErrorKind {
    if let Some(error) = cause.downcast_ref::<hyper::Error>()
        && (error.is_closed() || error.is_incomplete_message())
    {
        return HttpErrorKind::Request;
    }
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof,
        ) => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    }
}
