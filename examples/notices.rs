//! Fill the database of a configuration with made-up notices, to see a search among a million.
//!
//! `cargo run --release --example notices -- guichet.toml 1000000`, while no server runs on it.

#![expect(dead_code, reason = "a part of what benches share")]

#[path = "../benches/support/fill.rs"]
mod fill;
#[path = "../benches/support/notices.rs"]
mod notices;

use engine::config::Config;
use engine::db::{self, Db};
use engine::services::Services;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [config, count] = &arguments[..] else {
        return Err("expected a configuration and how many notices".into());
    };
    let config = Config::load(Some(Path::new(config)))?;
    let (count, lock) = (count.parse()?, db::hold(&config)?);
    let db = Db::open(Arc::new(Services::open(config, String::new())?), fill::SCHEMA, Some(lock))?;
    let begun = Instant::now();
    fill::fill(&db, 1, count, |done| {
        if done % 100_000 == 0 || done == count {
            eprintln!("{done} notices after {:.1} s", begun.elapsed().as_secs_f64());
        }
    })
    .map_err(|fault| format!("{fault:?}"))?;
    db.close();
    Ok(())
}
