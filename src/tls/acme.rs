//! Certificates from an ACME server (RFC 8555): ordered once, kept in a folder, renewed in the last third of their time.

mod folder;
mod order;

use super::TlsError;
use crate::certificates::Certificate;
use crate::config::Config;
use crate::services::Services;
use folder::Folder;
use std::sync::Weak;
use std::time::Duration;

/// How often it is asked whether the certificate is to be renewed.
const EVERY: Duration = Duration::from_secs(60);

/// How long an order may take.
const TIME: Duration = Duration::from_secs(300);

/// How many times an order is tried if only its nonce is refused.
const TRIES: u32 = 8;

/// The longest wait after a failed order, in seconds.
const MOST_WAIT: i64 = 12 * 3_600;

/// The stored certificate, if it is for all configured domains.
pub(super) fn open(config: &Config) -> Result<Option<Certificate>, TlsError> {
    let folder = Folder::open(config)?;
    let Some(certificate) = folder.certificate() else { return Ok(None) };
    let is_for_all = config.tls.domain.iter().all(|domain| certificate.names.contains(domain));
    Ok(is_for_all.then_some(certificate))
}

/// Should a certificate be renewed at this time? In the last third of its time.
fn is_due(certificate: &Certificate, now: i64) -> bool {
    let third = (certificate.ends_at - certificate.begins_at) / 3;
    now >= certificate.ends_at - third
}

/// How many seconds to wait before the next order, after this many failures in a row.
fn wait_after(failures: u32) -> i64 {
    60_i64.checked_shl(failures.saturating_sub(1).min(20)).unwrap_or(MOST_WAIT).min(MOST_WAIT)
}

/// Order a certificate if there is none, and renew it before it expires.
pub(super) async fn keep(services: Weak<Services>) {
    loop {
        let Some(services) = services.upgrade() else { return };
        step(&services).await;
        drop(services);
        tokio::time::sleep(EVERY).await;
    }
}

async fn step(services: &Services) {
    let now = services.clock.now();
    if services.certificates.all().first().is_some_and(|certificate| !is_due(certificate, now)) {
        return tracing::debug!("the certificate needs no renewal yet");
    }
    let folder = match Folder::open(&services.config) {
        Ok(folder) => folder,
        Err(error) => return tracing::error!(%error, "no certificate is ordered"),
    };
    let failures = folder.failures();
    // Also across restarts: a server that is started again and again must not order again and again.
    if now < failures.last_at + wait_after(failures.count) && now >= failures.last_at {
        return tracing::debug!(failed = failures.count, "no order yet after those that failed");
    }
    let domains = services.config.tls.domain.join(", ");
    tracing::info!(%domains, "ordering a certificate");
    let ordered = tokio::time::timeout(TIME, order_patiently(services, &folder)).await;
    let ordered = ordered.unwrap_or_else(|_| Err("it took longer than five minutes".to_owned()));
    match ordered {
        Ok(certificate) => {
            match is_due(&certificate, now) {
                // The clock is wrong, or the server's: it must not go on ordering.
                true => folder.failed(now),
                false => folder.forget_failures(),
            }
            let ends = services.clock.format(certificate.ends_at);
            tracing::info!(%domains, %ends, "there is a new certificate");
            services.certificates.replace(vec![certificate]);
        }
        Err(error) => {
            folder.failed(now);
            let count = failures.count.saturating_add(1);
            tracing::error!(
                %domains, %error, again_in_seconds = wait_after(count),
                "there is no new certificate"
            );
        }
    }
}

/// Begin the order again at once while only a nonce is refused: a busy server forgets those that it gave out.
async fn order_patiently(services: &Services, folder: &Folder) -> Result<Certificate, String> {
    let mut tries = 1;
    loop {
        match order::order(services, folder).await {
            Err(failure) if failure.is_nonce && tries < TRIES => tries += 1,
            ordered => return ordered.map_err(|failure| failure.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_make_longer_and_longer_waits() {
        let waits: Vec<i64> = [1, 2, 3, 10, 11, 40, u32::MAX].map(wait_after).to_vec();
        assert_eq!(waits, [60, 120, 240, 30_720, 43_200, 43_200, 43_200]);
    }
}
