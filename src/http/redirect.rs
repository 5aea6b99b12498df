//! Answers of the listener that redirects to https.

use crate::config::Config;
use crate::origin::is_host_name;
use crate::services::Services;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, LOCATION};
use hyper::{Request, Response, StatusCode};

/// Where an ACME server looks for a file.
const PROOFS: &str = "/.well-known/acme-challenge/";

/// Answer an HTTP-01 challenge, or redirect to the same path by https.
pub(crate) fn answer<B>(services: &Services, request: &Request<B>) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    if let Some(text) =
        path.strip_prefix(PROOFS).and_then(|token| services.certificates.file(token))
    {
        let mut answer = Response::new(Full::from(text));
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        return answer;
    }
    let mut answer = Response::new(Full::default());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let place = request.uri().path_and_query().map_or("/", |place| place.as_str());
    let location = host
        .and_then(|host| target(&services.config, host))
        .and_then(|origin| HeaderValue::try_from(format!("{origin}{place}")).ok());
    match location {
        Some(location) => {
            // 308: a POST stays a POST.
            *answer.status_mut() = StatusCode::PERMANENT_REDIRECT;
            answer.headers_mut().insert(LOCATION, location);
        }
        None => *answer.status_mut() = StatusCode::BAD_REQUEST,
    }
    answer
}

/// The https origin for the requested host; `None` if the host is not one of `tls.domain`, so that nobody can make this
/// server redirect to another site.
fn target(config: &Config, host: &str) -> Option<String> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let domains = &config.tls.domain;
    if !is_host_name(&name) || (!domains.is_empty() && !domains.contains(&name)) {
        return None;
    }
    match config.listen.port() {
        443 => Some(format!("https://{name}")),
        port => Some(format!("https://{name}:{port}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_configured_hosts_are_redirected() {
        let toml =
            "listen = \"0.0.0.0:443\"\n[tls]\ndomain = [\"www.example.com\", \"example.com\"]\n";
        let config = Config::parse(toml, []).unwrap();
        let to = |host| target(&config, host);
        assert_eq!(to("www.example.com"), Some("https://www.example.com".into()));
        assert_eq!(to("Example.com:80"), Some("https://example.com".into()));
        for host in ["evil.example", "www.example.com@evil.example", "", "192.0.2.1", "a\"b"] {
            assert_eq!(to(host), None, "{host}");
        }
    }
}
