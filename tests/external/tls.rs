//! https by certificates from files: names, new files, the second listener, what is refused.

use crate::common::cli::{done, guichet, refused};
use crate::common::client::signal;
use crate::common::{Server, has};
use rcgen::{CertificateParams, KeyPair};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Writes `NAME.pem` and `NAME.key`, which sign themselves.
fn certificate(folder: &Path, name: &str) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let made = params.self_signed(&key).unwrap();
    fs::write(folder.join(format!("{name}.pem")), made.pem()).unwrap();
    fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

/// A server of two names, with a second listener.
fn start() -> Server {
    let folder = crate::common::cli::folder();
    let at = |name: &str| folder.path().join(name).display().to_string();
    for name in ["a.example", "b.example"] {
        certificate(folder.path(), name);
    }
    let config = format!(
        "[tls]\ncert = [\"{}\", \"{}\"]\nkey = [\"{}\", \"{}\"]\nredirect = \"127.0.0.1:0\"\nhsts = \"1d\"\n",
        at("a.example.pem"),
        at("b.example.pem"),
        at("a.example.key"),
        at("b.example.key"),
    );
    Server::start_in(folder, &config)
}

/// What curl says to a name at the server's port, trusting that name's file alone.
fn curl(server: &Server, name: &str, more: &[&str]) -> (bool, String) {
    let port = server.address().rsplit(':').next().unwrap();
    let file = server.folder().join(format!("{name}.pem"));
    let output = Command::new("curl")
        .args([
            "-si",
            "--max-time",
            "20",
            "--resolve",
            &format!("{name}:{port}:127.0.0.1"),
            "--cacert",
        ])
        .arg(file)
        .args(more)
        .arg(format!("https://{name}:{port}/healthz"))
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn each_name_has_its_certificate() {
    if !has("curl") {
        return;
    }
    let server = start();
    for name in ["a.example", "b.example"] {
        let (is_done, answer) = curl(&server, name, &[]);
        assert!(is_done && answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
        assert!(answer.contains("strict-transport-security: max-age=86400"), "{answer}");
    }
    for version in ["--tlsv1.2", "--tlsv1.3"] {
        assert!(curl(&server, "a.example", &[version]).0, "{version}");
    }
    for version in ["1.0", "1.1"] {
        let (is_done, _) = curl(&server, "a.example", &["--tls-max", version]);
        assert!(!is_done, "TLS {version}");
    }
    let metrics = curl(&server, "a.example", &[]).1;
    assert!(!metrics.is_empty());
    let checked = done(guichet(server.folder(), &["check"]));
    assert!(checked.contains("https: the certificate of b.example is good until"), "{checked}");
}

#[test]
fn new_files_are_used_without_a_restart() {
    if !has("curl") {
        return;
    }
    let server = start();
    let folder = server.folder().to_owned();
    certificate(&folder, "a.example");
    assert!(!curl(&server, "a.example", &[]).0, "the old certificate is still in use");
    signal(&server, "HUP");
    let until = Instant::now() + Duration::from_secs(20);
    while !curl(&server, "a.example", &[]).0 {
        assert!(Instant::now() < until, "{}", server.log());
    }
    // If the key does not match the certificate, the old certificate stays in use.
    certificate(&folder, "other.example");
    fs::copy(folder.join("other.example.key"), folder.join("a.example.key")).unwrap();
    signal(&server, "HUP");
    let told = "the new certificate can't be used";
    while !server.log().contains(told) {
        assert!(Instant::now() < until + Duration::from_secs(20), "{}", server.log());
    }
    assert!(curl(&server, "a.example", &[]).0);
}

#[test]
fn plain_requests_are_redirected_to_https() {
    if !has("curl") {
        return;
    }
    let server = start();
    let plain = server.send("GET", "/", &[], b"");
    assert!(
        plain.status == 400 && plain.text().contains("this port speaks https"),
        "{}",
        plain.text()
    );
    server.wait_for_log("are redirected to https");
    let log = server.log();
    let address = log.split("requests to http://").nth(1).unwrap().split(' ').next().unwrap();
    let ask = |host: &str| {
        let output = Command::new("curl")
            .args(["-si", "-H", &format!("Host: {host}"), &format!("http://{address}/x?y=1")])
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let answer = ask("a.example");
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    // The port is the one that was configured: any.
    assert!(answer.contains("location: https://a.example"), "{answer}");
    assert!(ask("a b").starts_with("HTTP/1.1 400"));
}

#[test]
fn missing_handshake_does_not_delay_shutdown() {
    let mut server = start();
    let stream = std::net::TcpStream::connect(server.address()).unwrap();
    let begun = Instant::now();
    assert_eq!(server.terminate(), 0);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop(stream);
}

#[test]
fn mismatched_certificate_files_prevent_the_start() {
    let folder = crate::common::cli::folder();
    for name in ["a.example", "b.example"] {
        certificate(folder.path(), name);
    }
    let at = |name: &str| folder.path().join(name).display().to_string();
    for (cert, key, why) in [
        (at("a.example.pem"), at("b.example.key"), "don't go together"),
        (at("a.example.pem"), at("missing.key"), "missing.key"),
        (at("a.example.key"), at("a.example.key"), "there is no certificate in it"),
    ] {
        let text = format!("listen = \"127.0.0.1:0\"\n[tls]\ncert = \"{cert}\"\nkey = \"{key}\"\n");
        fs::write(folder.path().join("guichet.toml"), text).unwrap();
        let told = refused(folder.path(), guichet(folder.path(), &[]));
        assert!(told.contains(why), "{told}");
    }
}
