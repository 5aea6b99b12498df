//! The console of a server, as a browser or a program asks it.

use super::cli::{done, folder, guichet};
use super::folder::Folder;
use super::{Server, command, with_input};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// The password of every admin.
pub const PASSWORD: &str = "a long secret";

/// A server with its console, and how to ask it.
pub struct Console {
    pub server: Server,
    pub address: String,
}

/// What the console answered.
pub struct Page {
    pub status: u16,
    pub head: String,
    pub body: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Page {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn form_token(&self) -> String {
        let from = self.body.split("name=\"form_token\" value=\"").nth(1).unwrap();
        from.split('"').next().unwrap().to_owned()
    }
}

impl Console {
    pub fn start(config: &str) -> Self {
        Console::start_in(folder(), config)
    }

    pub fn start_in(folder: Folder, config: &str) -> Self {
        let server = Server::start_by(folder, config, |mut command| {
            command.env("GUICHET__CONSOLE__LISTEN", "127.0.0.1:0");
            command
        });
        const TOLD: &str = "the console is at http://";
        server.wait_for_log(TOLD);
        let log = server.log();
        let after = log.split(TOLD).nth(1).unwrap();
        let address = after.split_whitespace().next().unwrap().to_owned();
        Console { server, address }
    }

    pub fn send(&self, method: &str, path: &str, lines: &[(&str, &str)], body: &str) -> Page {
        let host = ("Host", self.address.as_str());
        let own = lines.iter().any(|(name, _)| *name == "Host");
        let lines = lines.iter().copied().chain((!own).then_some(host));
        let lines: String = lines.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{lines}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let bytes = answer.split_off(end + 4);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Page { status, head, body: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }

    pub fn admin(&self, args: &[&str]) -> String {
        let mut command = command(self.server.folder());
        let output = with_input(command.arg("admin").args(args), &format!("{PASSWORD}\n"));
        done(output)
    }

    /// Make an admin of this role, and log in by the operation; the token.
    pub fn token(&self, role: &str) -> String {
        self.admin(&["add", role, "--role", role, "--password-stdin"]);
        let data = json!({"name": role, "password": PASSWORD});
        let answer = self.call("", "admin/login", &data);
        answer.json()["data"]["token"].as_str().unwrap().to_owned()
    }

    pub fn call(&self, token: &str, operation: &str, data: &Value) -> Page {
        let bearer = format!("Bearer {token}");
        let proof = [("Authorization", bearer.as_str())];
        let lines = if token.is_empty() { &[][..] } else { &proof };
        self.send("POST", &format!("/api/op/{operation}"), lines, &data.to_string())
    }

    pub fn page(&self, token: &str, path: &str) -> Page {
        self.send("GET", path, &[("Cookie", &cookie(token))], "")
    }

    pub fn form(&self, token: &str, operation: &str, more: &[(&str, &str)], body: &str) -> Page {
        let cookie = cookie(token);
        let lines: Vec<_> =
            [("Cookie", cookie.as_str())].into_iter().chain(more.iter().copied()).collect();
        self.send("POST", &format!("/do/{operation}"), &lines, body)
    }

    /// The operations: name, the role that each takes.
    pub fn operations(&self) -> Vec<(String, String)> {
        let told = done(guichet(self.server.folder(), &["routes", "--console"]));
        let columns = told.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        columns.map(|columns| (columns[0].to_owned(), columns[1].to_owned())).collect()
    }

    pub fn audit(&self) -> Vec<Value> {
        let told = done(guichet(self.server.folder(), &["audit"]));
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The session's cookie.
pub fn cookie(token: &str) -> String {
    format!("guichet_console={token}")
}
