//! Starts Guichet with a store, with and without a server.

use super::s3::{BUCKET, KEY_ID};
use crate::common::{Folder, Server};
use engine::config::Config;
use engine::http_client::HttpClient;
use engine::picture_store::PictureStore;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Waits for the server's log line about its store at start, and returns it.
pub fn store_report(server: &Server) -> String {
    wait_for_log(server, "pictures: bucket")
}

/// Waits until the log contains this text. Returns the line.
pub fn wait_for_log(server: &Server, text: &str) -> String {
    let begun = Instant::now();
    loop {
        let log = server.log();
        if let Some(line) = log.lines().find(|line| line.contains(text)) {
            return line.to_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{log}");
        sleep(Duration::from_millis(5));
    }
}

/// The section `[store]` for a store at `endpoint`, with further keys.
pub fn config(endpoint: &str, secret: &str, more: &str) -> String {
    format!(
        "[store]\nkind = \"s3\"\nendpoint = \"{endpoint}\"\nbucket = \"{BUCKET}\"\n\
         region = \"ap-nowhere\"\naccess_key_id = \"{KEY_ID}\"\nsecret_access_key = \"{secret}\"\n\
         {more}\n"
    )
}

/// A server with this configuration, and without a proxy for its own requests.
pub fn start(config: &str) -> Server {
    start_in(Folder::new(), config)
}

/// A server on a folder that may contain data.
pub fn start_in(folder: Folder, config: &str) -> Server {
    Server::start_by(folder, config, |mut command| {
        command.env("NO_PROXY", "*");
        command
    })
}

/// The store of a configuration without a server, with `folder` for files on disk.
pub fn files(folder: &Folder, config: &str) -> PictureStore {
    let config = Config::parse(config, []).unwrap();
    let s3 = config.store.s3().unwrap().unwrap();
    let files = PictureStore::open(folder.path().join("pictures")).unwrap();
    files
        .seen_at(config.store.pictures_url())
        .in_bucket(&s3, config.portrait.max_bytes, HttpClient::new().unwrap())
        .unwrap()
}
