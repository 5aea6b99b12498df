//! `guichet export`: all rows, as lines of JSON.

use super::progress::{Progress, Unit};
use super::{error_text, open, output};
use crate::handlers::CONTENT;
use clap::Args;
use engine::config::{Config, DatabaseUrl};
use engine::db::{ExportError, Exporter};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml export moved
  guichet -c guichet.toml export --table shop | head -1";

/// Write all rows as lines of JSON, a file for each table
///
/// To move to another machine, or to look at the data with other programs. It is all of one
/// moment, beside a running server or without one, with every score in its place; tables that pass
/// away by themselves (sessions, captchas, codes, failed logins) are left out unless --table names
/// them. Password hashes, real names and numbers are in it: the files are the owner's alone.
/// Pictures are not: copy the folder `pictures`, or use `guichet backup`.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Export {
    /// Only this table; may be given more than once
    #[arg(short, long = "table", value_name = "TABLE")]
    tables: Vec<String>,
    /// A folder that is not there yet, or empty; without it, or with -, one table goes to stdout
    #[arg(value_name = "DIR", default_value = "-", hide_default_value = true)]
    to: PathBuf,
}

/// Write them.
pub fn run(config: Config, task: &Export) -> Result<(), String> {
    let path = config.database_file();
    if !matches!(config.database.url, DatabaseUrl::Postgres(_))
        && !path.try_exists().map_err(|error| format!("{}: {error}", path.display()))?
    {
        return Err(format!("{}: there is no database", path.display()));
    }
    if task.to == Path::new("-") && task.tables.len() != 1 {
        return Err("name a folder for all tables, or with --table one table".into());
    }
    // It is brought up to date, as by any start.
    open(config.clone())?.0.close();
    let source = Exporter::open(&config, &CONTENT).map_err(error_text)?;
    if task.to == Path::new("-") {
        let [table] = &task.tables[..] else { return Ok(()) };
        return match source.write(table, &mut io::stdout().lock(), |_| ()) {
            Err(ExportError::Write(error)) => output::told(Err(error)),
            done => done.map(|_| ()).map_err(error_text),
        };
    }
    let tables = if task.tables.is_empty() { source.tables() } else { task.tables.clone() };
    let told = folder(&source, &tables, &task.to)?;
    output::print(&told)
}

/// Export to a folder, which is there whole or not at all: half an export would pass for one.
fn folder(source: &Exporter, tables: &[String], to: &Path) -> Result<String, String> {
    let at = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
    let name = to.file_name().ok_or_else(|| format!("{}: name a new folder", to.display()))?;
    match fs::read_dir(to).map(Iterator::count) {
        Ok(1..) => return Err(format!("{}: it is not empty", to.display())),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(to, error)),
        _ => {}
    }
    let mut part = OsString::from(name);
    part.push(".part");
    let part = to.with_file_name(part);
    DirBuilder::new().mode(0o700).create(&part).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{}: left by an export that was cut off; remove it", part.display())
        }
        _ => at(&part, error),
    })?;
    let done = files(source, tables, &part).and_then(|told| {
        // The names are on the disk before the folder has its own.
        let sync = |path: &Path| File::open(path)?.sync_all();
        let parent = to.parent().filter(|parent| *parent != Path::new(""));
        sync(&part)
            .and_then(|()| fs::rename(&part, to))
            .and_then(|()| sync(parent.unwrap_or(Path::new("."))))
            .map_err(|error| at(to, error))?;
        Ok(told)
    });
    if done.is_err() {
        let _ = fs::remove_dir_all(&part);
    }
    done
}

fn files(source: &Exporter, tables: &[String], folder: &Path) -> Result<String, String> {
    let mut total = 0;
    for table in tables {
        total += source.count(table).map_err(error_text)?;
    }
    let (bar, mut before) = (Progress::new("exporting", Unit::Items), 0);
    let mut told = String::new();
    for table in tables {
        let path = folder.join(format!("{table}.jsonl"));
        let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(&path).map_err(|error| at(&error))?;
        let rows = source
            .write(table, &mut file, |rows| bar.set(before + rows, total))
            .map_err(|error| at(&error))?;
        file.sync_all().map_err(|error| at(&error))?;
        before += rows;
        told.push_str(&format!("{table}\t{rows}\n"));
    }
    Ok(told)
}
