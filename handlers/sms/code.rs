//! Codes that were sent, and guesses at them.
//!
//! A code has six digits, and nothing but the telephone tells it. Each code counts the wrong guesses at
//! it: after [`PER_ADDRESS`] of one address no further guess of that address is looked at, after
//! [`IN_ALL`] the code is ended. So a stranger's guesses don't end the code of the owner, who is at
//! another address, and all strangers together find it with a chance of 20 in 1,000,000.
//!
//! The counts belong to the codes. A message that a stranger has sent to the number brings a new code
//! with guesses of its own and changes nothing for the code that its owner waits for; the quotas of
//! messages bound how many codes there are.

use super::{EXPIRED, Purpose, WRONG};
use engine::args;
use engine::client::Client;
use engine::data::{Field, FieldError, Value, schema};
use engine::db::{Tx, View};
use engine::fault::Fault;
use engine::hex;
use schemars::Schema;

/// Wrong guesses of one address at a code, after which that address has no further one. Not multiplied
/// for shared networks: it belongs to a telephone, which one person holds.
const PER_ADDRESS: i64 = 5;

/// Wrong guesses of all addresses together, after which a code is ended.
const IN_ALL: i64 = 20;

/// A code as a client sends it: six digits.
#[derive(Clone)]
pub struct SmsCode(pub String);

impl Field for SmsCode {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let code = String::read(value)?;
        match code.is_empty() {
            true => Err(FieldError::Empty),
            false if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(SmsCode(code))
            }
            false => Err(FieldError::Value("expected 6 digits".into())),
        }
    }

    fn schema() -> Schema {
        schema::pattern("^[0-9]{6}$")
    }
}

/// A code that is still good.
struct ValidCode {
    id: i64,
    hash: String,
    rand: String,
    /// Wrong guesses of the address that asks.
    wrong: i64,
}

impl ValidCode {
    /// May the address that asks guess at it?
    fn is_open(&self) -> bool {
        self.wrong < PER_ADDRESS
    }
}

/// A number's codes for a purpose that are still good.
fn find_valid(
    view: &View,
    client: &Client,
    phone: &str,
    purpose: Purpose,
) -> Result<Vec<ValidCode>, Fault> {
    view.all(
        "SELECT sms.id, sms.hash, sms.rand, coalesce(sms_guess.wrong, 0)
           FROM sms LEFT JOIN sms_guess ON sms_guess.sms = sms.id AND sms_guess.address = $1
          WHERE sms.phone = $2 AND sms.expires_at > $3 AND sms.purpose = $4",
        args![&client.network().to_string(), phone, view.clock.steady(), purpose.name()],
        |row| {
            Ok(ValidCode {
                id: row.get(0)?,
                hash: row.get(1)?,
                rand: row.get(2)?,
                wrong: row.get(3)?,
            })
        },
    )
}

/// Use up a code by its proof, `md5(code + rand)`. A wrong guess is counted even though the operation
/// fails.
pub fn redeem(
    tx: &mut Tx,
    client: &Client,
    phone: &str,
    hash: &str,
    purpose: Purpose,
) -> Result<(), Fault> {
    // Guesses that come at once are counted one after another.
    tx.turn("phone", phone)?;
    let hash = hash.to_ascii_lowercase();
    let mut open = find_valid(tx, client, phone, purpose)?;
    open.retain(ValidCode::is_open);
    if let Some(code) = open.iter().find(|code| code.hash == hash) {
        tx.execute("UPDATE sms SET expires_at = 0 WHERE id = $1", args![code.id])?;
        return Ok(());
    }
    for code in &open {
        count(tx, client, code.id)?;
    }
    if !open.is_empty() {
        tx.keep_on_fault()?;
    }
    Err(WRONG.fault())
}

/// Count a wrong guess at a code.
fn count(tx: &mut Tx, client: &Client, id: i64) -> Result<(), Fault> {
    // Where addresses are not known, one would stand for everybody.
    if client.is_limited() {
        tx.execute(
            "INSERT INTO sms_guess (sms, address, wrong) VALUES ($1, $2, 1)
             ON CONFLICT (sms, address) DO UPDATE SET wrong = sms_guess.wrong + 1",
            args![id, &client.network().to_string()],
        )?;
    }
    tx.execute(
        "UPDATE sms SET wrong = wrong + 1,
                expires_at = CASE WHEN wrong + 1 >= $1 THEN 0 ELSE expires_at END
          WHERE id = $2",
        args![IN_ALL, id],
    )?;
    Ok(())
}

/// The proof that `code` makes with one of a number's codes, if it is one of them and this client may
/// still guess. Nothing is counted: who asks redeems what is answered, or has a wrong guess counted.
pub fn proof(
    view: &View,
    client: &Client,
    phone: &str,
    code: &str,
    purpose: Purpose,
) -> Result<Option<String>, Fault> {
    let good = find_valid(view, client, phone, purpose)?;
    if good.is_empty() {
        return Err(EXPIRED.fault());
    }
    let proves = |known: &ValidCode| {
        known.is_open() && known.hash == hex::md5(&format!("{code}{}", known.rand))
    };
    Ok(good.into_iter().find(proves).map(|known| known.hash))
}
