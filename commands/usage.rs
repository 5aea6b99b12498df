//! `guichet usage`: what takes how much disk.

mod show;

use super::{error_text, output};
use crate::handlers::SCHEMA;
use crate::handlers::portrait::usage::KINDS;
use clap::Args;
use engine::config::Config;
use engine::db::{MeasuredDatabase, Table};
use engine::disk::{DiskMonitor, DiskSpace};
use engine::usage::{DataUsage, FileTotal, files};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml usage
  sudo -u guichet guichet -c /etc/guichet.toml usage --json";

/// Tell what takes how much disk
///
/// The database by table, its log, the pictures by whose they are, the outbox, backups, copies from
/// before an upgrade or a restore, free space and the reserve. It reads the whole database, changes
/// nothing, and works beside a running server. Run it as the server's user, or as root.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Usage {
    /// Print JSON instead, all sizes in bytes
    #[arg(long)]
    json: bool,
}

/// All that is told.
struct Report {
    files: DataUsage,
    /// Where the database is, or will be.
    path: PathBuf,
    /// What the database tells; `None` where there is none or it can't be read.
    database: Option<Database>,
    /// Are new pictures kept in a bucket?
    is_in_bucket: bool,
    /// The pictures in the folder that no row names, or all where it is not known what rows name.
    unnamed: FileTotal,
    backup_dir: Option<PathBuf>,
    disks: Vec<DiskSpace>,
}

/// What the database tells of itself.
struct Database {
    tables: Vec<Table>,
    /// Pages that no table takes, in bytes.
    free: u64,
    /// The pictures that rows name, in the order of [`KINDS`]; none before the first start is done.
    pictures: Vec<Pictures>,
}

/// Pictures that rows of one kind name.
#[derive(Default)]
struct Pictures {
    /// Their number and bytes.
    amount: FileTotal,
    /// How many of them are in the bucket and were not measured yet: their bytes are missing above.
    not_measured: u64,
}

/// Print it. A database that can't be read is reported last.
pub fn run(config: &Config, task: &Usage) -> Result<(), String> {
    let files = files(config);
    let is_in_bucket = matches!(config.store.s3(), Ok(Some(_)));
    let mut named = HashSet::new();
    let (database, failed) = match read(config, &files.pictures, is_in_bucket, &mut named) {
        Ok(database) => (database, None),
        Err(error) => (None, Some(error)),
    };
    let mut unnamed = FileTotal::default();
    for (_, bytes) in files.pictures.iter().filter(|(name, _)| !named.contains(*name)) {
        unnamed.add(*bytes);
    }
    let backup_dir = config.backup.dir.clone();
    let disks = DiskMonitor::open(config).rooms();
    let path = config.database_file();
    let report = Report { files, path, database, is_in_bucket, unnamed, backup_dir, disks };
    let text = if task.json { show::json(&report)? } else { show::text(&report) };
    output::print(&text)?;
    failed.map_or(Ok(()), Err)
}

/// What the database tells, again where a server has begun to write to it meanwhile. The pictures that
/// its rows name go to `named`.
fn read(
    config: &Config,
    kept: &HashMap<String, u64>,
    is_in_bucket: bool,
    named: &mut HashSet<String>,
) -> Result<Option<Database>, String> {
    loop {
        let Some(measured) = MeasuredDatabase::open(config, SCHEMA.steps).map_err(error_text)?
        else {
            return Ok(None);
        };
        named.clear();
        match measure(&measured, kept, is_in_bucket, named) {
            Err(_) if measured.was_disturbed(config) => {}
            read => return read.map(Some),
        }
    }
}

fn measure(
    measured: &MeasuredDatabase,
    kept: &HashMap<String, u64>,
    is_in_bucket: bool,
    named: &mut HashSet<String>,
) -> Result<Database, String> {
    let at = |cause| format!("{}: {cause}", measured.path().display());
    let mut pictures = Vec::new();
    // Without a step there are no tables yet.
    for kind in KINDS.iter().filter(|_| measured.steps() > 0) {
        let mut found = Pictures::default();
        for (file, size) in measured.files(kind.sql(measured.steps())).map_err(at)? {
            match (kept.get(&file), u64::try_from(size)) {
                // A file's own length is what it takes.
                (Some(bytes), _) => found.amount.add(*bytes),
                (None, Ok(bytes)) if is_in_bucket => found.amount.add(bytes),
                (None, Err(_)) if is_in_bucket => {
                    found.amount.add(0);
                    found.not_measured += 1;
                }
                // It is missing, which `guichet check` tells.
                (None, _) => {}
            }
            named.insert(file);
        }
        pictures.push(found);
    }
    let tables = measured.tables().map_err(at)?;
    let free = measured.free().map_err(at)?;
    Ok(Database { tables, free, pictures })
}
