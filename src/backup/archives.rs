//! The backups in a folder: their names, their age, and rotation.

use super::BackupError;
use crate::clock::{Clock, DateTime};
use std::fs;
use std::path::{Path, PathBuf};

const PREFIX: &str = "guichet-";
const SUFFIX: &str = ".tar";

/// The name of a backup started at `at`, in seconds since 1970: `guichet-YYYYMMDD-HHMMSS.tar`.
/// Further backups of the same second (`nth` from 2 on) end in `-2.tar` and so on.
pub(super) fn name(clock: &Clock, at: i64, nth: u32) -> String {
    match (stamp(clock, at), nth) {
        (stamp, 1) => format!("{PREFIX}{stamp}{SUFFIX}"),
        (stamp, _) => format!("{PREFIX}{stamp}-{nth}{SUFFIX}"),
    }
}

/// A time, in seconds since 1970, as part of a name: `YYYYMMDD-HHMMSS`, local time.
pub(super) fn stamp(clock: &Clock, at: i64) -> String {
    clock.format(at).replace(['-', ':'], "").replace(' ', "-")
}

/// Is it the name of a backup?
pub(crate) fn is_archive(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Is it the name of a folder with the data that a restore replaced? `before-` and a [`stamp`].
pub(crate) fn is_replaced(name: &str) -> bool {
    let rest = name.strip_prefix("before-").map(str::as_bytes);
    rest.is_some_and(|rest| {
        rest.get(8) == Some(&b'-')
            && rest.iter().take(8).all(u8::is_ascii_digit)
            && rest.get(9..15).is_some_and(|time| time.iter().all(u8::is_ascii_digit))
    })
}

/// When a backup with this name was started, in seconds since 1970, and its number within that
/// second; `None` for other files.
fn read(clock: &Clock, name: &str) -> Option<(i64, u32)> {
    let stem = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let (stamp, rest) = stem.split_at_checked("YYYYMMDD-HHMMSS".len())?;
    let (date, time) = stamp.split_once('-')?;
    let (year, month, day) = (date.get(0..4)?, date.get(4..6)?, date.get(6..)?);
    let (hour, minute, second) = (time.get(0..2)?, time.get(2..4)?, time.get(4..)?);
    let at = DateTime::parse(&format!("{year}-{month}-{day} {hour}:{minute}:{second}"))?;
    let nth = match rest {
        "" => 1,
        rest => rest.strip_prefix('-')?.parse().ok()?,
    };
    Some((clock.seconds(at), nth))
}

/// The backups in `folder`, oldest first; none if the folder does not exist.
pub(super) fn list(folder: &Path, clock: &Clock) -> Result<Vec<(i64, PathBuf)>, BackupError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(BackupError::at(folder))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(BackupError::at(folder))?;
        if let Some(age) = entry.file_name().to_str().and_then(|name| read(clock, name)) {
            found.push((age, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|((at, _), path)| (at, path)).collect())
}

/// When the newest backup in `folder` was started, in seconds since 1970. Backups dated after `now`
/// are ignored: a clock that was ahead once must not delay the next backup.
pub(super) fn newest(folder: &Path, clock: &Clock, now: i64) -> Result<Option<i64>, BackupError> {
    let all = list(folder, clock)?;
    Ok(all.iter().map(|(at, _)| *at).rfind(|at| *at <= now))
}

/// Remove the oldest backups in `folder`, and keep `keep` of them. `new` is always kept, whatever
/// date its name has.
pub(super) fn remove_oldest(
    folder: &Path,
    clock: &Clock,
    keep: usize,
    new: &Path,
) -> Result<(), BackupError> {
    let mut others = list(folder, clock)?;
    others.retain(|(_, path)| path != new);
    let surplus = (others.len() + 1).saturating_sub(keep.max(1));
    for (_, path) in others.iter().take(surplus) {
        fs::remove_file(path).map_err(BackupError::at(path))?;
        tracing::info!(path = %path.display(), "the oldest backup was removed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn clock(zone: &str) -> Clock {
        Clock::new(TimeZone::get(zone).unwrap())
    }

    fn folder(names: &[&str]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("kept-{:032x}", rand::random::<u128>()));
        fs::create_dir_all(&folder).unwrap();
        names.iter().for_each(|name| fs::write(folder.join(name), name).unwrap());
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn backup_name_holds_local_time_and_parses_back() {
        let clock = clock("Asia/Shanghai");
        assert_eq!(name(&clock, 0, 1), "guichet-19700101-080000.tar");
        assert_eq!(name(&clock, 1_772_307_000, 3), "guichet-20260301-033000-3.tar");
        for (at, nth) in [(0, 1), (1_772_307_000, 2), (4_000_000_000, 117)] {
            assert_eq!(read(&clock, &name(&clock, at, nth)), Some((at, nth)));
        }
        for other in [
            "guichet.db",
            "guichet-.tar",
            "guichet-20260301-033000.tar.gz",
            "guichet-20260301-033000",
            "guichet-20261301-033000.tar",
            "guichet-20260301_033000.tar",
            "guichet-20260301-033000x.tar",
            "guichet-20260301-033000-.tar",
            "guichet-before-the-move.tar",
            "guichet-2026030é-033000.tar",
            ".guichet-20260301-033000.tar",
        ] {
            assert_eq!(read(&clock, other), None, "{other}");
        }
    }

    #[test]
    fn restore_folders_are_recognised_by_name() {
        assert!(is_replaced("before-20260301-033000") && is_replaced("before-20260301-033000-2"));
        for other in ["before-upgrade", "before-2026", "before-20260301_033000", "20260301-033000"]
        {
            assert!(!is_replaced(other), "{other}");
        }
    }

    #[test]
    fn rotation_removes_only_the_oldest_backups() {
        let clock = clock("UTC");
        let days = ["01", "02", "03", "04"].map(|day| format!("guichet-202603{day}-033000.tar"));
        let mut all: Vec<&str> = days.iter().map(String::as_str).collect();
        all.extend([
            "guichet-20260301-033000.tar.part",
            "guichet.toml",
            "notes",
            "guichet-20260301-033000-10.tar",
            "guichet-20260301-033000-9.tar",
        ]);
        let folder = folder(&all);
        let new = folder.join(&days[3]);
        remove_oldest(&folder, &clock, 4, &new).unwrap();
        let left = [
            "guichet-20260301-033000-10.tar",
            "guichet-20260301-033000.tar.part",
            &days[1],
            &days[2],
            &days[3],
            "guichet.toml",
            "notes",
        ];
        assert_eq!(names(&folder), left);
        assert_eq!(
            newest(&folder, &clock, i64::MAX).unwrap(),
            read(&clock, &days[3]).map(|it| it.0)
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn rotation_keeps_new_backup_despite_future_names() {
        let clock = clock("UTC");
        let ahead = ["guichet-20990101-000000.tar", "guichet-20990102-000000.tar"];
        let new = "guichet-20260301-033000.tar";
        let folder = folder(&[ahead[0], ahead[1], new]);
        remove_oldest(&folder, &clock, 2, &folder.join(new)).unwrap();
        assert_eq!(names(&folder), [new, ahead[1]]);
        remove_oldest(&folder, &clock, 0, &folder.join(new)).unwrap();
        assert_eq!(names(&folder), [new]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn newest_backup_ignores_future_dates() {
        let clock = clock("UTC");
        let folder = folder(&["guichet-20260301-000000.tar", "guichet-20990101-000000.tar"]);
        let first = 1_772_323_200;
        for (now, expected) in [(first + 5, Some(first)), (first, Some(first)), (first - 1, None)] {
            assert_eq!(newest(&folder, &clock, now).unwrap(), expected);
        }
        assert_eq!(newest(&folder.join("none"), &clock, first).unwrap(), None);
        fs::remove_dir_all(folder).unwrap();
    }
}
