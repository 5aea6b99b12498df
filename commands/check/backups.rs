//! The backups that the server makes of its own accord.

use super::Findings;
use engine::backup;
use engine::config::Config;
use engine::services::Services;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// Is there one that is as new as was asked for?
pub fn check(config: &Config, services: &Services, findings: &mut Findings) {
    let Some(newest) = backup::newest(services) else {
        return findings.ok("backups", "backup.dir is not set: the server makes none by itself");
    };
    if newest == 0 {
        return findings.ok("backups", "none yet; the server makes one when it starts");
    }
    let text = format!("the newest is of {}", services.clock.format(newest));
    let age = u64::try_from(services.clock.now() - newest).unwrap_or(0);
    // One that is due is made at once; twice the time allows for a server that was not running.
    if age > 2 * config.backup.every.unwrap_or(DAY).as_secs() {
        let text = format!(
            "{text}, and another was due: start the server, or look in its log for \"there is no \
             backup\""
        );
        findings.warning("backups", text);
    } else {
        findings.ok("backups", text);
    }
}
