//! `guichet import`: what `guichet export` wrote, into an empty database.

use super::progress::{Progress, Unit};
use super::{error_text, leancloud, output};
use crate::handlers::CONTENT;
use clap::{Args, ValueEnum};
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
  guichet -c guichet.toml import --from leancloud exported
  cp -R old/pictures data/";

/// Take over what export wrote, into an empty database
///
/// All of it or, if a line is not as it should be, nothing; the line is named. The database must be
/// new, and the server must not be running. Indexes for searching are made anew. Whoever was
/// logged in logs in again. Pictures are to be copied besides. A file that may hold rows in another
/// form (packed, renamed) is refused; others are named on stderr and not read.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Import {
    /// The folder that export wrote: a file TABLE.jsonl for each table
    #[arg(value_name = "DIR")]
    from: PathBuf,
    /// The folder has what another service exported, which is added to what is there: accounts, boards and scores. They
    /// have no passwords: a code that is sent to their number lets people in (docs/moving-from-leancloud.md)
    #[arg(long = "from", value_name = "SERVICE")]
    service: Option<Service>,
}

/// Whose export it is.
#[derive(Clone, Copy, ValueEnum)]
pub enum Service {
    /// LeanCloud
    Leancloud,
}

/// Take them over.
pub fn run(config: Config, task: &Import) -> Result<(), String> {
    if let Some(Service::Leancloud) = task.service {
        return leancloud::run(config, &task.from);
    }
    let Found { files, others } = find(&task.from)?;
    if files.is_empty() {
        return Err(at(&task.from, &"there is no file TABLE.jsonl in it"));
    }
    let total = files.iter().map(|(_, length)| length).sum();
    let (bar, mut read) = (Progress::new("importing", Unit::Bytes), 0_u64);
    let services = Arc::new(Services::open(config, String::new()).map_err(error_text)?);
    let mut rows = Rows::begin(&services, &CONTENT).map_err(|error| error.to_string())?;
    let mut told = String::new();
    if let Some((path, table)) =
        others.iter().find_map(|path| Some((path, holds_rows(path, &rows.tables())?)))
    {
        return Err(at(
            path,
            &format!("not a file {table}.jsonl, but may hold its rows; make it one or remove it"),
        ));
    }
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
    for path in others {
        engine::log::say(&format!("not read: {}", path.display()));
    }
    output::print(&told)
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

/// What is in a folder that is to be imported.
struct Found {
    /// The files `TABLE.jsonl` and their lengths in bytes, by name.
    files: Vec<(PathBuf, u64)>,
    /// Everything else, by name, but for hidden files, which systems leave everywhere.
    others: Vec<PathBuf>,
}

fn find(folder: &Path) -> Result<Found, String> {
    let mut found = Found { files: Vec::new(), others: Vec::new() };
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let path = entry.map_err(|error| at(folder, &error))?.path();
        let is_hidden = path.file_name().is_some_and(|it| it.as_encoded_bytes().starts_with(b"."));
        let about = fs::metadata(&path).map_err(|error| at(&path, &error))?;
        if is_hidden {
            continue;
        }
        if about.is_file() && path.extension().is_some_and(|extension| extension == "jsonl") {
            found.files.push((path, about.len()));
        } else {
            found.others.push(path);
        }
    }
    found.files.sort();
    found.others.sort();
    Ok(found)
}

/// The table whose rows a file or folder may hold that is not called `TABLE.jsonl`: its name begins with
/// the table's (`account.jsonl.gz`, `Account.JSONL`, `account.csv`, a folder `account`), or it is lines
/// of JSON.
fn holds_rows(path: &Path, tables: &[&str]) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let begins = |table: &&&str| {
        let rest = name.strip_prefix(**table)?;
        (!rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')).then_some(())
    };
    let table = tables.iter().find(|table| begins(table).is_some());
    let is_lines = || name.contains(".jsonl") || name.ends_with(".ndjson");
    table.map(|table| (*table).to_owned()).or_else(|| is_lines().then(|| "TABLE".to_owned()))
}
