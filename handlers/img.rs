//! Picture captchas (contract page `envelope.md`, "img"; seed 003).

use engine::caller::Anyone;
use engine::captcha::{self, Format};
use engine::data;
use engine::data::{Field, Flaw, Value};
use engine::db::{Tx, View};
use engine::fault::{Cause, Fault, Lapse};
use engine::status::Status;

use engine::op::{Base64, Desk, Draw, Op, RegisteredTwice, Registry, Work, Write};
use engine::picture::Kind;
use engine::{args, hex};
use rand::RngExt;
use rand::distr::Alphanumeric;
use serde::{Serialize, Serializer};

/// Removes captchas that have expired.
pub const SWEEP: &str = "DELETE FROM captcha WHERE expires_at <= $1";

/// The same of those that go by a name.
pub const SWEEP_NAMED: &str = "DELETE FROM named_captcha WHERE expires_at <= $1";

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Generate>()?.op::<Validate>()?;
    Ok(())
}

data! {
    /// Draw a new captcha: with a random text that goes into its proof, or, for clients of seed 004,
    /// under a name of theirs, which then stands for this captcha and no earlier one.
    struct Generate {
        id: Option<CaptchaName>,
        format: Option<Drawn>,
    }
}

/// A client's own name for a captcha: 1 to 64 of `A-Z a-z 0-9 . _ -`.
pub struct CaptchaName(pub String);

impl Field for CaptchaName {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        let name = String::read(value)?;
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match name.is_empty() {
            true => Err(Flaw::Empty),
            false if name.len() <= 64 && name.bytes().all(is_plain) => Ok(CaptchaName(name)),
            false => Err(Flaw::Value("1 to 64 of A-Z a-z 0-9 . _ -".into())),
        }
    }
}

/// How the picture is encoded.
struct Drawn(Format);

impl Field for Drawn {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        match Kind::from_name(&String::read(value)?) {
            Some(Kind::Png) => Ok(Drawn(Format::Png)),
            Some(Kind::Jpeg) => Ok(Drawn(Format::Jpeg)),
            _ => Err(Flaw::Value("png or jpg".into())),
        }
    }
}

/// How many characters a captcha has that goes by a name (contract page `ihome.md`).
const NAMED_LENGTH: usize = 4;

data! {
    /// Check what somebody read in a captcha; it still pays afterwards.
    struct Validate {
        hash: String,
    }
}

/// A picture and the random text that goes into its proof.
#[derive(Serialize)]
struct Captcha {
    #[serde(serialize_with = "base64")]
    imgdata: Vec<u8>,
    rand: String,
}

impl Op for Generate {
    const NAME: engine::op::Name = ("img", "generate");
    type Caller = Anyone;
    type Lane = Work<Draw>;
    type Reply = Captcha;

    fn run(self, desk: &Desk, _: Anyone) -> Result<Captcha, Fault> {
        let settings = &desk.config.captcha;
        let length = match self.id {
            Some(_) => NAMED_LENGTH,
            None => settings.length as usize,
        };
        let code = match (&settings.test_code, &self.id) {
            (Some(code), Some(_)) => code.chars().take(NAMED_LENGTH).collect(),
            (Some(code), None) => code.clone(),
            (None, _) => captcha::code(length),
        };
        let format = self.format.map_or(Format::Png, |drawn| drawn.0);
        let imgdata = captcha::draw(&code, format)
            .map_err(|error| Fault::CaptchaNotMade(Cause::new(error)))?;
        let code = code.to_ascii_lowercase();
        let rand = match self.id {
            None => desk.write(move |tx| keep(tx, &code))?,
            Some(CaptchaName(name)) => desk.write(move |tx| keep_named(tx, &name, &code))?,
        };
        Ok(Captcha { imgdata, rand })
    }
}

/// Remember a captcha by what proves it; answers its random text.
fn keep(tx: &mut Tx, code: &str) -> Result<String, Fault> {
    let expires = tx.clock.after(tx.config.captcha.ttl);
    loop {
        let rand = random_text();
        let hash = hex::md5(&format!("{code}{rand}"));
        let kept = tx.execute(
            "INSERT INTO captcha (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
            args![&hash, expires],
        )?;
        // The same code with the same random text was shown a moment ago: they must stay two.
        if kept == 1 {
            return Ok(rand);
        }
    }
}

/// Remember a captcha by its name, in place of an earlier one.
fn keep_named(tx: &mut Tx, name: &str, code: &str) -> Result<String, Fault> {
    let expires = tx.clock.after(tx.config.captcha.ttl);
    let rand = random_text();
    let hash = hex::md5(&format!("{code}{rand}"));
    tx.execute(
        "INSERT INTO named_captcha (name, hash, rand, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE
            SET hash = excluded.hash, rand = excluded.rand, expires_at = excluded.expires_at",
        args![name, &hash, &rand, expires],
    )?;
    Ok(rand)
}

/// Let a named captcha pay. It is looked at once: right or wrong, it is gone afterwards, whatever
/// becomes of the operation.
pub fn pay_named(tx: &mut Tx, name: &str, text: &str) -> Result<(), Fault> {
    let now = tx.clock.steady();
    let shown = tx.one(
        "DELETE FROM named_captcha WHERE name = $1 RETURNING hash, rand, expires_at",
        args![name],
        |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<i64>(2)?)),
    )?;
    tx.keep()?;
    match shown {
        Some((hash, rand, expires)) if expires > now => {
            let proof = hex::md5(&format!("{}{rand}", text.to_ascii_lowercase()));
            if proof == hash { Ok(()) } else { Err(Fault::Captcha(Lapse::Wrong)) }
        }
        _ => Err(Fault::Captcha(Lapse::Expired)),
    }
}

impl Op for Validate {
    const NAME: engine::op::Name = ("img", "validate");
    type Caller = Anyone;
    type Lane = Write;
    type Reply = super::Nothing;

    fn status(fault: &Fault) -> Status {
        match fault {
            Fault::Captcha(_) => Status { code: -1, message: "验证码hash值不匹配" },
            fault => engine::status::status(fault),
        }
    }

    fn run(self, tx: &mut Tx, _: Anyone) -> Result<super::Nothing, Fault> {
        let now = tx.clock.steady();
        let matched = tx.execute(
            "UPDATE captcha SET validated = 1 WHERE hash = $1 AND validated = 0 AND expires_at > $2",
            args![&self.hash.to_ascii_lowercase(), now],
        )?;
        if matched == 1 { Ok(super::Nothing {}) } else { Err(Fault::Captcha(Lapse::Wrong)) }
    }
}

/// Would this proof pay? Looked at before work that costs more than asking does.
pub fn is_good(view: &View, hash: &str) -> Result<(), Fault> {
    let good = view.one(
        "SELECT 1 FROM captcha WHERE hash = $1 AND paid = 0 AND expires_at > $2",
        args![&hash.to_ascii_lowercase(), view.clock.steady()],
        |_| Ok(()),
    )?;
    good.ok_or(Fault::Captcha(Lapse::Wrong))
}

/// Let a captcha pay: once, and before it expires.
pub fn pay(tx: &mut Tx, hash: &str) -> Result<(), Fault> {
    let now = tx.clock.steady();
    let paid = tx.execute(
        "UPDATE captcha SET paid = 1 WHERE hash = $1 AND paid = 0 AND expires_at > $2",
        args![&hash.to_ascii_lowercase(), now],
    )?;
    if paid == 1 { Ok(()) } else { Err(Fault::Captcha(Lapse::Wrong)) }
}

/// Five random letters and digits, which keep a proof from being reused or looked up.
pub fn random_text() -> String {
    rand::rng().sample_iter(Alphanumeric).take(5).map(char::from).collect()
}

fn base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    Base64(bytes).serialize(serializer)
}
