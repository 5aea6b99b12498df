//! The database: whose it is, who holds it, and whether every page of it is whole.

use super::services::Services;
use super::{Findings, upgrade};
use crate::commands::output::size;
use crate::handlers::user::admin;
use crate::handlers::{CONTENT, sms};
use engine::config::Config;
use engine::db::{self, Inspection, OpenError};
use engine::fault::Cause;

const SUBJECT: &str = "database";

/// How many faults of the file are told one by one.
const MANY: usize = 3;

/// Check it; what was looked at, if its rows can be read.
pub fn check(
    config: &Config,
    services: &Services,
    quick: bool,
    findings: &mut Findings,
) -> Option<Inspection> {
    match db::look_at_server(config) {
        Ok(None) => {}
        Ok(Some((server, step))) => {
            let tables = match step {
                Some(step) => format!("schema {step}"),
                None => "no tables yet; the first start makes them".to_owned(),
            };
            findings.ok(SUBJECT, format_args!("PostgreSQL {server}: {tables}"));
            return None;
        }
        Err(error) => {
            findings.wrong(SUBJECT, format_args!("database.url: {error}"));
            return None;
        }
    }
    let path = config.database_file();
    let shown = path.display();
    let is_held = match db::is_held(config) {
        Ok(is_held) => is_held,
        Err(error) => {
            findings
                .wrong(SUBJECT, format_args!("{shown}.lock: {error}; run as the server's user"));
            return None;
        }
    };
    if is_held && !db::is_in_place(config).unwrap_or(true) {
        let text = format!(
            "{shown}: the file was deleted or replaced under the server that holds it, which refuses \
             writes; stop it and put the file back, or restore a backup"
        );
        findings.wrong(SUBJECT, text);
        return None;
    }
    let (inspection, faults) = match inspect(config, services, quick) {
        Ok(Some(found)) => found,
        Ok(None) => {
            findings.ok(SUBJECT, format_args!("{shown}: not there yet; the first start makes it"));
            return None;
        }
        Err(error) => {
            let mend = match error {
                OpenError::Newer { .. } => "; install that version, or restore an older backup",
                OpenError::NotOurs(..) => "; is it the right file? restore a backup if it is",
                OpenError::Io(..) => "; run check as the server's user",
                _ => "",
            };
            findings.wrong(SUBJECT, format_args!("{error}{mend}"));
            return None;
        }
    };
    if !faults.is_empty() {
        for fault in faults.iter().take(MANY) {
            findings.wrong(SUBJECT, format_args!("{shown}: {fault}"));
        }
        let text = format!(
            "{shown} is damaged, {} faults; stop the server, keep a copy, and restore the last \
             backup; export --table saves the tables that can still be read",
            faults.len()
        );
        findings.wrong(SUBJECT, text);
        return None;
    }
    let holder = if is_held { "a server holds it" } else { "no server holds it" };
    let how = if quick { "its pages are whole" } else { "its pages and indexes are whole" };
    findings.ok(SUBJECT, format_args!("{shown}, {}; {how}; {holder}", size(inspection.bytes())));
    match inspection.steps_behind() {
        0 => {}
        behind => {
            let text = format!(
                "the schema lacks {behind} steps, which the next start takes; back up first"
            );
            findings.warning(SUBJECT, text);
            upgrade::tell(config, inspection.steps(), findings);
        }
    }
    if let Err(cause) = rows(&inspection, findings) {
        findings.wrong(SUBJECT, format_args!("{shown}: {cause}"));
        return None;
    }
    if inspection.steps_behind() == 0 {
        messages(config, &inspection, findings);
    }
    Some(inspection)
}

/// How many messages of a day are sent, where it is nearly all of them.
fn messages(config: &Config, inspection: &Inspection, findings: &mut Findings) {
    let limit = config.sms.per_day_in_all;
    match sms::today(inspection.view()) {
        Ok(sent) if sms::is_nearly_used_up(sent, limit) => {
            let text = format!(
                "{sent} messages were sent in 24 hours, and {limit} may be; look who asks for them, \
                 or raise it"
            );
            findings.warning("sms.per_day_in_all", text);
        }
        Ok(_) => {}
        Err(fault) => findings.wrong(SUBJECT, admin::fault_text(fault)),
    }
}

/// Look at the file, and again if a server has begun to write to it meanwhile.
fn inspect(
    config: &Config,
    services: &Services,
    quick: bool,
) -> Result<Option<(Inspection, Vec<String>)>, OpenError> {
    loop {
        let Some(inspection) = Inspection::open(services.shared(), config, &CONTENT)? else {
            return Ok(None);
        };
        let faults = inspection.faults(quick).unwrap_or_else(|cause| vec![cause.to_string()]);
        let was_disturbed = inspection.is_alone() && db::is_held(config).unwrap_or(false);
        if faults.is_empty() || !was_disturbed {
            return Ok(Some((inspection, faults)));
        }
    }
}

/// What can be told of the rows.
fn rows(inspection: &Inspection, findings: &mut Findings) -> Result<(), Cause> {
    let waiting = inspection.waiting()?;
    if waiting > 0 {
        let text = format!("{waiting} commits wait for their place; that is as it should be");
        findings.ok("journal", text);
    }
    let (missing, left_over) = inspection.index_mismatches()?;
    if (missing, left_over) != (0, 0) {
        let text = format!(
            "{missing} rows are found by no search, and {left_over} entries are of no row; export \
             and import make it anew"
        );
        findings.wrong("text index", text);
    }
    Ok(())
}
