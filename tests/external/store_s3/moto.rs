//! Tests with moto, a third-party S3 server that supports buckets and both address styles, and
//! checks no signatures. Without it, these tests print that they are skipped.

use super::s3::{BUCKET, SECRET};
use super::setup;
use super::uploads::{portrait, shown, upload};
use crate::common::web::{GIF, PNG};
use crate::common::{Folder, Server, fault, has};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// The header that marks a request as S3 for moto.
const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, \
                      SignedHeaders=host, Signature=x\r\n";

/// A running moto.
struct Moto {
    child: Child,
    address: String,
}

impl Moto {
    /// Starts moto without a bucket, if installed.
    fn start() -> Option<Self> {
        if !has("moto_server") {
            return None;
        }
        let mut child = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(told.read_line(&mut line).unwrap() > 0, "moto says where it runs");
            if let Some((_, address)) = line.split_once("Running on http://") {
                break address.trim().to_owned();
            }
        };
        // It logs every request, and blocks if nobody reads its output.
        thread::spawn(move || told.read_to_end(&mut Vec::new()));
        Some(Moto { child, address })
    }

    /// Sends a request about the bucket. Returns the whole answer.
    fn ask(&self, method: &str, query: &str, more: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} /{BUCKET}{query} HTTP/1.1\r\nHost: {}\r\n{SIGNED}{more}Content-Length: 0\r\n\
             Connection: close\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Makes a public bucket.
    fn make_bucket(&self) {
        let made = self.ask("PUT", "", "x-amz-acl: public-read\r\n");
        assert!(made.starts_with("HTTP/1.1 200 "), "{made}");
    }

    /// Waits until the bucket has `count` keys, and returns them.
    fn wait_for_keys(&self, count: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let list = self.ask("GET", "?list-type=2", "");
            let keys: Vec<String> = list
                .split("<Key>")
                .skip(1)
                .map(|rest| rest.split('<').next().unwrap().to_owned())
                .collect();
            if keys.len() == count {
                return keys;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{list}");
            sleep(Duration::from_millis(20));
        }
    }

    /// The section `[store]` for it in path style, with further keys.
    fn config(&self, more: &str) -> String {
        let endpoint = format!("http://{}", self.address);
        setup::config(&endpoint, SECRET, &format!("path_style = true\n{more}"))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Uploads, fetches, replaces and fetches a picture.
fn works(moto: &Moto, server: &Server, prefix: &str) {
    upload(server, "5", "gif", GIF);
    assert_eq!(shown(server, "5"), GIF);
    upload(server, "5", "png", PNG);
    assert_eq!(shown(server, "5"), PNG);
    let keys = moto.wait_for_keys(1);
    assert!(keys[0].starts_with(prefix) && keys[0].ends_with(".png"), "{keys:?}");
    let head = moto.ask("HEAD", &format!("/{}", keys[0]), "").to_ascii_lowercase();
    assert!(head.contains("content-type: image/png\r\n"), "{head}");
    assert!(head.contains("cache-control: public, max-age=31536000, immutable\r\n"), "{head}");
}

#[test]
fn missing_bucket_is_reported_until_created() {
    let Some(moto) = Moto::start() else { return };
    let config = moto.config("prefix = \"p\"");
    let server = setup::start(&config);
    let found = setup::store_report(&server);
    let words = "404 NoSuchBucket The specified bucket does not exist; make the bucket, or mend \
                 store.bucket, store.endpoint, store.region or store.path_style";
    assert!(found.contains("WARN") && found.contains(words), "{found}");
    let answer = server.call("portrait/upload", portrait("5", "gif", GIF));
    assert_eq!(answer, fault(1000, "头像文件创建失败"));
    moto.make_bucket();
    works(&moto, &server, "p/");
    let folder = Folder::new();
    let there = setup::files(&folder, &config);
    assert!(there.check().unwrap().ends_with("can be written, read, listed and emptied"));
    let names: Vec<String> = (0..20).map(|number| format!("{number:032x}.gif")).collect();
    for name in &names {
        there.restore(name, GIF).unwrap();
    }
    let mut all = there.names().unwrap();
    assert_eq!((all.len(), there.get(&names[3]).unwrap().as_deref()), (21, Some(GIF)));
    all.retain(|name| !names.contains(name));
    assert_eq!(moto.wait_for_keys(21)[0], format!("p/{}", names[0]));
    // All of them are recent.
    assert_eq!(there.sweep(|| Ok(all.into_iter().collect())).unwrap(), 0);
    assert_eq!(there.get(&"0".repeat(32)).unwrap(), None);
    assert_eq!(there.get(&format!("{}.png", "f".repeat(32))).unwrap(), None);
}

#[test]
fn bucket_in_the_host_name_works() {
    let Some(moto) = Moto::start() else { return };
    moto.make_bucket();
    let config = setup::config("http://s3.example.com", SECRET, "prefix = \"p\"");
    let proxy = format!("http://{}", moto.address);
    let server = Server::start_by(Folder::new(), &config, |mut command| {
        command.env("HTTP_PROXY", &proxy).env_remove("NO_PROXY").env_remove("no_proxy");
        command
    });
    let found = setup::store_report(&server);
    let place = format!("bucket {BUCKET} at http://{BUCKET}.s3.example.com can be written");
    assert!(found.contains(&place), "{found}");
    works(&moto, &server, "p/");
}
