//! An engine without a socket, for benchmarks of what lies below HTTP.

use engine::config::Config;
use engine::db::{Db, Schema};
use engine::engine::Engine;
use engine::services::Services;
use std::path::Path;
use std::sync::Arc;

/// Open an engine in a folder of its own, with this `schema`.
pub fn open(folder: &Path, schema: Schema) -> Arc<Engine> {
    let config = Config { data_dir: folder.to_owned(), ..Config::default() };
    let services = Arc::new(Services::open(config, String::new()).unwrap());
    let db = Db::open(Arc::clone(&services), schema, None).unwrap();
    Arc::new(Engine::new(db, services))
}

/// Finish what is queued and end the engine's threads.
pub fn close(engine: Arc<Engine>) {
    Arc::into_inner(engine).expect("nobody else holds it").db.close();
}
