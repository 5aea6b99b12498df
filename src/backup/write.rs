//! Writing an archive: entry by entry, from front to back.

use super::contents::{self, Manifest, PICTURES};
use super::work_folder::WorkFolder;
use super::{BackupError, OnProgress, Step};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// How many bytes are written between two syncs. Syncing a gigabyte at once would delay every
/// COMMIT that is synced after it.
const SYNC: u64 = 8 << 20;

/// An archive that is being written.
pub(super) struct ArchiveWriter {
    tar: Builder<BufWriter<DigestingFile>>,
    path: PathBuf,
    /// The lines of [`contents::SUMS`], in a file: there are as many lines as pictures.
    sums: BufWriter<File>,
    sums_path: PathBuf,
    /// The modification time of all entries, in seconds since 1970.
    at: u64,
}

/// A complete archive under its temporary name.
pub(super) struct Written {
    pub path: PathBuf,
    pub bytes: u64,
    pub sum: contents::Sum,
}

impl ArchiveWriter {
    /// Start an archive in `work`. `at` becomes the time of all entries, in seconds since 1970.
    pub(super) fn create(work: &WorkFolder, at: u64) -> Result<Self, BackupError> {
        let (path, sums_path) = (work.file("archive"), work.file(contents::SUMS));
        let file = private(&path).map_err(BackupError::at(&path))?;
        let sums = private(&sums_path).map_err(BackupError::at(&sums_path))?;
        let out = DigestingFile { file, digest: Sha256::new(), bytes: 0, unsynced: 0 };
        let tar = Builder::new(BufWriter::with_capacity(256 << 10, out));
        Ok(ArchiveWriter { tar, path, sums: BufWriter::new(sums), sums_path, at })
    }

    /// Add a picture.
    pub(super) fn picture(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.entry(&format!("{PICTURES}{name}"), bytes.len() as u64, bytes)
    }

    /// Add the database, which is complete in the file `copy`; returns its size in bytes.
    pub(super) fn database(
        &mut self,
        copy: &Path,
        on_progress: &mut OnProgress,
    ) -> Result<u64, BackupError> {
        let open = || File::open(copy).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size, file) = open().map_err(BackupError::at(copy))?;
        let (mut done, mut stopped) = (0, false);
        let watched = ReadTap(file, |bytes: &[u8]| {
            done += bytes.len() as u64;
            stopped = on_progress(Step::Pack, done, size).is_break();
            if stopped { Err(io::Error::other(BackupError::Stopped)) } else { Ok(()) }
        });
        let added = self.entry(contents::DATABASE, size, watched);
        if stopped { Err(BackupError::Stopped) } else { added.map(|()| size) }
    }

    /// Add the manifest and the digests, and sync everything.
    pub(super) fn finish(mut self, manifest: &Manifest) -> Result<Written, BackupError> {
        let text = serde_json::to_vec_pretty(manifest).map_err(io::Error::other);
        let text = text.map_err(BackupError::at(&self.path))?;
        self.entry(contents::MANIFEST, text.len() as u64, &text[..])?;
        let mut open = || {
            self.sums.flush()?;
            let sums = File::open(&self.sums_path)?;
            Ok((sums.metadata()?.len(), sums))
        };
        let (size, sums) = open().map_err(BackupError::at(&self.sums_path))?;
        let at = BackupError::at(&self.path);
        let end = || {
            self.tar.append(&header(contents::SUMS, size, self.at)?, sums)?;
            let mut out = self.tar.into_inner()?;
            out.flush()?;
            let out = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            out.file.sync_all()?;
            Ok((out.bytes, contents::sum(out.digest)))
        };
        let (bytes, sum) = end().map_err(at)?;
        Ok(Written { path: self.path, bytes, sum })
    }

    /// Add `size` bytes under `name`.
    fn entry(&mut self, name: &str, size: u64, from: impl Read) -> Result<(), BackupError> {
        let mut digest = Sha256::new();
        let mut seen = 0;
        let tapped = ReadTap(from, |bytes: &[u8]| {
            digest.update(bytes);
            seen += bytes.len() as u64;
            Ok(())
        });
        let add = || self.tar.append(&header(name, size, self.at)?, tapped.take(size));
        add().map_err(BackupError::at(&self.path))?;
        if seen != size {
            let error = io::Error::other(format!("{name}: it became shorter while it was read"));
            return Err(BackupError::Io(self.path.clone(), error));
        }
        let line = contents::line(&contents::sum(digest), name);
        self.sums.write_all(line.as_bytes()).map_err(BackupError::at(&self.sums_path))
    }
}

fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn header(name: &str, size: u64, at: u64) -> io::Result<Header> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_path(name)?;
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(at);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    Ok(header)
}

/// A reader that shows everything it reads to a function, which may stop the reading.
struct ReadTap<R, F>(R, F);

impl<R: Read, F: FnMut(&[u8]) -> io::Result<()>> Read for ReadTap<R, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(into)?;
        (self.1)(into.get(..count).unwrap_or_default())?;
        Ok(count)
    }
}

/// The file of an archive. Computes its digest while it is written, and syncs it in steps.
struct DigestingFile {
    file: File,
    digest: Sha256,
    bytes: u64,
    unsynced: u64,
}

impl Write for DigestingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.digest.update(bytes.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        self.unsynced += count as u64;
        if self.unsynced >= SYNC {
            self.file.sync_data()?;
            self.unsynced = 0;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
