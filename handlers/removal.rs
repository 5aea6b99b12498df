//! What is left to do of removals: things that a transaction alone does not do.
//!
//! A command may run beside a server, which has the leaderboards in its memory, and another one may be killed between its
//! transaction and the removal of files. So they note what is to be done in the table `removal`, and the server does it:
//! what is noted while it runs within a moment, and what was noted before a crash at its start.

use super::boards;
use super::moderation::scores;
use super::portrait::NOT_STORED;
use super::rank;
use super::ruled::{advance, settings};
use engine::args;
use engine::db::{Db, Tx, View};
use engine::fault::Fault;
use std::time::{Duration, Instant};

/// How long a command waits until a running server has done it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// Remove the file of a picture.
    Picture(String),
    /// Take an account off the rank board in memory.
    Rank(i64),
    /// Take a player off the board of a game, with what the game told of them.
    Player {
        /// The game.
        app: String,
        /// The player.
        openid: String,
    },
    /// Take all players off the board of a game.
    Scores(String),
    /// Take a player's score off the board of a game until somebody has confirmed it.
    Hold {
        /// The game.
        app: String,
        /// The player.
        openid: String,
        /// Why.
        reason: String,
    },
    /// Let a score count that was held.
    Confirm {
        /// The game.
        app: String,
        /// The player.
        openid: String,
    },
    /// Remove the board of a game with its scores and players.
    Board(String),
    /// A board with rules was made, or has others.
    Rules(String),
    /// End a season of a board. It has its number, so that it ends once where two servers do this.
    CloseSeason {
        /// The game.
        app: String,
        /// The season.
        season: i64,
    },
    /// Let the season of a board catch up with the clock.
    AdvanceSeason(String),
}

impl Removal {
    /// As the table has it: kind and name.
    fn columns(&self) -> (&'static str, String) {
        match self {
            Removal::Picture(file) => ("picture", file.clone()),
            Removal::Rank(account) => ("rank", account.to_string()),
            Removal::Player { app, openid } => ("player", format!("{app}\n{openid}")),
            Removal::Scores(app) => ("scores", app.clone()),
            Removal::Hold { app, openid, reason } => ("hold", format!("{app}\n{openid}\n{reason}")),
            Removal::Confirm { app, openid } => ("confirm", format!("{app}\n{openid}")),
            Removal::Board(app) => ("board", app.clone()),
            Removal::Rules(app) => ("rules", app.clone()),
            Removal::CloseSeason { app, season } => ("close-season", format!("{app}\n{season}")),
            Removal::AdvanceSeason(app) => ("advance-season", app.clone()),
        }
    }

    /// From the table; `None` if a later version noted it.
    fn read(kind: &str, name: &str) -> Option<Self> {
        Some(match kind {
            "picture" => Removal::Picture(name.to_owned()),
            "rank" => Removal::Rank(name.parse().ok()?),
            // A line break separates the two: app names can't contain one.
            "player" => {
                let (app, openid) = name.split_once('\n')?;
                Removal::Player { app: app.to_owned(), openid: openid.to_owned() }
            }
            "scores" => Removal::Scores(name.to_owned()),
            "hold" => {
                let (app, rest) = name.split_once('\n')?;
                // A reason has no line break; an openid may.
                let (openid, reason) = rest.rsplit_once('\n')?;
                let [app, openid, reason] = [app, openid, reason].map(str::to_owned);
                Removal::Hold { app, openid, reason }
            }
            "confirm" => {
                let (app, openid) = name.split_once('\n')?;
                Removal::Confirm { app: app.to_owned(), openid: openid.to_owned() }
            }
            "board" => Removal::Board(name.to_owned()),
            "rules" => Removal::Rules(name.to_owned()),
            "close-season" => {
                let (app, season) = name.split_once('\n')?;
                Removal::CloseSeason { app: app.to_owned(), season: season.parse().ok()? }
            }
            "advance-season" => Removal::AdvanceSeason(name.to_owned()),
            _ => return None,
        })
    }

    /// Note it.
    pub fn note(&self, tx: &mut Tx) -> Result<(), Fault> {
        let (kind, name) = self.columns();
        tx.execute(
            "INSERT INTO removal (kind, name) VALUES ($1, $2) ON CONFLICT (kind, name) DO NOTHING",
            args![kind, &name],
        )?;
        Ok(())
    }

    /// Do what belongs into a transaction.
    fn run(&self, tx: &mut Tx) -> Result<(), Fault> {
        match self {
            Removal::Picture(_) => Ok(()),
            Removal::Rank(account) => {
                rank::forget(tx, *account);
                Ok(())
            }
            Removal::Player { app, openid } => scores::run_remove_player(tx, app, openid),
            Removal::Scores(app) => scores::run_reset(tx, app),
            Removal::Hold { app, openid, reason } => scores::run_hold(tx, app, openid, reason),
            Removal::Confirm { app, openid } => scores::run_confirm(tx, app, openid),
            Removal::Board(app) => boards::run_remove(tx, app),
            Removal::Rules(app) => settings::run_open(tx, app),
            Removal::CloseSeason { app, season } => advance::run_close(tx, app, *season),
            Removal::AdvanceSeason(app) => advance::run_advance(tx, app),
        }
    }
}

/// Is something left to do?
fn is_unfinished(view: &View) -> Result<bool, Fault> {
    Ok(view.one("SELECT 1 FROM removal LIMIT 1", args![], |_| Ok(()))?.is_some())
}

/// Do what is left. Called by the server, or by a command if no server runs.
pub fn finish(db: &Db) -> Result<(), Fault> {
    let view = db.view();
    let left = view.all("SELECT kind, name FROM removal", args![], |row| {
        Ok(Removal::read(&row.get::<String>(0)?, &row.get::<String>(1)?))
    })?;
    let left: Vec<Removal> = left.into_iter().flatten().collect();
    if left.is_empty() {
        return Ok(());
    }
    // Files first: a row may only go once its file is gone. To remove a file twice does no harm.
    for removal in &left {
        if let Removal::Picture(file) = removal {
            view.pictures.remove_now(file).map_err(|cause| NOT_STORED.caused_by(cause))?;
        }
    }
    drop(view);
    db.write(move |tx| {
        for removal in &left {
            removal.run(tx)?;
            let (kind, name) = removal.columns();
            tx.execute("DELETE FROM removal WHERE kind = $1 AND name = $2", args![kind, &name])?;
        }
        Ok(())
    })
}

/// For a command that has noted something: wait until it is done, or do it if no server runs (`is_alone`); whether it
/// was done.
pub fn settle(db: &Db, is_alone: bool) -> Result<bool, Fault> {
    if is_alone {
        return finish(db).map(|()| true);
    }
    let until = Instant::now() + TIMEOUT;
    while is_unfinished(&db.view())? {
        if Instant::now() > until {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(true)
}
