//! Backups: which there are, and making one.

use crate::handlers::SCHEMA;
use crate::handlers::moderation::audit::{self, By};
use engine::backup::{self, Target};
use engine::caller::{Admin, Owner, Viewer};
use engine::data;
use engine::data::Text;
use engine::fault::{Cause, Class, Declared, Fault, FaultKind};
use engine::op::{Name, Op, Scan, Store, Work, WorkContext};
use engine::status::WRONG_VALUE;
use schemars::JsonSchema;
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::PathBuf;

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

/// A backup is damaged or of another version.
pub static NOT_GOOD: Declared = Declared {
    name: "backup_not_good",
    class: Class::Failure,
    status: WRONG_VALUE,
    detail: "the backup is damaged, or another version made it; the log says why",
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

data! {
    /// Look a backup through: is it complete and unchanged, and does it hold a database that this server knows? It takes
    /// some seconds, or more where there is much, and free space for the database meanwhile.
    pub struct VerifyBackup {
        /// The name of its file, as the list has it.
        name: Text<1, 255>,
    }
}

/// What a backup has that is good.
#[derive(Serialize, JsonSchema)]
pub struct VerifiedBackup {
    /// The version of Guichet that made it.
    program: String,
    /// When it was begun: RFC 3339, in UTC.
    created: String,
    /// The size of the database, in bytes.
    database_bytes: u64,
    /// How many pictures it holds.
    pictures: u64,
    /// Pictures that the database names and that were not there to be had.
    missing_pictures: Vec<String>,
}

impl Op for VerifyBackup {
    const NAME: Name = ("admin", "verify_backup");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound, FaultKind::Declared(&NOT_GOOD)];
    const EXAMPLE: &'static str = r#"{"name": "guichet-20260101-030000.tar"}"#;
    type Caller = Admin<Owner>;
    type Lane = Work<Store>;
    type Reply = VerifiedBackup;

    fn run(self, context: &WorkContext, _: Admin<Owner>) -> Result<VerifiedBackup, Fault> {
        let path = find(context, &self.name.0)?;
        let mut progress = |_, _, _| ControlFlow::Continue(());
        let manifest = backup::verify(&path, SCHEMA, &mut progress)
            .map_err(|error| NOT_GOOD.caused_by(Cause::new(error)))?;
        Ok(VerifiedBackup {
            program: manifest.program,
            created: manifest.created_at,
            database_bytes: manifest.database_bytes,
            pictures: manifest.pictures,
            missing_pictures: manifest.missing,
        })
    }
}

/// The path of the backup of this name.
fn find(context: &WorkContext, name: &str) -> Result<PathBuf, Fault> {
    let kept =
        backup::list(&context.services()).map_err(|error| Fault::unknown(error.to_string()))?;
    // A path of the list, so that no name leads out of the folder.
    let of_name = |path: &PathBuf| path.file_name().is_some_and(|it| it == name);
    let path = kept.into_iter().map(|(_, path)| path).find(of_name);
    path.ok_or_else(|| Fault::NotFound("name".into()))
}

data! {
    /// Say that a backup is downloaded, which a page of the console then does. A backup has all accounts, and not the key
    /// of encrypted columns.
    pub struct DownloadBackup {
        /// The name of its file, as the list has it.
        name: Text<1, 255>,
    }
}

/// What is downloaded.
#[derive(Serialize, JsonSchema)]
pub struct DownloadedBackup {
    /// The name of its file in `backup.dir`.
    name: String,
    /// Its size in bytes.
    bytes: u64,
}

impl Op for DownloadBackup {
    const NAME: Name = ("admin", "download_backup");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"name": "guichet-20260101-030000.tar"}"#;
    type Caller = Admin<Owner>;
    type Lane = Work<Store>;
    type Reply = DownloadedBackup;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Owner>) -> Result<DownloadedBackup, Fault> {
        let Text(name) = self.name;
        let path = find(context, &name)?;
        let bytes = path.metadata().map_or(0, |about| about.len());
        let (by, target) = (By::admin(&caller), name.clone());
        context.write(move |tx| audit::record(tx, &by, "backup download", &target, None))?;
        Ok(DownloadedBackup { name, bytes })
    }
}
