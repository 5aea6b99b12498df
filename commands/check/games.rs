//! Games whose scores anybody may post for any player.

use super::Findings;
use crate::handlers::identity::is_proven;
use engine::config::Config;
use engine::db::Inspection;

const SUBJECT: &str = "games";

pub fn check(config: &Config, inspection: Option<&Inspection>, findings: &mut Findings) {
    let Some(inspection) = inspection.filter(|inspection| inspection.steps() > 0) else { return };
    let games = inspection.view().all("SELECT name FROM app ORDER BY name", &[], |row| row.get(0));
    let games: Vec<String> = match games {
        Ok(games) => games,
        Err(fault) => return findings.wrong(SUBJECT, format_args!("{fault:?}")),
    };
    let count = games.len();
    let open: Vec<String> = games.into_iter().filter(|app| !is_proven(config, app)).collect();
    if open.is_empty() {
        return findings.ok(SUBJECT, format_args!("{count} boards; each knows who posts"));
    }
    findings.warning(
        SUBJECT,
        format_args!(
            "anybody posts for any player of {}; score.secrets, score.guests or [wx] prove who it is \
             (docs/api/leaderboards.md)",
            open.join(", ")
        ),
    );
}
