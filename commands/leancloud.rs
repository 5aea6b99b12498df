//! `guichet import --from leancloud`: reads what LeanCloud has exported.
//!
//! Its console exports a file of lines of JSON for each class, the first line a comment
//! (`#filetype:JSON-streaming {…}`). Boards and their scores come from its REST API
//! (`/1.1/leaderboard/leaderboards`, `…/ranks`), whose answers have the rows in `results`.

use super::progress::{Progress, Unit};
use super::{open_alone, output};
use crate::handlers::leancloud::{Board, Score, User, add_board, add_score, add_user};
use crate::handlers::moderation::audit::{self, By};
use crate::handlers::phone::is_mobile;
use crate::handlers::user::{admin, imported};
use engine::boards::{Direction, Rule, Ties};
use engine::config::{BoardSettings, Config};
use engine::db::{Db, Tx};
use engine::fault::Fault;
use engine::season::Period;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How many rows are written in one transaction.
const PORTION: usize = 1_000;

/// LeanCloud's seasons begin at midnight there.
const ZONE: &str = "Asia/Shanghai";

/// What is not taken over is told one by one up to this many.
const MOST_TOLD: usize = 50;

/// All that was found.
#[derive(Default)]
struct Found {
    users: Vec<User>,
    /// The openid by which a user of LeanCloud's is called here, where it is not LeanCloud's id: that of WeChat.
    openids: HashMap<String, String>,
    boards: Vec<Board>,
    /// Board, LeanCloud's id of the player, score.
    scores: Vec<(String, String, i64)>,
    /// What is not taken over, and why.
    left_out: Vec<String>,
}

/// Take it over.
pub fn run(config: Config, from: &Path) -> Result<(), String> {
    let mut found = Found::default();
    let files = files(from)?;
    if files.is_empty() {
        return Err(format!("{}: there is no file of JSON in it", from.display()));
    }
    for file in &files {
        let text =
            fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        read(&mut found, file, &text)?;
    }
    let db = open_alone(config)?;
    let written = write(&db, &mut found);
    db.close();
    let told = written.map_err(admin::fault_text)?;
    for why in found.left_out.iter().take(MOST_TOLD) {
        engine::log::say(&format!("left out: {why}"));
    }
    if found.left_out.len() > MOST_TOLD {
        engine::log::say(&format!("left out: {} more", found.left_out.len() - MOST_TOLD));
    }
    output::print(&told)
}

/// The files of JSON in a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(told)? {
        let path = entry.map_err(told)?.path();
        let is_json = path.extension().is_some_and(|it| it == "json" || it == "jsonl");
        if path.is_file() && is_json {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Read a file: an answer of the REST API, or lines of JSON.
fn read(found: &mut Found, file: &Path, text: &str) -> Result<(), String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let text = text.trim_start_matches('\u{feff}');
    if let Ok(whole) = serde_json::from_str::<Value>(text) {
        let rows = match &whole {
            Value::Array(rows) => rows.as_slice(),
            Value::Object(it) => match it.get("results") {
                Some(Value::Array(rows)) => rows.as_slice(),
                _ => std::slice::from_ref(&whole),
            },
            _ => &[],
        };
        rows.iter().for_each(|row| take(found, &name, row));
        return Ok(());
    }
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let row: Value = serde_json::from_str(line)
            .map_err(|error| format!("{}:{number}: {error}", file.display()))?;
        match row.get("results") {
            Some(Value::Array(rows)) => rows.iter().for_each(|row| take(found, &name, row)),
            _ => take(found, &name, &row),
        }
    }
    Ok(())
}

/// Note a row, whatever it is.
fn take(found: &mut Found, file: &str, row: &Value) {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    if row["statisticName"].is_string() && !row["statisticValue"].is_null() {
        let name = text("statisticName");
        match (score(&row["statisticValue"]), player(row)) {
            (Some(score), Some(player)) => found.scores.push((name, player, score)),
            (None, _) => found.left_out.push(format!(
                "{file}: {name}: {} is not a whole number from 0 on",
                row["statisticValue"]
            )),
            (_, None) => found.left_out.push(format!("{file}: {name}: a score of nobody")),
        }
    } else if row["statisticName"].is_string() {
        found.boards.push(board(row));
    } else if file.starts_with("_User") && row["objectId"].is_string() {
        if let Some(openid) = wechat_openid(row) {
            found.openids.insert(text("objectId"), openid);
        }
        found.users.push(user(row));
    } else if !found.left_out.iter().any(|it| it.starts_with(&format!("{file}: "))) {
        found.left_out.push(format!("{file}: neither users nor boards"));
    }
}

/// A whole number from 0 on; LeanCloud's are floating.
fn score(value: &Value) -> Option<i64> {
    if let Some(score) = value.as_i64() {
        return (score >= 0).then_some(score);
    }
    let score = value.as_f64()?;
    // Beyond 2^53 not every whole number is one.
    let is_whole = score.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&score);
    is_whole.then(|| format!("{score:.0}").parse().ok()).flatten()
}

/// LeanCloud's id of whose score it is: a user, an object or an entity.
fn player(row: &Value) -> Option<String> {
    let id = |it: &Value| match it {
        Value::String(id) => Some(id.clone()),
        it => it["objectId"].as_str().map(str::to_owned),
    };
    ["user", "object", "entity"].iter().find_map(|key| id(&row[*key]))
}

fn board(row: &Value) -> Board {
    let is = |key: &str, value: &str| row[key] == value;
    Board {
        name: row["statisticName"].as_str().unwrap_or_default().to_owned(),
        settings: BoardSettings {
            rule: match row["updateStrategy"].as_str() {
                Some("last") => Rule::Last,
                Some("sum") => Rule::Sum,
                _ => Rule::Best,
            },
            order: if is("order", "ascending") { Direction::Lowest } else { Direction::Highest },
            ties: Ties::First,
            season: match row["versionChangeInterval"].as_str() {
                Some("day") => Period::Day,
                Some("week") => Period::Week,
                Some("month") => Period::Month,
                _ => Period::None,
            },
            timezone: Some(ZONE.to_owned()),
        },
        // LeanCloud's begin with 0.
        season: row["version"].as_i64().unwrap_or(0).max(0).saturating_add(1),
    }
}

/// The openid of WeChat's by which a user has logged in.
fn wechat_openid(row: &Value) -> Option<String> {
    ["lc_weapp", "weapp", "lc_weixin", "weixin", "wechat"]
        .iter()
        .find_map(|platform| row["authData"][platform]["openid"].as_str())
        .map(str::to_owned)
}

fn user(row: &Value) -> User {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let created = row["createdAt"].as_str().or_else(|| row["createdAt"]["iso"].as_str());
    // A number that nobody has proven may be anybody's.
    let mobile = row["mobilePhoneNumber"].as_str().filter(|_| row["mobilePhoneVerified"] == true);
    let mobile = mobile.map(|mobile| mobile.strip_prefix("+86").unwrap_or(mobile).to_owned());
    let avatar = ["avatarUrl", "avatarURL", "avatar"].iter().find_map(|key| {
        row[*key]
            .as_str()
            .or_else(|| row[*key]["url"].as_str())
            .filter(|url| url.starts_with("http"))
    });
    let nickname =
        ["nickname", "nickName", "displayName"].iter().find_map(|key| row[*key].as_str());
    User {
        object_id: text("objectId"),
        username: text("username"),
        mobile: mobile.filter(|mobile| is_mobile(mobile)),
        created_at: created.and_then(|at| at.parse::<Timestamp>().ok()).map(Timestamp::as_second),
        nickname: nickname.unwrap_or_default().to_owned(),
        avatar: avatar.unwrap_or_default().to_owned(),
    }
}

/// Write all of it, in portions; what was done. Run again, it takes over what is still missing.
fn write(db: &Db, found: &mut Found) -> Result<String, Fault> {
    let password = imported::unknown_password()?;
    let by = By::command();
    db.write(move |tx| audit::record(tx, &by, "import leancloud", "", None))?;
    let users =
        portions(db, "accounts", &found.users, &mut found.left_out, move |tx, user: &User| {
            let why = add_user(tx, user, &password)?;
            Ok(why.map(|why| format!("user {}: {why}", user.object_id)))
        })?;
    let boards =
        portions(db, "boards", &found.boards, &mut found.left_out, |tx, board: &Board| {
            Ok(add_board(tx, board)?.map(|why| format!("board {}: {why}", board.name)))
        })?;
    let faces: HashMap<&str, (&str, &str)> = found
        .users
        .iter()
        .map(|user| (user.object_id.as_str(), (user.nickname.as_str(), user.avatar.as_str())))
        .collect();
    let scores: Vec<Score> = found
        .scores
        .iter()
        .map(|(board, player, score)| {
            let (nickname, avatar) = faces.get(player.as_str()).copied().unwrap_or_default();
            let openid = found.openids.get(player).unwrap_or(player);
            let face = (cut(nickname, 64), cut(avatar, 1024));
            Score { board: board.clone(), openid: openid.clone(), score: *score, face }
        })
        .collect();
    let scores = portions(db, "scores", &scores, &mut found.left_out, |tx, score: &Score| {
        Ok(add_score(tx, score)?.map(|why| format!("score: {why}")))
    })?;
    let unreached = found.users.iter().filter(|user| user.mobile.is_none()).count();
    Ok(format!(
        "accounts\t{users}\nboards\t{boards}\nscores\t{scores}\naccounts without a proven number\t{unreached}\n"
    ))
}

/// The first characters of a text.
fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|it| !it.is_control()).take(most).collect()
}

/// Write rows in portions, and add the reasons for rows that were not written to `left_out`. Returns how many were written.
fn portions<T: Clone + Send + 'static>(
    db: &Db,
    what: &'static str,
    rows: &[T],
    left_out: &mut Vec<String>,
    add: impl Fn(&mut Tx, &T) -> Result<Option<String>, Fault> + Clone + Send + 'static,
) -> Result<usize, Fault> {
    let bar = Progress::new(what, Unit::Items);
    let mut done = 0;
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    for portion in rows.chunks(PORTION) {
        let (portion, add) = (portion.to_vec(), add.clone());
        let length = portion.len();
        let missing = db.write(move |tx| {
            let mut missing = Vec::new();
            for row in &portion {
                missing.extend(add(tx, row)?);
            }
            Ok(missing)
        })?;
        done += length - missing.len();
        left_out.extend(missing);
        bar.set(count(done), count(rows.len()));
    }
    Ok(done)
}

/// What the folder's files are read as, for tests without a database.
#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scores_are_whole_numbers_from_0_on() {
        for (value, expected) in [
            (json!(7), Some(7)),
            (json!(7.0), Some(7)),
            (json!(0), Some(0)),
            (json!(-1), None),
            (json!(7.5), None),
            (json!(1e300), None),
            (json!("7"), None),
        ] {
            assert_eq!(score(&value), expected, "{value}");
        }
    }

    #[test]
    fn only_proven_numbers_of_china_are_taken() {
        let mobile = |number: &str, is_proven: bool| {
            user(&json!({"mobilePhoneNumber": number, "mobilePhoneVerified": is_proven})).mobile
        };
        assert_eq!(mobile("+8613800001234", true).as_deref(), Some("13800001234"));
        assert_eq!(mobile("13800001234", true).as_deref(), Some("13800001234"));
        assert_eq!(mobile("13800001234", false), None);
        assert_eq!(mobile("+14155550100", true), None);
    }
}
