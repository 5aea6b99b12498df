//! The paths of a server, and what describes them.

use super::route::{RouteError, Router};
use crate::describe::Descriptions;
use crate::document::{Library, Problem};
use crate::program::Program;

/// The paths and what describes them; SIGHUP replaces it.
pub(super) struct Routing {
    pub router: Router,
    pub library: Library,
    pub descriptions: Descriptions,
}

impl Routing {
    pub(super) fn new(program: &Program, library: Library) -> Result<Self, Vec<Problem>> {
        let router = Router::new(&program.registry, program.endpoints, &library);
        let router = router.map_err(RouteError::problems)?;
        Ok(Routing { router, library, descriptions: Descriptions::new(program.info) })
    }
}
