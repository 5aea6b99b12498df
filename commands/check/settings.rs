//! Keys that are allowed, and may not do what is wanted.

use super::Findings;
use crate::handlers::boards::reserved;
use engine::config::{Config, OpenUpload, Reserve, SmsGateway, Synchronous};
use engine::http;
use engine::origin::{Origin, is_loopback_host};
use jiff::Timestamp;

/// Before this no clock is right: in seconds, the beginning of 2025.
const LONG_AGO: i64 = 1_735_689_600;

pub fn check(config: &Config, findings: &mut Findings) {
    let is_here = config.listen.ip().to_canonical().is_loopback();
    let is_public = !is_here || config.public_url.as_deref().is_some_and(|url| !is_local(url));
    if !is_here && config.public_url.is_none() {
        let text = format!(
            "not set, so URLs in answers begin with http://{}; set it to what clients call the \
             server by",
            config.listen
        );
        findings.warning("public_url", text);
    }
    if is_here && is_public && config.limits.trusted_proxies.is_empty() {
        let text = "empty, so nobody is known by his address behind a proxy, and limits per address \
                    are off; if the proxy is on this machine, set it to [\"127.0.0.1\"]";
        findings.warning("limits.trusted_proxies", text);
    }
    if config.limits.trusted_proxies.are_all() {
        let text = "it names every address, so clients say themselves where they are; name the \
                    proxies alone";
        findings.warning("limits.trusted_proxies", text);
    }
    if config.captcha.test_code.is_some() {
        let text = "it is set, so captchas stop nobody; remove it before strangers come";
        findings.warning("captcha.test_code", text);
    }
    if config.database.synchronous == Synchronous::Normal {
        let text = "normal, so a loss of power may take the last writes with it; full keeps them";
        findings.warning("database.synchronous", text);
    }
    limits(config, is_public, findings);
    let is_paid = config.sms.gateway != SmsGateway::Outbox;
    if is_paid && config.sms.per_day_in_all == 0 {
        let text = "0, so nothing bounds what messages may cost in a day; set a number";
        findings.warning("sms.per_day_in_all", text);
    }
    if !is_paid && is_public {
        let text = "outbox, so no message reaches a telephone; name a gateway that delivers";
        findings.warning("sms.gateway", text);
    }
    games(config, findings);
    if config.portrait.open_upload == OpenUpload::Any {
        let text = "any, so whoever reaches the server replaces every account's portrait; that is \
                    for closed networks, write free";
        findings.warning("portrait.open_upload", text);
    }
    // Base64 makes four bytes of three; the rest of an envelope is small.
    let largest = config.portrait.max_bytes.div_ceil(3).saturating_mul(4).saturating_add(1024);
    if largest > config.limits.max_body {
        let text = format!(
            "a picture of portrait.max_bytes in base64 is larger; raise it to {largest} or more"
        );
        findings.warning("limits.max_body", text);
    }
    if let Some(folder) = &config.web.dir {
        match http::check_pages(config) {
            Ok(()) => findings.ok("web.dir", folder.display()),
            Err(error) => findings.wrong("web.dir", format_args!("{}: {error}", folder.display())),
        }
    }
    time(config, findings);
}

/// Is this the address of a server that only its own machine reaches?
fn is_local(url: &str) -> bool {
    Origin::of_url(url).is_some_and(|origin| is_loopback_host(origin.host()))
}

/// Tell which limits are off.
fn limits(config: &Config, is_public: bool, findings: &mut Findings) {
    let Config { captcha, limits, portrait, score, sms, .. } = config;
    if config.disk.reserve == Reserve::Bytes(0) {
        findings.warning("disk.reserve", "0, so uploads may fill the disk to its last byte");
    }
    for (name, limit) in [
        ("portrait.open_bytes_per_day_per_address", portrait.open_bytes_per_day_per_address),
        ("portrait.open_bytes_in_all", portrait.open_bytes_in_all),
        ("portrait.open_per_day_per_address", portrait.open_per_day_per_address.into()),
        ("portrait.per_day_per_account", portrait.per_day_per_account.into()),
        ("score.new_boards_per_day", score.new_boards_per_day.into()),
        ("score.max_players", score.max_players.into()),
        ("score.new_players_per_hour", score.new_players_per_hour.into()),
        ("captcha.wrong_per_address", captcha.wrong_per_address.into()),
        ("limits.login_attempts", limits.login_attempts.into()),
        ("limits.login_attempts_per_account", limits.login_attempts_per_account.into()),
        ("limits.login_attempts_per_address", limits.login_attempts_per_address.into()),
        ("limits.renames_per_day", limits.renames_per_day.into()),
        ("sms.per_30_seconds", sms.per_30_seconds.into()),
        ("sms.per_hour", sms.per_hour.into()),
        ("sms.per_day", sms.per_day.into()),
        ("sms.per_day_per_address", sms.per_day_per_address.into()),
    ] {
        if limit == 0_u64 {
            findings.warning(name, "0, so there is no limit; leave it out for the default");
        }
    }
    if is_public && limits.requests_per_minute == 0 {
        let text = "0, so one address may ask as often as it likes; 600 leaves people room";
        findings.warning("limits.requests_per_minute", text);
    }
}

/// Signatures and places of games.
fn games(config: &Config, findings: &mut Findings) {
    let score = &config.score;
    if score.legacy_signatures {
        let text = "true, so whoever has seen a signed request can send it again for ever; sign with \
                    X-Timestamp and X-Nonce, and remove it";
        findings.warning("score.legacy_signatures", text);
    }
    let unlisted = score.secrets.keys().filter(|app| !score.apps.contains(app));
    if !score.apps.is_empty()
        && let unlisted = unlisted.map(String::as_str).collect::<Vec<_>>().join(", ")
        && !unlisted.is_empty()
    {
        let text = format!("no board for {unlisted}, which score.secrets has a secret for; add it");
        findings.warning("score.apps", text);
    }
    let reserved = reserved(score).count();
    if usize::try_from(score.max_boards).is_ok_and(|most| most < reserved) {
        let text = format!("{reserved} games have a place of their own; raise it to that or more");
        findings.warning("score.max_boards", text);
    }
}

fn time(config: &Config, findings: &mut Findings) {
    let now = Timestamp::now();
    let zone = config.timezone.iana_name().unwrap_or("a zone without a name");
    let shown = now.to_zoned(config.timezone.clone()).strftime("%F %T");
    if now.as_second() < LONG_AGO {
        let text =
            format!("{shown} in {zone}; the machine's clock is wrong: set it, or have NTP do it");
        findings.wrong("time", text);
    } else {
        findings.ok("time", format_args!("{shown} in {zone}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_local_host_names_are_local() {
        for local in
            ["http://localhost", "http://127.0.0.1:8080", "https://[::1]:1", "http://a.localhost"]
        {
            assert!(is_local(local), "{local}");
        }
        for public in
            ["http://localhost.example.com", "http://127.example.com", "https://example.com"]
        {
            assert!(!is_local(public), "{public}");
        }
    }
}
