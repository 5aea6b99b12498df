//! Picture captchas (contract page `envelope.md`, "img"; seed 003).

use engine::caller::Anyone;
use engine::captcha::{self, Format};
use engine::data;
use engine::db::{Tx, View};
use engine::envelope::Status;
use engine::fault::{Cause, Fault, Lapse};
use engine::op::{Base64, Desk, Draw, Op, RegisteredTwice, Registry, Work, Write};
use engine::{args, hex};
use rand::RngExt;
use rand::distr::Alphanumeric;
use serde::{Serialize, Serializer};

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Generate>()?.op::<Validate>()?;
    registry.sweep("DELETE FROM captcha WHERE expires_at <= $1");
    Ok(())
}

data! {
    /// Draw a new captcha.
    struct Generate;
}

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
        let code = match &settings.test_code {
            Some(code) => code.clone(),
            None => captcha::code(settings.length as usize),
        };
        let imgdata = captcha::draw(&code, Format::Png)
            .map_err(|error| Fault::CaptchaNotMade(Cause::new(error)))?;
        let code = code.to_ascii_lowercase();
        let rand = desk.write(move |tx| keep(tx, &code))?;
        Ok(Captcha { imgdata, rand })
    }
}

/// Remember a captcha by what proves it; answers its random text.
fn keep(tx: &mut Tx, code: &str) -> Result<String, Fault> {
    let expires = tx.clock.now() + seconds(tx.config.captcha.ttl);
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

impl Op for Validate {
    const NAME: engine::op::Name = ("img", "validate");
    type Caller = Anyone;
    type Lane = Write;
    type Reply = super::Nothing;

    fn status(fault: &Fault) -> Status {
        match fault {
            Fault::Captcha(_) => Status { code: -1, message: "验证码hash值不匹配" },
            fault => engine::envelope::status(fault),
        }
    }

    fn run(self, tx: &mut Tx, _: Anyone) -> Result<super::Nothing, Fault> {
        let now = tx.clock.now();
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
        args![&hash.to_ascii_lowercase(), view.clock.now()],
        |_| Ok(()),
    )?;
    good.ok_or(Fault::Captcha(Lapse::Wrong))
}

/// Let a captcha pay: once, and before it expires.
pub fn pay(tx: &mut Tx, hash: &str) -> Result<(), Fault> {
    let now = tx.clock.now();
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

/// A duration of the configuration in whole seconds.
pub fn seconds(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX / 2)
}

fn base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    Base64(bytes).serialize(serializer)
}
