//! What an operation answers, before any dialect has dressed it.

use crate::image_check::ImageKind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::any::Any;
use std::borrow::Cow;

/// An operation's answer. A dialect either serializes it or, for a file, sends its bytes.
pub enum Answer {
    /// Something that serializes as JSON.
    Json(Box<dyn Json>),
    /// A picture.
    File(File),
}

/// Anything that can be an operation's reply: whatever serializes and has a schema,
/// [`Rows`](crate::db::Rows) and [`File`].
pub trait Reply {
    /// The reply, its type forgotten.
    fn answer(self) -> Answer;

    /// What it looks like as JSON, for descriptions.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

impl<T: Serialize + JsonSchema + Send + 'static> Reply for T {
    fn answer(self) -> Answer {
        Answer::Json(Box::new(self))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl Reply for File {
    fn answer(self) -> Answer {
        Answer::File(self)
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A picture.",
            "type": "object",
            "properties": {
                "base64": {
                    "description": "The picture, in base64.",
                    "type": "string",
                    "contentEncoding": "base64",
                },
                "type": {
                    "description": "What kind of picture it is.",
                    "type": "string",
                    "enum": ImageKind::ALL.map(ImageKind::extension),
                },
            },
            "required": ["base64", "type"],
        })
    }
}

/// A reply that serializes, its type forgotten.
pub trait Json: Any + Send {
    /// Append it, as JSON text.
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()>;

    /// It as a tree, for a dialect that rearranges it.
    fn tree(&self) -> serde_json::Result<serde_json::Value>;
}

impl<T: Serialize + Send + 'static> Json for T {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(out, self)
    }

    fn tree(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(self)
    }
}

/// A picture: a path shim sends its bytes, an envelope carries them as `{base64, type}`.
#[derive(Debug, Clone)]
pub struct File {
    /// The whole picture.
    pub bytes: Cow<'static, [u8]>,
    /// What kind of picture it is.
    pub kind: ImageKind,
    /// Names this very content, for `ETag`; empty if the answer must not be kept.
    pub tag: Cow<'static, str>,
}

impl Answer {
    /// Append it, as JSON text.
    pub fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        match self {
            Answer::Json(json) => json.write(out),
            Answer::File(file) => serde_json::to_writer(out, &file.in_json()),
        }
    }

    /// The reply itself, where it is a `T`.
    pub fn of<T: 'static>(&self) -> Option<&T> {
        match self {
            Answer::Json(json) => (&**json as &dyn Any).downcast_ref(),
            Answer::File(_) => None,
        }
    }

    /// It as a tree, for a dialect that rearranges it.
    pub fn tree(&self) -> serde_json::Result<serde_json::Value> {
        match self {
            Answer::Json(json) => json.tree(),
            Answer::File(file) => serde_json::to_value(file.in_json()),
        }
    }
}

#[derive(Serialize)]
struct FileInJson<'a> {
    base64: Base64<'a>,
    r#type: &'static str,
}

impl File {
    fn in_json(&self) -> FileInJson<'_> {
        FileInJson { base64: Base64(&self.bytes), r#type: self.kind.extension() }
    }
}

/// Bytes that serialize as text in base64, standard alphabet, padded.
pub struct Base64<'a>(pub &'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0))
    }
}
