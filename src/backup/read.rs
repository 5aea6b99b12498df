//! Reading an archive: every byte of what it holds is compared with its digest, and nothing may be in
//! it that we would not have put there.

use super::contents::{self, DATABASE, FORMAT, MANIFEST, Manifest, Outline, PICTURES, SUMS, Sum};
use super::{BackupError, Step, Watch};
use crate::files;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use tar::{Archive, EntryType};

/// Bytes of a block of a tar.
const BLOCK: u64 = 512;

/// The largest manifest, which lists nothing but lost pictures.
const MANIFEST_BYTES: u64 = 16 << 20;

const EARLY: &str = "it ends too early";

/// Where what is read is put.
pub(super) struct Place {
    /// The database's file; nothing may be there.
    pub database: PathBuf,
    /// The folder of the pictures; without one they are only looked at.
    pub pictures: Option<PathBuf>,
}

/// Read all of the archive at `path` and put it in its `place`, file by file synced. It is whole, and
/// what was put there is what was backed up, only if this returns its manifest.
pub(super) fn read(path: &Path, place: &Place, watch: &mut Watch) -> Result<Manifest, BackupError> {
    let open = || File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = open().map_err(BackupError::at(path))?;
    let mut archive = Archive::new(BufReader::with_capacity(256 << 10, file));
    let mut reading =
        Reading { path, place, size, seen: HashMap::new(), manifest: Vec::new(), watch };
    let mut end = None;
    let entries = archive.entries().map_err(BackupError::at(path))?;
    // Raw: an extension of the format could give an entry another name or size than its header has.
    for entry in entries.raw(true) {
        let mut entry = entry.map_err(|error| match error.raw_os_error() {
            Some(_) => BackupError::Io(path.to_owned(), error),
            None => reading.refused("it is no archive, or a damaged one"),
        })?;
        if end.is_some() {
            return Err(reading.refused(format_args!("there is more behind {SUMS}")));
        }
        if entry.header().entry_type() != EntryType::Regular {
            return Err(reading.refused("it holds something that is no file"));
        }
        let name = String::from_utf8_lossy(&entry.header().path_bytes()).into_owned();
        let (at, bytes) = (entry.raw_file_position(), entry.size());
        if name == SUMS {
            reading.compare(bytes, &mut entry)?;
            end = Some(at + bytes.next_multiple_of(BLOCK));
        } else {
            reading.entry(Part { name: &name, at, bytes, from: &mut entry })?;
        }
    }
    // Two blocks of nothing are the end of a tar.
    match end {
        Some(end) if end + 2 * BLOCK == size => reading.manifest(),
        Some(_) => Err(reading.refused("its length is wrong")),
        None => Err(reading.refused(EARLY)),
    }
}

struct Reading<'a, 'w> {
    path: &'a Path,
    place: &'a Place,
    /// Of the archive, in bytes.
    size: u64,
    /// The digests of the entries so far.
    seen: HashMap<String, Sum>,
    /// The text of the manifest.
    manifest: Vec<u8>,
    watch: &'a mut Watch<'w>,
}

impl Reading<'_, '_> {
    fn refused(&self, why: impl std::fmt::Display) -> BackupError {
        BackupError::Refused(self.path.to_owned(), why.to_string())
    }

    /// Read an entry, and put it where it belongs.
    fn entry(&mut self, mut entry: Part<'_>) -> Result<(), BackupError> {
        let name = entry.name;
        let picture = name.strip_prefix(PICTURES).filter(|name| files::is_name(name));
        if self.seen.contains_key(name) {
            return Err(self.refused(format_args!("it holds {name} twice")));
        }
        let place = self.place;
        let sum = match (name, picture, &place.pictures) {
            (MANIFEST, ..) if entry.bytes <= MANIFEST_BYTES => {
                let mut text = Vec::new();
                let sum = self.copy(&mut entry, &mut text, self.path)?;
                self.manifest = text;
                sum
            }
            (DATABASE, ..) => self.keep(&mut entry, &place.database)?,
            (_, Some(name), Some(folder)) => self.keep(&mut entry, &folder.join(name))?,
            (_, Some(_), None) => self.copy(&mut entry, &mut std::io::sink(), self.path)?,
            _ => {
                return Err(
                    self.refused(format_args!("it holds {name:?}, which is no part of one"))
                );
            }
        };
        self.seen.insert(name.to_owned(), sum);
        Ok(())
    }

    /// Write an entry to a new file, durably.
    fn keep(&mut self, entry: &mut Part<'_>, path: &Path) -> Result<Sum, BackupError> {
        let at = BackupError::at(path);
        let mut file = File::create_new(path).map_err(&at)?;
        let sum = self.copy(entry, &mut file, path)?;
        file.sync_all().map_err(&at)?;
        Ok(sum)
    }

    /// Write an entry to a file that is called `path`; answers the digest.
    fn copy(
        &mut self,
        entry: &mut Part<'_>,
        to: &mut dyn Write,
        path: &Path,
    ) -> Result<Sum, BackupError> {
        let (mut digest, mut done, mut buffer) = (Sha256::new(), 0, [0; 32 << 10]);
        loop {
            let count = entry.from.read(&mut buffer).map_err(BackupError::at(self.path))?;
            let bytes = buffer.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            digest.update(bytes);
            to.write_all(bytes).map_err(BackupError::at(path))?;
            done += bytes.len() as u64;
            if (self.watch)(Step::Read, entry.at + done, self.size).is_break() {
                return Err(BackupError::Stopped);
            }
        }
        // The reader of a tar takes the end of the file for the end of an entry.
        if done == entry.bytes { Ok(contents::sum(digest)) } else { Err(self.refused(EARLY)) }
    }

    /// Compare what was read with the digests that are told at the end.
    fn compare(&self, bytes: u64, from: &mut dyn Read) -> Result<(), BackupError> {
        let wrong = || self.refused(format_args!("it is not what {SUMS} says"));
        let line = |name: &str| 64 + 2 + name.len() as u64 + 1;
        if bytes != self.seen.keys().map(|name| line(name)).sum::<u64>() {
            return Err(wrong());
        }
        let mut told = HashSet::new();
        for line in BufReader::new(from).split(b'\n') {
            let line = line.map_err(BackupError::at(self.path))?;
            let name = line.get(66..).and_then(|name| std::str::from_utf8(name).ok());
            let (name, sum) = name.and_then(|it| self.seen.get_key_value(it)).ok_or_else(wrong)?;
            if contents::line(sum, name).trim_end().as_bytes() != line || !told.insert(name) {
                return Err(wrong());
            }
        }
        if told.len() == self.seen.len() { Ok(()) } else { Err(self.refused(EARLY)) }
    }

    /// The manifest, once all entries are compared.
    fn manifest(self) -> Result<Manifest, BackupError> {
        let unread = |error| self.refused(format_args!("{MANIFEST}: {error}"));
        if !self.seen.contains_key(DATABASE) || !self.seen.contains_key(MANIFEST) {
            return Err(self.refused("it lacks the database or the manifest"));
        }
        let Outline { format, program } = serde_json::from_slice(&self.manifest).map_err(unread)?;
        if format > FORMAT {
            return Err(BackupError::Newer(self.path.to_owned(), program));
        }
        serde_json::from_slice(&self.manifest).map_err(unread)
    }
}

/// An entry as its header tells it.
struct Part<'a> {
    name: &'a str,
    /// Where it begins in the archive, in bytes.
    at: u64,
    bytes: u64,
    from: &'a mut dyn Read,
}
