//! The key of the encrypted columns: is it there, is it the right one, who may read it?

use super::Findings;
use crate::handlers::SCHEMA;
use engine::config::Config;
use engine::db::Inspection;
use engine::vault::{Vault, key_of};
use std::fs;
use std::os::unix::fs::MetadataExt as _;

const SUBJECT: &str = "privacy.key_file";

pub fn check(config: &Config, inspection: Option<&Inspection>, findings: &mut Findings) {
    let vault = Vault::open(config);
    let shown = vault.path().display();
    let sealed =
        match inspection.filter(|inspection| inspection.steps() > 0).map(sealed).transpose() {
            Ok(sealed) => sealed.flatten(),
            Err(error) => return findings.wrong(SUBJECT, error),
        };
    let is_there = vault.path().exists();
    if !is_there && sealed.as_deref().and_then(key_of).is_none() {
        return findings
            .ok(SUBJECT, format_args!("{shown}: not there yet; the first start makes it"));
    }
    vault.prepare(sealed.as_deref(), false);
    if let Some(problem) = vault.problem() {
        let text = format!("{problem}; user/verify and user/verified fail until then");
        return findings.wrong(SUBJECT, text);
    }
    let mode = fs::metadata(vault.path()).map_or(0, |about| about.mode() & 0o777);
    if mode & 0o077 != 0 {
        let text = format!("{shown}: others may read it (mode {mode:o}); chmod 600 {shown}");
        return findings.warning(SUBJECT, text);
    }
    let id = vault.id().unwrap_or_default();
    findings.ok(SUBJECT, format_args!("{shown}: the key {id}; keep a copy apart from the backups"));
}

fn sealed(inspection: &Inspection) -> Result<Option<String>, String> {
    let found = inspection.view().one(SCHEMA.sealed, &[], |row| row.get(0));
    found.map_err(|fault| format!("{fault:?}"))
}
