//! `guichet import`: what `guichet export` wrote, into an empty database.

use super::progress::{Progress, Unit};
use super::{output, said};
use crate::handlers::CONTENT;
use clap::Args;
use engine::config::Config;
use engine::db::{Import as Rows, ImportError};
use engine::services::Services;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml import moved
  cp -R old/pictures data/";

/// Take over what export wrote, into an empty database
///
/// All of it or, if a line is not as it should be, nothing; the line is named. The database must be
/// new, and the server must not be running. Indexes for searching are made anew. Whoever was
/// logged in logs in again. Pictures are to be copied besides.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Import {
    /// The folder that export wrote: a file TABLE.jsonl for each table
    #[arg(value_name = "DIR")]
    from: PathBuf,
}

/// Take them over.
pub fn run(config: Config, task: &Import) -> Result<(), String> {
    let at = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(&task.from).map_err(|error| at(&task.from, &error))? {
        let path = entry.map_err(|error| at(&task.from, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let length = fs::metadata(&path).map_err(|error| at(&path, &error))?.len();
            files.push((path, length));
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(at(&task.from, &"there is no file TABLE.jsonl in it"));
    }
    let total = files.iter().map(|(_, length)| length).sum();
    let (bar, mut read) = (Progress::new("importing", Unit::Bytes), 0_u64);
    let services = Arc::new(Services::open(config, String::new()).map_err(said)?);
    let mut rows = Rows::begin(&services, &CONTENT).map_err(|error| error.to_string())?;
    let mut told = String::new();
    for (path, _) in &files {
        let file = File::open(path).map_err(|error| at(path, &error))?;
        let table = path.file_stem().unwrap_or_default().to_string_lossy();
        let taken = rows.table(&table, BufReader::with_capacity(1 << 16, file), |bytes| {
            read += u64::try_from(bytes).unwrap_or(0);
            bar.set(read, total);
        });
        let count = taken.map_err(|error| match error {
            ImportError::Line(line, why) => format!("{}:{line}: {why}", path.display()),
            error => at(path, &error),
        })?;
        told.push_str(&format!("{table}\t{count}\n"));
    }
    rows.finish().map_err(|error| at(&task.from, &error))?;
    drop(bar);
    output::print(&told)
}
