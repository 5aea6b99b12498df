//! Uploaded pictures: kept completely or not at all, under names made here.
//!
//! A name is 128 random bits and the extension of the picture's type. No text from a client reaches
//! the store. The content under a name never changes, so it may be cached for ever.
//!
//! Pictures are kept in a folder, or in a bucket of an S3-compatible store. After changing from a
//! folder to a bucket, older pictures are still found: the folder is still read.

mod bucket;
mod disk;
mod keys;
mod refusal;
mod store_error;
mod transport;

#[cfg(test)]
mod tests;

use crate::config::S3;
use crate::fault::Cause;
use crate::http_client::{HttpClient, HttpClientError};
use bucket::PictureBucket;
use disk::PictureFolder;
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How old a picture must be before it may be swept: by then the upload that put it there has long
/// ended, and its row is there or never will be.
const AGE: Duration = Duration::from_hours(1);

/// The store of uploaded pictures. All of it may wait for a disk or for somebody else's server: it is
/// for threads that may block. [`PictureStore::remove`] alone never waits for a server.
pub struct PictureStore {
    disk: PictureFolder,
    bucket: Option<PictureBucket>,
    /// What the address of a picture begins with, up to its name.
    public: Option<String>,
}

/// A picture that is kept.
struct StoredPicture {
    name: String,
    since: SystemTime,
}

impl PictureStore {
    /// Keep pictures in `folder`, which is made if it is not there.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        Ok(PictureStore { disk: PictureFolder::open(folder)?, bucket: None, public: None })
    }

    /// From now on keep them in a bucket, `largest` bytes each at most; those in the folder are still
    /// read and removed. Nothing is asked of the store yet.
    pub fn in_bucket(
        mut self,
        s3: &S3<'_>,
        largest: usize,
        http_client: HttpClient,
    ) -> Result<Self, HttpClientError> {
        self.bucket = Some(PictureBucket::open(s3, largest, http_client)?);
        self.disk.is_public = false;
        Ok(self)
    }

    /// Browsers fetch pictures at `url` and the name, a slash between; not through this server.
    pub fn seen_at(mut self, url: Option<String>) -> Self {
        self.public = url;
        // Another server on this machine shows the folder's files: it must be able to read them.
        self.disk.is_public = self.public.is_some() && self.bucket.is_none();
        self
    }

    /// Where browsers fetch a picture; `None` if it is through this server.
    pub fn public_url(&self, name: &str) -> Option<String> {
        self.public.as_ref().map(|url| format!("{url}/{name}"))
    }

    /// Are pictures kept on somebody else's server?
    pub fn is_remote(&self) -> bool {
        self.bucket.is_some()
    }

    /// Keep `bytes` under a new name that ends in `.extension`; answers the name. When it returns,
    /// they survive a power cut.
    pub fn put(&self, bytes: &[u8], extension: &str) -> Result<String, Cause> {
        let name = format!("{:032x}.{extension}", rand::random::<u128>());
        self.restore(&name, bytes)?;
        Ok(name)
    }

    /// Keep `bytes` under a name that [`put`](Self::put) made once, in place of what may be there;
    /// as durably.
    pub fn restore(&self, name: &str, bytes: &[u8]) -> Result<(), Cause> {
        if !is_name(name) {
            return Err(Cause::new(format_args!("{name:?} is not the name of a picture")));
        }
        match &self.bucket {
            Some(bucket) => bucket.put(name, bytes),
            None => self.disk.put(name, bytes),
        }
    }

    /// The bytes under `name`; `None` if there is no such picture.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Cause> {
        if !is_name(name) {
            return Ok(None);
        }
        match (self.disk.get(name)?, &self.bucket) {
            (None, Some(bucket)) => bucket.get(name),
            (found, _) => Ok(found),
        }
    }

    /// Remove the picture under `name`; from a bucket soon after. One that can't be removed is left
    /// over, which does no harm but for its room: it is logged, not a fault of whoever caused it.
    pub fn remove(&self, name: &str) {
        if !is_name(name) {
            return;
        }
        if let Err(cause) = self.disk.remove(name) {
            tracing::warn!(%cause, "a picture was not removed");
        }
        if let Some(bucket) = &self.bucket {
            bucket.remove(name.to_owned());
        }
    }

    /// Remove the picture under `name`, wherever it is kept; it is gone when this returns.
    pub fn remove_now(&self, name: &str) -> Result<(), Cause> {
        if !is_name(name) {
            return Ok(());
        }
        self.disk.remove(name)?;
        self.bucket.as_ref().map_or(Ok(()), |bucket| bucket.remove_now(name))
    }

    /// The names of all pictures that are kept, in order.
    pub fn names(&self) -> Result<Vec<String>, Cause> {
        let mut kept = self.disk.list()?;
        if let Some(bucket) = &self.bucket {
            kept.extend(bucket.list()?);
        }
        let names: BTreeSet<String> = kept.into_iter().map(|kept| kept.name).collect();
        Ok(names.into_iter().collect())
    }

    /// Remove from the folder what a crash left behind: half-written files, and those that `is_used`
    /// disowns. For the start, before anything is served.
    pub fn tidy(&self, is_used: impl FnMut(&str) -> bool) -> io::Result<()> {
        self.disk.tidy(is_used)
    }

    /// Remove pictures that are not `used` and more than an hour old; answers how many. For a server
    /// that serves. `used` is asked after all that is there is known: a picture is there before the
    /// row that names it.
    ///
    /// Where more are nobody's than somebody's, nothing is removed: then the database is another one
    /// than that of these pictures, and a new one would sweep all of an old one's.
    pub fn sweep(
        &self,
        used: impl FnOnce() -> Result<HashSet<String>, Cause>,
    ) -> Result<usize, Cause> {
        let kept = match &self.bucket {
            Some(bucket) => bucket.list()?,
            None => self.disk.list()?,
        };
        let used = used()?;
        let now = SystemTime::now();
        let (named, mut orphans): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|kept| used.contains(&kept.name));
        orphans.retain(|kept| now.duration_since(kept.since).is_ok_and(|age| age > AGE));
        if orphans.len() > named.len() {
            return Err(Cause::new(format_args!(
                "no row names {} of the pictures that are kept, and only {} are named: is this \
                 their database? None was removed",
                orphans.len(),
                named.len()
            )));
        }
        for orphan in &orphans {
            match &self.bucket {
                Some(bucket) => bucket.remove_now(&orphan.name)?,
                None => self.disk.remove(&orphan.name)?,
            }
        }
        Ok(orphans.len())
    }

    /// Can pictures be kept and read back now? What was found, or what is wrong and how to mend it,
    /// in one line without secrets. In a bucket also whether they can be listed and removed, and
    /// whether browsers see them where they are said to.
    pub fn check(&self) -> Result<String, String> {
        let name = format!("{:032x}.png", rand::random::<u128>());
        match &self.bucket {
            Some(bucket) => bucket.check(&name, self.public_url(&name)),
            None => self.disk.check(&name),
        }
    }
}

/// Is it a name that [`PictureStore::put`] makes? Nothing else is ever looked for.
pub(crate) fn is_name(name: &str) -> bool {
    name.split_once('.').is_some_and(|(stem, extension)| {
        stem.len() == 32
            && stem.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && (1..=4).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_lowercase())
    })
}
