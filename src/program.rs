//! What the program that embeds the engine brings to it.

use crate::db::{Db, Schema};
use crate::describe::{Api, Info};
use crate::document::Document;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::http::{Description, OPERATION, Probe, RPC};
use crate::op::{Name, RegisteredOp, Registry};
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
    /// Its documents: path shims to its operations.
    pub documents: &'static [Document],
    /// Where envelopes are posted, besides `/api`.
    pub endpoints: &'static [&'static str],
    /// What finishes what another process has begun, such as a command beside the server: run at short
    /// intervals, so it asks little where there is nothing to do.
    pub follow_up: Option<FollowUp>,
    /// What `/` answers where no folder of pages is configured, as HTML. `{address}` in it stands for the address by
    /// which the server was asked, such as `http://127.0.0.1:8080`.
    pub home: &'static str,
}

impl Program {
    /// All that can be described.
    pub fn into_api(self) -> Api {
        let Program { info, registry, documents, endpoints, .. } = self;
        Api { info, registry, documents, endpoints }
    }

    /// All that can be asked for, a line each: every operation with `login` or `anyone` and the keys
    /// of its data, then every path with its operations and the keys of its query or body. Tabs
    /// stand between the columns, spaces between keys.
    pub fn routes(&self) -> Vec<String> {
        let named = |(kind, subtype): Name| format!("{kind}/{subtype}");
        let keys =
            |op: Name| self.registry.get(op.0, op.1).map(RegisteredOp::fields).unwrap_or_default();
        let mut lines = Vec::new();
        for entry in self.registry.entries() {
            let who = if entry.needs_login { "login" } else { "anyone" };
            lines.push(format!("{}\t{who}\t{}", named(entry.name), entry.fields().join(" ")));
        }
        for path in ["/api"].iter().chain(self.endpoints) {
            lines.push(format!("POST\t{path}\tenvelope\tid status type subtype data"));
        }
        lines.push(format!("POST\t{RPC}\tjson-rpc\tjsonrpc method params id"));
        lines.push(format!("POST\t{OPERATION}\toperation\t"));
        for (path, what, _) in Description::PATHS {
            lines.push(format!("GET\t{path}\t{what}\t"));
        }
        for (path, what, _) in Probe::PATHS {
            lines.push(format!("GET\t{path}\t{what}\t"));
        }
        for route in self.documents.iter().flat_map(|document| document.routes) {
            let steps = route.then.iter().map(|step| named(step.op));
            let ops: Vec<String> = std::iter::once(named(route.op)).chain(steps).collect();
            let keys = route.params.map_or_else(|| keys(route.op), <[&str]>::to_vec).join(" ");
            for path in route.paths {
                lines.push(format!("{}\t{path}\t{}\t{keys}", route.method, ops.join(" ")));
            }
        }
        lines
    }
}
