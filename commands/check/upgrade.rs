//! What an upgrade changes: told by `guichet check` of the new version, before its first start on an
//! older database.
//!
//! A change that an operator or a client may notice is one entry of [`CHANGES`]: a default that is
//! another one, a new key, a rule of the wire. `CHANGELOG.md` lists the same.

use super::Findings;
use engine::config::{Config, SmsGateway};

const WHAT: &str = "upgrade";

/// What kind of thing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "a release may have no change of some kind")]
pub enum Kind {
    /// The default of a key that was there before.
    Default,
    /// A key that was not there before.
    Key,
    /// What a client may send, or gets as an answer.
    Wire,
    /// Files, folders and rows: where they are, who may read them, what becomes of them.
    Files,
}

impl Kind {
    fn shown(self) -> &'static str {
        match self {
            Kind::Default => "default",
            Kind::Key => "new key",
            Kind::Wire => "wire",
            Kind::Files => "files",
        }
    }
}

/// One change.
pub struct Change {
    /// The step of the schema that it came with: told where the database does not have that step.
    pub step: i64,
    /// What kind of thing changes.
    pub kind: Kind,
    /// The key of the configuration, or the operation or path; one line.
    pub name: &'static str,
    /// What it was, what it is now, and what to do to keep the old way where that is possible.
    pub text: &'static str,
    /// Whether it concerns this configuration.
    pub concerns: fn(&Config) -> bool,
}

/// For a change that concerns every configuration.
const ALWAYS: fn(&Config) -> bool = |_| true;

/// All changes, in the order in which they are told: by step, then defaults, keys, wire, files.
const CHANGES: &[Change] = &[
    Change {
        step: 2,
        kind: Kind::Default,
        name: "sms.per_day_per_address",
        text: "was 0, no limit; is 100 messages for one client address in 24 hours",
        concerns: |config| config.sms.per_day_per_address == 100,
    },
    Change {
        step: 2,
        kind: Kind::Default,
        name: "sms.per_day_in_all",
        text: "was 0, no limit; is 1000 messages in 24 hours, a fifth of them kept for numbers that \
               have an account",
        concerns: |config| config.sms.per_day_in_all == 1000,
    },
    Change {
        step: 2,
        kind: Kind::Key,
        name: "captcha.wrong_per_address",
        text: "wrong proofs of captchas from one client address in 5 minutes: 500; 0 for no limit",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Key,
        name: "limits.login_attempts_per_account",
        text: "failed logins for one account from all addresses in an hour: 100; 0 for no limit",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Key,
        name: "limits.login_attempts_per_address",
        text: "failed logins from one client address in 15 minutes: 300; 0 for no limit",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Key,
        name: "limits.renames_per_day",
        text: "new user names that one account may try in 24 hours: 5; 0 for no limit",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "sms/validate",
        text: "needs phone; five wrong tries of one address are its last, twenty of all end the code",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "img/validate",
        text: "says yes as often as it is asked until the captcha has paid",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "user/register, user/password",
        text: "refuse the most common passwords; logins with one go on",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Key,
        name: "limits.shared_networks",
        text: "networks that many people share behind one address, with the factor by which limits \
               per address are multiplied there",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Key,
        name: "score.apps, score.new_boards_per_day",
        text: "which games may have a board; where any may, an address opens 3 a day (0: no limit), and \
           `default` and games with a secret have places of their own",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Key,
        name: "score.max_players, score.new_players_per_hour",
        text: "a board has at most 1,000,000 players, and an address adds at most 5,000 an hour (0: no limit)",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "score/post, player/update",
        text: "a game with a secret takes only requests with X-Timestamp, X-Nonce and X-Signature over \
           method, path, both and the body; score.legacy_signatures = true takes the older form for \
           one release",
        concerns: |config| !config.score.secrets.is_empty() && !config.score.legacy_signatures,
    },
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "player/update",
        text: "control characters in nicknames, places and headimgurl are refused; tpinball_score tells null \
           where a player told nothing of himself",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Files,
        name: "player",
        text: "players without a score leave 24 hours after the next start, unless they post one",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Key,
        name: "privacy.key_file",
        text: "real names and identity cards are encrypted with a key in this file, by \
               default beside data_dir with .key behind its name; the server's user must be \
               able to make it at the first start; keep a copy of it apart from the backups",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "user/register, user/rename",
        text: "a name is refused if it looks like another's, is another's number or id, is \
               reserved, has characters that can't be seen, or was left by another in the \
               last 30 days; names from before stay",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "user/update",
        text: "a nickname with nothing to see, a blank at an end, a line break or an \
               override of the reading order is refused",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "user/verify",
        text: "a real name is of letters, with spaces and points between",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Wire,
        name: "PUT /api/v1.0/user/name, POST /api/v1.0/user/auth",
        text: "a value that is not acceptable is 4001 with the text that pages show, no \
               longer 4103",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Files,
        name: "before-upgrade",
        text: "a copy of the database is kept in this folder beside it before its schema \
               changes; it holds identity cards as they were: remove it once you stay with \
               this version",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Files,
        name: "modes",
        text: "the database, the outbox, pictures and backups are closed to other users of \
               the machine (0600, folders 0700), unless store.public_url says that another \
               server shows the pictures",
        concerns: ALWAYS,
    },
    Change {
        step: 2,
        kind: Kind::Files,
        name: "outbox.jsonl",
        text: "grew without end; at 10 MiB it becomes outbox.jsonl.1, in the place of the one \
               before, and a new one is begun",
        concerns: |config| config.sms.gateway == SmsGateway::Outbox,
    },
    Change {
        step: 2,
        kind: Kind::Files,
        name: "guichet user remove",
        text: "all content of the account goes with it: notices, shops, rank, portrait, \
               picture",
        concerns: ALWAYS,
    },
];

/// Tell the changes that the next start brings to a database that has `version` steps of the schema.
pub fn tell(config: &Config, version: i64, findings: &mut Findings) {
    for change in CHANGES {
        if change.step > version && (change.concerns)(config) {
            let kind = change.kind.shown();
            findings.warning(WHAT, format_args!("{kind} {}: {}", change.name, change.text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handlers::SCHEMA;

    #[test]
    fn upgrade_notes_refer_to_existing_schema_steps() {
        let steps = i64::try_from(SCHEMA.steps.len()).unwrap();
        for change in CHANGES {
            assert!((2..=steps).contains(&change.step), "{}", change.name);
            assert!(!change.text.contains('\n') && !change.name.is_empty(), "{}", change.name);
        }
        assert!(CHANGES.is_sorted_by_key(|change| change.step));
    }
}
