//! Writing an archive: each entry once, from front to back.

use super::contents::{self, Manifest, PICTURES};
use super::work_folder::WorkFolder;
use super::{BackupError, OnProgress, Step};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// Bytes after which what was written is sent to the disk: a gigabyte at once would hold up every
/// COMMIT that is synced behind it.
const SYNC: u64 = 8 << 20;

/// An archive that is being written.
pub(super) struct ArchiveWriter {
    tar: Builder<BufWriter<DigestingFile>>,
    path: PathBuf,
    /// The lines of [`contents::SUMS`], in a file: there are as many as pictures.
    sums: BufWriter<File>,
    sums_path: PathBuf,
    /// The time of all entries, in seconds since 1970.
    at: u64,
}

/// An archive that was written, under its temporary name.
pub(super) struct Written {
    pub path: PathBuf,
    pub bytes: u64,
    pub sum: contents::Sum,
}

impl ArchiveWriter {
    /// Begin one in `work`. `at` is the time of all its entries, in seconds since 1970.
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

    /// Add the database, which is complete in the file `copy`; answers its size in bytes.
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

    /// Add the manifest and the digests, and send all of it to the disk.
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

/// Whatever is read through it is shown to a function, which may end it.
struct ReadTap<R, F>(R, F);

impl<R: Read, F: FnMut(&[u8]) -> io::Result<()>> Read for ReadTap<R, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(into)?;
        (self.1)(into.get(..count).unwrap_or_default())?;
        Ok(count)
    }
}

/// The file of an archive: takes its digest on the way, and sends it to the disk bit by bit.
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
