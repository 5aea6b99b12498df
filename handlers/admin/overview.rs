//! What happens on the server: figures, messages, changes, admins.

use super::people;
use super::text;
use crate::handlers::moderation::audit;
use engine::caller::{Admin, Owner, Viewer};
use engine::data::IntOrText;
use engine::db::View;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read, Scan, Work, WorkContext};
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The most lines of the log that are listed.
const LINES: usize = 500;

/// The most rows of a list.
const ROWS: i64 = 100;

data! {
    /// Tell how the server is: how much there is of everything, and a day of requests.
    pub struct Overview;
}

/// How the server is.
#[derive(Serialize, JsonSchema)]
pub struct Figures {
    /// The server's version.
    version: &'static str,
    /// Accounts.
    accounts: i64,
    /// Notices.
    notices: i64,
    /// Shops.
    shops: i64,
    /// Boards of games.
    boards: i64,
    /// Players on these boards.
    players: i64,
    /// Messages that were sent in the last 24 hours.
    messages: i64,
    /// Bans that have not ended.
    bans: i64,
    /// Requests that were answered in each minute since the start, for at most a day, the oldest first.
    answered: Vec<u32>,
    /// Of these, refused: HTTP statuses 400 to 499.
    refused: Vec<u32>,
    /// Of these, failed: HTTP statuses from 500.
    failed: Vec<u32>,
}

impl Op for Overview {
    const NAME: Name = ("admin", "overview");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = Figures;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<Figures, Fault> {
        let minutes = context.history.minutes();
        context.read(|view| {
            let now = view.clock.steady();
            let counts = view.one(
                "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM property),
                        (SELECT count(*) FROM shop), (SELECT count(*) FROM app),
                        (SELECT coalesce(sum(players), 0) FROM app),
                        (SELECT count(*) FROM sms WHERE sent_at > $1),
                        (SELECT count(*) FROM ban WHERE ends_at > $2)",
                args![now - 86_400, now],
                |row| (0..7).map(|nth| row.get::<i64>(nth)).collect::<Result<Vec<i64>, _>>(),
            )?;
            let counts = counts.unwrap_or_default();
            let count = |nth: usize| counts.get(nth).copied().unwrap_or(0);
            Ok(Figures {
                version: env!("CARGO_PKG_VERSION"),
                accounts: count(0),
                notices: count(1),
                shops: count(2),
                boards: count(3),
                players: count(4),
                messages: count(5),
                bans: count(6),
                answered: minutes.iter().map(|minute| minute.answered).collect(),
                refused: minutes.iter().map(|minute| minute.refused).collect(),
                failed: minutes.iter().map(|minute| minute.failed).collect(),
            })
        })
    }
}

data! {
    /// List the messages of the last 24 hours, the newest first, at most 100. Numbers are masked.
    pub struct Messages;
}

/// Messages.
#[derive(Serialize, JsonSchema)]
pub struct MessageList {
    /// The messages, the newest first.
    messages: Vec<Message>,
    /// How many there were in 24 hours; the list has 100 at most.
    count: i64,
    /// What they cost, by `sms.price`; absent where it is not configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
}

/// A message with a code. The code itself is not kept.
#[derive(Serialize, JsonSchema)]
pub struct Message {
    /// When it was sent, `YYYY-MM-DD HH:MM:SS`.
    sent: String,
    /// The number, of which the middle is masked.
    number: String,
    /// The address of the client that asked for it.
    address: String,
    /// What the code is for.
    purpose: String,
}

impl Op for Messages {
    const NAME: Name = ("admin", "messages");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = MessageList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<MessageList, Fault> {
        context.read(|view| {
            let sql = "SELECT sent_at, phone, address, purpose FROM sms WHERE sent_at > $1
                        ORDER BY sent_at DESC, id DESC LIMIT $2";
            let messages = view.all(sql, args![view.clock.steady() - 86_400, ROWS], |row| {
                Ok(Message {
                    sent: view.clock.format(row.get(0)?),
                    number: masked(&row.get::<String>(1)?),
                    address: row.get(2)?,
                    purpose: row.get(3)?,
                })
            })?;
            let sql = "SELECT count(*) FROM sms WHERE sent_at > $1";
            let count = view.one(sql, args![view.clock.steady() - 86_400], |row| row.get(0))?;
            let count: i64 = count.unwrap_or_default();
            let price = view.config.sms.price;
            let cost = (price > 0.0).then(|| {
                format!("{:.2}", price * f64::from(u32::try_from(count).unwrap_or(u32::MAX)))
            });
            Ok(MessageList { messages, count, cost })
        })
    }
}

/// A number of which the first three and the last two digits are shown.
fn masked(number: &str) -> String {
    let length = number.chars().count();
    let hidden = |place: usize| (3..length.saturating_sub(2)).contains(&place);
    number
        .chars()
        .enumerate()
        .map(|(place, digit)| if hidden(place) { '*' } else { digit })
        .collect()
}

data! {
    /// List changes by admins and commands, the newest first, at most 100: who, when, from where, what, on whom.
    pub struct Audit {
        /// Only those with this in actor, action or target.
        text: Option<String>,
        /// Only those with a smaller id: the last of the page before.
        before: Option<IntOrText>,
    }
}

/// Changes.
#[derive(Serialize, JsonSchema)]
pub struct AuditList {
    /// The changes, the newest first: `id`, `at`, `actor`, `action`, `target`, and `address`, `earlier` and `later`
    /// where there are such.
    changes: Vec<Value>,
}

impl Op for Audit {
    const NAME: Name = ("admin", "audit");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"text": "notice remove"}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = AuditList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<AuditList, Fault> {
        let before = self.before.map_or(i64::MAX, |before| before.0);
        let text = text(self.text);
        context.read(|view| Ok(AuditList { changes: audit::newest(view, &text, before, ROWS)? }))
    }
}

data! {
    /// List the last lines of the server's log, the newest first, at most 500. Lines of requests are not kept.
    pub struct Log {
        /// Only those with this text.
        text: Option<String>,
    }
}

/// Lines of the log.
#[derive(Serialize, JsonSchema)]
pub struct LogLines {
    /// The lines, the newest first.
    lines: Vec<LogLine>,
}

/// A line of the log.
#[derive(Serialize, JsonSchema)]
pub struct LogLine {
    /// The line, as it was written to stderr.
    line: String,
}

impl Op for Log {
    const NAME: Name = ("admin", "log");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"text": "error"}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = LogLines;
    const NEEDS_SPACE: bool = false;

    fn run(self, _: &WorkContext, _: Admin<Viewer>) -> Result<LogLines, Fault> {
        let lines = engine::log::recent(&text(self.text), LINES);
        Ok(LogLines { lines: lines.into_iter().map(|line| LogLine { line }).collect() })
    }
}

data! {
    /// List the admins.
    pub struct Admins;
}

/// Admins.
#[derive(Serialize, JsonSchema)]
pub struct AdminList {
    /// The admins, by name.
    admins: Vec<people::Listed>,
}

impl Op for Admins {
    const NAME: Name = ("admin", "admins");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Owner>;
    type Lane = Read;
    type Reply = AdminList;

    fn run(self, view: &View, _: Admin<Owner>) -> Result<AdminList, Fault> {
        Ok(AdminList { admins: people::list(view)? })
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn number_shows_first_three_and_last_two_digits() {
        assert_eq!(masked("13800000123"), "138******23");
        assert_eq!(masked("1234"), "1234");
        assert_eq!(masked(""), "");
    }
}
