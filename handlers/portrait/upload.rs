//! `portrait/upload`: who may upload under which id, and the row that names the picture.

use super::limits::{self, Uploader};
use super::{Id, NOT_STORED, PictureUpload, store};
use engine::caller::Anyone;
use engine::config::OpenUpload;
use engine::db::{self, View};
use engine::fault::{Fault, FaultKind};
use engine::image_check::ImageKind;
use engine::op::{Name, Op, Store, Work, WorkContext};
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;

/// Account ids begin after this one.
const BEFORE_ACCOUNTS: i64 = 100_000;

/// How far beyond the last account's id an id counts as an account's: nobody is to wait with a
/// picture for who registers next. Registration limits leave an attacker months for this many.
const SOON: i64 = 100_000;

data! {
    /// Store a portrait under a number, in place of what was there. A number that belongs to an account needs
    /// that account's token.
    pub struct Upload {
        /// Any name; it is not kept.
        name: String,
        id: Id,
        base64: PictureUpload,
        /// What kind of picture it is: `png`, `jpg`, `jpeg`, `gif` or `webp`, or those as `image/…`.
        r#type: String,
    }
}

/// The address of the portrait: by its number, or, with a public store, by the picture's file name.
#[derive(Serialize, JsonSchema)]
pub struct Uploaded {
    /// The address of the portrait.
    url: String,
}

/// Who uploads, and the account that owns the portrait afterwards. `None`: anyone may replace it.
struct Right {
    uploader: Uploader,
    owner: Option<i64>,
}

impl Op for Upload {
    const NAME: Name = ("portrait", "upload");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::NoCredentials,
        FaultKind::BadToken,
        FaultKind::StaleToken,
        FaultKind::AccountGone,
        FaultKind::LimitReached,
        FaultKind::File,
        FaultKind::Declared(&NOT_STORED),
    ];
    const EXAMPLE: &'static str = r#"{"name": "me.png", "id": "100001", "base64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=", "type": "png"}"#;
    type Caller = Anyone;
    type Lane = Work<Store>;
    type Reply = Uploaded;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<Uploaded, Fault> {
        let Upload { name: _, id: Id(id), base64, r#type } = self;
        // Before the picture is decoded, which costs most.
        context.read(|view| right(view, &caller, id)?.uploader.check(view))?;
        let claimed = ImageKind::from_name(&r#type)
            .ok_or_else(|| Fault::value("type", "png, jpg, jpeg, gif or webp"))?;
        let file = store(context, base64, Some(claimed))?;
        let url = context.pictures.public_url(file.name());
        let stored = file.clone();
        let write = move |tx: &mut db::Tx| {
            // Once more: much may have happened while it was decoded.
            let Right { uploader, owner } = right(tx, &caller, id)?;
            uploader.count(tx, file.size())?;
            let old = limits::replaced(tx, id, owner, file.size())?;
            let now = tx.clock.now();
            tx.execute(
                "INSERT INTO portrait (id, file, size, owner, stored_at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (id) DO UPDATE SET file = excluded.file, size = excluded.size,
                    owner = excluded.owner, stored_at = excluded.stored_at",
                args![id, file.name(), file.size(), owner, now],
            )?;
            file.keep(tx, old);
            Ok(())
        };
        stored.write_row(|| context.write(write))?;
        let here = || format!("{}/api/external/get/portrait/{id}", context.public_url);
        Ok(Uploaded { url: url.unwrap_or_else(here) })
    }
}

/// Decide whether the caller may upload under this id, and for which owner.
fn right(view: &View, caller: &Anyone, id: i64) -> Result<Right, Fault> {
    let open = view.config.portrait.open_upload;
    let account = caller.account(view);
    let (uploader, account) = match account {
        Ok(account) => (Uploader::Account(account.id), Ok(account.id)),
        // A database that fails proves nothing.
        Err(fault @ (Fault::Database(_) | Fault::Busy)) => return Err(fault),
        Err(fault) => (Uploader::Anyone(caller.client()), Err(fault)),
    };
    if open == OpenUpload::Any {
        return Ok(Right { uploader, owner: None });
    }
    let known: Option<Option<i64>> =
        view.one("SELECT owner FROM portrait WHERE id = $1", args![id], |row| row.get(0))?;
    let owner = if belongs_to_account(view, id)? { Some(id) } else { known.flatten() };
    if let Some(owner) = owner {
        // The token of another account is as wrong as none.
        return match account? {
            account if account == owner => Ok(Right { uploader, owner: Some(owner) }),
            _ => Err(Fault::BadToken),
        };
    }
    match (account, open) {
        (Err(fault), OpenUpload::None) => Err(fault),
        // A free id belongs to the account that uploads first, and stays open where nobody's did.
        (account, _) => {
            let owner = account.ok().filter(|_| known.is_none() || open == OpenUpload::None);
            Ok(Right { uploader, owner })
        }
    }
}

/// Does the id belong to an account, to a removed one, or to one that will exist soon?
fn belongs_to_account(view: &View, id: i64) -> Result<bool, Fault> {
    let last: i64 = view
        .one("SELECT last FROM sequence WHERE name = 'account'", args![], |row| row.get(0))?
        .unwrap_or(BEFORE_ACCOUNTS);
    Ok(id > BEFORE_ACCOUNTS && id <= last.saturating_add(SOON))
}
