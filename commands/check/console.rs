//! The console: who can log in to it.

use super::Findings;
use crate::handlers::admin::people;
use engine::config::Config;
use engine::db::Inspection;

const SUBJECT: &str = "console";

/// The first step of the schema that has admins.
const STEP: i64 = 4;

pub fn check(config: &Config, inspection: Option<&Inspection>, findings: &mut Findings) {
    let Some(address) = config.console.listen else {
        return findings.ok(SUBJECT, "off: console.listen is empty");
    };
    let Some(inspection) = inspection.filter(|inspection| inspection.steps() >= STEP) else {
        return;
    };
    let admins = match people::list(inspection.view()) {
        Ok(admins) => admins,
        Err(fault) => return findings.wrong(SUBJECT, format_args!("{fault:?}")),
    };
    let without = admins.iter().filter(|admin| !admin.totp).map(|admin| &*admin.name);
    let without: Vec<&str> = without.collect();
    if admins.is_empty() {
        let why = "nobody can log in before `guichet admin add NAME`";
        findings.ok(SUBJECT, format_args!("{address}; {why}"));
    } else if !config.console.is_private() && !without.is_empty() {
        findings.warning(
            SUBJECT,
            format_args!(
                "{address}; other machines can reach it, so these admins can't log in before `guichet admin totp NAME`: {}",
                without.join(", ")
            ),
        );
    } else {
        findings.ok(SUBJECT, format_args!("{address}; {} admins", admins.len()));
    }
}
