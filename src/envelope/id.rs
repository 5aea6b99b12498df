//! The `id` of an envelope.

use crate::data::Value;

/// The `id` that an answer carries: an integer, or text of decimal digits, as that integer;
/// anything else as -1, and the request is served all the same.
pub(super) fn id(value: &Value<'_>) -> i64 {
    match value {
        Value::Int(id) => *id,
        Value::Text(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_decimal = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if is_decimal { text.parse().unwrap_or(-1) } else { -1 }
        }
        _ => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn id_is_an_integer_or_its_decimal_digits() {
        let text = |text: &'static str| id(&Value::Text(text.into()));
        assert_eq!(id(&Value::Int(7)), 7);
        assert_eq!((text("123456"), text("-5"), text("007")), (123_456, -5, 7));
        assert_eq!(text("9223372036854775807"), i64::MAX);
        for other in ["", "-", "+5", "5a", " 5", "1.0", "0x5", "9223372036854775808", "５"] {
            assert_eq!(text(other), -1, "{other:?}");
        }
        assert_eq!(id(&Value::Null), -1);
        assert_eq!(id(&Value::Number), -1);
        assert_eq!(id(&Value::List(vec![Value::Int(5)])), -1);
    }

    proptest! {
        #[test]
        fn every_integer_is_an_id_as_number_and_as_text(number: i64) {
            prop_assert_eq!(id(&Value::Int(number)), number);
            prop_assert_eq!(id(&Value::Text(number.to_string().into())), number);
        }

        #[test]
        fn other_text_is_no_id(text in "\\PC*") {
            prop_assume!(text.parse::<i64>().is_err());
            prop_assert_eq!(id(&Value::Text(text.into())), -1);
        }
    }
}
