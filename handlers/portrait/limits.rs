//! How much may be uploaded: by an address without a login, by an account, and in all.

use engine::args;
use engine::client::Client;
use engine::db::{Tx, View};
use engine::fault::Fault;
use engine::quota::Quota;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * 60 * 60;

/// Files that an address uploads without a login.
const FILES: Quota = Quota { name: "portrait.open_per_day_per_address", window: DAY };

/// Bytes that an address uploads without a login.
const BYTES: Quota = Quota { name: "portrait.open_bytes_per_day_per_address", window: DAY };

/// Pictures that an account uploads, avatars among them.
const ACCOUNT: Quota = Quota { name: "portrait.per_day_per_account", window: DAY };

/// Files of an address that are no pictures, or none that are taken, by whom and under what id ever. Finding
/// that out takes up to 60 ms of processor time each.
pub(super) const REFUSED: Quota = Quota { name: "refused pictures an hour", window: HOUR };

/// The most refused files of an address in an hour: checking them takes at most 2 minutes of processor time.
pub(super) const MOST_REFUSED: u64 = 2_000;

/// The row of `picture_total` for portraits that anyone may replace.
const OPEN: &str = "open";

/// Who uploads a picture.
#[derive(Clone, Copy)]
pub enum Uploader {
    /// The account with this id.
    Account(i64),
    /// A client without a login.
    Anyone(Client),
}

impl Uploader {
    /// Check whether another upload is allowed, without counting it. Refused uploads count only in [`REFUSED`].
    pub fn check(&self, view: &View) -> Result<(), Fault> {
        self.check_size(view, 1)
    }

    /// Count a picture of `size` bytes, or refuse it if a limit is used up.
    pub fn count(&self, tx: &mut Tx, size: i64) -> Result<(), Fault> {
        let size = u64::try_from(size).unwrap_or_default();
        self.check_size(tx, size)?;
        match self {
            Uploader::Account(id) => ACCOUNT.add(tx, &id.to_string(), 1),
            Uploader::Anyone(client) => {
                FILES.add_client(tx, client, 1)?;
                BYTES.add_client(tx, client, size)
            }
        }
    }

    fn check_size(&self, view: &View, size: u64) -> Result<(), Fault> {
        let portrait = &view.config.portrait;
        match self {
            Uploader::Account(_) if portrait.per_day_per_account == 0 => Ok(()),
            Uploader::Account(id) => {
                ACCOUNT.check(view, &id.to_string(), portrait.per_day_per_account.into())
            }
            Uploader::Anyone(client) => {
                if portrait.open_per_day_per_address > 0 {
                    FILES.check_client(view, client, portrait.open_per_day_per_address.into())?;
                }
                let most = portrait.open_bytes_per_day_per_address;
                for share in client.scopes().filter(|_| most > 0) {
                    let key = share.to_string();
                    if BYTES.used(view, &key)?.saturating_add(size) > share.scaled(most) {
                        return Err(BYTES.exceeded(view, &key)?);
                    }
                }
                Ok(())
            }
        }
    }
}

/// Settle the total for a portrait of `size` bytes that comes in the place of what is under `id`;
/// answers the file that was there. Refused where the open portraits would be too large together.
pub fn replaced(
    tx: &mut Tx,
    id: i64,
    owner: Option<i64>,
    size: i64,
) -> Result<Option<String>, Fault> {
    let old = forgotten(tx, id)?;
    if owner.is_none() {
        let most = tx.config.portrait.open_bytes_in_all;
        let total = open_bytes(tx)?.saturating_add(size);
        if most > 0 && u64::try_from(total).unwrap_or_default() > most {
            return Err(Fault::LimitReached(
                "portrait.open_bytes_in_all: the server holds as many pictures without a login as \
                 it may",
            ));
        }
        add_open(tx, size)?;
    }
    Ok(old)
}

/// Settle the total for a portrait that goes; answers its file. The row is the caller's to remove.
pub fn forgotten(tx: &mut Tx, id: i64) -> Result<Option<String>, Fault> {
    let old: Option<(String, i64, Option<i64>)> =
        tx.one("SELECT file, size, owner FROM portrait WHERE id = $1", args![id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let Some((file, size, owner)) = old else { return Ok(None) };
    // One that was never measured was never counted.
    if owner.is_none() && size > 0 {
        add_open(tx, -size)?;
    }
    Ok(Some(file))
}

/// Bytes of all portraits that anyone may replace.
pub fn open_bytes(view: &View) -> Result<i64, Fault> {
    let sql = "SELECT bytes FROM picture_total WHERE name = $1";
    Ok(view.one(sql, args![OPEN], |row| row.get(0))?.unwrap_or(0))
}

/// Add to the total size of open portraits.
pub fn add_open(tx: &mut Tx, bytes: i64) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO picture_total (name, bytes) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET bytes = picture_total.bytes + excluded.bytes",
        args![OPEN, bytes],
    )?;
    Ok(())
}
