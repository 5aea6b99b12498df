//! How much disk space the server's files take. It only reads folders and file lengths.

use crate::config::Config;
use crate::picture_store::is_name;
use crate::sms::outbox;
use crate::{backup, db};
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The number and the total length of a group of files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileTotal {
    /// The number of files.
    pub files: u64,
    /// Their total length, in bytes.
    pub bytes: u64,
}

impl FileTotal {
    /// Count one more file of this size in bytes.
    pub fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// The files of a server. Each is counted once, even where folders lie in one another.
#[derive(Debug, Default)]
pub struct DataUsage {
    /// The database without its write-ahead log.
    pub database: FileTotal,
    /// The write-ahead log of the database.
    pub log: FileTotal,
    /// The pictures in the folder, by name, with their lengths in bytes.
    pub pictures: HashMap<String, u64>,
    /// The outbox: the file that is written and the old one.
    pub outbox: FileTotal,
    /// The backups in `backup.dir`, unfinished ones among them.
    pub backups: FileTotal,
    /// The copies of the database from before an upgrade.
    pub before_upgrade: FileTotal,
    /// Data that a restore replaced and kept.
    pub before_restore: FileTotal,
    /// All other files in `data_dir`.
    pub other: FileTotal,
    /// Files and folders that could not be read, one line each, with the reason.
    pub unread: Vec<String>,
}

/// Count the files of the server that `config` describes. Missing files count as nothing.
pub fn files(config: &Config) -> DataUsage {
    let mut found = DataUsage::default();
    let mut walk = Walk::default();
    let database = config.database_file();
    walk.file(&database, &mut |bytes| found.database.add(bytes));
    let mut log = OsString::from(&database);
    log.push("-wal");
    walk.file(Path::new(&log), &mut |bytes| found.log.add(bytes));
    for name in [outbox::NAME, outbox::OLD_NAME] {
        walk.file(&config.data_dir.join(name), &mut |bytes| found.outbox.add(bytes));
    }
    for entry in walk.entries(&config.data_dir.join("pictures")) {
        let name = entry.file_name().into_string().ok();
        walk.file(&entry.path(), &mut |bytes| match &name {
            Some(name) if is_name(name) => {
                found.pictures.insert(name.clone(), bytes);
            }
            _ => found.other.add(bytes),
        });
    }
    let beside = config.database_folder();
    walk.tree(beside.join(db::BEFORE_UPGRADE), &mut |bytes| found.before_upgrade.add(bytes));
    for folder in [&config.data_dir, &beside] {
        for entry in walk.entries(folder) {
            if entry.file_name().to_str().is_some_and(backup::is_replaced) {
                walk.tree(entry.path(), &mut |bytes| found.before_restore.add(bytes));
            }
        }
    }
    let backups = config.backup.dir.as_deref().map(|folder| walk.entries(folder));
    for entry in backups.unwrap_or_default() {
        let name = entry.file_name();
        if name.to_str().is_some_and(backup::is_archive) {
            walk.file(&entry.path(), &mut |bytes| found.backups.add(bytes));
        } else if name.to_str().is_some_and(backup::is_work_folder) {
            walk.tree(entry.path(), &mut |bytes| found.backups.add(bytes));
        }
    }
    walk.tree(config.data_dir.clone(), &mut |bytes| found.other.add(bytes));
    found.unread = walk.unread;
    found
}

#[derive(Default)]
struct Walk {
    /// The files that were counted, by device and number.
    seen: HashSet<(u64, u64)>,
    unread: Vec<String>,
}

impl Walk {
    /// Count the file at `path`, if it is one and was not counted before.
    fn file(&mut self, path: &Path, add: &mut dyn FnMut(u64)) {
        match fs::metadata(path) {
            Ok(about) if about.is_file() && self.seen.insert((about.dev(), about.ino())) => {
                add(about.len());
            }
            Ok(_) => {}
            Err(error) => self.failed(path, &error),
        }
    }

    /// Count the files in a folder and in those below. Symbolic links are not followed.
    fn tree(&mut self, folder: PathBuf, add: &mut dyn FnMut(u64)) {
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            for entry in self.entries(&folder) {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => self.file(&entry.path(), add),
                    Ok(_) => {}
                    Err(error) => self.failed(&entry.path(), &error),
                }
            }
        }
    }

    fn entries(&mut self, folder: &Path) -> Vec<DirEntry> {
        let read = fs::read_dir(folder).and_then(|entries| entries.collect());
        read.unwrap_or_else(|error: io::Error| {
            self.failed(folder, &error);
            Vec::new()
        })
    }

    /// A file that is missing counts as nothing. Any other error is reported once.
    fn failed(&mut self, path: &Path, error: &io::Error) {
        let line = format!("{}: {error}", path.display());
        if error.kind() != io::ErrorKind::NotFound && !self.unread.contains(&line) {
            self.unread.push(line);
        }
    }
}
