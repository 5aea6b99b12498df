//! A client for tests in which the server ends: it keeps its connection, and may lose it.

use super::Server;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// One connection.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Client(BufReader::new(stream))
    }

    /// Sends raw bytes; `false` if the connection is lost.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).is_ok()
    }

    /// The status and body of the next answer; `None` if the connection ended before its end.
    pub fn receive(&mut self) -> Option<(u16, String)> {
        let mut line = String::new();
        self.0.read_line(&mut line).ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut length = 0;
        loop {
            line.clear();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).ok()?;
        String::from_utf8(body).ok().map(|body| (status, body))
    }
}

/// The head of a POST of `length` bytes; `more` is further header lines.
pub fn head(path: &str, length: usize, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: {length}\r\n{more}\r\n"
    )
}

/// Sends the process a signal by name.
pub fn signal(server: &Server, name: &str) {
    let pid = server.pid().to_string();
    let sent = std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap();
    assert!(sent.success());
}

impl Server {
    /// Sends SIGHUP.
    pub fn hang_up(&self) {
        signal(self, "HUP");
    }

    /// Waits until the log has this text.
    pub fn wait_for_log(&self, text: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while !self.log().contains(text) {
            assert!(Instant::now() < end, "{text}: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
