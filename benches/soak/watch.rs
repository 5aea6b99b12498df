//! Whoever watches: the server tells what it counts and how it is, and makes backups.

use crate::client::{Client, Expect, Request};
use crate::world::World;
use std::path::Path;
use std::rc::Rc;

/// Each request is logged, and twelve backups are made in an hour.
pub fn sections(backups: &Path) -> String {
    format!("[log]\nrequests = true\n[backup]\ndir = {backups:?}\nevery = \"5m\"\nkeep = 2\n")
}

/// Prometheus, and what asks whether the server is alive; more often than they would.
pub async fn watches(world: Rc<World>) {
    let (mut client, mut pace) = (Client::new(&world), world.pace(1.0));
    while pace.turn().await {
        for path in ["/healthz", "/readyz", "/metrics"] {
            client.ask(path, &Request::get(path), Expect::Page(200)).await;
        }
    }
}
