//! Probes: is the server alive, can it write, and its metrics.
//!
//! These paths take precedence over pages of `web.dir`. Pages of other sites can't read them. They
//! are not rate-limited: a flood of other requests must not make a proxy believe that the server is
//! down.

use crate::config::Config;
use crate::engine::Engine;
use crate::health::Why;
use crate::http::request::headers;
use crate::http::response::{self, HttpResponse};
use crate::metrics::{self, OpSnapshot, RouteSnapshot};
use crate::request::RequestId;
use hyper::header::{CACHE_CONTROL, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use std::net::IpAddr;
use std::sync::Arc;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Does the server answer?
    Health,
    /// Does it write?
    Readiness,
    /// What has it counted?
    Metrics,
}

impl Probe {
    /// Where each is asked, and what it is called in a list of paths.
    pub(crate) const PATHS: [(&'static str, &'static str, Probe); 3] = [
        ("/healthz", "health", Probe::Health),
        ("/readyz", "readiness", Probe::Readiness),
        ("/metrics", "metrics", Probe::Metrics),
    ];

    /// The methods that probes answer, as the header `Allow` lists them.
    pub(super) const ALLOW: &'static str = "GET, HEAD";

    /// Answer the probe, if this client may use it. `counted` returns the metrics of all
    /// operations and of the documents' routes.
    pub(super) async fn answer(
        self,
        engine: &Arc<Engine>,
        head: &Parts,
        is_shown: bool,
        id: RequestId,
        counted: impl FnOnce() -> (Vec<OpSnapshot>, Vec<RouteSnapshot>),
    ) -> HttpResponse {
        let mut answer = match self {
            Probe::Metrics if !is_shown => {
                return response::refusal(StatusCode::NOT_FOUND, "no such path");
            }
            _ if !matches!(head.method, Method::GET | Method::HEAD) => {
                return response::wrong_method(Self::ALLOW);
            }
            Probe::Health => health_response(engine.health.alive()),
            Probe::Readiness => health_response(engine.health.ready(&engine.db).await),
            Probe::Metrics => metrics_response(engine, &head.headers, id, counted()).await,
        };
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }
}

fn health_response(result: Result<(), Why>) -> HttpResponse {
    let (status, body) = match result {
        Ok(()) => (StatusCode::OK, r#"{"status":"ok"}"#.to_owned()),
        // The reasons are ours: none has a character that JSON escapes.
        Err(why) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!(r#"{{"status":"failed","why":"{why}"}}"#))
        }
    };
    response::with(status, body.into(), response::JSON)
}

/// The media types of the two formats.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

async fn metrics_response(
    engine: &Arc<Engine>,
    headers: &HeaderMap,
    id: RequestId,
    (operations, routes): (Vec<OpSnapshot>, Vec<RouteSnapshot>),
) -> HttpResponse {
    let asked = Arc::clone(engine);
    // It asks the system about files.
    let text =
        tokio::task::spawn_blocking(move || crate::scrape::text(&asked, operations, routes)).await;
    let text = text.map_err(|error| error.to_string());
    match text.and_then(|text| text.map_err(|error| error.to_string())) {
        Ok(text) => {
            // Prometheus names it; a person's browser and older readers do not.
            let (kind, text) = match headers::accepts(headers, "application/openmetrics-text") {
                true => (OPENMETRICS, text),
                false => (PLAIN, metrics::plain(&text)),
            };
            response::with(StatusCode::OK, text.into(), HeaderValue::from_static(kind))
        }
        Err(cause) => {
            tracing::error!(request = %id, cause, "the metrics could not be written");
            response::internal_error()
        }
    }
}

/// Headers by which proxies say that they pass on somebody else's request.
pub(super) const FORWARDED: [&str; 6] =
    ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-host", "x-forwarded-proto"];

/// May this client see the metrics? `address` is its believed address.
///
/// A proxy on this machine has an allowed address, but its clients are anyone. So a forwarded
/// request counts as its client's, and only if the proxy is trusted and names the client.
pub(super) fn is_shown(
    peer: IpAddr,
    address: IpAddr,
    headers: &HeaderMap,
    config: &Config,
) -> bool {
    let trusted = &config.limits.trusted_proxies;
    let passed_on = FORWARDED.iter().any(|name| headers.contains_key(*name));
    let is_known = trusted.contains(&peer.to_canonical()) && !trusted.contains(&address);
    config.metrics.allow.contains(&address) && (!passed_on || is_known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::client;
    use ipnet::IpNet;

    #[test]
    fn metrics_are_shown_to_allowed_peers_not_proxied() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let shown = |trusted: &[&str], peer, lines: &[(&'static str, &str)]| {
            let mut config = Config::default();
            let network = |text: &str| IpNet::from(ip(text));
            config.metrics.allow =
                ["127.0.0.1", "::1", "192.0.2.7"].map(network).into_iter().collect();
            config.limits.trusted_proxies = trusted.iter().map(|proxy| network(proxy)).collect();
            let headers = lines.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()));
            let headers: HeaderMap = headers.collect();
            let address = client::client(ip(peer), &headers, &config).address();
            is_shown(ip(peer), address, &headers, &config)
        };
        let local = ["127.0.0.1"];
        for allowed in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "192.0.2.7"] {
            assert!(shown(&[], allowed, &[]) && shown(&local, allowed, &[]), "{allowed}");
        }
        assert!(!shown(&[], "192.0.2.8", &[]));
        // What the client writes itself is not believed.
        assert!(!shown(&[], "192.0.2.8", &[("x-forwarded-for", "127.0.0.1")]));
        for name in FORWARDED {
            for proxies in [&[][..], &local] {
                for client in ["192.0.2.8", "127.0.0.1", "junk", "192.0.2.8, junk", "unknown"] {
                    let is_shown = shown(proxies, "127.0.0.1", &[(name, client)]);
                    assert!(!is_shown, "{proxies:?} {name}: {client}");
                }
            }
        }
        let forwarded = |text| [("x-forwarded-for", text)];
        assert!(shown(&local, "127.0.0.1", &forwarded("192.0.2.7")));
        assert!(!shown(&[], "127.0.0.1", &forwarded("192.0.2.7")));
        assert!(!shown(&local, "127.0.0.1", &forwarded("192.0.2.7, 192.0.2.8")));
        assert!(!shown(&local, "127.0.0.1", &forwarded("127.0.0.1, 192.0.2.8")));
    }
}
