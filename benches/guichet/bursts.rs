//! f. CPU-bound work: captchas, and logins while scores are posted.

use crate::contest::{Effort, Series, Side, Spread, alternate};
use crate::guichet;
use crate::load::Load;
use crate::players;
use crate::posts::{PLAYERS, post};
use crate::process::Running;
use crate::report::{Row, Unit};
use crate::search::NoticeDatabase;
use crate::wire::{self, DONE};
use std::time::Duration;

const SECTION: &str = "f. Captchas and logins";

pub fn run(effort: Effort, _: &mut NoticeDatabase) -> Vec<Row> {
    let folder = players::folder(PLAYERS, false);
    // All logins come from one address, whose share of the queue would be too small.
    let limits = "[limits]\nshared_networks = { \"127.0.0.0/8\" = 100 }\n";
    let server = guichet::start_with(&folder, limits, &[]);
    eprintln!("  captchas");
    let captcha = Load::http(16, DONE, |_, out| {
        wire::envelope(out, ("img", "generate"), "{}");
    });
    let series = alternate(effort, &[Side { name: "Guichet", server: &server, load: captcha }]);
    let cpu = Spread::of(series[0].each(|sample| sample.cpu / 1e3));
    let rate = series[0].median(|sample| sample.rate);
    let work = format!("CPU of a captcha ({rate:.0} a second)");
    let mut rows =
        vec![Row::figure(SECTION, &work, cpu, Unit::Milliseconds).from(&series[0]).aim(0.5)];

    guichet::register(&server, "player");
    eprintln!("  scores beside 100 logins at once");
    // Sixteen connections with 60 scores a second each, far below the server's capacity.
    let steady = post(16).paced(Duration::from_micros(16_666));
    let (alone, beside) = beside_logins(effort, &server, &steady);
    rows.push(Row::p99(SECTION, "p99 of 1,000 scores a second", &beside, &alone).aim(2.0));
    let (alone, beside) = beside_logins(effort, &server, &post(64));
    rows.push(Row::p99(SECTION, "p99 of scores from 64 that never pause", &beside, &alone));
    rows
}

/// Measure the load alone, then while 100 logins are repeated.
fn beside_logins(effort: Effort, server: &Running, load: &Load) -> (Series, Series) {
    let login = Load::http(100, DONE, |_, out| {
        let data = r#"{"username":"player","password":"secret-1"}"#;
        wire::envelope(out, ("user", "login"), data);
    });
    let (mut alone, mut beside) = (Series::new("without logins"), Series::new("Guichet"));
    for _ in 0..effort.rounds {
        alone.add(load.run(server.address(), server.pid(), effort.time));
        let (time, address, pid) = (effort.time, server.address(), server.pid());
        std::thread::scope(|scope| {
            // A little longer than the load, so that all of the load overlaps with them.
            let logins = scope.spawn(|| login.run(address, pid, time + Duration::from_millis(500)));
            std::thread::sleep(Duration::from_millis(300));
            beside.add(load.run(address, pid, time));
            eprintln!("    {:.0} logins a second", logins.join().unwrap().rate);
        });
    }
    // CPU time is not reported there, because it includes the logins.
    (alone, beside)
}
