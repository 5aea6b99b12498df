//! The documents of `documents.dir`.

use super::Findings;
use crate::handlers;
use engine::config::Config;
use engine::http;

/// Check every file of the folder.
pub fn check(config: &Config, findings: &mut Findings) {
    let Some(dir) = &config.documents.dir else { return };
    let program = match handlers::program() {
        Ok(program) => program,
        Err(error) => return findings.wrong("documents", error),
    };
    match http::library(&program, Some(dir)) {
        Ok(library) => {
            let own: Vec<_> = library.documents().filter(|it| it.file.is_some()).collect();
            let routes: usize = own.iter().map(|document| document.routes.len()).sum();
            let dir = dir.display();
            findings.ok("documents", format!("{dir}: {} of your own, {routes} routes", own.len()));
        }
        Err(problems) => {
            for problem in problems {
                findings.wrong("documents", problem);
            }
        }
    }
}
