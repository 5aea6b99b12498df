//! One POST to a gateway's server, and what is known of the message when it fails.

use super::{Fate, Refusal, codes};
use crate::outgoing::{Lazy, Outgoing};
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
pub struct Line {
    outgoing: Lazy,
    timeout: Duration,
}

/// What is sent.
pub(super) struct Request<'a> {
    pub url: &'a str,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What came back, whatever its status.
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

/// How a try ended that ended badly.
pub(super) enum Failure {
    /// Nothing was sent, and the next try may do better.
    Again(Refusal),
    /// There is no use or no safety in another try.
    Final(Refusal),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Refusal {
        let (Failure::Again(refusal) | Failure::Final(refusal)) = failure;
        refusal
    }
}

impl Line {
    /// Whoever sends is answered after `timeout` at the latest, a second try included.
    pub fn new(outgoing: Lazy, timeout: Duration) -> Self {
        Line { outgoing, timeout }
    }

    /// Post, and have the answer judged by `read`. What certainly sent nothing is tried once more,
    /// where there is time for it; what may have been sent never is, or somebody would get, and
    /// somebody pay for, the same message twice.
    pub(super) fn post<T>(
        &self,
        request: &Request<'_>,
        read: impl Fn(Answer) -> Result<T, Failure>,
    ) -> Result<T, Refusal> {
        let end = Instant::now() + self.timeout;
        let once = || self.ask(Method::POST, request, end).and_then(&read);
        match once() {
            Err(Failure::Again(_)) if Instant::now() + PAUSE < end => {
                std::thread::sleep(PAUSE);
                once().map_err(Refusal::from)
            }
            done => done.map_err(Refusal::from),
        }
    }

    /// One request that sends no message, for a check.
    pub(super) fn probe(&self, method: Method, request: &Request<'_>) -> Result<Answer, Refusal> {
        self.ask(method, request, Instant::now() + self.timeout).map_err(Refusal::from)
    }

    fn ask(&self, method: Method, request: &Request<'_>, end: Instant) -> Result<Answer, Failure> {
        let outgoing = self.outgoing.get().map_err(|error| {
            Failure::Final(Refusal::new(codes::OTHER, Fate::Unreached, error.to_string()))
        })?;
        outgoing.wait(ask(&outgoing, method, request, end)).map_err(judge)
    }
}

async fn ask(
    outgoing: &Outgoing,
    method: Method,
    request: &Request<'_>,
    end: Instant,
) -> Result<Answer, Problem> {
    let mut response = outgoing
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
    Ok(Answer { status, body })
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
            return Failure::Final(Refusal::new(codes::OTHER, Fate::Unknown, cause));
        }
        Problem::Request(error) => error,
    };
    let cause = causes(&error);
    // The connection, its TLS included, comes first: without it nothing was sent.
    let is_sent = !error.is_connect() && !error.is_builder();
    let code = if error.is_timeout() { codes::TIME_OUT } else { codes::OTHER };
    let fate = if is_sent { Fate::Unknown } else { Fate::Unreached };
    let refusal = Refusal::new(code, fate, cause);
    if error.is_connect() && !error.is_timeout() {
        Failure::Again(refusal)
    } else {
        Failure::Final(refusal)
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
