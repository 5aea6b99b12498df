//! What LeanCloud has exported: accounts, boards and their scores (docs/moving-from-leancloud.md).

use super::game::is_openid;
use super::phone::is_mobile;
use super::ruled::settings::{self, Made};
use super::ruled::{RuledBoard, standing};
use super::user::imported;
use engine::args;
use engine::config::{BoardSettings, is_app};
use engine::db::Tx;
use engine::fault::Fault;

/// A user, as far as it is taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// LeanCloud's id.
    pub object_id: String,
    /// What it logs in by.
    pub username: String,
    /// Its number, of mainland China and proven.
    pub mobile: Option<String>,
    /// When it was made, in seconds since 1970.
    pub created_at: Option<i64>,
    /// What boards show as its name; empty where nothing was told.
    pub nickname: String,
    /// What boards show as its picture: an address, or empty.
    pub avatar: String,
}

/// A board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// Its name.
    pub name: String,
    /// Its rules.
    pub settings: BoardSettings,
    /// The number of its current season, from 1.
    pub season: i64,
}

/// A score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// The board.
    pub board: String,
    /// The player.
    pub openid: String,
    /// The score.
    pub score: i64,
    /// What boards show as the player's name, and as the picture.
    pub face: (String, String),
}

/// Take a user over; why not, if not.
pub fn add_user(tx: &mut Tx, user: &User, password: &str) -> Result<Option<String>, Fault> {
    if let Some(flaw) = imported::flaw_of_name(&user.username) {
        return Ok(Some(format!("username: {flaw}")));
    }
    let mobile = user.mobile.as_deref();
    // Who has the number would not be who has the account.
    if is_mobile(&user.username) && mobile != Some(user.username.as_str()) {
        return Ok(Some("username: a mobile number that is not proven to be its own".to_owned()));
    }
    Ok(match imported::add(tx, &user.username, mobile, password, user.created_at)? {
        true => None,
        false => Some("there is an account of this name or number".to_owned()),
    })
}

/// Take a board over; why not, if not.
pub fn add_board(tx: &mut Tx, board: &Board) -> Result<Option<String>, Fault> {
    if !is_app(&board.name) {
        return Ok(Some(
            "not the name of a board: 1 to 32 of A-Z a-z 0-9 _ -, and not api".to_owned(),
        ));
    }
    match settings::make(tx, &board.name, &board.settings)? {
        Made::Refused(why) => return Ok(Some(why)),
        // It goes on where it is.
        Made::Same => {}
        Made::New | Made::Changed => {
            tx.execute(
                "UPDATE board SET season = $1 WHERE name = $2",
                args![board.season, &board.name],
            )?;
        }
    }
    Ok(None)
}

/// Take a score over, into the current season of its board; why not, if not.
pub fn add_score(tx: &mut Tx, score: &Score) -> Result<Option<String>, Fault> {
    let Score { board, openid, score, face: (nickname, avatar) } = score;
    if !is_openid(openid) {
        return Ok(Some(format!("{openid:?} is not the name of a player")));
    }
    let Some(board) = RuledBoard::find(tx, board)? else {
        return Ok(Some(format!("there is no board {board}")));
    };
    if standing::find(tx, &board.name, board.season, openid)?.is_some() {
        return Ok(Some(format!("{openid} is on the board {} already", board.name)));
    }
    let reached = (board.rules.points(*score), tx.boards.stamp());
    standing::admit(tx, None, &board.name, board.season, openid)?;
    standing::reach(tx, (&board, board.season), openid, None, reached, None)?;
    if !(nickname.is_empty() && avatar.is_empty()) {
        tx.execute(
            "INSERT INTO player (app, openid, nickname, sex, province, city, country, headimgurl)
             VALUES ($1, $2, $3, 0, '', '', '', $4) ON CONFLICT (app, openid) DO NOTHING",
            args![&board.name, openid, nickname, avatar],
        )?;
    }
    Ok(None)
}
