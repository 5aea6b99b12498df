//! Captchas: pictures to be read, and proof of work (contract page `envelope.md`, "img"; seed 003).

mod generate;
mod pow;
mod redeem;
mod validate;

pub use redeem::{identity, is_good, redeem, redeem_named};

pub use pow::{SWEEP_KEYS as SWEEP_POW_KEYS, SWEEP_PAID as SWEEP_POW_PAID};

use engine::data::{Field, FieldError, Value, schema};
use engine::fault::{Class, Declared};
use engine::op::{RegisteredTwice, Registry};
use engine::status::{Status, WRONG_PROOF};
use rand::RngExt;
use rand::distr::Alphanumeric;
use schemars::Schema;

/// Removes captchas that have expired.
pub const SWEEP: &str = "DELETE FROM captcha WHERE expires_at <= $1";

/// Removes captchas with names that have expired.
pub const SWEEP_NAMED: &str = "DELETE FROM named_captcha WHERE expires_at <= $1";

/// The detail of the fault of a proof that is not accepted.
const NOT_ACCEPTED: &str = "the captcha's proof is wrong, or the captcha was used or has expired";

/// The proof or the text is wrong, or the captcha has paid already.
pub static WRONG: Declared = Declared {
    name: "captcha_wrong",
    class: Class::Proof,
    status: WRONG_PROOF,
    detail: NOT_ACCEPTED,
};

/// There is no captcha of that name, or it has expired.
pub static EXPIRED: Declared = Declared {
    name: "captcha_expired",
    class: Class::Proof,
    status: WRONG_PROOF,
    detail: NOT_ACCEPTED,
};

/// The picture could not be drawn.
pub static NOT_DRAWN: Declared = Declared {
    name: "captcha_not_drawn",
    class: Class::Failure,
    status: Status { code: 1000, message: "验证码文件创建失败" },
    detail: "the captcha could not be drawn",
};

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<generate::Generate>()?.op::<validate::Validate>()?;
    Ok(())
}

/// A client's own name for a captcha: 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Clone)]
pub struct CaptchaName(pub String);

impl Field for CaptchaName {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let name = String::read(value)?;
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match name.is_empty() {
            true => Err(FieldError::Empty),
            false if name.len() <= 64 && name.bytes().all(is_plain) => Ok(CaptchaName(name)),
            false => Err(FieldError::Value("1 to 64 of A-Z a-z 0-9 . _ -".into())),
        }
    }

    fn schema() -> Schema {
        schema::pattern("^[A-Za-z0-9._-]{1,64}$")
    }
}

/// Five random letters and digits, which keep a proof from being reused or looked up.
pub fn random_text() -> String {
    rand::rng().sample_iter(Alphanumeric).take(5).map(char::from).collect()
}
