//! An account's picture. It is not the account's portrait.

use super::picture_url;
use crate::handlers::moderation::audit::{self, By};
use crate::handlers::portrait::NOT_STORED;
use crate::handlers::portrait::limits::Uploader;
use crate::handlers::portrait::{PictureUpload, store};
use engine::caller::Account;
use engine::data::{Field, FieldError, Value, schema};
use engine::db::{Db, Tx};
use engine::fault::{Fault, FaultKind};
use engine::image_check::ImageKind;
use engine::op::{Name, Op, Store, Work, WorkContext};
use engine::{args, data};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::json;

data! {
    /// Set the caller's picture.
    pub struct Avatar {
        base64: PictureUpload,
        r#type: Option<Claimed>,
    }
}

/// The kind of picture that the client says it is.
#[derive(Clone)]
pub struct Claimed(ImageKind);

impl Field for Claimed {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let kind = ImageKind::from_name(&String::read(value)?);
        kind.map(Claimed).ok_or(FieldError::Value("png, jpg, jpeg, gif or webp".into()))
    }

    fn schema() -> Schema {
        schema::described(
            schema::schema(json!({"type": "string"})),
            "What kind of picture it is: `png`, `jpg`, `jpeg`, `gif` or `webp`, or those as `image/…`.",
        )
    }
}

/// Where the picture is to be had.
#[derive(Serialize, JsonSchema)]
pub struct Uploaded {
    /// The picture's address.
    url: String,
}

impl Op for Avatar {
    const NAME: Name = ("user", "avatar");
    const FAULTS: &'static [FaultKind] =
        &[FaultKind::LimitReached, FaultKind::File, FaultKind::Declared(&NOT_STORED)];
    const EXAMPLE: &'static str = r#"{"base64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=", "type": "png"}"#;
    type Caller = Account;
    type Lane = Work<Store>;
    type Reply = Uploaded;

    fn run(self, context: &WorkContext, caller: Account) -> Result<Uploaded, Fault> {
        let uploader = Uploader::Account(caller.id);
        // Before the picture is decoded, which costs most.
        context.read(|view| uploader.check(view))?;
        let file = store(context, self.base64, self.r#type.map(|claimed| claimed.0))?;
        let url = picture_url(context, file.name());
        let stored = file.clone();
        let write = move |tx: &mut Tx| {
            let old: String = tx
                .one("SELECT avatar FROM account WHERE id = $1", args![caller.id], |row| {
                    row.get(0)
                })?
                .ok_or(Fault::AccountGone)?;
            uploader.count(tx, file.size())?;
            tx.execute(
                "UPDATE account SET avatar = $1, avatar_size = $2 WHERE id = $3",
                args![file.name(), file.size(), caller.id],
            )?;
            file.keep(tx, Some(old).filter(|old| !old.is_empty()));
            Ok(())
        };
        stored.write_row(|| context.write(write))?;
        Ok(Uploaded { url })
    }
}

/// Remove the avatar of an account, for operators; whether there was one. Its file goes with it.
pub fn remove(db: &Db, by: &By, account: i64) -> Result<bool, Fault> {
    let by = by.clone();
    let removed: Option<String> = db.write(move |tx| {
        let sql = "SELECT avatar FROM account WHERE id = $1 AND avatar <> ''";
        let Some(file) = tx.one(sql, args![account], |row| row.get::<String>(0))? else {
            return Ok(None);
        };
        let sql = "UPDATE account SET avatar = '', avatar_size = -1 WHERE id = $1";
        tx.execute(sql, args![account])?;
        audit::record(tx, &by, "avatar remove", &account.to_string(), None)?;
        Ok(Some(file))
    })?;
    if let Some(file) = &removed {
        db.view().pictures.remove(file);
    }
    Ok(removed.is_some())
}
