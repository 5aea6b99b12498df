//! What a server uses besides its database: pictures, and who delivers messages.

use super::Findings;
use crate::handlers::SCHEMA;
use engine::config::Config;
use engine::db::Inspection;
use engine::picture_store::PictureStore;
use engine::{http_client, services};
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// The services of a configuration, over a folder of their own: to make them makes folders, and
/// nothing is to be made in that of the server.
pub struct Services {
    services: Arc<services::Services>,
    folder: PathBuf,
}

impl Services {
    /// Make them.
    pub fn open(config: &Config) -> Result<Self, String> {
        let name = format!("guichet-check-{:032x}", rand::random::<u128>());
        let folder = std::env::temp_dir().join(name);
        let config = Config { data_dir: folder.clone(), ..config.clone() };
        let services = services::Services::open(config, String::new());
        let services = services.map_err(|error| {
            let _ = fs::remove_dir_all(&folder);
            error.to_string()
        })?;
        Ok(Services { services: Arc::new(services), folder })
    }

    /// What reading rows needs.
    pub fn shared(&self) -> &Arc<services::Services> {
        &self.services
    }

    /// Check them, and the pictures that rows name.
    pub fn check(&self, config: &Config, inspection: Option<&Inspection>, findings: &mut Findings) {
        self.check_pictures(config, inspection, findings);
        match self.services.sms.check() {
            Ok(text) => findings.ok("gateway", text),
            Err(text) => findings.wrong("gateway", text),
        }
    }

    fn check_pictures(
        &self,
        config: &Config,
        inspection: Option<&Inspection>,
        findings: &mut Findings,
    ) {
        let folder = config.data_dir.join("pictures");
        if folder.is_dir() {
            return match services::open_pictures(config, &http_client::LazyHttpClient::default()) {
                Ok(files) => pictures(&files, inspection, findings),
                Err(error) => findings.wrong("pictures", error),
            };
        }
        if self.services.pictures.is_remote() {
            return pictures(&self.services.pictures, inspection, findings);
        }
        let text = format!("{}: not there yet; the first start makes it", folder.display());
        match inspection.map(|inspection| SCHEMA.named_pictures(inspection.view())) {
            Some(Ok(names)) if !names.is_empty() => {
                let text = format!(
                    "{}: not there, and rows name {} pictures; restore it from a backup",
                    folder.display(),
                    names.len()
                );
                findings.wrong("pictures", text);
            }
            _ => findings.ok("pictures", text),
        }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn pictures(files: &PictureStore, inspection: Option<&Inspection>, findings: &mut Findings) {
    let text = match files.check() {
        Ok(text) => text,
        Err(text) => return findings.wrong("pictures", plain(&text)),
    };
    let Some(inspection) = inspection.filter(|inspection| inspection.steps_behind() == 0) else {
        return findings.ok("pictures", plain(&text));
    };
    match missing(files, inspection) {
        Ok((count, missing)) if missing.is_empty() => {
            findings.ok("pictures", format_args!("{}; rows name {count}", plain(&text)));
        }
        Ok((count, missing)) => {
            let text = format!(
                "{} of the {count} that rows name are missing, such as {}; restore them from a \
                 backup",
                missing.len(),
                missing.first().map_or("", String::as_str)
            );
            findings.wrong("pictures", text);
        }
        Err(error) => findings.wrong("pictures", error),
    }
}

/// How many pictures rows name, and which of them are not there.
fn missing(files: &PictureStore, inspection: &Inspection) -> Result<(usize, Vec<String>), String> {
    let named = SCHEMA.named_pictures(inspection.view()).map_err(|fault| format!("{fault:?}"))?;
    let kept: HashSet<String> =
        files.names().map_err(|cause| cause.to_string())?.into_iter().collect();
    let mut missing: Vec<String> = named.difference(&kept).cloned().collect();
    missing.sort_unstable();
    Ok((named.len(), missing))
}

/// What a store says of itself, without its name before it.
fn plain(text: &str) -> &str {
    text.strip_prefix("pictures: ").unwrap_or(text)
}
