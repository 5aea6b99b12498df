//! Uploaded files on disk: written whole or not at all, under names made here.
//!
//! A name is 128 random bits and the kind's extension; nothing of a client's text reaches the file
//! system, and a file's content never changes under its name, so it may be cached for ever.

use crate::fault::Cause;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A folder of uploaded files.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// Use `folder`, which is made if it is not there.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Files { folder })
    }

    /// Keep `bytes` on disk under a new name that ends in `.extension`; answers the name. When it
    /// returns, the file survives a power cut.
    pub fn put(&self, bytes: &[u8], extension: &str) -> Result<String, Cause> {
        let name = format!("{:032x}.{extension}", rand::random::<u128>());
        let temporary = self.folder.join(format!("{name}.part"));
        let write = || {
            let mut file = File::create_new(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, self.folder.join(&name))?;
            // The rename itself is durable only once the folder is.
            File::open(&self.folder)?.sync_all()
        };
        match write() {
            Ok(()) => Ok(name),
            Err(error) => {
                let _ = fs::remove_file(&temporary);
                // Nobody will name it: if it was the folder that could not be synced, the file is
                // whole and would stay until the next start.
                let _ = fs::remove_file(self.folder.join(&name));
                Err(Cause::new(format_args!("{}: {error}", temporary.display())))
            }
        }
    }

    /// The bytes under `name`; `None` if there is no such file.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Cause> {
        let Some(path) = self.path(name) else { return Ok(None) };
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Cause::new(format_args!("{}: {error}", path.display()))),
        }
    }

    /// Remove the file under `name`. A file that can't be removed is left over, which does no harm
    /// but for its room: it is logged, not a fault of whoever caused it.
    pub fn remove(&self, name: &str) {
        let Some(path) = self.path(name) else { return };
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %path.display(), %error, "a file was not removed");
        }
    }

    /// Remove what a crash left behind: half-written files, and those that `is_used` disowns.
    pub fn tidy(&self, mut is_used: impl FnMut(&str) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            let ours = name.strip_suffix(".part").unwrap_or(name);
            if is_name(ours) && (name != ours || !is_used(name)) {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(())
    }

    /// Can pictures be kept and read back now? What was found, or what is wrong and how to mend it.
    pub fn check(&self) -> Result<String, String> {
        let wrong = |error: &dyn std::fmt::Display| {
            format!(
                "pictures: {}: {error}; the server's user must be able to write there",
                self.folder.display()
            )
        };
        let name = self.put(b"check", "png").map_err(|cause| wrong(&format_args!("{cause}")))?;
        let read = self.get(&name);
        self.remove(&name);
        match read {
            Ok(Some(bytes)) if bytes == b"check" => {
                Ok(format!("pictures: {} can be written and read", self.folder.display()))
            }
            Ok(_) => Err(wrong(&"what was written can't be read back")),
            Err(cause) => Err(wrong(&format_args!("{cause}"))),
        }
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        is_name(name).then(|| self.folder.join(Path::new(name)))
    }
}

/// Is it a name that [`Files::put`] makes? Nothing else is ever looked for on disk.
fn is_name(name: &str) -> bool {
    name.split_once('.').is_some_and(|(stem, extension)| {
        stem.len() == 32
            && stem.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && (1..=4).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(test: &str) -> Files {
        let folder = std::env::temp_dir().join(format!("{test}-{:032x}", rand::random::<u128>()));
        Files::open(folder).unwrap()
    }

    #[test]
    fn a_file_is_kept_under_a_name_of_ours_until_it_is_removed() {
        let files = files("kept");
        let name = files.put(b"bytes", "png").unwrap();
        assert!(is_name(&name), "{name}");
        assert_eq!(files.get(&name).unwrap().as_deref(), Some(&b"bytes"[..]));
        files.remove(&name);
        assert_eq!(files.get(&name).unwrap(), None);
        fs::remove_dir_all(&files.folder).unwrap();
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let files = files("inside");
        for name in ["../secret", "/etc/passwd", "", ".", &"a".repeat(32), "x.png"] {
            assert_eq!(files.get(name).unwrap(), None, "{name:?}");
        }
        fs::remove_dir_all(&files.folder).unwrap();
    }

    #[test]
    fn tidying_removes_halves_and_orphans_and_nothing_else() {
        let files = files("tidy");
        let used = files.put(b"used", "png").unwrap();
        let orphan = files.put(b"orphan", "png").unwrap();
        let half = format!("{used}.part");
        fs::write(files.folder.join(&half), b"ha").unwrap();
        fs::write(files.folder.join("README"), b"an operator's note").unwrap();
        files.tidy(|name| name == used).unwrap();
        assert!(files.get(&used).unwrap().is_some() && files.get(&orphan).unwrap().is_none());
        assert!(!files.folder.join(half).exists() && files.folder.join("README").exists());
        fs::remove_dir_all(&files.folder).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing() {
        let files = files("gone");
        fs::remove_dir_all(&files.folder).unwrap();
        assert!(files.put(b"bytes", "png").is_err());
    }
}
