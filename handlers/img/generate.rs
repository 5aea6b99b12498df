//! `img/generate`: drawing a captcha and storing what proves its solution.

use super::{CaptchaName, NOT_DRAWN, pow, random_text, redeem};
use engine::caller::Anyone;
use engine::captcha::pow::Challenge;
use engine::captcha::{self, Format};
use engine::config::CaptchaKind;
use engine::data::{Field, FieldError, Value, schema};
use engine::db::Tx;
use engine::fault::{Cause, Fault, FaultKind};
use engine::image_check::ImageKind;
use engine::op::{Base64, Draw, Op, Work, WorkContext};
use engine::{args, data, hex};
use schemars::{JsonSchema, Schema};
use serde::{Serialize, Serializer};

data! {
    /// Make a captcha. The answer has a picture and a random text, which goes into the proof; or, for the kind
    /// `pow`, a challenge that a program solves. A captcha with a name of the client's own is proven by what it
    /// shows.
    pub struct Generate {
        /// `image`, or `pow` for proof of work; a picture where it is absent.
        kind: Option<RequestedKind>,
        /// A name of the client's own for the captcha, which replaces an earlier one of this name.
        id: Option<CaptchaName>,
        /// How the picture is encoded; PNG where it is absent.
        format: Option<PictureFormat>,
    }
}

/// A kind of captcha by its name.
#[derive(Clone)]
pub struct RequestedKind(CaptchaKind);

impl Field for RequestedKind {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let kind = CaptchaKind::from_name(&String::read(value)?);
        kind.map(RequestedKind).ok_or_else(|| FieldError::Value("image or pow".into()))
    }

    fn schema() -> Schema {
        schema::one_of(&["image", "pow"])
    }
}

/// How the picture is encoded.
#[derive(Clone)]
pub struct PictureFormat(Format);

impl Field for PictureFormat {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        match ImageKind::from_name(&String::read(value)?) {
            Some(ImageKind::Png) => Ok(PictureFormat(Format::Png)),
            Some(ImageKind::Jpeg) => Ok(PictureFormat(Format::Jpeg)),
            _ => Err(FieldError::Value("png or jpg".into())),
        }
    }

    fn schema() -> Schema {
        schema::one_of(&["png", "jpg", "jpeg", "image/png", "image/jpg", "image/jpeg"])
    }
}

/// How many characters a captcha has that goes by a name (contract page `ihome.md`), unless it must be a
/// strong one.
const NAMED_LENGTH: usize = 4;

/// How many characters a captcha has that is drawn for a locked address (`redeem.rs`): 14^10 = 2.9e11 codes.
/// At 85,000 proofs a second, the most that was measured, trying for the five minutes of its life finds its
/// code with a chance below 1 in 10,000.
const STRONG_LENGTH: usize = 10;

/// A picture and the random text that goes into its proof, or a challenge of proof of work.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[derive(Clone)]
pub enum Captcha {
    Picture {
        /// The picture, a PNG in base64.
        #[serde(serialize_with = "base64")]
        #[schemars(with = "String")]
        imgdata: Vec<u8>,
        /// Random letters and digits. The proof is `md5(lowercase(code) + rand)`, in hex.
        rand: String,
    },
    Work(Challenge),
}

impl Op for Generate {
    const NAME: engine::op::Name = ("img", "generate");
    const FAULTS: &'static [FaultKind] = &[FaultKind::Declared(&NOT_DRAWN)];
    const EXAMPLE: &'static str = "{}";
    type Caller = Anyone;
    type Lane = Work<Draw>;
    type Reply = Captcha;
    // A login may need one; its row is gone after minutes.
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<Captcha, Fault> {
        let settings = &context.config.captcha;
        let kind = self.kind.map_or(CaptchaKind::Image, |asked| asked.0);
        check_kind(&settings.kinds, kind, self.id.is_some())?;
        if kind == CaptchaKind::Pow {
            return Ok(Captcha::Work(pow::challenge(context)?));
        }
        let client = caller.client();
        let needs_strong = context.read(|view| redeem::needs_strong(view, &client))?;
        let length = match self.id {
            _ if needs_strong => STRONG_LENGTH,
            Some(_) => NAMED_LENGTH,
            None => settings.length as usize,
        };
        let is_strong = length >= STRONG_LENGTH;
        let code = match (&settings.test_code, &self.id) {
            (Some(code), Some(_)) => code.chars().take(NAMED_LENGTH).collect(),
            (Some(code), None) => code.clone(),
            (None, _) => captcha::code(length),
        };
        let format = self.format.map_or(Format::Png, |drawn| drawn.0);
        let imgdata =
            captcha::draw(&code, format).map_err(|error| NOT_DRAWN.caused_by(Cause::new(error)))?;
        let code = code.to_ascii_lowercase();
        let rand = match self.id {
            None => context.write(move |tx| keep(tx, &code, is_strong))?,
            Some(CaptchaName(name)) => {
                context.write(move |tx| keep_named(tx, &name, &code, is_strong))?
            }
        };
        Ok(Captcha::Picture { imgdata, rand })
    }
}

/// Refuse a kind that is not configured, and proof of work under a name.
fn check_kind(kinds: &[CaptchaKind], kind: CaptchaKind, is_named: bool) -> Result<(), Fault> {
    let detail = match kind {
        CaptchaKind::Image if !kinds.contains(&kind) => "no pictures here: ask for the kind pow",
        CaptchaKind::Pow if !kinds.contains(&kind) => "image: proof of work does not pay here",
        CaptchaKind::Pow if is_named => "image: a captcha with an id is a picture",
        _ => return Ok(()),
    };
    Err(Fault::WrongValue("kind".into(), detail.into()))
}

/// Store a captcha under its proof and return its random text.
fn keep(tx: &mut Tx, code: &str, is_strong: bool) -> Result<String, Fault> {
    let expires = tx.clock.after(tx.config.captcha.ttl);
    loop {
        let rand = random_text();
        let hash = hex::md5(&format!("{code}{rand}"));
        let kept = tx.execute(
            "INSERT INTO captcha (hash, expires_at, strong) VALUES ($1, $2, $3)
             ON CONFLICT (hash) DO NOTHING",
            args![&hash, expires, i64::from(is_strong)],
        )?;
        // The same code with the same random text was shown a moment ago: they must stay two.
        if kept == 1 {
            return Ok(rand);
        }
    }
}

/// Store a captcha under its name, replacing an earlier one.
fn keep_named(tx: &mut Tx, name: &str, code: &str, is_strong: bool) -> Result<String, Fault> {
    let expires = tx.clock.after(tx.config.captcha.ttl);
    let rand = random_text();
    let hash = hex::md5(&format!("{code}{rand}"));
    tx.execute(
        "INSERT INTO named_captcha (name, hash, rand, expires_at, strong) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO UPDATE
            SET hash = excluded.hash, rand = excluded.rand, expires_at = excluded.expires_at,
                strong = excluded.strong",
        args![name, &hash, &rand, expires, i64::from(is_strong)],
    )?;
    Ok(rand)
}

fn base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    Base64(bytes).serialize(serializer)
}
