//! Concurrent writers of every kind, which write 0, 1, 2, … and wait for each answer; and the check
//! of a backup of their data.

use crate::common::archive;
use crate::common::client::{Client, head};
use crate::common::notice::{sample, with};
use crate::common::{CODE, Folder, Server, envelope};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::hex::md5;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// How many writers of each kind.
const EACH: usize = 2;

/// Number of pictures that a writer of portraits replaces in turn.
const PLACES: i64 = 7;

/// A kind of write.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A notice, then a score: two tables in sequence.
    Pair,
    /// A portrait that replaces an older one.
    Portrait,
    /// The account's own picture.
    Avatar,
    /// An account.
    Account,
}

const KINDS: [Kind; 4] = [Kind::Pair, Kind::Portrait, Kind::Avatar, Kind::Account];

/// The writers of a server.
pub struct Load {
    /// Number of acknowledged writes of each writer.
    acknowledged: Vec<AtomicI64>,
    ended: AtomicBool,
    tokens: Vec<(i64, String)>,
}

/// See [`Load::ending`].
pub struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Number of acknowledged writes of each writer at one moment.
pub type Moment = Vec<i64>;

impl Load {
    pub fn new(server: &Server) -> Self {
        let writers = KINDS.len() * EACH;
        Load {
            acknowledged: (0..writers).map(|_| AtomicI64::new(0)).collect(),
            ended: AtomicBool::new(false),
            tokens: (0..writers).map(|n| server.account(&format!("writer{n}"))).collect(),
        }
    }

    pub fn writers(&self) -> usize {
        self.acknowledged.len()
    }

    pub fn moment(&self) -> Moment {
        self.acknowledged.iter().map(|count| count.load(Ordering::SeqCst)).collect()
    }

    /// Ends all writers when it is dropped, also if the test fails.
    pub fn ending(&self) -> StopOnDrop<'_> {
        StopOnDrop(&self.ended)
    }

    /// Write until the end.
    pub fn write(&self, server: &Server, writer: usize) {
        let mut client = Client::connect(server);
        let mut call = |token: &str, name: &str, data: Value| -> Value {
            let body = envelope(name, data);
            let request = head(&format!("/api?token={token}"), body.len(), "") + &body;
            assert!(client.send(request.as_bytes()));
            let (_, answer) = client.receive().unwrap();
            let mut answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["status"], 0, "{name}: {answer}");
            answer["data"].take()
        };
        let token = &self.tokens[writer].1;
        for n in 0.. {
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            let name = format!("{writer}-{n}");
            match KINDS[writer % KINDS.len()] {
                Kind::Pair if n % 2 == 0 => {
                    call(token, "property/add", with(sample(), json!({ "title": name })));
                }
                Kind::Pair => {
                    call("", "score/post", json!({ "openid": name, "score": n }));
                }
                Kind::Portrait => {
                    let base64 = STANDARD.encode(picture(writer, n));
                    let id = portrait(writer, n % PLACES).to_string();
                    let data = json!({"name": "", "id": id, "base64": base64, "type": "png"});
                    call("", "portrait/upload", data);
                }
                Kind::Avatar => {
                    let base64 = STANDARD.encode(picture(writer, n));
                    call(token, "user/avatar", json!({"base64": base64, "type": "png"}));
                }
                Kind::Account => {
                    let captcha = call("", "img/generate", json!({}));
                    let hash = md5(&format!("{CODE}{}", captcha["rand"].as_str().unwrap()));
                    let data = json!({"username": name, "password": "secret-1", "hash": hash});
                    call("", "user/register", data);
                }
            }
            self.acknowledged[writer].store(n + 1, Ordering::SeqCst);
        }
    }

    /// Restores an archive into a new folder, compares it with the writes acknowledged when the
    /// backup began and ended, then starts a server on it.
    pub fn check(&self, archive: &Path, begun: &Moment, done: &Moment) {
        let folder = archive::folder("");
        archive::done(archive::run(folder.path(), &["restore", archive.to_str().unwrap()]));
        let database = Connection::open(folder.path().join("data/guichet.db")).unwrap();
        let integrity: String =
            database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(integrity, "ok");
        let named =
            "SELECT file FROM portrait UNION ALL SELECT avatar FROM account WHERE avatar <> ''";
        for file in texts(&database, named) {
            assert!(folder.path().join("data/pictures").join(&file).exists(), "{file} is lost");
        }
        drop(database);
        let folder = self.served(folder, begun, done);
        drop(folder);
    }

    /// Starts a server on the restored data, and checks its answers.
    fn served(&self, folder: Folder, begun: &Moment, done: &Moment) -> Folder {
        let server = Server::start_in(folder, "");
        // The start moves the journal into the tables.
        let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
        let titles = texts(&database, "SELECT title FROM property");
        let openids = texts(&database, "SELECT openid FROM score");
        let names = texts(&database, "SELECT username FROM account");
        let pictures = server.folder().join("data/pictures");
        for (writer, (id, token)) in self.tokens.iter().enumerate() {
            let there = match KINDS[writer % KINDS.len()] {
                Kind::Pair => {
                    let (notices, scores) = (numbers(writer, &titles), numbers(writer, &openids));
                    let all: BTreeSet<i64> = notices.union(&scores).copied().collect();
                    assert!(
                        notices.iter().all(|n| n % 2 == 0) && scores.iter().all(|n| n % 2 == 1)
                    );
                    count(&all)
                }
                Kind::Account => count(&numbers(writer, &names)),
                Kind::Portrait => {
                    let shown = |place: i64| {
                        let path =
                            format!("/api/external/get/portrait/{}", portrait(writer, place));
                        number(writer, &server.get(&path).body)
                    };
                    let shown: Vec<Option<i64>> = (0..PLACES).map(shown).collect();
                    let last = shown.iter().copied().flatten().max().unwrap_or(-1);
                    for (place, shown) in (0..PLACES).zip(shown) {
                        let newest = last - (last - place).rem_euclid(PLACES);
                        assert_eq!(shown, (newest >= 0).then_some(newest), "of {last}");
                    }
                    last + 1
                }
                Kind::Avatar => {
                    let info = server.done(token, "user/info", json!({}));
                    assert_eq!(info["user_id"], *id);
                    let url = info["profile_picture"].as_str().unwrap().to_owned();
                    let path = url.strip_prefix("http://api.example.com").unwrap_or(&url);
                    match path {
                        "" => 0,
                        path => number(writer, &server.get(path).body).unwrap() + 1,
                    }
                }
            };
            // One unacknowledged write may have been in progress.
            let (least, most) = (begun[writer], done[writer] + 1);
            assert!((least..=most).contains(&there), "{writer}: {least} <= {there} <= {most}");
        }
        // The start leaves no unnecessary files.
        let files = fs::read_dir(pictures).unwrap().count();
        let named: i64 = database
            .query_row("SELECT (SELECT count(*) FROM portrait) + (SELECT count(*) FROM account WHERE avatar <> '')", [], |row| row.get(0))
            .unwrap();
        assert_eq!(i64::try_from(files).unwrap(), named);
        server.into_folder()
    }
}

fn texts(database: &Connection, sql: &str) -> Vec<String> {
    let mut found = database.prepare(sql).unwrap();
    found.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The numbers of a writer among names.
fn numbers(writer: usize, names: &[String]) -> BTreeSet<i64> {
    let prefix = format!("{writer}-");
    names.iter().filter_map(|name| name.strip_prefix(&prefix)).map(|n| n.parse().unwrap()).collect()
}

/// The length of the sequence 0, 1, 2, …, which must have no gap.
fn count(numbers: &BTreeSet<i64>) -> i64 {
    let count = i64::try_from(numbers.len()).unwrap();
    assert!(numbers.iter().copied().eq(0..count), "not a prefix: {numbers:?}");
    count
}

/// The id of a writer's portrait.
fn portrait(writer: usize, place: i64) -> i64 {
    i64::try_from(writer).unwrap() * 100 + place
}

/// The pixels that make a picture unique.
fn pixels(writer: usize, n: i64) -> Vec<u8> {
    format!("{writer:08}{n:08}").into_bytes()
}

/// The picture `n` of a writer.
fn picture(writer: usize, n: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 16, 1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&pixels(writer, n)).unwrap();
    bytes
}

/// The number of a writer's picture with exactly these bytes; `None` if there is none.
fn number(writer: usize, bytes: &[u8]) -> Option<i64> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut shown = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut shown).unwrap();
    let text = String::from_utf8(shown).ok()?;
    let n = text.strip_prefix(&format!("{writer:08}"))?.parse().ok()?;
    assert_eq!(bytes, picture(writer, n));
    Some(n)
}
