//! A local SMS gateway for tests: it records its requests, and misbehaves as configured.
//!
//! `tls` contains a certificate for 127.0.0.1 with its key, and the certificate of its CA, whose
//! key was deleted.

pub use super::received::Request;

use super::Server;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Requests a code with a new captcha. Returns the whole answer.
pub fn ask(server: &Server, phone: &str) -> String {
    let hash = server.captcha();
    server.call("sms/generate", json!({"phone": phone, "hash": hash}))
}

/// Its behaviour for a request or a connection.
#[derive(Clone)]
pub enum Behaviour {
    /// Answers with this status and body.
    Answer(u16, String),
    /// Reads the request and does not answer until the client gives up.
    Silent,
    /// Announces a longer answer than it sends, and closes.
    Half,
    /// Closes before reading anything; with TLS no connection is made.
    Closed,
    /// Answers with the body and headers of the request.
    Echo,
    /// Sends an endless answer.
    Endless,
}

/// A listening gateway.
pub struct Gateway {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Behaviours for the next requests; the last one stays.
    manners: Mutex<VecDeque<Behaviour>>,
    requests: Mutex<Vec<Request>>,
    came: Condvar,
    connections: AtomicUsize,
    ends: AtomicBool,
    tls: Option<Arc<ServerConfig>>,
}

impl Gateway {
    /// Starts on a free local port.
    pub fn start(manner: Behaviour) -> Self {
        Gateway::start_by(manner, None)
    }

    /// Starts with https and the certificate in `tls`.
    pub fn start_tls(manner: Behaviour) -> Self {
        let certificates = CertificateDer::pem_slice_iter(include_bytes!("tls/server.pem"));
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates.map(Result::unwrap).collect(), key)
            .unwrap();
        Gateway::start_by(manner, Some(Arc::new(tls)))
    }

    fn start_by(manner: Behaviour, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { tls, ..Shared::default() });
        let serving = Arc::clone(&shared);
        let thread = thread::spawn(move || serving.serve(&listener));
        let gateway = Gateway { address, shared, thread: Some(thread) };
        gateway.set_behaviours(&[manner]);
        gateway
    }

    /// Sets the behaviours of the next requests, the last for all that follow.
    pub fn set_behaviours(&self, manners: &[Behaviour]) {
        *self.shared.manners.lock().unwrap() = manners.iter().cloned().collect();
    }

    /// `http://127.0.0.1:PORT`, or `https`.
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Configuration of this gateway as webhook, with the secret `canary-secret`.
    pub fn webhook(&self, timeout: &str) -> String {
        format!(
            "[sms]\ngateway = \"webhook\"\ntimeout = \"{timeout}\"\n\
             [sms.webhook]\nurl = \"{}/send?to=all\"\nsecret = \"canary-secret\"\n",
            self.url()
        )
    }

    /// Configuration of this gateway as Tencent's API, with the key `canary-key`.
    pub fn tencent(&self, timeout: &str) -> String {
        format!(
            "[sms]\ngateway = \"tencent\"\ntimeout = \"{timeout}\"\n\
             [sms.tencent]\nsecret_id = \"canary-id\"\nsecret_key = \"canary-key\"\n\
             sdk_app_id = \"1400006666\"\nsign_name = \"腾讯云\"\ntemplate_id = \"1110\"\n\
             endpoint = \"{}\"\n",
            self.url()
        )
    }

    /// All requests read so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Number of connections so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Waits until `count` requests have been read.
    pub fn wait_for(&self, count: usize) {
        let requests = self.shared.requests.lock().unwrap();
        let most = Duration::from_secs(60);
        let (requests, _) =
            self.shared.came.wait_timeout_while(requests, most, |r| r.len() < count).unwrap();
        assert!(requests.len() >= count, "only {} requests came", requests.len());
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

impl Shared {
    fn serve(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.ends.load(Ordering::SeqCst) {
                return;
            }
            self.connections.fetch_add(1, Ordering::SeqCst);
            let (shared, stream) = (Arc::clone(self), stream.unwrap());
            thread::spawn(move || shared.serve_connection(stream));
        }
    }

    /// Serves one request of a connection. Errors of the client are ignored.
    fn serve_connection(&self, stream: TcpStream) {
        let manner = {
            let mut manners = self.manners.lock().unwrap();
            if manners.len() > 1 { manners.pop_front() } else { manners.front().cloned() }
        };
        let manner = manner.unwrap();
        if matches!(manner, Behaviour::Closed) {
            return;
        }
        match &self.tls {
            None => self.respond(manner, stream),
            Some(tls) => {
                let connection = ServerConnection::new(Arc::clone(tls)).unwrap();
                let mut stream = StreamOwned::new(connection, stream);
                self.respond(manner, &mut stream);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    }

    fn respond(&self, manner: Behaviour, mut stream: impl Read + Write) {
        let Some(request) = Request::read(&mut stream) else { return };
        self.requests.lock().unwrap().push(request.clone());
        self.came.notify_all();
        let head = |status: u16, length: usize| {
            format!(
                "HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\n\
                 Content-Length: {length}\r\nConnection: close\r\n\r\n"
            )
        };
        let answer = match manner {
            Behaviour::Answer(status, body) => head(status, body.len()) + &body,
            Behaviour::Half => head(200, 1_000) + "{\"Response\":{",
            Behaviour::Echo => {
                let body =
                    format!("{:?}{}", request.headers, String::from_utf8_lossy(&request.body));
                head(200, body.len()) + &body
            }
            Behaviour::Endless => {
                let _ = stream.write_all(head(200, 1_000_000_000).as_bytes());
                while stream.write_all(&[b' '; 4096]).is_ok() {}
                return;
            }
            // Until the other side closes.
            Behaviour::Silent | Behaviour::Closed => {
                let _ = stream.read(&mut [0]);
                return;
            }
        };
        let _ = stream.write_all(answer.as_bytes());
    }
}
