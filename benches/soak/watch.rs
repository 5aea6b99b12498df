//! Monitoring: metrics, health probes, the request log and backups.

use crate::client::{Client, Expect, Request};
use crate::world::World;
use std::path::Path;
use std::rc::Rc;

/// Turns the request log on, and twelve backups an hour.
pub fn sections(backups: &Path) -> String {
    format!("[log]\nrequests = true\n[backup]\ndir = {backups:?}\nevery = \"5m\"\nkeep = 2\n")
}

/// Scrapes metrics and health probes, more often than usual.
pub async fn monitoring(world: Rc<World>) {
    let (mut client, mut pace) = (Client::new(&world), world.pace(1.0));
    while pace.turn().await {
        for path in ["/healthz", "/readyz", "/metrics"] {
            client.ask(path, &Request::get(path), Expect::Page(200)).await;
        }
    }
}
