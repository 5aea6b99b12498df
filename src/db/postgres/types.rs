//! Values as PostgreSQL's binary format has them.

use crate::db::value::{Cell, Param};
use bytes::BytesMut;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

type Problem = Box<dyn Error + Sync + Send>;

impl ToSql for Param<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Problem> {
        match self {
            Param::Null => Ok(IsNull::Yes),
            // The database took it for a shorter one: from the constant that it is compared with.
            Param::Int(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
            Param::Int(number) => number.to_sql(kind, out),
            Param::Text(text) => text.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Problem> {
        Ok(match *kind {
            Type::INT8 => Cell::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Cell::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Cell::Int(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => Cell::Int(bool::from_sql(kind, raw)?.into()),
            // Sums of BIGINT are NUMERIC.
            Type::NUMERIC => Cell::Int(integer(raw).ok_or("a number that is no 64-bit integer")?),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
                Cell::Text(raw)
            }
            _ => Cell::Other,
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Problem> {
        Ok(Cell::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A NUMERIC that is an integer: how many digits of base 10,000 there are, the power of the first, the
/// sign, the decimals that are shown, and the digits (`numeric_send` of PostgreSQL's sources).
fn integer(raw: &[u8]) -> Option<i64> {
    let number = |at: usize| Some(u16::from_be_bytes([*raw.get(at)?, *raw.get(at + 1)?]));
    let (count, weight) = (usize::from(number(0)?), number(2)?.cast_signed());
    let is_negative = match number(4)? {
        0 => false,
        0x4000 => true,
        _ => return None,
    };
    let mut sum: i128 = 0;
    for nth in 0..count {
        let power = i32::from(weight) - i32::try_from(nth).ok()?;
        let digit = i128::from(number(8 + 2 * nth)?);
        match u32::try_from(power) {
            Ok(power) if power <= 5 => sum += digit * 10_000_i128.pow(power),
            Err(_) if digit == 0 => {}
            _ => return None,
        }
    }
    i64::try_from(if is_negative { -sum } else { sum }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_integers_are_read() {
        let numeric = |weight: i16, sign: u16, digits: &[u16]| {
            let count = u16::try_from(digits.len()).unwrap();
            let head = [count, weight.cast_unsigned(), sign, 0];
            let bytes: Vec<u8> =
                head.iter().chain(digits).flat_map(|number| number.to_be_bytes()).collect();
            integer(&bytes)
        };
        assert_eq!(numeric(0, 0, &[]), Some(0));
        assert_eq!(numeric(0, 0, &[7]), Some(7));
        assert_eq!(numeric(1, 0, &[2]), Some(20_000));
        assert_eq!(numeric(1, 0x4000, &[1, 2345]), Some(-12_345));
        assert_eq!(numeric(4, 0, &[922, 3372, 368, 5477, 5807]), Some(i64::MAX));
        assert_eq!(numeric(4, 0x4000, &[922, 3372, 368, 5477, 5808]), Some(i64::MIN));
        assert_eq!(numeric(4, 0, &[922, 3372, 368, 5477, 5808]), None);
        assert_eq!(numeric(-1, 0, &[5000]), None, "one half");
        assert_eq!(numeric(0, 0xC000, &[]), None, "not a number");
        assert_eq!(integer(&[0, 1]), None);
    }
}
