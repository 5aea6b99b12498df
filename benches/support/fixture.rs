//! An engine without a socket: for measuring what lies below one.

use engine::config::Config;
use engine::db::Db;
use engine::engine::Engine;
use engine::services::Services;
use std::path::Path;
use std::sync::Arc;

/// Open an engine in a folder of its own, in which the schema's `steps` are taken.
pub fn open(folder: &Path, steps: &[&str]) -> Arc<Engine> {
    let config = Config { data_dir: folder.to_owned(), ..Config::default() };
    let services = Arc::new(Services::open(config, String::new()).unwrap());
    let db = Db::open(Arc::clone(&services), steps, None).unwrap();
    Arc::new(Engine::new(db, services))
}

/// Finish what is queued and end the engine's threads.
pub fn close(engine: Arc<Engine>) {
    Arc::into_inner(engine).expect("nobody else holds it").db.close();
}
