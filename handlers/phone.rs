//! Telephone numbers, as the contract takes them.

use engine::data::{Field, FieldError, Value, schema};
use engine::fault::{Class, Declared, Fault};
use engine::sms::codes;
use engine::status::Status;
use schemars::Schema;

/// Not a telephone number of mainland China.
pub static NOT_A_PHONE: Declared = Declared {
    name: "not_a_phone",
    class: Class::Value,
    status: Status { code: codes::PHONE, message: codes::message(codes::PHONE) },
    detail: "not a mobile number of mainland China: 11 digits that begin 13 to 19",
};

/// A telephone number of mainland China; whatever else was sent is kept as "malformed", because
/// that is told only once nothing is missing.
#[derive(Clone)]
pub struct Phone(Option<String>);

impl Phone {
    /// The number, or the fault that it isn't one.
    pub fn number(self) -> Result<String, Fault> {
        self.0.ok_or_else(|| NOT_A_PHONE.fault())
    }
}

impl Field for Phone {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        Ok(Phone(match value {
            Value::Text(text) | Value::FormText(text) if is_mobile(&text) => {
                Some(text.into_owned())
            }
            _ => None,
        }))
    }

    fn schema() -> Schema {
        schema::described(
            schema::pattern("^1[3-9][0-9]{9}$"),
            "A mobile number of mainland China, without a country code.",
        )
    }
}

/// 11 digits that begin 13 to 19, without a country code.
pub fn is_mobile(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1', b'3'..=b'9', rest @ ..]
        if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mainland_china_mobile_numbers_are_accepted() {
        assert!(is_mobile("13800001234") && is_mobile("19900001234"));
        for other in
            ["", "12800001234", "1380000123", "138000012345", "+8613800001234", "1380000123x"]
        {
            assert!(!is_mobile(other), "{other:?}");
        }
    }
}
