//! The paths of a server, and what describes them.

use super::route::{RouteError, Router};
use crate::describe::Descriptions;
use crate::document::{Library, Problem, SourceFile};
use crate::program::Program;

/// The paths and what describes them; SIGHUP replaces it.
pub(crate) struct Routing {
    pub(super) router: Router,
    pub library: Library,
    pub(super) descriptions: Descriptions,
}

impl Routing {
    /// The paths of a program with the documents of these files, besides those that are built in.
    pub(crate) fn new(program: &Program, files: Vec<SourceFile>) -> Result<Self, Vec<Problem>> {
        let (mut library, around) = (Library::default(), program.surroundings());
        for (name, text) in program.documents {
            library.add(name, text, around)?;
        }
        let mut problems = Vec::new();
        for file in files {
            problems.extend(library.add_file(file, around).err().into_iter().flatten());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let router = Router::new(&program.registry, program.endpoints, &library);
        let router = router.map_err(RouteError::problems)?;
        Ok(Routing { router, library, descriptions: Descriptions::new(program.info) })
    }
}
