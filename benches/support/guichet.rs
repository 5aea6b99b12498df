//! Starts the release binary with a configuration and accounts.

use crate::folder::Folder;
use crate::process::Running;
use crate::wire;
use engine::hex::md5;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

/// The text of every captcha.
pub const CODE: &str = "abcde";

/// Start the server on `folder`. It syncs every commit, as it does by default.
pub fn start(folder: &Folder) -> Running {
    start_with(folder, "", &[])
}

/// Start it without syncing every commit: to fill a database.
pub fn start_to_fill(folder: &Folder) -> Running {
    start_with(folder, "[database]\nsynchronous = \"normal\"\n", &[])
}

/// Starts it with further configuration sections and environment variables.
pub fn start_with(folder: &Folder, sections: &str, variables: &[(&str, &str)]) -> Running {
    let config = format!(
        "listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n\
         [captcha]\ntest_code = \"{CODE}\"\nwrong_per_address = 0\n{sections}",
        folder.path().join("data")
    );
    let file = folder.path().join("guichet.toml");
    fs::write(&file, config).unwrap();
    let log = File::create(folder.path().join("log")).unwrap();
    let mut command = Command::new(binary());
    Running::announced(command.arg("-c").arg(file).envs(variables.iter().copied()).stderr(log))
}

/// The path of the binary: the one built for this bench, unless `GUICHET` names another.
pub fn binary() -> String {
    std::env::var("GUICHET").unwrap_or_else(|_| env!("CARGO_BIN_EXE_guichet").to_owned())
}

/// The database file.
pub fn database(folder: &Folder) -> PathBuf {
    folder.path().join("data/guichet.db")
}

/// Posts an envelope. Returns the whole answer.
pub fn post(server: &Running, target: &str, text: &str) -> Value {
    let mut request = Vec::new();
    wire::http_request(&mut request, target, text);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(&request).unwrap();
    let mut answer = Vec::new();
    let framed = loop {
        let mut piece = [0; 16 * 1024];
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "the server closed");
        answer.extend_from_slice(&piece[..length]);
        if let Some(framed) = wire::Protocol::Http.framed(&answer) {
            break framed;
        }
    };
    serde_json::from_slice(&answer[framed.body..framed.length]).unwrap()
}

/// Calls an operation that must succeed. Returns its `data`.
fn done(server: &Running, name: (&str, &str), data: &Value) -> Value {
    let answer = post(server, "/api", &wire::envelope_text(name, &data.to_string()));
    assert_eq!(answer["status"], 0, "{name:?}: {answer}");
    answer["data"].clone()
}

/// Register an account whose password is `secret-1`.
pub fn register(server: &Running, username: &str) {
    let rand = done(server, ("img", "generate"), &json!({}));
    let hash = md5(&format!("{CODE}{}", rand["rand"].as_str().unwrap()));
    let data = json!({"username": username, "password": "secret-1", "hash": hash});
    done(server, ("user", "register"), &data);
}

/// A new session's token.
pub fn login(server: &Running, username: &str) -> String {
    let data = json!({"username": username, "password": "secret-1"});
    let session = done(server, ("user", "login"), &data);
    session["token"].as_str().unwrap().to_owned()
}
