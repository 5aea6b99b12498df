//! Players' names, looked through by WeChat before anybody sees them (WeChat's documentation, `msgSecCheck`), where
//! `[wx.APP] check_texts` says so.
//!
//! A game is not held up by it: the name waits in the table `text_check`, and is on the board a moment after WeChat has let
//! it pass.

use super::moderation::reviews::{self, Kind};
use engine::args;
use engine::boards::Change;
use engine::config::WxApp;
use engine::db::{Db, Tx};
use engine::fault::Fault;
use engine::http_client::HttpClient;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long WeChat may take to answer.
const TIME: Duration = Duration::from_secs(3);

/// How long an answer may be, in bytes.
const LONGEST: usize = 16 * 1024;

/// How long after a try that failed there is another, in seconds, times the number of tries.
const PAUSE: i64 = 10;

/// How often it is tried: for some half an hour. Then a person decides.
const MOST_ATTEMPTS: i64 = 20;

/// How long before its end an access token is asked for anew.
const MARGIN: Duration = Duration::from_mins(5);

/// Removes names that were not looked through within a day.
pub const SWEEP: &str = "DELETE FROM text_check WHERE at <= $1 - 86400";

/// The access tokens of mini-programs, by AppID, and when they are asked for anew.
static TOKENS: LazyLock<Mutex<HashMap<String, (String, Instant)>>> = LazyLock::new(Mutex::default);

/// Let a player's name wait until WeChat has looked it through; `false` where it need not.
pub fn submit(tx: &mut Tx, app: &str, openid: &str, nickname: &str) -> Result<bool, Fault> {
    let is_checked = tx.config.wx.apps.get(app).is_some_and(|program| program.check_texts);
    if !is_checked || nickname.is_empty() {
        return Ok(false);
    }
    let now = tx.clock.steady();
    tx.execute(
        "INSERT INTO text_check (app, openid, nickname, at, attempts, try_at) VALUES ($1, $2, $3, $4, 0, 0)
         ON CONFLICT (app, openid) DO UPDATE
            SET nickname = excluded.nickname, at = excluded.at, attempts = 0, try_at = 0",
        args![app, openid, nickname, now],
    )?;
    Ok(true)
}

/// A name that waits.
#[derive(Clone)]
struct Waiting {
    app: String,
    openid: String,
    nickname: String,
    attempts: i64,
}

/// What is done with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Everybody sees it.
    Pass,
    /// Everybody sees it, and a moderator looks at it.
    Review,
    /// Nobody sees it.
    Risky,
}

/// Let WeChat look through a name, if one waits.
pub fn follow_up(db: &Db) -> Result<(), Fault> {
    let view = db.view();
    let now = view.clock.steady();
    let waiting = view.one(
        "SELECT app, openid, nickname, attempts FROM text_check WHERE try_at <= $1
          ORDER BY try_at, at LIMIT 1",
        args![now],
        |row| {
            Ok(Waiting {
                app: row.get(0)?,
                openid: row.get(1)?,
                nickname: row.get(2)?,
                attempts: row.get(3)?,
            })
        },
    )?;
    let Some(waiting) = waiting else { return Ok(()) };
    let program = view.config.wx.apps.get(&waiting.app).filter(|it| it.check_texts).cloned();
    let Some(program) = program else { return settle(db, &waiting, Verdict::Pass) };
    if waiting.attempts >= MOST_ATTEMPTS {
        return settle(db, &waiting, Verdict::Review);
    }
    // Of several servers one asks.
    if !claim(db, &waiting, now)? {
        return Ok(());
    }
    let requests = view.http_client.get().map_err(Fault::unknown)?;
    let endpoint = view.config.wx.endpoint.url().trim_end_matches('/').to_owned();
    drop(view);
    match look(&requests, &endpoint, &program, &waiting) {
        Ok(verdict) => settle(db, &waiting, verdict),
        Err(cause) => {
            tracing::warn!(
                app = waiting.app,
                cause,
                "WeChat did not look through a name; it is asked again"
            );
            Ok(())
        }
    }
}

fn claim(db: &Db, waiting: &Waiting, now: i64) -> Result<bool, Fault> {
    let Waiting { app, openid, attempts, .. } = waiting.clone();
    db.write(move |tx| {
        let changed = tx.execute(
            "UPDATE text_check SET attempts = attempts + 1, try_at = $1
              WHERE app = $2 AND openid = $3 AND attempts = $4",
            args![now + PAUSE * (attempts + 1), &app, &openid, attempts],
        )?;
        Ok(changed == 1)
    })
}

/// Do what the verdict says, unless the player has another name by now.
fn settle(db: &Db, waiting: &Waiting, verdict: Verdict) -> Result<(), Fault> {
    let Waiting { app, openid, nickname, .. } = waiting.clone();
    db.write(move |tx| {
        let sql = "DELETE FROM text_check WHERE app = $1 AND openid = $2 AND nickname = $3";
        if tx.execute(sql, args![&app, &openid, &nickname])? == 0 || verdict == Verdict::Risky {
            return Ok(());
        }
        let sql = "UPDATE player SET nickname = $1 WHERE app = $2 AND openid = $3";
        tx.execute(sql, args![&nickname, &app, &openid])?;
        tx.tell(Change::PlayersChanged { board: app.as_str().into() });
        let why = (verdict == Verdict::Review).then_some("WeChat says that a person should look");
        reviews::hold(tx, Kind::Player, &format!("{app} {openid}"), why)
    })
}

/// An answer of WeChat's.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    errcode: i64,
    access_token: Option<String>,
    #[serde(default)]
    expires_in: u64,
    result: Option<Suggestion>,
}

#[derive(Deserialize)]
struct Suggestion {
    suggest: String,
}

/// Ask WeChat for its verdict; the error says why there is none, without secrets.
fn look(
    requests: &HttpClient,
    endpoint: &str,
    program: &WxApp,
    waiting: &Waiting,
) -> Result<Verdict, String> {
    let token = access_token(requests, endpoint, program)?;
    // Scene 1: what a profile shows.
    let text =
        json!({"version": 2, "scene": 1, "openid": waiting.openid, "content": waiting.nickname});
    let url = format!("{endpoint}/wxa/msg_sec_check?access_token={token}");
    let answer = post(requests, url, &text)?;
    match (answer.errcode, answer.result.map(|result| result.suggest).as_deref()) {
        (0, Some("pass")) => Ok(Verdict::Pass),
        (0, Some("risky")) => Ok(Verdict::Risky),
        (0, Some("review")) => Ok(Verdict::Review),
        // The token is another server's by now, or has ended.
        (40_001 | 40_014 | 42_001, _) => {
            TOKENS.lock().unwrap_or_else(PoisonError::into_inner).remove(&program.appid);
            Err("the access token is no longer good".to_owned())
        }
        // It looks through what its users of the last two hours say.
        (61_010, _) => Ok(Verdict::Review),
        (code, _) => Err(format!("errcode {code}")),
    }
}

/// Get the mini-program's access token. It is requested from `/cgi-bin/stable_token`, because a request to
/// `/cgi-bin/token` invalidates the token that another server is using.
fn access_token(requests: &HttpClient, endpoint: &str, program: &WxApp) -> Result<String, String> {
    let known = TOKENS.lock().unwrap_or_else(PoisonError::into_inner).get(&program.appid).cloned();
    if let Some((token, _)) = known.filter(|(_, until)| Instant::now() < *until) {
        return Ok(token);
    }
    let asked = json!({
        "grant_type": "client_credential", "appid": program.appid, "secret": program.secret.expose()
    });
    let answer = post(requests, format!("{endpoint}/cgi-bin/stable_token"), &asked)?;
    let good = |token: &String| token.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'&');
    let token = answer.access_token.filter(good);
    let token = token.ok_or_else(|| format!("no access token: errcode {}", answer.errcode))?;
    let time = Duration::from_secs(answer.expires_in).saturating_sub(MARGIN);
    let mut tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
    tokens.insert(program.appid.clone(), (token.clone(), Instant::now() + time));
    Ok(token)
}

fn post(requests: &HttpClient, url: String, body: &Value) -> Result<Answer, String> {
    let request = requests.client().post(url).timeout(TIME);
    let request = request.header("content-type", "application/json").body(body.to_string());
    let text = requests.short_answer(request, LONGEST).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|_| "not an answer of WeChat's".to_owned())
}
