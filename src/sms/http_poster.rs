//! One POST to a gateway's server, and what is known of the message when it fails.

use super::{DeliveryOutcome, SendError, codes};
use crate::http_client::{HttpClient, LazyHttpClient};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use std::time::{Duration, Instant};

/// The longest answer that is read. A gateway's is some hundred bytes.
const LONGEST: usize = 64 * 1024;

/// How long to wait before the second try: long enough for a server that is being restarted to
/// listen again, or for the next second of a limit that is counted by the second to begin.
const PAUSE: Duration = Duration::from_secs(1);

/// The way to a gateway's server.
#[derive(Clone)]
pub struct HttpPoster {
    http_client: LazyHttpClient,
    timeout: Duration,
}

/// What is sent.
pub(super) struct Request<'a> {
    pub url: &'a str,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What came back, whatever its status.
pub(super) struct GatewayReply {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

/// How a try ended that ended badly.
pub(super) enum Failure {
    /// Nothing was sent, and the next try may do better.
    Again(SendError),
    /// There is no use or no safety in another try.
    Final(SendError),
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> SendError {
        let (Failure::Again(send_error) | Failure::Final(send_error)) = failure;
        send_error
    }
}

impl HttpPoster {
    /// The caller has an answer after `timeout` at the latest, including a second try.
    pub fn new(http_client: LazyHttpClient, timeout: Duration) -> Self {
        HttpPoster { http_client, timeout }
    }

    /// Post, and have the answer judged by `read`. What certainly sent nothing is tried once more,
    /// where there is time for it; what may have been sent never is, or somebody would get, and
    /// somebody pay for, the same message twice.
    pub(super) fn post<T>(
        &self,
        request: &Request<'_>,
        read: impl Fn(GatewayReply) -> Result<T, Failure>,
    ) -> Result<T, SendError> {
        let end = Instant::now() + self.timeout;
        let once = || self.ask(Method::POST, request, end).and_then(&read);
        match once() {
            Err(Failure::Again(_)) if Instant::now() + PAUSE < end => {
                std::thread::sleep(PAUSE);
                once().map_err(SendError::from)
            }
            done => done.map_err(SendError::from),
        }
    }

    /// One request that sends no message, for a check.
    pub(super) fn probe(
        &self,
        method: Method,
        request: &Request<'_>,
    ) -> Result<GatewayReply, SendError> {
        self.ask(method, request, Instant::now() + self.timeout).map_err(SendError::from)
    }

    fn ask(
        &self,
        method: Method,
        request: &Request<'_>,
        end: Instant,
    ) -> Result<GatewayReply, Failure> {
        let http_client = self.http_client.get().map_err(|error| {
            Failure::Final(SendError::new(
                codes::OTHER,
                DeliveryOutcome::Unreached,
                error.to_string(),
            ))
        })?;
        http_client.wait(ask(&http_client, method, request, end)).map_err(judge)
    }
}

async fn ask(
    http_client: &HttpClient,
    method: Method,
    request: &Request<'_>,
    end: Instant,
) -> Result<GatewayReply, Problem> {
    let mut response = http_client
        .client()
        .request(method, request.url)
        .headers(request.headers.clone())
        .body(request.body.clone())
        .timeout(end.saturating_duration_since(Instant::now()))
        .send()
        .await?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > LONGEST {
            return Err(Problem::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(GatewayReply { status, body })
}

/// Why there is no answer.
enum Problem {
    Request(reqwest::Error),
    TooLong,
}

impl From<reqwest::Error> for Problem {
    fn from(error: reqwest::Error) -> Problem {
        // The address may hold a secret.
        Problem::Request(error.without_url())
    }
}

/// What a request that got no answer means for its message.
fn judge(problem: Problem) -> Failure {
    let error = match problem {
        Problem::TooLong => {
            let cause = format!("the answer has more than {LONGEST} bytes");
            return Failure::Final(SendError::new(codes::OTHER, DeliveryOutcome::Unknown, cause));
        }
        Problem::Request(error) => error,
    };
    let cause = causes(&error);
    // The connection, its TLS included, comes first: without it nothing was sent.
    let is_sent = !error.is_connect() && !error.is_builder();
    let code = if error.is_timeout() { codes::TIME_OUT } else { codes::OTHER };
    let outcome = if is_sent { DeliveryOutcome::Unknown } else { DeliveryOutcome::Unreached };
    let send_error = SendError::new(code, outcome, cause);
    if error.is_connect() && !error.is_timeout() {
        Failure::Again(send_error)
    } else {
        Failure::Final(send_error)
    }
}

/// An error with what is behind it: "connection refused" is never the outermost.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}
