//! What is known of one request: counted when it is answered, and logged in one line where that is
//! configured.

use crate::envelope::CallSummary;
use crate::http::response::HttpResponse;
use crate::log;
use crate::metrics::{Metrics, RefusalReason};
use crate::request::{OpName, RequestId};
use crate::services::Services;
use hyper::Method;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// A request from its head to its answer. Its line is written when this is dropped: also where the
/// client left before it was answered.
pub(crate) struct Record<'a> {
    /// Names it in the log.
    pub id: RequestId,
    /// The client's address, as far as it is known yet.
    pub client: IpAddr,
    /// Its path as it was registered: what a client wrote there may be a secret.
    pub path: &'static str,
    /// Whether its path is one for those who watch the server.
    pub is_probe: bool,
    /// Which operations it asked for, and what they were told.
    pub summary: CallSummary,
    method: &'static str,
    /// The HTTP status of its answer.
    told: Option<u16>,
    /// When it came, where it is to be logged.
    begun: Option<Instant>,
    metrics: &'a Metrics,
}

impl<'a> Record<'a> {
    /// A request of `peer`.
    pub(crate) fn new(services: &'a Services, peer: SocketAddr, method: &Method) -> Self {
        Record {
            id: RequestId::next(),
            client: peer.ip(),
            path: "none",
            is_probe: false,
            summary: CallSummary::default(),
            method: name(method),
            told: None,
            begun: log::logs_requests().then(Instant::now),
            metrics: &services.metrics,
        }
    }

    /// It was answered.
    pub(crate) fn answered(&mut self, answer: &HttpResponse) {
        let code = answer.status().as_u16();
        self.told = Some(code);
        self.metrics.http.answered(code);
        if let Some(why) = answer.extensions().get::<RefusalReason>() {
            self.metrics.refused(*why);
        }
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let Some(begun) = self.begun else { return };
        let CallSummary { count, operation, status } = self.summary;
        tracing::info!(
            target: log::REQUESTS,
            request = %self.id,
            client = %self.client,
            method = %self.method,
            path = %self.path,
            operation = operation.map(|name| display(OpName(name))),
            // Of a batch: how many, and the first that is named and the first fault of all.
            operations = (count > 1).then_some(count),
            status,
            http = self.told,
            micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            "a request"
        );
    }
}

/// A method that there is, or that it is another: a client may call it anything.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}
