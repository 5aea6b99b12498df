//! Games whose scores anybody may post for any player, and boards with rules.

use super::Findings;
use crate::handlers::identity::is_proven;
use crate::handlers::ruled::settings;
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
    check_rules(config, inspection, findings);
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

/// Boards whose rules would refuse a start, and seasons that wait.
fn check_rules(config: &Config, inspection: &Inspection, findings: &mut Findings) {
    // Without the sixth step there are none.
    if inspection.steps() < 6 {
        return;
    }
    let view = inspection.view();
    let looked = settings::differing(view, config)
        .and_then(|differing| Ok((differing, settings::waiting(view)?)));
    let (differing, waiting) = match looked {
        Ok(found) => found,
        Err(fault) => return findings.wrong(SUBJECT, format_args!("{fault:?}")),
    };
    for text in differing {
        findings.wrong(SUBJECT, text);
    }
    for board in waiting {
        findings.warning(
            SUBJECT,
            format_args!(
                "more than one season of {board} would have ended since it was last served: unless the clock is wrong, run \
                 `guichet board advance {board}`"
            ),
        );
    }
}
