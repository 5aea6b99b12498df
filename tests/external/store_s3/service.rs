//! The answers of the S3 test server.

use super::s3::{BUCKET, KEY_ID};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use s3s::service::S3Service;
use std::error::Error;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

type Boxed = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// State shared by the threads of the store.
pub struct Shared {
    pub service: S3Service,
    pub root: PathBuf,
    pub requests: Mutex<Vec<ReceivedRequest>>,
    pub tell: Mutex<Sender<String>>,
    pub held: watch::Receiver<Option<&'static str>>,
    /// Number and status of the next failing requests.
    pub stumbles: Mutex<(usize, u16)>,
}

/// A received request.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub line: String,
    pub host: String,
    pub content_type: String,
    pub cache_control: String,
}

/// Serves all connections.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| answer(Arc::clone(&shared), request));
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Boxed>, Box<dyn Error + Send + Sync>> {
    let text = |name| {
        let value = request.headers().get(name);
        value
            .map_or(String::new(), |value: &header::HeaderValue| value.to_str().unwrap().to_owned())
    };
    let asked = ReceivedRequest {
        line: format!("{} {}", request.method(), request.uri().path()),
        host: text(header::HOST),
        content_type: text(header::CONTENT_TYPE),
        cache_control: text(header::CACHE_CONTROL),
    };
    let line = asked.line.clone();
    shared.requests.lock().unwrap().push(asked);
    let _ = shared.tell.lock().unwrap().send(line);
    let held = |held: &Option<&str>| {
        held.is_some_and(|method| request.method().as_str().starts_with(method))
    };
    shared.held.clone().wait_for(|method| !held(method)).await?;
    let stumble = next_failure(&mut shared.stumbles.lock().unwrap());
    if let Some(status) = stumble {
        let told = format!(
            "<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message>\
             <AWSAccessKeyId>{KEY_ID}</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256</StringToSign>"
        );
        return Ok(reply(status, told.into_bytes()));
    }
    // The answer of a CDN in front of the bucket.
    if let Some(key) = request.uri().path().strip_prefix("/cdn/") {
        let found = fs::read(shared.root.join(BUCKET).join(key));
        return Ok(found.map_or(reply(404, Vec::new()), |bytes| reply(200, bytes)));
    }
    let answer = shared
        .service
        .call(request.map(s3s::Body::from))
        .await
        .map_err(|error| format!("{error:?}"))?;
    Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync()))
}

/// Counts one failing request down. Returns its status.
fn next_failure((times, status): &mut (usize, u16)) -> Option<u16> {
    *times = times.checked_sub(1)?;
    Some(*status)
}

fn reply(status: u16, bytes: Vec<u8>) -> Response<Boxed> {
    let body = Full::from(bytes).map_err(|never| match never {});
    let mut answer = Response::new(body.boxed_unsync());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}
