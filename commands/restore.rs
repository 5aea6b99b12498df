//! `guichet restore`: a backup in the place of the data.

use super::backup::{bars, facts};
use super::{error_text, output};
use crate::handlers::SCHEMA;
use clap::Args;
use engine::backup;
use engine::config::Config;
use engine::db;
use engine::services::Services;
use std::path::PathBuf;

#[derive(Args)]
pub struct Restore {
    /// The archive that `guichet backup` made
    file: PathBuf,
    /// Read and check all of it, and change nothing
    #[arg(long)]
    verify_only: bool,
}

/// Do it, and print what is there now and where the old is.
pub fn run(config: Config, task: Restore) -> Result<(), String> {
    if task.verify_only {
        let manifest = backup::verify(&task.file, SCHEMA, &mut bars()).map_err(error_text)?;
        return output::print(&facts(&manifest));
    }
    let held = db::hold(&config).map_err(error_text)?;
    let services = Services::open(config, String::new()).map_err(error_text)?;
    let restored = backup::restore(&services, SCHEMA, &task.file, &held, &mut bars());
    let restored = restored.map_err(error_text)?;
    let vault = &services.vault;
    if let Some(key) = &restored.manifest.key
        && vault.id() != Some(key)
    {
        // Encrypted values can't be read without it; everything else can.
        eprintln!(
            "guichet: real names in this backup are encrypted with the key {key}, which is not in {}; \
             put it there",
            vault.path().display()
        );
    }
    let before = restored.kept.iter().map(|folder| format!("before\t{}\n", folder.display()));
    output::print(&(facts(&restored.manifest) + &before.collect::<String>()))
}
