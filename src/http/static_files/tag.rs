//! The tag by which a browser asks whether a file is still the one that it has.
//!
//! A tag is made from what the file system knows, because reading a film to its end for every request
//! would cost too much: which file it is (device and inode), its length, and when its content and its
//! entry were last changed. The time of the content alone is not enough: `cp -p`, `rsync --times` and
//! reproducible builds set it to whatever they like. The time of the entry (`ctime`) can't be set. Every
//! write, truncation and rename moves it on, and a file that replaces another has an inode of its own.
//!
//! What is left is a change within the same tick of the file system's clock. So a file that was changed
//! that short a time ago has no tag yet. Not seen is only what a program writes to a file by way of
//! `mmap`, as long as the system has not noticed it.
//!
//! There is no `Last-Modified`: it is the time that can be set, in whole seconds, and a cache that goes
//! by it shows old content for ever (NixOS/nixpkgs#76697, Kludex/starlette#3052).

use sha2::{Digest, Sha256};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest tick of a file system that keeps parts of a second: Linux with 100 ticks a second, twice.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// The longest tick of one that keeps whole seconds: FAT has every second one.
const COARSE_TICK: Duration = Duration::from_secs(2);

/// How long a tag is, in characters: half of the digest is more than anybody could make meet.
const TAG: usize = 32;

/// The tag of the content that a file has now, without quotes; or why it has none.
pub(super) fn tag(about: &Metadata) -> Result<String, TooRecent> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    settled(now, about.ctime(), about.ctime_nsec())?;
    let mut digest = Sha256::new();
    for number in [about.dev(), about.ino(), about.len()] {
        digest.update(number.to_le_bytes());
    }
    for number in [about.mtime(), about.mtime_nsec(), about.ctime(), about.ctime_nsec()] {
        digest.update(number.to_le_bytes());
    }
    // A digest, because the number of an inode is nobody's business (CVE-2003-1418).
    let mut text = crate::hex::encode(&digest.finalize());
    text.truncate(TAG);
    Ok(text)
}

/// Another change might still be given the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooRecent {
    /// For a [`TICK`] at most.
    Briefly,
    /// For longer.
    Long,
}

/// Is a change at `seconds` and `nanos`, since 1970, so long ago at `now` that the next one has a later
/// time?
fn settled(now: Duration, seconds: i64, nanos: i64) -> Result<(), TooRecent> {
    let tick = if nanos == 0 { COARSE_TICK } else { TICK };
    let changed = match (u64::try_from(seconds), u32::try_from(nanos)) {
        (Ok(seconds), Ok(nanos)) => Duration::new(seconds, nanos),
        // Before 1970: long ago.
        _ => return Ok(()),
    };
    match now.checked_sub(changed) {
        Some(age) if age > tick => Ok(()),
        Some(_) if tick == TICK => Err(TooRecent::Briefly),
        // A file of the future too: the clock was set back, and may show the same time again.
        _ => Err(TooRecent::Long),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_changed_just_now_has_no_strong_tag() {
        let now = Duration::from_millis(1_000_000_500);
        for (seconds, millis, expected) in [
            (1_000_000, 400, Ok(())),
            (1_000_000, 479, Ok(())),
            (1_000_000, 480, Err(TooRecent::Briefly)),
            (1_000_000, 500, Err(TooRecent::Briefly)),
            (1_000_000, 501, Err(TooRecent::Long)),
            (1_000_001, 1, Err(TooRecent::Long)),
            // Whole seconds: a coarse clock.
            (1_000_000, 0, Err(TooRecent::Long)),
            (999_999, 0, Err(TooRecent::Long)),
            (999_998, 0, Ok(())),
            (0, 0, Ok(())),
            (-5, 1, Ok(())),
        ] {
            assert_eq!(settled(now, seconds, millis * 1_000_000), expected, "{seconds} {millis}");
        }
    }
}
