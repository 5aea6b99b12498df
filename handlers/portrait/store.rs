//! An uploaded picture on its way into the store: checked, cut to the picture alone, and kept once
//! the row that names it is committed.

use super::{NOT_STORED, limits};
use bytes::Bytes;
use engine::data::{Field, FieldError, Value, schema};
use engine::db;
use engine::fault::Fault;
use engine::image_check::{self, ImageKind};
use engine::op::{Pictures, WorkContext};
use engine::services::Services;
use schemars::Schema;
use serde_json::json;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A picture as it is uploaded: in base64, or as the bytes of a file.
#[derive(Clone)]
pub enum PictureUpload {
    /// In base64, with or without a `data:` prefix.
    Base64(String),
    /// The file itself, from a multipart form.
    Bytes(Bytes),
}

impl Field for PictureUpload {
    const TAKES_FILE: bool = true;

    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        match value {
            Value::Bytes(bytes) if bytes.is_empty() => Err(FieldError::Empty),
            Value::Bytes(bytes) => Ok(PictureUpload::Bytes(bytes)),
            value => match String::read(value)? {
                text if text.is_empty() => Err(FieldError::Empty),
                text => Ok(PictureUpload::Base64(text)),
            },
        }
    }

    fn schema() -> Schema {
        schema::schema(json!({
            "description": "The picture in base64, with or without a `data:` prefix.",
            "type": "string",
            "minLength": 1,
            "contentEncoding": "base64",
        }))
    }
}

/// Check an uploaded picture and put it in the store.
pub fn store(
    context: &WorkContext,
    picture: PictureUpload,
    claimed: Option<ImageKind>,
) -> Result<Stored, Fault> {
    let most = context.config.portrait.max_bytes;
    let client = context.client();
    context.read(|view| limits::REFUSED.check_client(view, &client, limits::MOST_REFUSED))?;
    // One at a time, but for the checking alone: nobody waits for another one's store.
    let checked = context.within::<Pictures, _>(move || {
        let refused = |refusal: image_check::ImageError| Fault::File(refusal.to_string().into());
        let bytes: Bytes = match picture {
            PictureUpload::Base64(text) => {
                image_check::from_base64(&text, most).map_err(refused)?.into()
            }
            PictureUpload::Bytes(bytes) => bytes,
        };
        let (kind, kept) = image_check::accept(&bytes, claimed, most).map_err(refused)?;
        let kept = match kept {
            Cow::Borrowed(_) => None,
            Cow::Owned(kept) => Some(Bytes::from(kept)),
        };
        Ok((kept.unwrap_or(bytes), kind))
    });
    if let Err(Fault::File(_)) = checked {
        context.write(move |tx| limits::REFUSED.add_client(tx, &client, 1))?;
    }
    let (bytes, kind) = checked?;
    let name = context
        .pictures
        .put(&bytes, kind.extension())
        .map_err(|cause| NOT_STORED.caused_by(cause))?;
    Ok(Stored::new(context.services(), name, bytes.len()))
}

/// A picture that is in the store and not yet in the database. It is removed when the last clone of
/// this is dropped, unless [`Stored::keep`] was called and its transaction committed or may have been
/// ([`Stored::write_row`]).
#[derive(Clone)]
pub struct Stored(Arc<StoredPicture>);

struct StoredPicture {
    services: Arc<Services>,
    name: String,
    size: i64,
    is_kept: AtomicBool,
}

impl Stored {
    /// The picture of `size` bytes that was just put there as `name`.
    pub fn new(services: Arc<Services>, name: String, size: usize) -> Self {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        Stored(Arc::new(StoredPicture { services, name, size, is_kept: AtomicBool::new(false) }))
    }

    /// The size of the picture in bytes.
    pub fn size(&self) -> i64 {
        self.0.size
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Run `write`, which commits the row that names it. Where nobody knows whether that was done, the picture stays:
    /// one that no row names is removed by the search for orphans.
    pub fn write_row<T>(&self, write: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        write().inspect_err(|fault| {
            if matches!(fault, Fault::Unsure(_)) {
                self.0.is_kept.store(true, Ordering::Release);
            }
        })
    }

    /// Keep it once the row that names it is committed, and remove the one it replaces.
    pub fn keep(&self, tx: &mut db::Tx, old: Option<String>) {
        let Stored(picture) = self.clone();
        tx.after_commit(move || {
            picture.is_kept.store(true, Ordering::Release);
            if let Some(old) = old {
                picture.services.pictures.remove(&old);
            }
        });
    }
}

impl Drop for StoredPicture {
    fn drop(&mut self) {
        if !*self.is_kept.get_mut() {
            self.services.pictures.remove(&self.name);
        }
    }
}
