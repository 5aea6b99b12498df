//! https: the certificates, and until when they are good.

use super::Findings;
use engine::clock::Clock;
use engine::config::Config;
use engine::tls;

const SUBJECT: &str = "https";

/// From when on a certificate that was not renewed is warned of: an ACME server's is renewed with a month left.
const SOON: i64 = 14 * 86_400;

pub fn check(config: &Config, findings: &mut Findings) {
    if !config.tls.is_on() {
        return;
    }
    let found = match tls::look(config) {
        Ok(found) => found,
        Err(error) => return findings.wrong(SUBJECT, error),
    };
    if found.is_empty() {
        let domains = config.tls.domain.join(", ");
        return findings
            .ok(SUBJECT, format_args!("no certificate for {domains} yet: the server orders one"));
    }
    let clock = Clock::new(config.timezone.clone());
    let now = clock.now();
    for certificate in found {
        let names = certificate.names.join(", ");
        let ends = clock.format(certificate.ends_at);
        match certificate.ends_at - now {
            left if left <= 0 => {
                findings.wrong(SUBJECT, format_args!("the certificate of {names} ended {ends}"))
            }
            left if left < SOON => {
                findings
                    .warning(SUBJECT, format_args!("the certificate of {names} ends soon, {ends}"));
            }
            _ => findings
                .ok(SUBJECT, format_args!("the certificate of {names} is good until {ends}")),
        }
    }
}
