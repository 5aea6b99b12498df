//! Access to the metrics.

use crate::common::scrape::Scrape;
use crate::common::{Folder, Server, run};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const NOWHERE: &str =
    r#"{"id":-1,"status":-2,"message":"Error JSON value","data":{},"detail":"no such path"}"#;

/// The status of `/metrics` with these headers.
fn metrics_status(server: &Server, headers: &[(&str, &str)]) -> u16 {
    let reply = server.send("GET", "/metrics", headers, b"");
    match reply.status {
        200 => assert!(reply.text().contains("guichet_requests")),
        404 => assert_eq!(reply.text(), NOWHERE),
        status => panic!("{status}: {}", reply.text()),
    }
    reply.status
}

#[test]
fn client_behind_local_proxy_cannot_see_metrics() {
    let unknown = Server::start("");
    let trusted = Server::start("[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n");
    for server in [&unknown, &trusted] {
        assert_eq!(metrics_status(server, &[]), 200);
        for headers in [
            [("X-Forwarded-For", "203.0.113.7")],
            [("X-Forwarded-For", "127.0.0.1")],
            [("X-Forwarded-For", "junk")],
            [("X-Forwarded-For", "127.0.0.1, 203.0.113.7")],
            [("Forwarded", "for=127.0.0.1")],
            [("X-Real-IP", "127.0.0.1")],
            [("Via", "1.1 proxy")],
        ] {
            assert_eq!(metrics_status(server, &headers), 404, "{headers:?}");
        }
    }
}

#[test]
fn only_allowed_addresses_see_metrics() {
    let nobody = Server::start("[metrics]\nallow = []\n");
    assert_eq!(metrics_status(&nobody, &[]), 404);
    let other = Server::start("[metrics]\nallow = [\"203.0.113.7\"]\n");
    assert_eq!(metrics_status(&other, &[]), 404);
    assert_eq!(metrics_status(&other, &[("X-Forwarded-For", "203.0.113.7")]), 404);
    let by_proxy = Server::start(
        "[metrics]\nallow = [\"203.0.113.7\"]\n[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n",
    );
    assert_eq!(metrics_status(&by_proxy, &[("X-Forwarded-For", "203.0.113.7")]), 200);
    assert_eq!(metrics_status(&by_proxy, &[("X-Forwarded-For", "203.0.113.8")]), 404);
    let network = "[metrics]\nallow = [\"127.0.0.0/8\"]\n";
    assert_eq!(metrics_status(&Server::start(network), &[]), 200);
    // Like an unknown path, for any method.
    for method in ["POST", "OPTIONS", "DELETE"] {
        let reply = nobody.send(method, "/metrics", &[], b"");
        assert_eq!((reply.status, reply.text()), (404, NOWHERE.to_owned()));
    }
}

#[test]
fn metrics_are_read_only_and_closed_to_pages() {
    let server = Server::start("[limits]\nrequests_per_minute = 1\n");
    let origin = [("Origin", "https://www.example.com")];
    for _ in 0..5 {
        let reply = server.send("GET", "/metrics", &origin, b"");
        assert_eq!(reply.status, 200, "not limited");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(reply.headers.iter().all(|(name, _)| !name.starts_with("access-control-")));
    }
    let head = server.send("HEAD", "/metrics", &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let reply = server.send(method, "/metrics", &origin, b"");
        assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"), "{method}");
    }
}

#[test]
fn metrics_path_wins_over_a_page_and_is_listed() {
    let folder = Folder::new();
    let web = folder.path().join("web");
    fs::create_dir_all(&web).unwrap();
    for name in ["metrics", "healthz", "readyz", "other"] {
        fs::write(web.join(name), "a page").unwrap();
    }
    let server = Server::start_in(folder, "[web]\ndir = \"web\"\n[metrics]\nallow = []\n");
    assert_eq!(server.get("/other").text(), "a page");
    for name in ["metrics", "healthz", "readyz"] {
        assert_ne!(server.get(&format!("/{name}")).text(), "a page");
    }
    let routes = run(Command::new(env!("CARGO_BIN_EXE_guichet")).arg("routes"));
    for line in ["GET\t/healthz\thealth\t", "GET\t/readyz\treadiness\t", "GET\t/metrics\tmetrics\t"]
    {
        assert_eq!(routes.lines().filter(|known| *known == line).count(), 1, "{line}");
    }
}

#[test]
fn metrics_are_plain_text_without_openmetrics() {
    let server = Server::start("");
    for accept in [&[][..], &[("Accept", "text/plain;version=0.0.4")], &[("Accept", "*/*")]] {
        let reply = server.send("GET", "/metrics", accept, b"");
        assert_eq!(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        let text = reply.text();
        assert!(text.contains("\n# TYPE guichet_requests_total counter\n"));
        assert!(!text.contains("# EOF") && !text.contains("# UNIT"));
        let series = |line: &&str| line.rsplit_once(' ').unwrap().0.to_owned();
        let told: BTreeSet<String> =
            text.lines().filter(|line| !line.starts_with('#')).map(|line| series(&line)).collect();
        let known: BTreeSet<String> = Scrape::of(&server).series.into_keys().collect();
        assert_eq!(told, known);
    }
}
