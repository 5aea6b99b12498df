//! An in-process S3 server on a folder: it checks signatures, records requests, and can hold them
//! back.

use super::service::{ReceivedRequest, Shared, serve};
use super::setup;
use crate::common::{Folder, Server};
use s3s::auth::SimpleAuth;
use s3s::host::SingleDomain;
use s3s::service::S3ServiceBuilder;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Runtime;
use tokio::sync::watch;

pub const KEY_ID: &str = "AKIDEXAMPLE";
pub const SECRET: &str = "sEcReT-of-the-store";
pub const BUCKET: &str = "pics-1250000000";
/// The domain of virtual-hosted requests, after the bucket's name.
pub const DOMAIN: &str = "cos.ap-nowhere.example.com";

/// A store.
pub struct S3 {
    pub address: SocketAddr,
    root: Folder,
    shared: Arc<Shared>,
    asked: Receiver<String>,
    held: watch::Sender<Option<&'static str>>,
    /// Ends the store when dropped.
    _runtime: Runtime,
}

impl S3 {
    /// A store with an empty [`BUCKET`].
    pub fn start() -> Self {
        S3::start_at("127.0.0.1:0".parse().unwrap())
    }

    /// A store at this address.
    pub fn start_at(address: SocketAddr) -> Self {
        let root = Folder::new();
        fs::create_dir(root.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        builder.set_host(SingleDomain::new(DOMAIN).unwrap());
        let (tell, asked) = channel();
        let (held, is_held) = watch::channel(None);
        let shared = Arc::new(Shared {
            service: builder.build(),
            root: root.path().to_owned(),
            requests: Mutex::default(),
            tell: Mutex::new(tell),
            held: is_held,
            stumbles: Mutex::default(),
        });
        let listener = TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = Runtime::new().unwrap();
        runtime.spawn(serve(listener, Arc::clone(&shared)));
        S3 { address, root, shared, asked, held, _runtime: runtime }
    }

    /// The section `[store]` for it in path style, with further keys.
    pub fn config(&self, more: &str) -> String {
        setup::config(
            &format!("http://{}", self.address),
            SECRET,
            &format!("path_style = true\n{more}"),
        )
    }

    /// A Guichet server with this store.
    pub fn server(&self, more: &str) -> Server {
        setup::start(&self.config(more))
    }

    /// The keys in the bucket in order, without folders.
    pub fn keys(&self) -> Vec<String> {
        let bucket = self.root.path().join(BUCKET);
        let mut keys = Vec::new();
        let mut folders = vec![bucket.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    keys.push(path.strip_prefix(&bucket).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        keys.sort();
        keys
    }

    /// Waits until there are `count` keys, and returns them.
    pub fn wait_for_keys(&self, count: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let keys = self.keys();
            if keys.len() == count {
                return keys;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{keys:?}");
            sleep(Duration::from_millis(5));
        }
    }

    /// Remove all objects.
    pub fn empty(&self) {
        for key in self.keys() {
            fs::remove_file(self.root.path().join(BUCKET).join(key)).unwrap();
        }
    }

    /// The bytes under a key.
    pub fn bytes(&self, key: &str) -> Vec<u8> {
        fs::read(self.root.path().join(BUCKET).join(key)).unwrap()
    }

    /// Deletes an object behind the server's back.
    pub fn delete(&self, key: &str) {
        fs::remove_file(self.root.path().join(BUCKET).join(key)).unwrap();
    }

    /// Stores an object that is `age` old.
    pub fn put(&self, key: &str, age: Duration) {
        let path = self.root.path().join(BUCKET).join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"bytes").unwrap();
        self.age(key, age);
    }

    /// Sets the age of an object.
    pub fn age(&self, key: &str, age: Duration) {
        let path = self.root.path().join(BUCKET).join(key);
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Waits for `count` requests to read, store or remove a picture since [`hold`](S3::hold).
    pub fn wait_for(&self, count: usize) {
        for _ in 0..count {
            // Picture names have a dot; a listing is of the bucket itself.
            let next = || self.asked.recv_timeout(Duration::from_secs(60)).unwrap();
            while !next().contains('.') {}
        }
    }

    /// Fails the next `times` requests with this status, and with an error body that must not be
    /// logged in full.
    pub fn fail_next(&self, times: usize, status: u16) {
        *self.shared.stumbles.lock().unwrap() = (times, status);
    }

    /// Holds back requests whose method begins with `method`.
    pub fn hold_back(&self, method: &'static str) {
        self.held.send(Some(method)).unwrap();
        while self.asked.try_recv().is_ok() {}
    }

    /// Answers waiting and new requests.
    pub fn resume(&self) {
        self.held.send(None).unwrap();
    }
}
