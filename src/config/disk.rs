//! `[disk]`: the free space that is kept in reserve.

use super::units;
use serde::Deserialize;
use serde::de::Deserializer;

/// The share of a file system that [`Reserve::Auto`] keeps free: one in this many bytes.
const SHARE: u64 = 20;

/// The least that [`Reserve::Auto`] keeps free, in bytes: some days of the log and of logins.
const LEAST: u64 = 512 << 20;

/// What is kept free on the disks that data is written to.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Disk {
    /// With less free space than this, uploads, new accounts, players, notices and shops are
    /// refused. `auto` (5 % of the file system, at least 512 MiB), or a size; 0: no reserve. Default
    /// `auto`.
    pub reserve: Reserve,
}

/// How much of a file system is kept free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reserve {
    /// 5 % of the file system, at least 512 MiB.
    #[default]
    Auto,
    /// A fixed number of bytes.
    Bytes(u64),
}

impl Reserve {
    /// The reserve, in bytes, on a file system of `total` bytes.
    pub fn of(self, total: u64) -> u64 {
        match self {
            Reserve::Auto => (total / SHARE).max(LEAST),
            Reserve::Bytes(bytes) => bytes,
        }
    }
}

impl<'de> Deserialize<'de> for Reserve {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = "\"auto\", a size, for example \"1024MiB\", or 0";
        units::any(from, expected, |text| match text {
            "auto" => Ok(Reserve::Auto),
            size => units::parse_size_or_zero(size).map(Reserve::Bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_reserve_is_a_share_of_at_least_512_mib() {
        assert_eq!(Reserve::Auto.of(1 << 30), 512 << 20);
        assert_eq!(Reserve::Auto.of(100 << 30), 5 << 30);
        assert_eq!(Reserve::Bytes(7).of(1 << 30), 7);
    }
}
