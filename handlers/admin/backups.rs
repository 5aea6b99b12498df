//! Backups: which there are, and making one.

use crate::handlers::SCHEMA;
use crate::handlers::moderation::audit::{self, By};
use engine::backup::{self, Target};
use engine::caller::{Admin, Owner, Viewer};
use engine::data;
use engine::fault::{Cause, Class, Declared, Fault, FaultKind};
use engine::op::{Name, Op, Scan, Store, Work, WorkContext};
use engine::status::WRONG_VALUE;
use schemars::JsonSchema;
use serde::Serialize;
use std::ops::ControlFlow;

/// There is nowhere to put backups.
pub static NO_FOLDER: Declared = Declared {
    name: "no_backup_folder",
    class: Class::Value,
    status: WRONG_VALUE,
    detail: "backup.dir is not configured, so there is nowhere to put a backup",
};

/// The backup was not made.
pub static NOT_MADE: Declared = Declared {
    name: "backup_not_made",
    class: Class::Failure,
    status: WRONG_VALUE,
    detail: "the backup was not made; the log says why",
};

data! {
    /// List the backups in `backup.dir`, the newest first.
    pub struct Backups;
}

/// Backups.
#[derive(Serialize, JsonSchema)]
pub struct BackupList {
    /// The backups, the newest first.
    backups: Vec<ListedBackup>,
}

/// A backup.
#[derive(Serialize, JsonSchema)]
pub struct ListedBackup {
    /// The name of its file in `backup.dir`.
    name: String,
    /// When it was begun, `YYYY-MM-DD HH:MM:SS`.
    made: String,
    /// Its size in bytes.
    bytes: u64,
}

impl Op for Backups {
    const NAME: Name = ("admin", "backups");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = BackupList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<BackupList, Fault> {
        let services = context.services();
        let kept = backup::list(&services).map_err(|error| Fault::unknown(error.to_string()))?;
        let backups = kept.into_iter().map(|(at, path)| ListedBackup {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            made: services.clock.format(at),
            bytes: path.metadata().map_or(0, |about| about.len()),
        });
        Ok(BackupList { backups: backups.collect() })
    }
}

data! {
    /// Make a backup in `backup.dir` now. It takes some seconds, or more where there is much.
    pub struct MakeBackup;
}

/// What was made.
#[derive(Serialize, JsonSchema)]
pub struct MadeBackup {
    /// The name of its file in `backup.dir`.
    name: String,
    /// Its size in bytes.
    bytes: u64,
    /// The SHA-256 of the file, in hex.
    sha256: String,
}

impl Op for MakeBackup {
    const NAME: Name = ("admin", "make_backup");
    const FAULTS: &'static [FaultKind] =
        &[FaultKind::Declared(&NO_FOLDER), FaultKind::Declared(&NOT_MADE)];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Owner>;
    type Lane = Work<Store>;
    type Reply = MadeBackup;

    fn run(self, context: &WorkContext, caller: Admin<Owner>) -> Result<MadeBackup, Fault> {
        let services = context.services();
        let folder = services.config.backup.dir.clone().ok_or_else(|| NO_FOLDER.fault())?;
        let mut progress = |_, _, _| ControlFlow::Continue(());
        let made = backup::make(&services, SCHEMA, &Target::Folder(folder), &mut progress)
            .map_err(|error| NOT_MADE.caused_by(Cause::new(error)))?;
        let name = made.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (by, target) = (By::admin(&caller), name.clone());
        context.write(move |tx| audit::record(tx, &by, "backup make", &target, None))?;
        Ok(MadeBackup { name, bytes: made.bytes, sha256: made.sha256 })
    }
}
