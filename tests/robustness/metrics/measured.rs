//! Metrics measured at scrape time: boards, files, connections, the process.

use super::eventually;
use crate::common::Server;
use crate::common::connection::Connection;
use crate::common::scrape::Scrape;
use serde_json::json;
use std::fs;

#[test]
fn board_file_and_connection_gauges_are_exact() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    server.done(&token, "rank/upload", json!({"rank": 5}));
    for nth in 0..5 {
        let data = json!({"app": "rank", "openid": format!("p{nth}"), "score": nth});
        server.done("", "score/post", data);
    }
    let data = json!({"app": "a-b_C9", "openid": "p", "score": 1});
    server.done("", "score/post", data);
    let open: Vec<Connection> = (0..3).map(|_| Connection::open(&server)).collect();
    // The connection of the scrape is included; earlier ones may not have ended yet.
    let connections = || Scrape::of(&server).get("guichet_connections");
    eventually("three are open", || connections() == 4.0);
    drop(open);
    eventually("none but the asker's", || connections() == 1.0);

    let scrape = Scrape::of(&server);
    let players = |board: &str, kind: &str| {
        scrape.get(&format!("guichet_board_players{{board=\"{board}\",kind=\"{kind}\"}}"))
    };
    assert_eq!(players("rank", "numbers"), 1.0);
    assert_eq!((players("rank", "texts"), players("a-b_C9", "texts")), (5.0, 1.0));
    let size = |name: &str| fs::metadata(server.folder().join(name)).unwrap().len() as f64;
    assert_eq!(scrape.get("guichet_database_bytes"), size("data/guichet.db"));
    assert_eq!(scrape.get("guichet_wal_bytes"), size("data/guichet.db-wal"));
    let version = concat!("guichet_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
    assert_eq!(scrape.get(version), 1.0);
}

#[test]
fn newest_backup_metric_includes_manual_backups() {
    const SERIES: &str = "guichet_last_backup_timestamp_seconds";
    let server = Server::start("");
    assert!(!Scrape::of(&server).families.contains_key(SERIES), "there is no folder for them");
    let daily = "timezone = \"UTC\"\n[backup]\ndir = \"own\"\n";
    let server = Server::start_in(server.into_folder(), daily);
    // Once it is logged, its temporary files are removed too.
    eventually("the server has made one", || server.log().contains("a backup was made"));
    assert!(Scrape::of(&server).get(SERIES) > 0.0);
    let own = server.folder().join("own");
    for entry in fs::read_dir(&own).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert_eq!(Scrape::of(&server).get(SERIES), 0.0);
    for name in ["guichet-20260101-000001.tar", "guichet-20260101-000000.tar", "other.tar"] {
        fs::write(own.join(name), "").unwrap();
    }
    assert_eq!(Scrape::of(&server).get(SERIES), 1_767_225_601.0);
}

#[test]
fn process_metrics_show_resource_use() {
    let server = Server::start("");
    let proc = format!("/proc/{}", server.pid());
    if fs::metadata(&proc).is_err() {
        eprintln!("skipped: there is no /proc");
        return;
    }
    let scrape = Scrape::of(&server);
    let status = fs::read_to_string(format!("{proc}/status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident: f64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    let told = scrape.get("process_resident_memory_bytes") / 1024.0;
    assert!((told / resident - 1.0).abs() < 0.2, "{told} and {resident} KiB");
    // A server that has just started opens some more; with a tolerance for short connections.
    eventually("open files are counted", || {
        let files = fs::read_dir(format!("{proc}/fd")).unwrap().count() as f64;
        (Scrape::of(&server).get("process_open_fds") - files).abs() <= 3.0
    });
    assert!(scrape.get("process_max_fds") >= 64.0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let began = scrape.get("process_start_time_seconds");
    assert!((0.0..60.0).contains(&(now.as_secs_f64() - began)), "{began}");
    let used = || Scrape::of(&server).get("process_cpu_seconds_total");
    let before = used();
    eventually("work takes time", || {
        server.captcha();
        used() > before
    });
}
