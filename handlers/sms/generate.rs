//! Sending a code.

use super::{NOT_SENT, Purpose, coded, quota};
use crate::handlers::img;
use crate::handlers::img::{CaptchaName, random_text, redeem, redeem_named};
use crate::handlers::moderation::bans;
use crate::handlers::phone::{NOT_A_PHONE, Phone};
use crate::handlers::user::MOBILE_TAKEN;
use crate::handlers::user::name::is_taken;
use engine::caller::Anyone;
use engine::client::Client;
use engine::data::{Data, Fields, Text};
use engine::db::Tx;
use engine::fault::{Cause, Fault, FaultKind};
use engine::op::{Gateway, Name, Op, Work, WorkContext};
use engine::sms::{DeliveryOutcome, Message};
use engine::{args, data, hex};
use rand::RngExt;
use schemars::JsonSchema;
use serde::Serialize;

data! {
    /// Send a code to a telephone. A captcha pays for the message: by its proof, or by its name and what it
    /// shows.
    pub enum Generate {
        Proven(Proven),
        Named(Named),
    } read by read
}

/// The captcha that pays.
#[derive(Clone)]
enum Captcha {
    Proven { hash: String },
    Named { name: CaptchaName, text: String },
}

data! {
    pub struct Proven {
        phone: Phone,
        /// The proof of a captcha: `md5(lowercase(code) + rand)` in hex, or a solved proof of work.
        hash: String,
        /// What the code is for; `register` if absent. It proves nothing else.
        purpose: Option<Purpose>,
    }
}

data! {
    pub struct Named {
        phone: Phone,
        /// What the captcha shows.
        text: Text<1, 64>,
        /// The captcha's name.
        id: CaptchaName,
        /// What the code is for; `register` if absent. It proves nothing else.
        purpose: Option<Purpose>,
    }
}

fn read(fields: &mut Fields<'_>) -> Result<Generate, Fault> {
    if fields.get("hash").is_none() && (fields.is_given("text") || fields.is_given("id")) {
        Named::read(fields).map(Generate::Named)
    } else {
        Proven::read(fields).map(Generate::Proven)
    }
}

impl Generate {
    /// The telephone, what the code is for, and the captcha that pays.
    fn parts(self) -> (Phone, Purpose, Captcha) {
        let (phone, purpose, captcha) = match self {
            Generate::Proven(Proven { phone, hash, purpose }) => {
                (phone, purpose, Captcha::Proven { hash })
            }
            Generate::Named(Named { phone, text, id, purpose }) => {
                (phone, purpose, Captcha::Named { name: id, text: text.0 })
            }
        };
        (phone, purpose.unwrap_or(Purpose::Register), captcha)
    }
}

/// The random text that, behind the code, makes the proof.
#[derive(Serialize, JsonSchema)]
pub struct Sent {
    /// Random letters and digits. The proof of the code is `md5(code + rand)`, in hex.
    rand: String,
}

impl Op for Generate {
    const NAME: Name = ("sms", "generate");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::Declared(&NOT_A_PHONE),
        FaultKind::Declared(&quota::HALF_MINUTE),
        FaultKind::Declared(&quota::HOUR),
        FaultKind::Declared(&quota::ONE_DAY),
        FaultKind::Declared(&img::WRONG),
        FaultKind::Declared(&img::EXPIRED),
        FaultKind::Declared(&MOBILE_TAKEN),
        FaultKind::Declared(&NOT_SENT),
        FaultKind::Declared(&bans::NUMBER_BANNED),
    ];
    const EXAMPLE: &'static str =
        r#"{"phone": "13800001234", "hash": "0123456789abcdef0123456789abcdef"}"#;
    type Caller = Anyone;
    type Lane = Work<Gateway>;
    type Reply = Sent;
    // The row of a message is gone after a day.
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<Sent, Fault> {
        let (phone, purpose, captcha) = self.parts();
        let phone = phone.number()?;
        let client = caller.client();
        let rand = random_text();
        let code = format!("{:06}", rand::rng().random_range(0..1_000_000));
        let row =
            Row { phone: phone.clone(), client, code: code.clone(), rand: rand.clone(), purpose };
        // Counted before it is sent: of two requests at once, the quota must see the other's.
        let id = context.write(move |tx| {
            tx.turn("phone", &row.phone)?;
            bans::check_number(tx, &row.phone)?;
            let has_account = is_taken(tx, &row.phone)?;
            // Each document has its own order of checks.
            match captcha {
                Captcha::Proven { hash } => {
                    quota::check(tx, &row.phone, &client, has_account)?;
                    redeem(tx, &client, &hash)?;
                }
                Captcha::Named { name, text } => {
                    redeem_named(tx, &client, &name.0, &text)?;
                    // To register, no message goes to a number that has an account: nothing is kept for it.
                    let registers = purpose == Purpose::Register;
                    quota::check(tx, &row.phone, &client, has_account && !registers)?;
                    if has_account && registers {
                        return Err(registered(tx, &client)?);
                    }
                }
            }
            keep(tx, &row)
        })?;
        let ttl = context.config.sms.ttl.as_secs();
        let at = context.clock.format(context.clock.now());
        let message = Message {
            phone: &phone,
            code: &code,
            minutes: ttl.div_ceil(60),
            at: &at,
            purpose: purpose.message(),
        };
        let Err(refusal) = context.sms.send(message) else { return Ok(Sent { rand }) };
        // What was not sent is not counted.
        if !refusal.outcome.may_be_sent() {
            context.write(move |tx| {
                tx.execute("DELETE FROM sms WHERE id = $1", args![id])?;
                quota::forget(tx, id)
            })?;
        }
        // Where nobody was asked, the log has been told why, once for all.
        let cause = (refusal.outcome != DeliveryOutcome::CircuitOpen).then(|| Cause::new(&refusal));
        Err(NOT_SENT.with_status(coded(refusal.code), cause))
    }
}

/// A message that is about to be sent.
#[derive(Clone)]
struct Row {
    phone: String,
    client: Client,
    code: String,
    rand: String,
    purpose: Purpose,
}

/// Keep a message with its code, and count it; the row's id.
fn keep(tx: &mut Tx, row: &Row) -> Result<i64, Fault> {
    let id = tx.next_id("sms")?;
    let now = tx.clock.steady();
    let expires = tx.clock.after(tx.config.sms.ttl);
    let hash = hex::md5(&format!("{}{}", row.code, row.rand));
    tx.execute(
        "INSERT INTO sms (id, phone, address, sent_at, hash, rand, expires_at, purpose)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            id,
            &row.phone,
            &row.client.network().to_string(),
            now,
            &hash,
            &row.rand,
            expires,
            row.purpose.name()
        ],
    )?;
    quota::count(tx, &row.client, id)?;
    quota::warn(tx)?;
    Ok(id)
}

/// The fault that the number has an account. To learn it costs what a message costs: otherwise one could
/// ask of all numbers.
fn registered(tx: &mut Tx, client: &Client) -> Result<Fault, Fault> {
    let id = tx.next_id("sms")?;
    quota::count(tx, client, id)?;
    tx.keep_on_fault()?;
    Ok(MOBILE_TAKEN.fault())
}
