//! Boards of games: who is on them, and taking players off.

use super::{done, text};
use crate::handlers::EmptyReply;
use crate::handlers::boards;
use crate::handlers::identity::is_proven;
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::boards::{self as seasons, Shown};
use crate::handlers::moderation::scores::{self, Done, Listed};
use engine::caller::{Admin, Moderator, Owner, Viewer};
use engine::data;
use engine::data::Text;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Scan, Work, WorkContext};
use schemars::JsonSchema;
use serde::Serialize;

/// An operation on a player of a board, for moderators: `$run` does it, and says whether there was such a player.
macro_rules! on_player {
    ($(#[doc = $doc:literal])* $name:ident, $subtype:literal, $run:path) => {
        data! {
            $(#[doc = $doc])*
            pub struct $name {
                /// The game.
                app: Text<1, 32>,
                /// The player.
                openid: Text<1, 128>,
            }
        }

        impl Op for $name {
            const NAME: Name = ("admin", $subtype);
            const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
            const EXAMPLE: &'static str = r#"{"app": "lamps", "openid": "player-17"}"#;
            type Caller = Admin<Moderator>;
            type Lane = Work<Scan>;
            type Reply = EmptyReply;
            const NEEDS_SPACE: bool = false;

            fn run(
                self,
                context: &WorkContext,
                caller: Admin<Moderator>,
            ) -> Result<EmptyReply, Fault> {
                let (by, Text(app), Text(openid)) = (By::admin(&caller), self.app, self.openid);
                let outcome = $run(context.db(), &by, &app, &openid, true);
                done(outcome.map(|outcome| outcome != Done::Absent), "openid")
            }
        }
    };
}

/// An operation on a board, for owners: `$run` does it, and says whether there was such a board.
macro_rules! on_board {
    ($(#[doc = $doc:literal])* $name:ident, $subtype:literal, $run:path) => {
        engine::data! {
            $(#[doc = $doc])*
            pub struct $name {
                /// The game.
                app: Text<1, 32>,
            }
        }

        impl Op for $name {
            const NAME: Name = ("admin", $subtype);
            const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
            const EXAMPLE: &'static str = r#"{"app": "lamps"}"#;
            type Caller = Admin<Owner>;
            type Lane = Work<Scan>;
            type Reply = EmptyReply;
            const NEEDS_SPACE: bool = false;

            fn run(
                self,
                context: &WorkContext,
                caller: Admin<Owner>,
            ) -> Result<EmptyReply, Fault> {
                let (by, Text(app)) = (By::admin(&caller), self.app);
                let outcome = $run(context.db(), &by, &app, true);
                crate::handlers::admin::done(outcome.map(|outcome| outcome != Done::Absent), "app")
            }
        }
    };
}

pub(super) use on_board;

/// The most places that are listed.
const ROWS: i64 = 100;

data! {
    /// List the boards of games.
    pub struct Boards;
}

/// Boards.
#[derive(Serialize, JsonSchema)]
pub struct BoardList {
    /// The boards.
    boards: Vec<boards::Listed>,
    /// The games for whose players anybody may post.
    unproven: Vec<String>,
}

impl Op for Boards {
    const NAME: Name = ("admin", "boards");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = BoardList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<BoardList, Fault> {
        let boards = boards::list(context.db())?;
        let config = &context.services().config;
        let names = boards.iter().map(|board| &board.name);
        let unproven = names.filter(|name| !is_proven(config, name)).cloned().collect();
        Ok(BoardList { boards, unproven })
    }
}

data! {
    /// List the first 100 places of a board, or the places of the players that a text finds. A score of the last seconds
    /// may be missing.
    pub struct Scores {
        /// The game.
        app: Text<1, 32>,
        /// Only players with this in openid or nickname.
        text: Option<String>,
    }
}

/// Places of a board.
#[derive(Serialize, JsonSchema)]
pub struct ScoreList {
    /// The game.
    app: String,
    /// The places, from the first.
    scores: Vec<Listed>,
    /// The rules of the board and its seasons; `null` where it has no rules of its own.
    board: Option<Shown>,
}

impl Op for Scores {
    const NAME: Name = ("admin", "scores");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"app": "lamps"}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = ScoreList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<ScoreList, Fault> {
        let Text(app) = self.app;
        let scores = match text(self.text) {
            text if text.is_empty() => scores::list(context.db(), &app, ROWS)?,
            text => scores::find(context.db(), &app, &text, ROWS)?,
        };
        let board = seasons::show(context.db(), &app)?;
        Ok(ScoreList { scores, app, board })
    }
}

data! {
    /// List scores that are held, at most 100.
    pub struct HeldScores {
        /// Only those of this game.
        app: Option<Text<1, 32>>,
    }
}

/// Scores that are held.
#[derive(Serialize, JsonSchema)]
pub struct HeldList {
    /// The scores.
    scores: Vec<scores::HeldScore>,
}

impl Op for HeldScores {
    const NAME: Name = ("admin", "held_scores");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"app": "lamps"}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = HeldList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<HeldList, Fault> {
        let app = self.app.map(|app| app.0).unwrap_or_default();
        Ok(HeldList { scores: scores::held(context.db(), &app, ROWS)? })
    }
}

data! {
    /// Take a player's score off a board until it is confirmed. What the player reaches meanwhile is held as well.
    pub struct HoldScore {
        /// The game.
        app: Text<1, 32>,
        /// The player.
        openid: Text<1, 128>,
        /// Why.
        reason: Option<Text<0, 256>>,
    }
}

impl Op for HoldScore {
    const NAME: Name = ("admin", "hold_score");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str =
        r#"{"app": "lamps", "openid": "player-17", "reason": "too high for a minute"}"#;
    type Caller = Admin<Moderator>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Moderator>) -> Result<EmptyReply, Fault> {
        let (by, Text(app), Text(openid)) = (By::admin(&caller), self.app, self.openid);
        let reason = self.reason.map(|reason| reason.0).unwrap_or_default();
        let held = scores::hold(context.db(), &by, &app, &openid, &reason, true);
        done(held.map(|done| done != Done::Absent), "openid")
    }
}

on_player! {
    /// Take a player off a board, with what the game told of them.
    RemoveScore, "remove_score", scores::remove_player
}

on_player! {
    /// Let a score count that was held.
    ConfirmScore, "confirm_score", scores::confirm
}

on_board! {
    /// Take all players off a board: it begins anew.
    ResetBoard, "reset_board", scores::reset
}

on_board! {
    /// Remove a board with all its scores and players.
    RemoveBoard, "remove_board", scores::remove_board
}
