//! User names from before names had to differ in looks: which of them collide.

use super::Findings;
use crate::handlers::user::name::keys;
use engine::db::Inspection;
use std::collections::HashMap;

const SUBJECT: &str = "names";

/// How many collisions are told one by one.
const MANY: usize = 10;

pub fn check(inspection: Option<&Inspection>, findings: &mut Findings) {
    let Some(inspection) = inspection.filter(|inspection| inspection.steps() > 0) else { return };
    let sql = "SELECT id, username FROM account ORDER BY id";
    let names =
        inspection.view().all(sql, &[], |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?)));
    let names = match names {
        Ok(names) => names,
        Err(fault) => return findings.wrong(SUBJECT, format_args!("{fault:?}")),
    };
    let mut first_of: HashMap<String, usize> = HashMap::new();
    let mut collisions = Vec::new();
    for (at, (id, name)) in names.iter().enumerate() {
        let mut earlier = None;
        for key in keys(name) {
            earlier = earlier.or(first_of.get(&key).copied());
            first_of.entry(key).or_insert(at);
        }
        if let Some((other, like)) = earlier.and_then(|at| names.get(at)) {
            collisions.push(format!("{name:?} ({id}) looks like {like:?} ({other})"));
        }
    }
    if collisions.is_empty() {
        return findings
            .ok(SUBJECT, format_args!("{} accounts, no name looks like another", names.len()));
    }
    for text in collisions.iter().take(MANY) {
        findings.warning(SUBJECT, format_args!("{text}; both keep their names"));
    }
    if collisions.len() > MANY {
        findings.warning(SUBJECT, format_args!("and {} more", collisions.len() - MANY));
    }
}
