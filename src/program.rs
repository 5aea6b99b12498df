//! What the program that embeds the engine brings to it.

use crate::console::Console;
use crate::db::{Db, Schema};
use crate::describe::{Api, Info};
use crate::document::{Library, NamedPicture, Surroundings};
use crate::engine::Engine;
use crate::fault::Fault;
use crate::op::{Name, Registry};
use std::sync::Arc;

/// One bounded piece of work that an upgrade left to do; whether there may be more.
pub type Upkeep = fn(&Arc<Engine>) -> Result<bool, Fault>;

/// Finishes what another process has begun in the database.
pub type FollowUp = fn(&Db) -> Result<(), Fault>;

/// A program: its operations, and how they are reached.
#[derive(Default)]
pub struct Program {
    /// Its operations.
    pub registry: Registry,
    /// Its database.
    pub schema: Schema,
    /// Statements that remove what has expired, run now and then: each deletes rows that ended
    /// before `$1`, in seconds since 1970.
    pub sweeps: &'static [&'static str],
    /// What descriptions say of the API as a whole.
    pub info: Info,
    /// What an upgrade left to do, done in the background.
    pub upkeep: Option<Upkeep>,
    /// Its documents, path shims to its operations: the name of each one's file, and what it says.
    pub documents: &'static [(&'static str, &'static str)],
    /// The pictures that documents may name.
    pub pictures: &'static [NamedPicture],
    /// Where envelopes are posted, besides `/api`.
    pub endpoints: &'static [&'static str],
    /// What finishes what another process has begun, such as a command beside the server: run at short
    /// intervals, so it asks little where there is nothing to do.
    pub follow_up: Option<FollowUp>,
    /// The pages for the people who look after the server, and their operations.
    pub console: Console,
    /// The operation that lists the first places of a board, with the fields `app` and `limit`: what `/api/events` shows.
    pub top: Option<Name>,
    /// The operation that tells where a player stands, with the fields `app` and `openid`: who may ask it may watch it.
    pub own: Option<Name>,
    /// What `/` answers where no folder of pages is configured, as HTML. `{address}` in it stands for the address by
    /// which the server was asked, such as `http://127.0.0.1:8080`.
    pub home: &'static str,
}

impl Program {
    /// All that can be described.
    pub fn api<'a>(&'a self, library: &'a Library) -> Api<'a> {
        let Program { info, registry, endpoints, .. } = self;
        Api { info: *info, registry, documents: library, endpoints }
    }

    /// What documents may name.
    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { registry: &self.registry, pictures: self.pictures }
    }
}
