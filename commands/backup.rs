//! `guichet backup`: all data in one archive, beside a running server or without one.

use super::progress::{Progress, Unit};
use super::{error_text, output};
use crate::handlers::SCHEMA;
use clap::Args;
use engine::backup::{self, Manifest, Step, Target};
use engine::config::Config;
use engine::services::Services;
use std::ops::ControlFlow;
use std::path::PathBuf;

#[derive(Args)]
pub struct Backup {
    /// A folder, where the archive is named after the time, or the archive's own path; without it
    /// the folder `backup.dir` of the configuration
    #[arg(value_name = "DIR|FILE")]
    to: Option<PathBuf>,
    /// Replace FILE if it is there
    #[arg(long)]
    force: bool,
}

/// Make it, and print what was made.
pub fn run(config: Config, task: Backup) -> Result<(), String> {
    let target = match (task.to, &config.backup.dir) {
        (Some(path), _) => Target::named(&path, task.force),
        (None, Some(folder)) => Target::Folder(folder.clone()),
        (None, None) => return Err("say where to: guichet backup DIR, or set backup.dir".into()),
    };
    // Before the services, which would make the folders that they use.
    backup::ready(&config).map_err(error_text)?;
    let services = Services::open(config, String::new()).map_err(error_text)?;
    let made = backup::make(&services, SCHEMA, &target, &mut bars()).map_err(error_text)?;
    let backup::Made { path, bytes, sha256, manifest } = made;
    let path = path.display();
    output::print(&format!("file\t{path}\nbytes\t{bytes}\nsha256\t{sha256}\n{}", facts(&manifest)))
}

/// What an archive says of itself: a fact a line, a tab behind its name.
pub fn facts(manifest: &Manifest) -> String {
    let Manifest { created_at, program, schema, database_bytes, .. } = manifest;
    let Manifest { pictures, picture_bytes, missing, key, .. } = manifest;
    let key: String = key.iter().map(|id| format!("key\t{id}\n")).collect();
    let missing: String = missing.iter().map(|name| format!("missing\t{name}\n")).collect();
    format!(
        "created\t{created_at}\nprogram\t{program}\nschema\t{schema}\ndatabase\t{database_bytes}\n\
         pictures\t{pictures}\t{picture_bytes}\n{key}{missing}"
    )
}

/// A progress bar for each step.
pub fn bars() -> impl FnMut(Step, u64, u64) -> ControlFlow<()> + Send {
    let mut shown: Option<(Step, Progress)> = None;
    move |step, done, total| {
        let (what, unit) = match step {
            Step::Pictures => ("pictures", Unit::Items),
            Step::Copy => ("database", Unit::Items),
            Step::Check => ("checking", Unit::Items),
            Step::Pack => ("packing", Unit::Bytes),
            Step::Read => ("reading", Unit::Bytes),
            Step::Store => ("storing pictures", Unit::Items),
        };
        if shown.as_ref().is_none_or(|(at, _)| *at != step) {
            // The last one is taken away before the next is drawn.
            shown = None;
            shown = Some((step, Progress::new(what, unit)));
        }
        if let Some((_, bar)) = &shown {
            bar.set(done, total);
        }
        ControlFlow::Continue(())
    }
}
