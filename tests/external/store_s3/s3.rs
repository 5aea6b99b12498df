//! An S3 server in this process, on a folder: it checks signatures, tells what it was asked, and keeps
//! requests waiting when it is told to.

use super::service::{Asked, Shared, serve};
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
/// What virtual-hosted requests are for: the bucket's name stands before it.
pub const DOMAIN: &str = "cos.ap-nowhere.example.com";

/// A store.
pub struct S3 {
    pub address: SocketAddr,
    root: Folder,
    shared: Arc<Shared>,
    asked: Receiver<String>,
    held: watch::Sender<Option<&'static str>>,
    /// Its end is the store's.
    _runtime: Runtime,
}

impl S3 {
    /// A store with an empty [`BUCKET`].
    pub fn start() -> Self {
        S3::start_at("127.0.0.1:0".parse().unwrap())
    }

    /// The same at this address.
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

    /// `[store]` for it in path style, and more keys.
    pub fn config(&self, more: &str) -> String {
        setup::config(
            &format!("http://{}", self.address),
            SECRET,
            &format!("path_style = true\n{more}"),
        )
    }

    /// Guichet on this store.
    pub fn server(&self, more: &str) -> Server {
        setup::start(&self.config(more))
    }

    /// The keys in the bucket that are no folders', in order.
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

    /// The same, once there are as many as this.
    pub fn settles(&self, count: usize) -> Vec<String> {
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

    /// Lose an object, as stores do not.
    pub fn lose(&self, key: &str) {
        fs::remove_file(self.root.path().join(BUCKET).join(key)).unwrap();
    }

    /// Put an object there that is `age` old.
    pub fn put(&self, key: &str, age: Duration) {
        let path = self.root.path().join(BUCKET).join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"bytes").unwrap();
        self.age(key, age);
    }

    /// Make an object `age` old.
    pub fn age(&self, key: &str, age: Duration) {
        let path = self.root.path().join(BUCKET).join(key);
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<Asked> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Wait until it is asked for a picture, or to keep or remove one, `count` times since
    /// [`hold`](S3::hold).
    pub fn wait_for(&self, count: usize) {
        for _ in 0..count {
            // Names have a dot; a list is of the bucket itself.
            let next = || self.asked.recv_timeout(Duration::from_secs(60)).unwrap();
            while !next().contains('.') {}
        }
    }

    /// Answer so many requests with this status, and with what a store tells of a request that it
    /// could not do: more than anybody may log.
    pub fn stumble(&self, times: usize, status: u16) {
        *self.shared.stumbles.lock().unwrap() = (times, status);
    }

    /// From now on let requests wait whose method begins so.
    pub fn hold(&self, method: &'static str) {
        self.held.send(Some(method)).unwrap();
        while self.asked.try_recv().is_ok() {}
    }

    /// Answer those that wait, and whoever comes.
    pub fn answer(&self) {
        self.held.send(None).unwrap();
    }
}
