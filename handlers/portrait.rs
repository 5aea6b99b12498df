//! Portraits: a picture under a number (contract page `envelope.md`, "portrait"; seed 003).

use bytes::Bytes;
use engine::caller::Anyone;
use engine::data;
use engine::data::{Field, Flaw, Value};
use engine::db::View;
use engine::fault::Fault;
use engine::op::{Desk, File, Name, Op, Pictures, RegisteredTwice, Registry, Store, Work};
use engine::picture::{self, Kind};
use engine::{args, db};
use serde::Serialize;
use std::borrow::Cow;

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Upload>()?.op::<Get>()?.op::<Named>()?;
    Ok(())
}

macro_rules! built_in {
    ($(#[$doc:meta])* $name:ident = $file:literal) => {
        $(#[$doc])*
        pub static $name: File = File {
            bytes: Cow::Borrowed(include_bytes!(concat!("../assets/pictures/", $file, ".png"))),
            kind: Kind::Png,
            tag: Cow::Borrowed($file),
        };
    };
}

built_in!(
    /// The picture of whoever has none.
    DEFAULT = "default-avatar"
);
built_in!(
    /// What a page of a foreign site gets to show.
    BANNED = "banned"
);
built_in!(
    /// What a wrong id gets.
    ERROR = "error"
);

data! {
    /// Store a portrait under an id, in place of what was there.
    struct Upload {
        name: String,
        id: Id,
        base64: Uploading,
        r#type: String,
    }
}

data! {
    /// The portrait under an id, or the default avatar.
    struct Get {
        id: Id,
    }
}

/// 1 to 15 digits, compared as a number: `0100001` is 100001.
struct Id(i64);

impl Field for Id {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        let text = String::read(value)?;
        let is_id =
            (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(id) if is_id => Ok(Id(id)),
            _ => Err(Flaw::Value("1 to 15 digits".into())),
        }
    }
}

/// Where the portrait is to be had: under its number, or this very picture in a public store.
#[derive(Serialize)]
struct Uploaded {
    url: String,
}

impl Op for Upload {
    const NAME: Name = ("portrait", "upload");
    type Caller = Anyone;
    type Lane = Work<Store>;
    type Reply = Uploaded;

    fn run(self, desk: &Desk, caller: Anyone) -> Result<Uploaded, Fault> {
        let Upload { name: _, id: Id(id), base64, r#type } = self;
        desk.read(|view| may_upload(view, &caller, id))?;
        let claimed = Kind::from_name(&r#type)
            .ok_or_else(|| Fault::value("type", "png, jpg, jpeg, gif or webp"))?;
        let file = store(desk, base64, Some(claimed))?;
        let url = desk.files.public_url(file.name());
        desk.write(move |tx| {
            let old: Option<String> =
                tx.one("SELECT file FROM portrait WHERE id = $1", args![id], |row| row.get(0))?;
            tx.execute(
                "INSERT INTO portrait (id, file) VALUES ($1, $2)
                 ON CONFLICT (id) DO UPDATE SET file = excluded.file",
                args![id, file.name()],
            )?;
            file.keep(tx, old);
            Ok(())
        })?;
        let here = || format!("{}/api/external/get/portrait/{id}", desk.public_url);
        Ok(Uploaded { url: url.unwrap_or_else(here) })
    }
}

/// The portrait of an account is its own to change; any other id is free while that is allowed.
fn may_upload(view: &View, caller: &Anyone, id: i64) -> Result<(), Fault> {
    let sql = "SELECT 1 FROM account WHERE id = $1";
    let is_accounts = view.one(sql, args![id], |_| Ok(()))?.is_some();
    if !is_accounts && view.config.portrait.open_upload {
        return Ok(());
    }
    let account = caller.account(view)?;
    if account.id == id { Ok(()) } else { Err(Fault::BadToken) }
}

/// A picture as it is uploaded: in base64, or as the bytes of a file.
pub enum Uploading {
    /// In base64, with or without a `data:` prefix.
    Base64(String),
    /// The file itself, from a multipart form.
    Bytes(Bytes),
}

impl Field for Uploading {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        match value {
            Value::Bytes(bytes) if bytes.is_empty() => Err(Flaw::Empty),
            Value::Bytes(bytes) => Ok(Uploading::Bytes(bytes)),
            value => match String::read(value)? {
                text if text.is_empty() => Err(Flaw::Empty),
                text => Ok(Uploading::Base64(text)),
            },
        }
    }
}

/// Check an uploaded picture and put it in the store.
pub fn store(desk: &Desk, picture: Uploading, claimed: Option<Kind>) -> Result<Stored, Fault> {
    let most = desk.config.portrait.max_bytes;
    // One at a time, but for the checking alone: nobody waits for another one's store.
    let (bytes, kind) = desk.within::<Pictures, _>(move || {
        let refused = |refusal: picture::Refusal| Fault::Picture(refusal.to_string().into());
        let bytes: Bytes = match picture {
            Uploading::Base64(text) => picture::from_base64(&text, most).map_err(refused)?.into(),
            Uploading::Bytes(bytes) => bytes,
        };
        let (kind, kept) = picture::accept(&bytes, claimed, most).map_err(refused)?;
        let kept = match kept {
            Cow::Borrowed(_) => None,
            Cow::Owned(kept) => Some(Bytes::from(kept)),
        };
        Ok((kept.unwrap_or(bytes), kind))
    })?;
    let name = desk.files.put(&bytes, kind.extension()).map_err(Fault::PictureNotStored)?;
    Ok(Stored { services: desk.services(), name: Some(name) })
}

/// A picture that is in the store and not yet in the database: it goes again unless it is kept.
pub struct Stored {
    services: std::sync::Arc<engine::services::Services>,
    name: Option<String>,
}

impl Stored {
    /// The file's name.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Keep it once the row that names it is committed, and remove the one it replaces.
    pub fn keep(mut self, tx: &mut db::Tx, old: Option<String>) {
        tx.after_commit(move || {
            self.name = None;
            if let Some(old) = old {
                self.services.files.remove(&old);
            }
        });
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            self.services.files.remove(name);
        }
    }
}

impl Op for Get {
    const NAME: Name = ("portrait", "get");
    type Caller = Anyone;
    type Lane = Work<Store>;
    type Reply = File;
    const NEEDS_SPACE: bool = false;

    fn run(self, desk: &Desk, _: Anyone) -> Result<File, Fault> {
        let sql = "SELECT file FROM portrait WHERE id = $1";
        // A file may be replaced between looking it up and reading it: then it is another by now.
        for _ in 0..3 {
            let found = desk.read(|view| view.one(sql, args![self.id.0], |row| row.get(0)))?;
            let Some(name): Option<String> = found else { return Ok(DEFAULT.clone()) };
            if let Some(file) = read(desk, &name)? {
                return Ok(file);
            }
        }
        Err(Fault::PictureNotStored(engine::fault::Cause::new(format_args!(
            "the file of portrait {} is gone",
            self.id.0
        ))))
    }
}

data! {
    /// An uploaded picture by the name of its file: where an account's avatar is to be had.
    struct Named {
        name: String,
    }
}

impl Op for Named {
    const NAME: Name = ("portrait", "file");
    type Caller = Anyone;
    type Lane = Work<Store>;
    type Reply = File;
    const NEEDS_SPACE: bool = false;

    fn run(self, desk: &Desk, _: Anyone) -> Result<File, Fault> {
        read(desk, &self.name)?.ok_or(Fault::Absent("name".into()))
    }
}

/// An uploaded picture; `None` if there is no such file.
pub fn read(desk: &Desk, name: &str) -> Result<Option<File>, Fault> {
    let Some(bytes) = desk.files.get(name).map_err(Fault::PictureNotStored)? else {
        return Ok(None);
    };
    let kind = Kind::sniff(&bytes).ok_or_else(|| Fault::unknown("a stored file is no picture"))?;
    // A name stands for one content for ever, so it can be the content's tag.
    let tag = name.split('.').next().unwrap_or_default().to_owned();
    Ok(Some(File { bytes: bytes.into(), kind, tag: tag.into() }))
}
