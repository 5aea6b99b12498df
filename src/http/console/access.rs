//! Who may ask the console for anything.

use crate::client::Client;
use crate::config::Config;
use crate::http::probes::FORWARDED;
use crate::http::request::{client, host};
use crate::origin::{Origin, is_loopback_host};
use hyper::header::{HOST, HeaderMap, ORIGIN};
use hyper::http::request::Parts;
use std::net::SocketAddr;

/// Check where a request comes from and which name it was sent to; the error is for the client.
///
/// A page of another site can have its own name resolve to this address (DNS rebinding), so the name must be one of the
/// console's. A proxy that nobody trusts would make everybody look like this machine.
pub(super) fn check(
    peer: SocketAddr,
    head: &Parts,
    config: &Config,
) -> Result<Client, &'static str> {
    let address = peer.ip().to_canonical();
    let passed_on = FORWARDED.iter().any(|name| head.headers.contains_key(*name));
    if passed_on && !config.limits.trusted_proxies.contains(&address) {
        return Err("a proxy that is not in limits.trusted_proxies has forwarded this request");
    }
    let client = client::client(peer.ip(), &head.headers, config);
    if !config.console.allow.contains(&client.address()) {
        return Err("this address is not in console.allow");
    }
    host::check(&head.headers, head.version)?;
    let sent = head.headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !is_own_host(sent, config) {
        return Err("the header Host is neither a loopback address nor console.public_url");
    }
    Ok(client)
}

fn is_own_host(sent: &str, config: &Config) -> bool {
    let Some(origin) = Origin::new("http", sent) else { return false };
    let public = config.console.public_url.as_deref().and_then(Origin::of_url);
    is_loopback_host(origin.host()) || public.is_some_and(|public| public.host() == origin.host())
}

/// Was a form sent by a page of the same origin, as far as the browser says?
pub(super) fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        // Old browsers and programs say neither; the form's token proves enough.
        (None, _) => true,
        _ => false,
    }
}
