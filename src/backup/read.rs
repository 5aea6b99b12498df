//! Reading an archive: every byte of what it holds is compared with its digest, and nothing may be in
//! it that we would not have put there.
//!
//! The digests decide, not the form: an archive that was unpacked and packed again by another program
//! has its entries in another order, with `./` before them, with their folders, other owners, extended
//! headers and zeros at the end. All of that is passed over. What says where a file goes or how long it
//! is must be said plainly.

mod form;

use super::contents::{self, DATABASE, FORMAT, MANIFEST, Manifest, Outline, PICTURES, SUMS, Sum};
use super::{BackupError, OnProgress, Step};
use crate::picture_store;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
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
pub(super) struct Destination {
    /// The database's file; nothing may be there.
    pub database: PathBuf,
    /// The folder of the pictures; without one they are only looked at.
    pub pictures: Option<PathBuf>,
}

/// Read all of the archive at `path` and put it in its `destination`, file by file synced. It is whole, and
/// what was put there is what was backed up, only if this returns its manifest.
pub(super) fn read(
    path: &Path,
    destination: &Destination,
    on_progress: &mut OnProgress,
) -> Result<Manifest, BackupError> {
    let open = || File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = open().map_err(BackupError::at(path))?;
    if let Some(why) = form::packed(path).map_err(BackupError::at(path))? {
        return Err(BackupError::Refused(path.to_owned(), why));
    }
    let mut archive = Archive::new(BufReader::with_capacity(256 << 10, file));
    let mut reading = Reading {
        path,
        destination,
        size,
        seen: HashMap::new(),
        expected: HashMap::new(),
        has_sums: false,
        has_database: false,
        manifest: None,
        on_progress,
    };
    let mut end = 0;
    let entries = archive.entries().map_err(BackupError::at(path))?;
    // Raw: an extension of the format could give an entry another name or size than its header has.
    for entry in entries.raw(true) {
        let mut entry = entry.map_err(|error| match error.raw_os_error() {
            Some(_) => BackupError::Io(path.to_owned(), error),
            None => reading.refused("it is no archive, or a damaged one"),
        })?;
        let name = String::from_utf8_lossy(&entry.header().path_bytes()).into_owned();
        let name = form::plain(&name);
        let (at, bytes) = (entry.raw_file_position(), entry.size());
        end = at.saturating_add(bytes.next_multiple_of(BLOCK));
        match entry.header().entry_type() {
            EntryType::Regular if name == SUMS => reading.sums(&mut entry, bytes)?,
            EntryType::Regular => {
                reading.entry(ArchiveEntry { name, at, bytes, from: &mut entry })?;
            }
            EntryType::Directory if bytes == 0 && form::is_folder(name) => {}
            EntryType::XHeader | EntryType::XGlobalHeader => {
                form::harmless(&mut entry, bytes).map_err(|why| reading.refused(why))?;
            }
            kind => return Err(reading.refused(form::odd(kind))),
        }
    }
    // Two blocks of nothing are the end of a tar. Programs that write to tapes add more.
    if end == 0 || size < end.saturating_add(2 * BLOCK) {
        return Err(reading.refused(EARLY));
    }
    if !form::is_blank(path, end).map_err(BackupError::at(path))? {
        return Err(reading.refused("there is more behind its end"));
    }
    reading.manifest()
}

struct Reading<'a, 'w> {
    path: &'a Path,
    destination: &'a Destination,
    /// Of the archive, in bytes.
    size: u64,
    /// The digests of the entries that were read before they were compared.
    seen: HashMap<String, Sum>,
    /// The digests of the entries that are still to come, once they are told.
    expected: HashMap<String, Sum>,
    has_sums: bool,
    has_database: bool,
    /// The text of the manifest.
    manifest: Option<Vec<u8>>,
    on_progress: &'a mut OnProgress<'w>,
}

impl Reading<'_, '_> {
    fn refused(&self, why: impl std::fmt::Display) -> BackupError {
        BackupError::Refused(self.path.to_owned(), why.to_string())
    }

    /// Read an entry, and put it where it belongs.
    fn entry(&mut self, mut entry: ArchiveEntry<'_>) -> Result<(), BackupError> {
        let name = entry.name;
        let picture = name.strip_prefix(PICTURES).filter(|name| picture_store::is_name(name));
        if picture.is_none() && ![DATABASE, MANIFEST].contains(&name) {
            return Err(self.refused(format_args!("it holds {name:?}, which is no part of one")));
        }
        let is_again = match name {
            DATABASE => self.has_database,
            MANIFEST => self.manifest.is_some(),
            _ => self.seen.contains_key(name),
        };
        if is_again {
            return Err(self.refused(format_args!("it holds {name} twice")));
        }
        if self.has_sums && !self.expected.contains_key(name) {
            return Err(self.wrong());
        }
        let destination = self.destination;
        let sum = match (picture, &destination.pictures) {
            (Some(name), Some(folder)) => self.keep(&mut entry, &folder.join(name))?,
            (Some(_), None) => self.copy(&mut entry, &mut std::io::sink(), self.path)?,
            _ if name == DATABASE => {
                self.has_database = true;
                self.keep(&mut entry, &destination.database)?
            }
            _ if entry.bytes > MANIFEST_BYTES => {
                return Err(self.refused(format_args!("its {MANIFEST} is too long")));
            }
            _ => {
                let mut text = Vec::new();
                let sum = self.copy(&mut entry, &mut text, self.path)?;
                self.manifest = Some(text);
                sum
            }
        };
        if !self.has_sums {
            self.seen.insert(name.to_owned(), sum);
        } else if self.expected.remove(name) != Some(sum) {
            return Err(self.wrong());
        }
        Ok(())
    }

    fn wrong(&self) -> BackupError {
        self.refused(format_args!("it is not what {SUMS} says"))
    }

    /// Write an entry to a new file, durably.
    fn keep(&mut self, entry: &mut ArchiveEntry<'_>, path: &Path) -> Result<Sum, BackupError> {
        let at = BackupError::at(path);
        let mut file = File::create_new(path).map_err(&at)?;
        let sum = self.copy(entry, &mut file, path)?;
        file.sync_all().map_err(&at)?;
        Ok(sum)
    }

    /// Write an entry to a file that is called `path`; answers the digest.
    fn copy(
        &mut self,
        entry: &mut ArchiveEntry<'_>,
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
            if (self.on_progress)(Step::Read, entry.at + done, self.size).is_break() {
                return Err(BackupError::Stopped);
            }
        }
        // The reader of a tar takes the end of the file for the end of an entry.
        if done == entry.bytes { Ok(contents::sum(digest)) } else { Err(self.refused(EARLY)) }
    }

    /// Compare what was read so far with the digests that are told here; what follows is compared as it
    /// comes.
    fn sums(&mut self, from: &mut dyn Read, bytes: u64) -> Result<(), BackupError> {
        if std::mem::replace(&mut self.has_sums, true) {
            return Err(self.refused(format_args!("it holds {SUMS} twice")));
        }
        let mut read = 0;
        for line in BufReader::new(from).split(b'\n') {
            let line = line.map_err(BackupError::at(self.path))?;
            read += line.len() as u64 + 1;
            let told = std::str::from_utf8(&line).ok().and_then(contents::read_line);
            let Some((sum, name)) = told else { return Err(self.wrong()) };
            let is_right = match self.seen.remove(name) {
                Some(seen) => seen == sum,
                None => self.expected.insert(name.to_owned(), sum).is_none(),
            };
            if !is_right {
                return Err(self.wrong());
            }
        }
        match self.seen.is_empty() {
            true if read == bytes => Ok(()),
            true => Err(self.refused(EARLY)),
            false => Err(self.wrong()),
        }
    }

    /// The manifest, once all entries are compared.
    fn manifest(self) -> Result<Manifest, BackupError> {
        let unread = |error| self.refused(format_args!("{MANIFEST}: {error}"));
        if !self.has_sums {
            return Err(self.refused(EARLY));
        }
        if let Some(name) = self.expected.keys().min() {
            return Err(self.refused(format_args!("{name} is missing")));
        }
        let (true, Some(text)) = (self.has_database, &self.manifest) else {
            return Err(self.refused("it lacks the database or the manifest"));
        };
        let Outline { format, program } = serde_json::from_slice(text).map_err(unread)?;
        if format > FORMAT {
            return Err(BackupError::Newer(self.path.to_owned(), program));
        }
        serde_json::from_slice(text).map_err(unread)
    }
}

/// An entry as its header tells it.
struct ArchiveEntry<'a> {
    name: &'a str,
    /// Where it begins in the archive, in bytes.
    at: u64,
    bytes: u64,
    from: &'a mut dyn Read,
}
