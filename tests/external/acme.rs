//! Certificates from an ACME server: Debian's pebble, on this machine. Skipped where it is not installed.

use crate::common::Folder;
use crate::common::cli::{folder, refused};
use crate::common::{command, has, run};
use rcgen::{CertificateParams, IsCa, KeyPair};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ports that were free a moment ago.
fn ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// An ACME server that looks for the domains at one address. Ended at its drop.
struct Pebble {
    children: [Child; 2],
    folder: Folder,
    port: u16,
    /// The port at which it looks for https, and the one for files.
    looks_at: [u16; 2],
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Pebble {
    /// `None` where there is none. Every domain is at `address`; of 100 nonces it refuses so many.
    fn start(address: &str, refused_nonces: u32) -> Option<Self> {
        if !(has("pebble") && has("pebble-challtestsrv")) {
            return None;
        }
        let folder = folder();
        let [port, management, dns, names, https, http] = ports();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.is_ca = IsCa::ExplicitNoCa;
        let made = params.self_signed(&key).unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("server.pem"), made.pem()).unwrap();
        fs::write(at("server.key"), key.serialize_pem()).unwrap();
        let config = serde_json::json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": at("server.pem"), "privateKey": at("server.key"),
            "httpPort": http, "tlsPort": https, "ocspResponderURL": "",
            "certificateValidityPeriod": 3_600,
        }});
        fs::write(at("pebble.json"), config.to_string()).unwrap();
        let log = |name: &str| File::create(folder.path().join(name)).unwrap();
        let dns_server = Command::new("pebble-challtestsrv")
            .args(["-defaultIPv4", address, "-defaultIPv6", "", "-http01", "", "-https01", ""])
            .args(["-tlsalpn01", "", "-dns01", &format!("127.0.0.1:{dns}")])
            .args(["-management", &format!("127.0.0.1:{names}")])
            .stdout(log("dns.log"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Command::new("pebble")
            .arg("-config")
            .arg(at("pebble.json"))
            .args(["-dnsserver", &format!("127.0.0.1:{dns}")])
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", refused_nonces.to_string())
            .env("PEBBLE_AUTHZREUSE", "0")
            .stdout(log("pebble.log"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pebble =
            Pebble { children: [dns_server, server], folder, port, looks_at: [https, http] };
        let until = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "pebble does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(pebble)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("pebble.log")).unwrap()
    }

    /// How many orders were made.
    fn orders(&self) -> usize {
        self.log().matches("Added order").count()
    }

    /// How many certificates were issued.
    fn issued(&self) -> usize {
        self.log().matches("Issued certificate").count()
    }

    /// A server's configuration, at the port where the domain is looked for.
    fn config(&self, more: &str) -> String {
        format!(
            "listen = \"127.0.0.1:{}\"\n[tls]\ndomain = \"www.guichet.test\"\ncontact = \"nora@guichet.test\"\n\
             directory = \"https://127.0.0.1:{}/dir\"\nca_file = \"{}\"\n{more}\n[log]\nlevel = \"debug\"\n[console]\nlisten = \"\"\n",
            self.looks_at[0],
            self.port,
            self.folder.path().join("server.pem").display(),
        )
    }
}

/// A server by itself: its port is given.
struct Own {
    child: Child,
    folder: Folder,
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Own {
    fn start(folder: Folder, config: &str) -> Self {
        Own::start_later(folder, config, "")
    }

    /// Starts it with a clock that is ahead, such as by `+45m`.
    fn start_later(folder: Folder, config: &str, ahead: &str) -> Self {
        fs::write(folder.path().join("guichet.toml"), config).unwrap();
        let log =
            File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
        let mut command = command(folder.path());
        if let (false, Some(library)) = (ahead.is_empty(), faketime()) {
            command.env("LD_PRELOAD", library).env("FAKETIME", ahead);
        }
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Own { child, folder }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Wait for this in the log, so many times.
    fn wait(&self, text: &str, times: usize) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.log().matches(text).count() < times {
            assert!(Instant::now() < until, "{text}: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(mut self) -> Folder {
        run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
        self.child.wait().unwrap();
        std::mem::replace(&mut self.folder, Folder::new())
    }
}

/// The library that moves a program's clock, where it is installed.
fn faketime() -> Option<PathBuf> {
    let folders = ["x86_64-linux-gnu/faketime", "aarch64-linux-gnu/faketime", "faketime"];
    let files = folders.map(|folder| Path::new("/usr/lib").join(folder).join("libfaketimeMT.so.1"));
    files.into_iter().find(|file| file.exists())
}

const NEW: &str = "there is a new certificate";

/// The serial number of the certificate that is kept.
fn serial(folder: &Path) -> String {
    let file = folder.join("data/acme/certificate.pem");
    run(Command::new("openssl").args(["x509", "-noout", "-serial", "-in"]).arg(file))
}

#[test]
fn certificate_is_ordered_once_and_kept() {
    let Some(pebble) = Pebble::start("127.0.0.1", 50) else { return };
    let server = Own::start(folder(), &pebble.config(""));
    server.wait(NEW, 1);
    assert!(pebble.issued() >= 1, "more where a nonce was refused at the end");
    if has("curl") {
        let [port, _] = pebble.looks_at;
        let told = run(Command::new("curl")
            .args(["-skv", "--resolve", &format!("www.guichet.test:{port}:127.0.0.1")])
            .args(["--stderr", "-", &format!("https://www.guichet.test:{port}/healthz")]));
        assert!(
            told.contains("Pebble Intermediate") && told.contains("{\"status\":\"ok\"}"),
            "{told}"
        );
    }
    let mut left = server.stop();
    let orders = pebble.orders();
    for nth in 1..=3 {
        let server = Own::start(left, &pebble.config(""));
        server.wait("the certificate needs no renewal yet", nth);
        left = server.stop();
    }
    assert_eq!(pebble.orders(), orders, "a restart orders nothing");
}

#[test]
fn certificate_is_renewed_before_it_expires() {
    if faketime().is_none() || !has("openssl") {
        return;
    }
    let Some(pebble) = Pebble::start("127.0.0.1", 0) else { return };
    let server = Own::start(folder(), &pebble.config(""));
    server.wait(NEW, 1);
    let left = server.stop();
    let first = serial(left.path());
    // The certificate is good for an hour.
    let server = Own::start_later(left, &pebble.config(""), "+35m");
    server.wait("the certificate needs no renewal yet", 1);
    let left = server.stop();
    assert_eq!(serial(left.path()), first, "35 minutes are too early");
    let server = Own::start_later(left, &pebble.config(""), "+45m");
    server.wait(NEW, 2);
    let left = server.stop();
    assert_ne!(serial(left.path()), first);
}

#[test]
fn domain_is_proven_by_a_file_on_the_second_port() {
    let Some(pebble) = Pebble::start("127.0.0.1", 0) else { return };
    let more = format!("challenge = \"http-01\"\nredirect = \"127.0.0.1:{}\"", pebble.looks_at[1]);
    let server = Own::start(folder(), &pebble.config(&more));
    server.wait(NEW, 1);
}

#[test]
fn failed_order_is_logged_and_retried_later() {
    let Some(pebble) = Pebble::start("127.0.0.9", 0) else { return };
    let server = Own::start(folder(), &pebble.config(""));
    server.wait("there is no new certificate", 1);
    let log = server.log();
    assert!(
        log.contains("Failed to connect to 127.0.0.9") && log.contains("again_in_seconds=60"),
        "{log}"
    );
    let orders = pebble.orders();
    let server = Own::start(server.stop(), &pebble.config(""));
    server.wait("no order yet after those that failed", 1);
    assert_eq!(pebble.orders(), orders, "a restart does not order before the minute is over");
    drop(server);
}

#[test]
fn server_without_acme_server_serves_and_says_so() {
    let Some(pebble) = Pebble::start("127.0.0.1", 0) else { return };
    let config = pebble.config("");
    drop(pebble);
    let server = Own::start(folder(), &config);
    server.wait("there is no new certificate", 1);
    let stopped = server.stop();
    assert!(
        fs::read_to_string(stopped.path().join("log")).unwrap().contains("the server has ended")
    );
}

#[test]
fn unwritable_acme_folder_prevents_the_start() {
    let folder = folder();
    let config =
        "listen = \"127.0.0.1:0\"\n[tls]\ndomain = \"www.example.com\"\nfolder = \"taken\"\n";
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    fs::write(folder.path().join("taken"), "a file").unwrap();
    let told = refused(folder.path(), crate::common::cli::guichet(folder.path(), &[]));
    assert!(told.starts_with("tls.folder: taken: "), "{told}");
}

#[test]
fn conflicting_tls_settings_are_refused() {
    let folder = folder();
    for (keys, why) in [
        ("domain = \"https://a.example\"", "is not a domain"),
        ("domain = \"a.example\"\nself_signed = true", "one of domain, cert and self_signed"),
        ("cert = \"a.pem\"", "each certificate of tls.cert needs its key"),
        ("redirect = \"127.0.0.1:0\"", "there is no https to redirect to"),
        ("domain = \"a.example\"\nchallenge = \"http-01\"", "set tls.redirect"),
        ("hsts = \"1d\"", "there is no https"),
    ] {
        let config = format!("listen = \"127.0.0.1:0\"\n[tls]\n{keys}\n");
        fs::write(folder.path().join("guichet.toml"), config).unwrap();
        let told = refused(folder.path(), crate::common::cli::guichet(folder.path(), &[]));
        assert!(told.contains(why), "{keys}: {told}");
    }
}
