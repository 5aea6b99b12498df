//! Pictures in a bucket of an S3-compatible store, an object each.
//!
//! What is asked of the store is asked by a thread that may block and waits for it, no longer than the
//! configuration allows. Removals alone wait in a queue: the writer's thread asks for them.

use super::StoredPicture;
use super::keys::BucketClient;
use super::store_error::StoreError;
use super::transport;
use crate::config::S3;
use crate::fault::Cause;
use crate::http_client::{HttpClient, HttpClientError};
use bytes::Bytes;
use object_store::client::HttpError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;

/// The longest answer that is read, in bytes, where pictures are no longer: a page of a list is not.
const LONGEST: usize = 8 * 1024 * 1024;

/// How many removals may wait. Further ones are left to the next start, which removes unused pictures.
const WAITING: usize = 1_000;

/// How many removals are under way at once.
const REMOVALS: usize = 4;

/// A bucket.
pub(super) struct PictureBucket {
    keys: BucketClient,
    http_client: HttpClient,
    removals: Sender<String>,
    name: String,
}

impl PictureBucket {
    /// Prepare access to a bucket for pictures of at most `largest` bytes, without a request.
    pub fn open(
        s3: &S3<'_>,
        largest: usize,
        http_client: HttpClient,
    ) -> Result<Self, HttpClientError> {
        let keys = BucketClient::open(s3, largest.max(LONGEST), &http_client)?;
        let (removals, waiting) = mpsc::channel(WAITING);
        http_client.spawn(remove_all(keys.clone(), waiting));
        let name = format!("{} at {}", s3.bucket, s3.endpoint);
        Ok(PictureBucket { keys, http_client, removals, name })
    }

    /// Keep `bytes` under `name`. When it returns, the store has them.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Cause> {
        let bytes = Bytes::copy_from_slice(bytes);
        self.http_client.wait(self.keys.put(name, bytes)).map_err(Cause::new)
    }

    /// The bytes under `name`; `None` if there is no such object.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Cause> {
        let found = self.http_client.wait(self.keys.get(name)).map_err(Cause::new)?;
        Ok(found.map(Vec::from))
    }

    /// Remove the object under `name`, soon. Does not wait.
    pub fn remove(&self, name: String) {
        if self.removals.try_send(name).is_err() {
            tracing::warn!("too many pictures wait to be removed: one is left to the daily sweep");
        }
    }

    /// Remove the object under `name`.
    pub fn remove_now(&self, name: &str) -> Result<(), Cause> {
        self.http_client.wait(self.keys.remove(name)).map_err(Cause::new)
    }

    /// List all objects directly under the prefix.
    pub fn list(&self) -> Result<Vec<StoredPicture>, Cause> {
        let mut kept = Vec::new();
        let mut next = None;
        loop {
            let (page, more) =
                self.http_client.wait(self.keys.page(next.clone())).map_err(Cause::new)?;
            kept.extend(page);
            match more {
                None => return Ok(kept),
                more if more == next => {
                    return Err(Cause::new("the store's list of objects has no end"));
                }
                more => next = more,
            }
        }
    }

    /// Put, get, list and remove an object, and look for it at `public`, where there is one.
    pub fn check(&self, name: &str, public: Option<String>) -> Result<String, String> {
        let place = format!("pictures: bucket {}", self.name);
        let bytes = Bytes::from_static(b"check");
        let seen = self.http_client.wait(async {
            self.keys.put(name, bytes.clone()).await?;
            let read = self.keys.get(name).await;
            let listed = self.keys.page(None).await;
            let seen = match &public {
                Some(url) => Some(self.fetch(url).await),
                None => None,
            };
            self.keys.remove(name).await?;
            listed?;
            Ok((read?, seen))
        });
        let (read, seen) =
            seen.map_err(|error: StoreError| format!("{place}: {error}; {}", error.advice()))?;
        if read.as_ref() != Some(&bytes) {
            return Err(format!("{place}: what was written can't be read back"));
        }
        match (public, seen) {
            (Some(url), Some(Ok(read))) if read == bytes => Ok(format!(
                "{place} can be written, read, listed and emptied, and is seen at {url}"
            )),
            (Some(url), Some(seen)) => {
                let what = seen.map_or_else(|error| error, |_| "another thing is there".to_owned());
                Err(format!(
                    "{place} can be used, but browsers do not see it at {url}: {what}; mend \
                     store.public_url, or let everybody read the bucket there"
                ))
            }
            _ => Ok(format!("{place} can be written, read, listed and emptied")),
        }
    }

    /// Fetch `url` as a browser would.
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        let request = self.http_client.client().get(url).timeout(self.keys.timeout());
        let said = |error: HttpError| error.to_string();
        let mut answer = request.send().await.map_err(|e| said(transport::failed(e)))?;
        let bytes = transport::read(&mut answer, LONGEST).await.map_err(said)?;
        if answer.status().is_success() { Ok(bytes) } else { Err(answer.status().to_string()) }
    }
}

/// Carry out the queued removals, a few at once, until the queue is closed.
async fn remove_all(keys: BucketClient, mut waiting: Receiver<String>) {
    let mut under_way = JoinSet::new();
    while let Some(name) = waiting.recv().await {
        if under_way.len() == REMOVALS {
            under_way.join_next().await;
        }
        let keys = keys.clone();
        under_way.spawn(async move {
            if let Err(error) = keys.remove(&name).await {
                tracing::warn!(cause = %error, "a picture was not removed");
            }
        });
    }
}
