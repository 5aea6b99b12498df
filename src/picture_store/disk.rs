//! Pictures in a folder, a file each. A picture must survive a power cut before a row names it: so the
//! file is synced, and so is the folder.

use super::{StoredPicture, is_name};
use crate::fault::Cause;
use std::fs::Permissions;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::SystemTime;

/// A folder of pictures.
pub(super) struct PictureFolder {
    folder: PathBuf,
    /// Whether others may read the files.
    pub is_public: bool,
}

impl PictureFolder {
    /// Use `folder`; it is created if it is missing.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        crate::folder::make(&folder)?;
        Ok(PictureFolder { folder, is_public: false })
    }

    /// Keep `bytes` under `name`. When it returns, the file survives a power cut.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Cause> {
        let temporary = self.folder.join(format!("{name}.part"));
        let path = self.folder.join(name);
        let write = || {
            let mut file = File::create(&temporary)?;
            let mode = if self.is_public { 0o644 } else { 0o600 };
            file.set_permissions(Permissions::from_mode(mode))?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            // The rename itself is durable only once the folder is.
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&temporary);
            // Nobody will name it: if it was the folder that could not be synced, the file is
            // whole and would stay until the next start.
            let _ = fs::remove_file(&path);
            Cause::new(format_args!("{}: {error}", temporary.display()))
        })
    }

    /// The bytes under `name`; `None` if there is no such file.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Cause> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Cause::new(format_args!("{}: {error}", path.display()))),
        }
    }

    /// Remove the file under `name`, if there is one.
    pub fn remove(&self, name: &str) -> Result<(), Cause> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Cause::new(format_args!("{}: {error}", path.display())))
            }
            _ => Ok(()),
        }
    }

    /// List all pictures.
    pub fn list(&self) -> Result<Vec<StoredPicture>, Cause> {
        let list = || -> io::Result<Vec<StoredPicture>> {
            let mut kept = Vec::new();
            for entry in fs::read_dir(&self.folder)? {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                if is_name(&name) {
                    // One that is removed meanwhile is not kept.
                    let Ok(about) = entry.metadata() else { continue };
                    kept.push(StoredPicture {
                        name,
                        since: about.modified().unwrap_or(SystemTime::now()),
                    });
                }
            }
            Ok(kept)
        };
        list().map_err(|error| Cause::new(format_args!("{}: {error}", self.folder.display())))
    }

    /// Remove what a crash left behind: half-written files, and those that `is_used` disowns. What stays
    /// is closed to others, unless the files are public.
    pub fn tidy(&self, mut is_used: impl FnMut(&str) -> bool) -> io::Result<()> {
        if !self.is_public {
            crate::folder::close_folder(&self.folder)?;
        }
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            let ours = name.strip_suffix(".part").unwrap_or(name);
            if is_name(ours) && (name != ours || !is_used(name)) {
                fs::remove_file(self.folder.join(name))?;
            } else if is_name(name) && !self.is_public {
                crate::folder::close_file(&self.folder.join(name))?;
            }
        }
        Ok(())
    }

    /// Can pictures be kept and read back now? What was found, or what is wrong and how to mend it.
    pub fn check(&self, name: &str) -> Result<String, String> {
        let folder = self.folder.display();
        let wrong = |what: &dyn std::fmt::Display| {
            format!("pictures: {folder}: {what}; the server's user must be able to write there")
        };
        let bytes: &[u8] = b"check";
        let read = self.put(name, bytes).and_then(|()| self.get(name));
        let removed = self.remove(name);
        match read.and_then(|read| removed.map(|()| read)) {
            Ok(Some(read)) if read == bytes => {
                Ok(format!("pictures: {folder} can be written and read"))
            }
            Ok(_) => Err(wrong(&"what was written can't be read back")),
            Err(cause) => Err(wrong(&cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(test: &str) -> PictureFolder {
        let folder = std::env::temp_dir().join(format!("{test}-{:032x}", rand::random::<u128>()));
        PictureFolder::open(folder).unwrap()
    }

    #[test]
    fn tidy_removes_only_partial_and_orphaned_files() {
        let disk = disk("tidy");
        let [used, orphan] = ["1", "2"].map(|digit| format!("{}.png", digit.repeat(32)));
        disk.put(&used, b"used").unwrap();
        disk.put(&orphan, b"orphan").unwrap();
        let half = format!("{used}.part");
        fs::write(disk.folder.join(&half), b"ha").unwrap();
        fs::write(disk.folder.join("README"), b"an operator's note").unwrap();
        disk.tidy(|name| name == used).unwrap();
        assert!(disk.get(&used).unwrap().is_some() && disk.get(&orphan).unwrap().is_none());
        assert!(!disk.folder.join(half).exists() && disk.folder.join("README").exists());
        fs::remove_dir_all(&disk.folder).unwrap();
    }

    #[test]
    fn failed_write_leaves_no_file() {
        let disk = disk("gone");
        fs::remove_dir_all(&disk.folder).unwrap();
        assert!(disk.put("1.png", b"bytes").is_err() && disk.list().is_err());
        assert!(disk.check("1.png").unwrap_err().contains("must be able to write there"));
        assert!(!disk.folder.exists());
    }

    #[test]
    fn stored_file_is_replaced_atomically() {
        let disk = disk("again");
        let name = format!("{}.gif", "3".repeat(32));
        disk.put(&name, b"a longer one").unwrap();
        disk.put(&name, b"short").unwrap();
        assert_eq!(disk.get(&name).unwrap().as_deref(), Some(&b"short"[..]));
        let kept: Vec<_> = disk.list().unwrap().into_iter().map(|kept| kept.name).collect();
        assert_eq!(kept, [name]);
        fs::remove_dir_all(&disk.folder).unwrap();
    }
}
