//! What was reported or held by a word: looking at it, and deciding.

use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::decisions::{Decision, decide};
use crate::handlers::moderation::reviews::{self, Listed};
use engine::caller::{Admin, Viewer};
use engine::data;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Scan, Work, WorkContext};
use schemars::JsonSchema;
use serde::Serialize;

/// The most reviews that are listed.
const ROWS: i64 = 100;

data! {
    /// List what waits for a decision, what has waited longest first, at most 100.
    pub struct Reviews;
}

/// What waits for a decision.
#[derive(Serialize, JsonSchema)]
pub struct ReviewList {
    /// How many there are, as far as 10,000.
    open: i64,
    /// Those that have waited longest.
    reviews: Vec<Listed>,
}

impl Op for Reviews {
    const NAME: Name = ("admin", "reviews");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = ReviewList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<ReviewList, Fault> {
        let open = reviews::open_reviews(&context.db().view(), 10_000)?;
        Ok(ReviewList { open, reviews: reviews::list(context.db(), ROWS)? })
    }
}

on_id! {
    /// Approve what waits: content that a word held is shown.
    ApproveReviewed, "approve_reviewed", r#"{"id": 1}"#,
    |db, by, id| decide(db, by, id, Decision::Approve, true)
}

on_id! {
    /// Hide what waits: a notice or a shop from all but its account; a player's score is held; an account is disabled.
    HideReviewed, "hide_reviewed", r#"{"id": 1}"#,
    |db, by, id| decide(db, by, id, Decision::Hide, true)
}

on_id! {
    /// Remove what waits: a notice, a shop, a player; an account loses its nickname.
    RemoveReviewed, "remove_reviewed", r#"{"id": 1}"#,
    |db, by, id| decide(db, by, id, Decision::Remove, true)
}
