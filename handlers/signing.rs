//! Games that have a secret: what is posted for them must be signed with it, and is done once
//! (contract page `pinball.md`, at its end).

use engine::args;
use engine::caller::Anyone;
use engine::db::Tx;
use engine::fault::Fault;
use engine::op::Name;
use engine::signature::{self, Signature};
use std::sync::Arc;

/// How long a nonce is remembered after its timestamp has become too old, in seconds: a clock that is set
/// back by less makes no request good again.
const MARGIN: i64 = 600;

/// What to do with a post.
pub enum Post {
    /// Do it, and then record its nonce if it has one.
    New(Option<Nonce>),
    /// It was done before: change nothing, and answer as then.
    Repeated {
        /// Whether it told of a new player.
        is_new: bool,
    },
}

/// A nonce that an operation uses up.
pub struct Nonce {
    signature: Arc<Signature>,
    text: String,
    expires_at: i64,
}

/// Whether a post may be made: always where the game has no secret, else if it is signed with it. Asked
/// in the transaction that does it, so that of two at once one finds the other.
pub fn admit(
    tx: &Tx,
    caller: &Anyone,
    app: &str,
    (kind, subtype): Name,
    openid: &str,
) -> Result<Post, Fault> {
    let score = &tx.config.score;
    let Some(secret) = score.secrets.get(app) else { return Ok(Post::New(None)) };
    let signature = caller.signature().ok_or(Fault::Signature("X-Signature: missing"))?;
    // The time that people's clocks show, which clients go by, and not the steady clock: that is as wrong
    // as the machine's clock was at the start, until the next one.
    let now = tx.clock.now();
    let nonce = signature
        .check(app, secret.as_bytes(), now, score.legacy_signatures)
        .map_err(Fault::Signature)?;
    let Some(nonce) = nonce else { return Ok(Post::New(None)) };
    if !signature.is_claimed(app, tx.group()) {
        let sql = "SELECT 1 FROM score_nonce WHERE app = $1 AND nonce = $2";
        if tx.one(sql, args![app, nonce.text], |_| Ok(()))?.is_some() {
            let operation = format!("{kind}/{subtype}");
            let done: Option<i64> = tx.one(
                "SELECT is_new FROM score_nonce
                  WHERE app = $1 AND nonce = $2 AND operation = $3 AND openid = $4",
                args![app, nonce.text, &operation, openid],
                |row| row.get(0),
            )?;
            // It was another request's, or a batch was cut off before this item.
            let is_new = done.ok_or(Fault::Signature("X-Nonce: used up by another request"))?;
            return Ok(Post::Repeated { is_new: is_new == 1 });
        }
    }
    Ok(Post::New(Some(Nonce {
        signature: Arc::clone(signature),
        text: nonce.text.to_owned(),
        expires_at: nonce.timestamp.saturating_add(signature::WINDOW + MARGIN),
    })))
}

impl Nonce {
    /// Record the nonce and the result, in the same transaction.
    pub fn spend(
        self,
        tx: &mut Tx,
        app: &str,
        (kind, subtype): Name,
        openid: &str,
        is_new: bool,
    ) -> Result<(), Fault> {
        let operation = format!("{kind}/{subtype}");
        tx.execute(
            "INSERT INTO score_nonce (app, nonce, operation, openid, is_new, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (app, nonce, operation, openid) DO NOTHING",
            args![app, &self.text, &operation, openid, i64::from(is_new), self.expires_at],
        )?;
        // More leave than come, so that no sweep has many to remove; and by the clock that decides which
        // timestamps are taken, which is not that of the sweeps.
        let now = tx.clock.now();
        tx.execute(
            "DELETE FROM score_nonce WHERE (app, nonce, operation, openid) IN (
                 SELECT app, nonce, operation, openid FROM score_nonce
                  WHERE expires_at <= $1 ORDER BY expires_at LIMIT 4)",
            args![now],
        )?;
        // Other items of the same batch may be in the same group.
        if tx.group().is_some() {
            self.signature.claim(app, tx.group());
        }
        let app = app.to_owned();
        tx.after_commit(move || self.signature.claim(&app, None));
        Ok(())
    }
}
