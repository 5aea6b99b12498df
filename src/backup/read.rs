//! Reading an archive. Every byte is compared with its digest, and entries that a backup never
//! contains are refused.
//!
//! The digests decide, not the exact form. If another program unpacked the archive and packed it
//! again, its entries have another order, a leading `./`, folder entries, other owners, extended
//! headers or zeros at the end; all of that is accepted. Only headers that change an entry's name
//! or length are refused.

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

/// Size of a tar block, in bytes.
const BLOCK: u64 = 512;

/// The largest manifest, in bytes. It can only become long by its list of lost pictures.
const MANIFEST_BYTES: u64 = 16 << 20;

const EARLY: &str = "it ends too early";

/// Where the entries are written.
pub(super) struct Destination {
    /// The database file; must not exist yet.
    pub database: PathBuf,
    /// The folder for pictures. `None`: pictures are only checked.
    pub pictures: Option<PathBuf>,
}

/// Read the whole archive at `path` and write its entries to `destination`, each synced. The
/// archive is complete and unchanged only if this returns its manifest.
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
    // Raw entries: an extension of the format could give an entry another name or size than its
    // header.
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
    // Two empty blocks end a tar. Programs that write to tapes add more.
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
    /// Size of the archive in bytes.
    size: u64,
    /// Digests of entries that were read before `SHA256SUMS`, and are not compared yet.
    seen: HashMap<String, Sum>,
    /// Digests from `SHA256SUMS` whose entries are still to come.
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

    /// Read an entry and write it to its destination.
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

    /// Write an entry to a new file and sync it.
    fn keep(&mut self, entry: &mut ArchiveEntry<'_>, path: &Path) -> Result<Sum, BackupError> {
        let at = BackupError::at(path);
        let mut file = File::create_new(path).map_err(&at)?;
        let sum = self.copy(entry, &mut file, path)?;
        file.sync_all().map_err(&at)?;
        Ok(sum)
    }

    /// Write an entry to an open file that is called `path`; returns its digest.
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
        // The tar reader takes the end of the file for the end of the entry.
        if done == entry.bytes { Ok(contents::sum(digest)) } else { Err(self.refused(EARLY)) }
    }

    /// Read `SHA256SUMS` and compare it with the entries read so far. Later entries are compared as
    /// they are read.
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

    /// The manifest, once all entries were compared.
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

/// An entry, as its header describes it.
struct ArchiveEntry<'a> {
    name: &'a str,
    /// Offset of the entry in the archive, in bytes.
    at: u64,
    bytes: u64,
    from: &'a mut dyn Read,
}
