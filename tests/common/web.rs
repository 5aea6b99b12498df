//! Requests of the pages and apps of the REST documents.

use super::{Reply, Server, command, fault, with_input};
use serde_json::{Value, json};
use std::fs;
use std::thread::sleep;
use std::time::Duration;

/// The origin header of a page of another site.
pub const FOREIGN: (&str, &str) = ("Origin", "http://evil.example.net");
pub const JSON: (&str, &str) = ("Content-Type", "application/json");
pub const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
pub const MULTIPART: (&str, &str) = ("Content-Type", "multipart/form-data; boundary=border");

pub const PNG: &[u8] = include_bytes!("../../assets/pictures/default-avatar.png");
pub const GIF: &[u8] = include_bytes!("../../src/image_check/fixtures/interlaced.gif");
pub const JPEG: &[u8] = include_bytes!("../../src/image_check/fixtures/upright.jpg");
pub const WEBP: &[u8] = include_bytes!("../../src/image_check/fixtures/lossy.webp");
pub const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"9\"/></svg>";

/// A multipart body with one file.
pub fn file(field: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--border\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n--border--\r\n"].concat()
}

/// A successful answer of the ihome document; `null` means no data.
pub fn success(data: Value) -> String {
    match data {
        Value::Null => r#"{"errno":"0","errmsg":"OK"}"#.to_owned(),
        data => format!("{{\"errno\":\"0\",\"errmsg\":\"OK\",\"data\":{data}}}"),
    }
}

/// A failed answer of the ihome document.
pub fn refused(errno: &str, errmsg: &str) -> String {
    format!("{{\"errno\":\"{errno}\",\"errmsg\":\"{errmsg}\"}}")
}

/// The entry-task document's answer.
pub fn entry(code: i64, msg: &str, result: Value) -> String {
    format!("{{\"code\":{code},\"msg\":\"{msg}\",\"result\":{result}}}")
}

/// The session token in the cookie of an answer.
pub fn session(reply: &Reply) -> String {
    let cookie = reply.header("set-cookie");
    cookie.split(';').next().unwrap().strip_prefix("session=").unwrap().to_owned()
}

impl Server {
    /// Sends a request to a document. Returns the answer; its HTTP status must be 200.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
        let reply = self.send(method, path, headers, body.as_bytes());
        assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text());
        assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
        reply.text()
    }

    /// Has a code sent to `mobile` like a page: requests a captcha, then sends its text.
    pub fn sms_code(&self, mobile: &str) -> String {
        assert_eq!(self.get("/api/v1.0/imagecode/helper").status, 200);
        let path = format!("/api/v1.0/smscode/{mobile}?id=helper&text=abcd");
        assert_eq!(self.ask("GET", &path, &[], ""), refused("0", "发送成功"));
        self.outbox().last().unwrap()["code"].as_str().unwrap().to_owned()
    }

    /// Registers `mobile` with the password `secret-1`. Returns the session token.
    pub fn registered(&self, mobile: &str) -> String {
        let code = self.sms_code(mobile);
        let body = json!({"mobile": mobile, "sms_code": code, "password": "secret-1"});
        let reply = self.send("POST", "/api/v1.0/users", &[JSON], body.to_string().as_bytes());
        assert!(reply.text().starts_with(r#"{"errno":"0","#), "{}", reply.text());
        session(&reply)
    }

    /// Runs a `guichet user …` command while the server runs; it must succeed.
    pub fn user(&self, args: &[&str], password: &str) {
        let output = with_input(command(self.folder()).arg("user").args(args), password);
        assert!(output.status.success(), "user {args:?}: {output:?}");
    }

    /// Waits until a session with a lifetime of 1 s has expired, and so has everything older with
    /// the same lifetime.
    pub fn wait_until_expired(&self, token: &str) {
        for _ in 0..200 {
            if self.call_as(token, "user/info", json!({})) == fault(-101, "Error token") {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("the session does not end");
    }

    /// The names of the uploaded pictures on disk.
    pub fn pictures(&self) -> Vec<String> {
        let folder = fs::read_dir(self.folder().join("data/pictures")).unwrap();
        folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}
