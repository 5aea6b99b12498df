//! What is asked of a store: one request each, tried again where that may help, all in good time.

use super::store_error::StoreError;
use super::transport::Transport;
use super::{StoredPicture, is_name};
use crate::config::S3;
use crate::http_client::{HttpClient, HttpClientError};
use crate::image_check::ImageKind;
use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{
    Attribute, BackoffConfig, ObjectStore, ObjectStoreExt, PutOptions, RetryConfig,
};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How often what failed is tried again, within the time that it may take.
const RETRIES: usize = 2;

/// What is under a name never changes.
const CACHE: &str = "public, max-age=31536000, immutable";

/// The objects of one prefix. A clone is the same ones.
#[derive(Clone)]
pub(super) struct BucketClient {
    store: Arc<AmazonS3>,
    prefix: Arc<str>,
    timeout: Duration,
}

impl BucketClient {
    /// Those that `s3` names. No answer of more than `longest` bytes is read.
    pub fn open(
        s3: &S3<'_>,
        longest: usize,
        http_client: &HttpClient,
    ) -> Result<Self, HttpClientError> {
        let transport = Transport { client: http_client.client().clone(), longest };
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(1),
            base: 2.0,
        };
        let retry = RetryConfig { backoff, max_retries: RETRIES, retry_timeout: s3.timeout };
        let store = AmazonS3Builder::new()
            .with_endpoint(&s3.endpoint)
            .with_bucket_name(s3.bucket)
            .with_region(s3.region)
            .with_access_key_id(s3.access_key_id.as_str())
            .with_secret_access_key(s3.secret_access_key.as_str())
            .with_virtual_hosted_style_request(!s3.path_style)
            // Not every store knows how to delete many at once.
            .with_disable_bulk_delete(true)
            .with_retry(retry)
            .with_http_connector(transport)
            .build()
            .map_err(|error| HttpClientError::new(format_args!("store: {error}")))?;
        Ok(BucketClient { store: Arc::new(store), prefix: s3.prefix.into(), timeout: s3.timeout })
    }

    /// How long the store may take for one thing.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    fn path(&self, name: &str) -> Path {
        Path::from(format!("{}{name}", self.prefix))
    }

    /// Wait for the store's answer, at most until the timeout.
    async fn asked<T>(
        &self,
        answer: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StoreError> {
        match timeout(self.timeout, answer).await {
            Ok(answer) => answer.map_err(StoreError::Store),
            Err(_) => Err(StoreError::Late(self.timeout)),
        }
    }

    /// Keep `bytes` under `name`.
    pub async fn put(&self, name: &str, bytes: Bytes) -> Result<(), StoreError> {
        let mut options = PutOptions::default();
        let kind = name.rsplit('.').next().and_then(ImageKind::from_name);
        if let Some(kind) = kind {
            options.attributes.insert(Attribute::ContentType, kind.content_type().into());
        }
        options.attributes.insert(Attribute::CacheControl, CACHE.into());
        let path = self.path(name);
        self.asked(self.store.put_opts(&path, bytes.into(), options)).await.map(drop)
    }

    /// The bytes under `name`; `None` if there is no such object.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        let path = self.path(name);
        let get = async { self.store.get(&path).await?.bytes().await };
        match self.asked(get).await {
            Err(error) if error.is_absence() => Ok(None),
            found => found.map(Some),
        }
    }

    /// Remove the object under `name`, if there is one.
    pub async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path(name);
        match self.asked(self.store.delete(&path)).await {
            Err(error) if error.is_absence() => Ok(()),
            done => done,
        }
    }

    /// One page of what there is, and where the next one begins.
    pub async fn page(
        &self,
        from: Option<String>,
    ) -> Result<(Vec<StoredPicture>, Option<String>), StoreError> {
        let options = PaginatedListOptions {
            // What lies in folders below is not ours.
            delimiter: Some("/".into()),
            page_token: from,
            ..Default::default()
        };
        let prefix = Some(&*self.prefix).filter(|prefix| !prefix.is_empty());
        let page = self.asked(self.store.list_paginated(prefix, options)).await?;
        let kept = page.result.objects.into_iter().filter_map(|object| {
            let name = object.location.filename().filter(|name| is_name(name))?.to_owned();
            Some(StoredPicture { name, since: object.last_modified.into() })
        });
        Ok((kept.collect(), page.page_token))
    }
}
