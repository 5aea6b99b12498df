//! The folders: whose they are, who may look in, how much room there is.

use super::Findings;
use crate::commands::output::size;
use engine::config::Config;
use engine::disk::DiskMonitor;
use rustix::fs::{Access, access, statvfs};
use rustix::process::{Resource, geteuid, getrlimit};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// With less room than this a write may fail any moment ...
const LOW_SPACE: u64 = 64 << 20;

/// ... and with less than this soon.
const FEW_FILES: u64 = 512 << 20;

/// With fewer open files than this, a public server keeps clients waiting.
const FILES: u64 = 4_096;

pub fn check(config: &Config, findings: &mut Findings) {
    folder("data_dir", &config.data_dir, findings);
    let database = config.database_file();
    let beside = database.parent().filter(|folder| *folder != Path::new(""));
    let beside = beside.unwrap_or(Path::new("."));
    if beside != config.data_dir {
        folder("database.url", beside, findings);
    }
    if let Some(backups) = &config.backup.dir {
        folder("backup.dir", backups, findings);
    }
    reserve(config, findings);
    files(config, findings);
}

/// Is more free than is kept in reserve?
fn reserve(config: &Config, findings: &mut Findings) {
    for room in DiskMonitor::open(config).rooms() {
        let text = format!(
            "{}: {} are free, {} are kept in reserve",
            room.folder.display(),
            size(room.free),
            size(room.reserve)
        );
        if room.is_low() {
            let text = format!(
                "{text}: uploads, new accounts, players, notices and shops are refused; make \
                 room (guichet usage tells what takes it), or lower disk.reserve"
            );
            findings.wrong("disk.reserve", text);
        } else {
            findings.ok("disk.reserve", text);
        }
    }
}

fn folder(what: &str, path: &Path, findings: &mut Findings) {
    let shown = path.display();
    let about = match fs::metadata(path) {
        Ok(about) if about.is_dir() => about,
        Ok(_) => return findings.wrong(what, format_args!("{shown}: not a folder")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return absent(what, path, findings);
        }
        Err(error) => {
            let text = format!("{shown}: {error}; run check as the server's user");
            return findings.wrong(what, text);
        }
    };
    let (owner, user) = (about.uid(), geteuid().as_raw());
    if access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let text = format!(
            "{shown}: user {user} can't read and write there; it is user {owner}'s: run as that \
             user, or chown it"
        );
        return findings.wrong(what, text);
    }
    if owner != user {
        let text = format!(
            "{shown}: it is user {owner}'s, and this is user {user}; run check as the server's \
             user, so that it meets what the server meets"
        );
        findings.warning(what, text);
    }
    if about.mode() & 0o007 != 0 {
        let text = format!(
            "{shown}: everybody on this machine may look in (mode {:o}); chmod o-rwx {shown}",
            about.mode() & 0o777
        );
        findings.warning(what, text);
    }
    room(what, path, path, findings);
}

/// A folder that is not there: could it be made?
fn absent(what: &str, path: &Path, findings: &mut Findings) {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let above: Option<PathBuf> =
        whole.ancestors().skip(1).find(|above| above.exists()).map(Path::to_owned);
    let above = above.unwrap_or_else(|| "/".into());
    if access(&above, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let text = format!(
            "{}: not there yet, and this user can't make it in {}; make it and give it to the \
             server's user",
            path.display(),
            above.display()
        );
        return findings.wrong(what, text);
    }
    room(what, path, &above, findings);
}

fn room(what: &str, path: &Path, at: &Path, findings: &mut Findings) {
    let is_there = path.exists();
    let text = match is_there {
        true => path.display().to_string(),
        false => format!("{}: not there yet; the first start makes it", path.display()),
    };
    let Ok(about) = statvfs(at) else { return findings.ok(what, text) };
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    let text = format!("{text}; {} are free", size(free));
    let more = "make room, or move it to a larger disk";
    if free < LOW_SPACE {
        findings.wrong(what, format_args!("{text}: {more}"));
    } else if free < FEW_FILES {
        findings.warning(what, format_args!("{text}: {more}"));
    } else {
        findings.ok(what, text);
    }
}

/// How many files a process of this user may open: a connection is one.
fn files(config: &Config, findings: &mut Findings) {
    let Some(files) = getrlimit(Resource::Nofile).current else { return };
    let is_public = !config.listen.ip().is_loopback() || config.public_url.is_some();
    let text = format!("a process started here may open {files}");
    if files < if is_public { FILES } else { 256 } {
        let text = format!(
            "{text}, and a connection is one; raise it: LimitNOFILE=65536 in the unit, ulimit -n \
             in a shell"
        );
        findings.warning("files", text);
    } else {
        findings.ok("files", text);
    }
}
