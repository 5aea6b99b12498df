//! Telling a game's server of the end of a season (`[score.webhooks.APP]`): at least once, with an id by which it knows a
//! second time.

use super::ended;
use crate::handlers::game::AppName;
use crate::handlers::player::faces;
use engine::args;
use engine::boards::Rules;
use engine::config::SeasonWebhook;
use engine::db::{Db, View};
use engine::fault::Fault;
use engine::webhook;
use serde_json::{Value, json};
use std::time::Duration;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long after the first try there is another, in seconds; then three times as long after each.
const FIRST_PAUSE: i64 = 5;

/// The longest time between two tries, in seconds.
const LONGEST_PAUSE: i64 = 3_600;

/// How often it is tried: for some three days.
const MOST_ATTEMPTS: i64 = 80;

/// A season of which a server is to be told.
struct Untold {
    app: String,
    season: i64,
    began_at: i64,
    ended_at: i64,
    players: i64,
    attempts: i64,
}

/// Tell of a season, if there is one of which it is time to tell.
pub fn run(db: &Db) -> Result<(), Fault> {
    let view = db.view();
    let now = view.clock.steady();
    let untold = view.one(
        "SELECT app, number, began_at, ended_at, players, attempts FROM season
          WHERE told_at IS NULL AND players IS NOT NULL AND try_at <= $1 ORDER BY try_at, app, number LIMIT 1",
        args![now],
        |row| {
            Ok(Untold {
                app: row.get(0)?,
                season: row.get(1)?,
                began_at: row.get(2)?,
                ended_at: row.get(3)?,
                players: row.get(4)?,
                attempts: row.get(5)?,
            })
        },
    )?;
    let Some(untold) = untold else { return Ok(()) };
    let hook = view.config.score.webhooks.get(&untold.app).cloned();
    let Some(hook) = hook.filter(|_| untold.attempts < MOST_ATTEMPTS) else {
        tracing::warn!(
            board = untold.app,
            season = untold.season,
            "nobody was told of the end of a season: no webhook is configured any more, or it failed for three days"
        );
        return settle(db, &untold, 0);
    };
    let body = body(&view, &untold, &hook)?.to_string().into_bytes();
    let requests = view.http_client.get().map_err(Fault::unknown)?;
    drop(view);
    // Noted before it is sent: a server that ends meanwhile leaves the rest to the next try, and of several servers one
    // sends it.
    if !claim(db, &untold, now)? {
        return Ok(());
    }
    let id = format!("season_{}_{}", untold.app, untold.season);
    let mut request = requests.client().post(hook.url.url()).timeout(TIMEOUT);
    for (name, value) in webhook::headers(&webhook::key(&hook.secret), &id, &body) {
        request = request.header(name, value);
    }
    let request = request.header("content-type", "application/json").body(body);
    let answer = requests.wait(request.send());
    let cause = match answer {
        Ok(answer) if answer.status().is_success() => return settle(db, &untold, now),
        Ok(answer) => format!("HTTP {}", answer.status().as_u16()),
        Err(error) => error.without_url().to_string(),
    };
    tracing::warn!(
        board = untold.app,
        season = untold.season,
        attempt = untold.attempts + 1,
        cause,
        "a server was not told of the end of a season; it is tried again"
    );
    Ok(())
}

/// Note a try; `false` if another server was faster.
fn claim(db: &Db, untold: &Untold, now: i64) -> Result<bool, Fault> {
    let (app, season, attempts) = (untold.app.clone(), untold.season, untold.attempts);
    let factor = 3_i64.saturating_pow(u32::try_from(attempts).unwrap_or(u32::MAX));
    let pause = FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE);
    db.write(move |tx| {
        let changed = tx.execute(
            "UPDATE season SET attempts = attempts + 1, try_at = $1
              WHERE app = $2 AND number = $3 AND attempts = $4 AND told_at IS NULL",
            args![now + pause, &app, season, attempts],
        )?;
        Ok(changed == 1)
    })
}

/// Note that a server was told at `at`, or with 0 that it is not to be.
fn settle(db: &Db, untold: &Untold, at: i64) -> Result<(), Fault> {
    let (app, season) = (untold.app.clone(), untold.season);
    db.write(move |tx| {
        let sql = "UPDATE season SET told_at = $1 WHERE app = $2 AND number = $3";
        tx.execute(sql, args![at, &app, season]).map(drop)
    })
}

/// What the server is told.
fn body(view: &View, untold: &Untold, hook: &SeasonWebhook) -> Result<Value, Fault> {
    let Untold { app, season, began_at, ended_at, players, .. } = untold;
    let rules: Rules = super::hold::rules(view, app)?;
    let places = usize::try_from(hook.places).unwrap_or(usize::MAX);
    let rows = ended::rows(view, app, (*season, rules), 1, places)?;
    let openids: Vec<&str> = rows.iter().map(|row| row.owner.as_str()).collect();
    let mut faces = faces(view, &AppName::of(app), &openids)?;
    let metadata = super::metadata(view, app, *season, &openids)?;
    let row = |row: &engine::leaderboard::Row<String>| {
        let (nickname, avatar) = faces.remove(&row.owner).unwrap_or_default();
        json!({
            "rank": row.place,
            "openid": row.owner,
            "score": row.score,
            "nickname": nickname,
            "avatar": avatar,
            "metadata": metadata.get(&row.owner).map(String::as_str).unwrap_or_default(),
        })
    };
    let top: Vec<Value> = rows.iter().map(row).collect();
    Ok(json!({
        "type": "season.ended",
        "board": app,
        "season": season,
        "began_at": view.clock.format(*began_at),
        "ended_at": view.clock.format(*ended_at),
        "players": players,
        "top": top,
    }))
}
