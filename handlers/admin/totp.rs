//! Codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds), and recovery codes.

use engine::fault::Fault;
use engine::hex;
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

/// What a secret is encrypted for.
pub const COLUMN: &str = "admin.totp";

/// How long a code is shown, in seconds.
const STEP: i64 = 30;

/// How many steps a device's clock may be off.
const SKEW: i64 = 1;

/// A new secret: 160 random bits in base32, as apps take it.
pub fn new_secret() -> String {
    Secret::new(rand::random::<[u8; 20]>().into()).to_base32()
}

/// A new recovery code: 80 random bits, as four groups of five hex digits.
pub fn new_recovery_code() -> String {
    let digits = hex::encode(&rand::random::<[u8; 10]>());
    let groups: Vec<&str> = (0..4).filter_map(|nth| digits.get(nth * 5..nth * 5 + 5)).collect();
    groups.join("-")
}

/// What is stored of a recovery code.
pub fn hash(code: &str) -> String {
    hex::encode(&Sha256::digest(code.trim().to_ascii_lowercase()))
}

/// The `otpauth:` URI that sets up an authenticator app, usually shown as a QR code.
pub fn address(name: &str, secret: &str) -> String {
    format!("otpauth://totp/Guichet:{name}?secret={secret}&issuer=Guichet")
}

/// The time step whose code this is, around `now` (seconds since 1970) and after `used`; `None` if it is of none.
pub fn step_of(secret: &str, code: &str, now: i64, used: i64) -> Result<Option<i64>, Fault> {
    let totp = of(secret)?;
    let current = now.div_euclid(STEP);
    let mut steps = (current - SKEW..=current + SKEW).filter(|step| *step > used);
    Ok(steps.find(|step| {
        let time = u64::try_from(step * STEP).unwrap_or_default();
        totp.generate(time).to_string() == code.trim()
    }))
}

fn of(secret: &str) -> Result<Totp, Fault> {
    let secret =
        Secret::try_from_base32(secret).map_err(|_| Fault::unknown("a secret is no base32"))?;
    Builder::new()
        .with_secret(secret)
        .build()
        .map_err(|error| Fault::unknown(format!("a secret of an authenticator app: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the secret `12345678901234567890` at 59 s gives 94287082, of which six digits are kept.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn rfc_6238_code_is_accepted_once() {
        assert_eq!(step_of(SECRET, "287082", 59, 0).unwrap(), Some(1));
        assert_eq!(step_of(SECRET, "287082", 89, 0).unwrap(), Some(1), "a step later");
        assert_eq!(step_of(SECRET, "287082", 120, 0).unwrap(), None, "too late");
        assert_eq!(step_of(SECRET, "287082", 59, 1).unwrap(), None, "used");
        assert_eq!(step_of(SECRET, "287083", 59, 0).unwrap(), None);
    }

    #[test]
    fn new_secret_is_accepted_and_codes_differ() {
        assert_eq!(step_of(&new_secret(), "", 59, 0).unwrap(), None);
        let code = new_recovery_code();
        assert_eq!(code.len(), 23);
        assert_ne!(code, new_recovery_code());
        assert_eq!(hash(&code), hash(&format!(" {} ", code.to_uppercase())));
    }
}
