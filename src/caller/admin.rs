//! Who looks after the server, proven by a type: an operation whose caller is `Admin<Moderator>` can't run for a
//! viewer.

use super::{Caller, Credentials, session_key};
use crate::client::Client;
use crate::db::{Db, View};
use crate::fault::{Fault, FaultKind};
use std::marker::PhantomData;

/// How long a session may be idle, in seconds.
const IDLE: i64 = 1_800;

/// How exactly the last use of a session is known, in seconds.
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

/// An admin who is logged in and has at least the role `R`.
#[derive(Debug)]
pub struct Admin<R> {
    /// The admin's id.
    pub id: i64,
    /// The admin's name.
    pub name: String,
    /// What the admin may do.
    pub role: AdminRole,
    /// The session's key: what [`session_key`] makes of its token.
    pub session: String,
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

    fn prove(view: &View, credentials: &Credentials) -> Result<Self, Fault> {
        let token = credentials.token.as_deref().ok_or(Fault::NoCredentials)?;
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
                Ok(Admin { id, name, role, session, client, least: PhantomData })
            }
            _ => Err(Fault::NotOwner),
        }
    }
}

/// Note that a session is in use, at most once a minute. Nobody waits for it.
pub(crate) fn note_use(db: &Db, session: String) {
    let queued = db.submit(move |tx| {
        let now = tx.clock.steady();
        let sql = "UPDATE admin_session SET seen_at = $1 WHERE key = $2 AND seen_at <= $3";
        tx.execute(sql, crate::args![now, &session, now - SEEN_STEP]).map(drop)
    });
    if let Err(fault) = queued {
        tracing::debug!(?fault, "the use of an admin's session was not noted");
    }
}
