//! Portraits: a picture under a number (contract page `envelope.md`, "portrait"; seed 003).

pub mod admin;
pub mod clean;
pub mod limits;
mod store;
mod upload;
pub mod usage;

pub use store::{PictureUpload, Stored, store};

use engine::caller::Anyone;
use engine::data::{Field, FieldError, Value, schema};
use engine::fault::{Class, Declared, Fault, FaultKind};
use engine::image_check::ImageKind;
use engine::op::{File, Name, Op, RegisteredTwice, Registry, Store, Work, WorkContext};
use engine::status::Status;
use engine::{args, data};
use schemars::Schema;
use serde_json::json;
use std::borrow::Cow;

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<upload::Upload>()?.op::<Get>()?.op::<Named>()?;
    Ok(())
}

macro_rules! built_in {
    ($(#[$doc:meta])* $name:ident = $file:literal) => {
        $(#[$doc])*
        pub static $name: File = File {
            bytes: Cow::Borrowed(include_bytes!(concat!("../../assets/pictures/", $file, ".png"))),
            kind: ImageKind::Png,
            tag: Cow::Borrowed($file),
        };
    };
}

built_in!(
    /// The picture that is shown for an id without a portrait.
    DEFAULT = "default-avatar"
);
built_in!(
    /// The picture that pages of sites get that may not show portraits.
    BANNED = "banned"
);
built_in!(
    /// The picture that is sent for a malformed id.
    ERROR = "error"
);

/// The file of a picture could not be written or read.
pub static NOT_STORED: Declared = Declared {
    name: "picture_not_stored",
    class: Class::Peer,
    status: Status { code: 1000, message: "头像文件创建失败" },
    detail: "the picture could not be stored",
};

data! {
    /// Get the portrait that has a number. Where there is none, it is the default avatar.
    struct Get {
        /// The portrait's number.
        id: Id,
    }
}

/// 1 to 15 digits, as text or as a number; compared as a number: `0100001` is 100001.
#[derive(Clone)]
struct Id(i64);

/// The largest number of 15 digits.
const MOST: i64 = 999_999_999_999_999;

impl Field for Id {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let id = match value {
            Value::Int(id) => Some(id).filter(|id| (0..=MOST).contains(id)),
            Value::Text(text) | Value::FormText(text) => {
                let is_id = (1..=15).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse().ok().filter(|_| is_id)
            }
            _ => return Err(FieldError::Type("a string or an integer")),
        };
        id.map(Id).ok_or_else(|| FieldError::Value("1 to 15 digits".into()))
    }

    fn schema() -> Schema {
        schema::schema(json!({
            "description": "1 to 15 digits.",
            "anyOf": [
                {"type": "string", "pattern": "^[0-9]{1,15}$"},
                {"type": "integer", "format": "int64", "minimum": 0, "maximum": MOST},
            ]
        }))
    }
}

impl Op for Get {
    const NAME: Name = ("portrait", "get");
    const FAULTS: &'static [FaultKind] = &[FaultKind::Declared(&NOT_STORED)];
    const EXAMPLE: &'static str = r#"{"id": "100001"}"#;
    type Caller = Anyone;
    type Lane = Work<Store>;
    type Reply = File;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Anyone) -> Result<File, Fault> {
        let sql = "SELECT file FROM portrait WHERE id = $1 AND hidden = 0";
        // A file may be replaced between looking it up and reading it: then it is another by now.
        for _ in 0..3 {
            let found = context.read(|view| view.one(sql, args![self.id.0], |row| row.get(0)))?;
            let Some(name): Option<String> = found else { return Ok(DEFAULT.clone()) };
            if let Some(file) = read(context, &name)? {
                return Ok(file);
            }
        }
        Err(NOT_STORED.caused_by(engine::fault::Cause::new(format_args!(
            "the file of portrait {} is gone",
            self.id.0
        ))))
    }
}

data! {
    /// Get an uploaded picture, such as an account's avatar, by the name of its file.
    struct Named {
        /// The file's name, as an address of a picture ends.
        name: String,
    }
}

impl Op for Named {
    const NAME: Name = ("portrait", "file");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound, FaultKind::Declared(&NOT_STORED)];
    const EXAMPLE: &'static str = r#"{"name": "0123456789abcdef0123456789abcdef.png"}"#;
    type Caller = Anyone;
    type Lane = Work<Store>;
    type Reply = File;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Anyone) -> Result<File, Fault> {
        read(context, &self.name)?.ok_or(Fault::NotFound("name".into()))
    }
}

/// Read an uploaded picture; `None` if there is no such file.
pub fn read(context: &WorkContext, name: &str) -> Result<Option<File>, Fault> {
    let Some(bytes) = context.pictures.get(name).map_err(|cause| NOT_STORED.caused_by(cause))?
    else {
        return Ok(None);
    };
    let kind =
        ImageKind::sniff(&bytes).ok_or_else(|| Fault::unknown("a stored file is no picture"))?;
    // A name stands for one content for ever, so it can be the content's tag.
    let tag = name.split('.').next().unwrap_or_default().to_owned();
    Ok(Some(File { bytes: bytes.into(), kind, tag: tag.into() }))
}
