//! e. Searching notices by a keyword.

use crate::contest::{Effort, Side, Spread, alternate};
use crate::folder::Folder;
use crate::guichet;
use crate::load::Load;
use crate::notices::{COMMON, Notice, RARE, notices};
use crate::process::Running;
use crate::ranks::short;
use crate::report::{Row, Unit};
use crate::wire;
use engine::clock::Clock;
use std::sync::Mutex;

const SECTION: &str = "e. Searching notices by two characters";

const SEED: u64 = 1;

/// Two characters that many notices contain, but never adjacent: an index of single characters
/// can't distinguish them from a common word.
const ABSENT: &str = "学匙";

/// The smallest collection, the baseline for the others.
const SMALL: u64 = 10_000;

pub const KEYS: [(&str, &str, &str); 4] = [
    ("a rare word", RARE, ""),
    ("a common word", COMMON, ""),
    ("a common word, limit=20", COMMON, "&limit=20"),
    ("an absent word", ABSENT, ""),
];

pub fn run(effort: Effort, stock: &mut NoticeDatabase) -> Vec<Row> {
    let sizes: &[u64] = if effort.quick { &[SMALL] } else { &[SMALL, 100_000, 1_000_000] };
    let small_folder = Folder::new();
    fill(&small_folder, 0, SMALL);
    let small = guichet::start(&small_folder);
    let small_token = guichet::login(&small, "finder");
    let mut rows = Vec::new();
    for size in sizes {
        eprintln!("  {size} notices");
        let large = guichet::start(stock.notices(*size));
        let token = guichet::login(&large, "finder");
        for (name, key, more) in KEYS {
            let mut sides = vec![search("Guichet", &large, &token, key, more)];
            if *size != SMALL {
                sides.push(search("itself with 10k", &small, &small_token, key, more));
            }
            let series = alternate(effort, &sides);
            let work = format!("{name}, {}", short(*size));
            let p99 = Spread::of(series[0].each(|sample| sample.p99));
            let row = Row::figure(SECTION, &format!("{work}: p99"), p99, Unit::Milliseconds);
            let row = row.from(&series[0]);
            rows.push(if *size == 1_000_000 { row.aim(10.0) } else { row });
            if let Some(small) = series.get(1) {
                rows.push(Row::cpu(SECTION, &format!("{work}: CPU"), &series[0], small));
            }
        }
    }
    rows.sort_by_key(|row| KEYS.iter().rposition(|key| row.work.starts_with(key.0)));
    rows
}

/// Searching for `key`, with `more` behind it in the URL.
pub fn search<'a>(
    name: &'static str,
    server: &'a Running,
    token: &str,
    key: &str,
    more: &str,
) -> Side<'a> {
    let key: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
    let target = format!("/api/external/get/property?token={token}&type=1&key={key}{more}");
    let done = b"{\"id\":-1,\"status\":0,";
    let load = Load::http(2, done, move |_, out| wire::http_request(out, &target, ""));
    Side { name, server, load }
}

/// A database of notices, shared by the sections and extended on demand, because filling one takes
/// long.
#[derive(Default)]
pub struct NoticeDatabase {
    folder: Option<Folder>,
    filled: u64,
}

impl NoticeDatabase {
    /// The folder of a database with at least `count` notices.
    pub fn notices(&mut self, count: u64) -> &Folder {
        let folder = self.folder.get_or_insert_with(Folder::new);
        if self.filled < count {
            fill(folder, self.filled, count);
            self.filled = count;
        }
        folder
    }
}

/// Publishes the notices `from..to` through the server, so that its indexes are filled too.
fn fill(folder: &Folder, from: u64, to: u64) {
    let server = guichet::start_to_fill(folder);
    if from == 0 {
        guichet::register(&server, "finder");
    }
    let target = format!("/api?token={}", guichet::login(&server, "finder"));
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let clock = Clock::new(zone);
    let (skip, count) = (usize::try_from(from).unwrap(), usize::try_from(to - from).unwrap());
    let stock = Mutex::new(notices(SEED).skip(skip).take(count));
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                loop {
                    let batch: Vec<Notice> = stock.lock().unwrap().by_ref().take(64).collect();
                    if batch.is_empty() {
                        return;
                    }
                    let envelopes: Vec<String> =
                        batch.iter().map(|notice| envelope(notice, &clock)).collect();
                    let answer =
                        guichet::post(&server, &target, &format!("[{}]", envelopes.join(",")));
                    let answers = answer.as_array().unwrap();
                    assert_eq!(answers.len(), batch.len());
                    assert!(answers.iter().all(|a| a["status"] == 0), "{answer}");
                }
            });
        }
    });
    server.end();
}

/// `property/add` for a notice.
pub fn envelope(notice: &Notice, clock: &Clock) -> String {
    let data = notice.data(&clock.format(notice.published));
    wire::envelope_text(("property", "add"), &data.to_string())
}
