//! Who looks after the server, proven by a type: an operation whose caller is `Admin<Moderator>` can't run for a
//! viewer.

use super::{Caller, Credentials, session_key};
use crate::client::Client;
use crate::db::{Db, View};
use crate::fault::{Fault, FaultKind};
use crate::hex;
use sha2::{Digest, Sha256};
use std::marker::PhantomData;

/// How long a session may be idle, in seconds.
const IDLE: i64 = 1_800;

/// How exactly the last use of a session or key is known, in seconds.
const SEEN_STEP: i64 = 60;

/// What an admin may do. Each role may do what the one before may, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdminRole {
    /// Looks at everything.
    Viewer,
    /// Decides about content and people.
    Moderator,
    /// Does everything.
    Owner,
}

impl AdminRole {
    /// All of them, each with its name in the database and on the command line.
    pub const ALL: [(AdminRole, &'static str); 3] = [
        (AdminRole::Viewer, "viewer"),
        (AdminRole::Moderator, "moderator"),
        (AdminRole::Owner, "owner"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        AdminRole::ALL[self as usize].1
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        AdminRole::ALL.into_iter().find(|(_, own)| *own == name).map(|(role, _)| role)
    }
}

/// The role that an operation asks for.
pub trait Role: Send + 'static {
    /// It.
    const ROLE: AdminRole;
}

/// Every admin.
#[derive(Debug)]
pub struct Viewer;

/// Moderators and owners.
#[derive(Debug)]
pub struct Moderator;

/// Owners alone.
#[derive(Debug)]
pub struct Owner;

impl Role for Viewer {
    const ROLE: AdminRole = AdminRole::Viewer;
}

impl Role for Moderator {
    const ROLE: AdminRole = AdminRole::Moderator;
}

impl Role for Owner {
    const ROLE: AdminRole = AdminRole::Owner;
}

/// An admin who is logged in and has at least the role `R`, or another server with an API key for the operation.
#[derive(Debug)]
pub struct Admin<R> {
    /// The admin's id.
    pub id: i64,
    /// The admin's name.
    pub name: String,
    /// What the admin may do.
    pub role: AdminRole,
    /// The session's key: what [`session_key`] makes of its token; of an API key what is stored of it.
    pub session: String,
    /// Is it another server, which called with an API key?
    pub is_key: bool,
    /// The client.
    pub client: Client,
    least: PhantomData<R>,
}

impl<R: Role> Caller for Admin<R> {
    const NEEDS_LOGIN: bool = true;
    const ROLE: Option<AdminRole> = Some(R::ROLE);
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::NoCredentials,
        FaultKind::BadToken,
        FaultKind::StaleToken,
        FaultKind::NotOwner,
    ];

    fn prove(
        view: &View,
        credentials: &Credentials,
        operation: (&str, &str),
    ) -> Result<Self, Fault> {
        let token = credentials.token.as_deref().ok_or(Fault::NoCredentials)?;
        if let Some(key) = stored_key(token) {
            return by_key(view, key, credentials.client, operation);
        }
        let session = session_key(token).ok_or(Fault::BadToken)?;
        let now = view.clock.steady();
        let (id, name, role, seen, expires, is_stale): (i64, String, String, i64, i64, bool) = view
            .one(
                "SELECT admin.id, admin.name, admin.role, admin_session.seen_at, admin_session.expires_at,
                        admin_session.password, admin.password_count
                   FROM admin_session JOIN admin ON admin.id = admin_session.admin
                  WHERE admin_session.key = $1",
                crate::args![&session],
                |row| {
                    let is_stale = row.get::<i64>(5)? != row.get::<i64>(6)?;
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, is_stale))
                },
            )?
            .ok_or(Fault::BadToken)?;
        if expires <= now || seen + IDLE <= now {
            return Err(Fault::BadToken);
        }
        if is_stale {
            return Err(Fault::StaleToken);
        }
        match AdminRole::named(&role) {
            Some(role) if role >= R::ROLE => {
                let client = credentials.client;
                Ok(Admin { id, name, role, session, is_key: false, client, least: PhantomData })
            }
            _ => Err(Fault::NotOwner),
        }
    }
}

/// What API keys begin with, so that people and scanners of secrets know them.
const KEY_PREFIX: &str = "gk_";

/// A new API key: the prefix and 128 random bits in hex.
pub fn new_key() -> String {
    format!("{KEY_PREFIX}{}", super::new_token())
}

/// What is stored of an API key: its SHA-256 in hex; `None` if the text is none.
pub fn stored_key(key: &str) -> Option<String> {
    let random = key.strip_prefix(KEY_PREFIX)?;
    super::is_token(random.as_bytes()).then(|| hex::encode(&Sha256::digest(key)))
}

/// The other server whose key this is, if the operation is one of those that it may call.
fn by_key<R: Role>(
    view: &View,
    key: String,
    client: Client,
    (_, subtype): (&str, &str),
) -> Result<Admin<R>, Fault> {
    let sql = "SELECT id, name, operations FROM api_key WHERE hash = $1";
    let (id, name, operations): (i64, String, String) = view
        .one(sql, crate::args![&key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .ok_or(Fault::BadToken)?;
    if !operations.split(' ').any(|allowed| allowed == subtype) {
        return Err(Fault::NotOwner);
    }
    Ok(Admin { id, name, role: R::ROLE, session: key, is_key: true, client, least: PhantomData })
}

/// Note that a session or an API key is in use, at most once a minute. Nobody waits for it.
pub(crate) fn note_use(db: &Db, token: &str, client: Client) {
    let (Some(key), is_key) = (match stored_key(token) {
        Some(key) => (Some(key), true),
        None => (session_key(token), false),
    }) else {
        return;
    };
    let queued = db.submit(move |tx| {
        if is_key {
            let (now, address) = (tx.clock.now(), client.address().to_string());
            let sql =
                "UPDATE api_key SET used_at = $1, address = $2 WHERE hash = $3 AND used_at <= $4";
            tx.execute(sql, crate::args![now, &address, &key, now - SEEN_STEP]).map(drop)
        } else {
            let now = tx.clock.steady();
            let sql = "UPDATE admin_session SET seen_at = $1 WHERE key = $2 AND seen_at <= $3";
            tx.execute(sql, crate::args![now, &key, now - SEEN_STEP]).map(drop)
        }
    });
    if let Err(fault) = queued {
        tracing::debug!(?fault, "the use of an admin's session was not noted");
    }
}
