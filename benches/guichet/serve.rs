//! Alternative servers built into this program, to measure Guichet's design decisions against.

use crate::hello::Greet;
use bytes::Bytes;
use engine::config::Config;
use engine::program::Program;
use engine::server::Server;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rusqlite::{Connection, TransactionBehavior, params};
use serde::Deserialize;
use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

/// The answer to the request of [`crate::overhead`]; the bare server always sends it.
pub const HELLO: &str = r#"{"id":7,"status":0,"message":"successful","data":"Hello, Ada!"}"#;

type Answer = Response<Full<Bytes>>;

fn json(body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

/// Serve with nothing but hyper, on the runtime that Guichet uses.
fn serve<F, A>(answer: F)
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listening on http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let answer = answer.clone();
            let service = service_fn(move |request| {
                let answer = answer(request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            let http = hyper::server::conn::http1::Builder::new();
            tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
        }
    });
}

/// `serve-bare`: the same bytes for every request.
pub fn bare() {
    serve(|_| async { json(HELLO) });
}

/// `serve-read`: the same, after reading the request body.
pub fn read() {
    serve(|request| async {
        let _ = request.into_body().collect().await;
        json(HELLO)
    });
}

/// `serve-decode`: the same, after reading the body and decoding it as an envelope.
pub fn decode() {
    serve(|request| async {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        std::hint::black_box(engine::data::json::decode(&body).is_ok());
        json(HELLO)
    });
}

/// `serve-hello`: the engine with one operation.
pub fn hello(folder: PathBuf) {
    let mut program = Program::default();
    program.registry.op::<Greet>().unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let config = Config { listen, data_dir: folder, ..Config::default() };
    Server::open(config, program).unwrap().run().unwrap();
}

#[derive(Deserialize)]
struct Envelope {
    id: i64,
    data: Posted,
}

#[derive(Deserialize)]
struct Posted {
    openid: String,
    score: i64,
}

/// `serve-pool`: `score/post` in the usual design: a pooled connection and a transaction for each
/// request, on a blocking thread.
pub fn pool(database: PathBuf) {
    let pool = r2d2::Pool::builder().max_size(10).build(Connections(database)).unwrap();
    serve(move |request| {
        let pool = pool.clone();
        async move {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let Envelope { id, data } = serde_json::from_slice(&body).unwrap();
            let score = data.score;
            let written = tokio::task::spawn_blocking(move || upsert(&pool, &data)).await.unwrap();
            let (status, message) = match written {
                Ok(()) => (0, "successful".into()),
                Err(error) => (-200, error),
            };
            json(format!(
                "{{\"id\":{id},\"status\":{status},\"message\":{message:?},\"data\":{{\"score\":{score}}}}}"
            ))
        }
    });
}

fn upsert(pool: &r2d2::Pool<Connections>, data: &Posted) -> Result<(), String> {
    let mut connection = pool.get().map_err(|error| error.to_string())?;
    let reached = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64;
    let mut write = || {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.prepare_cached(
            "INSERT INTO score (app, openid, score, reached_at) VALUES ('default', ?, ?, ?)
             ON CONFLICT (app, openid) DO UPDATE
                SET score = excluded.score, reached_at = excluded.reached_at
              WHERE excluded.score > score.score",
        )?
        .execute(params![data.openid, data.score, reached])?;
        tx.commit()
    };
    write().map_err(|error: rusqlite::Error| error.to_string())
}

struct Connections(PathBuf);

impl r2d2::ManageConnection for Connections {
    type Connection = Connection;
    type Error = rusqlite::Error;

    fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.0)?;
        connection.busy_timeout(Duration::from_secs(30))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    }

    fn is_valid(&self, _: &mut Connection) -> rusqlite::Result<()> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        !connection.is_autocommit()
    }
}

/// Runs the built-in server that the arguments name; `false` if they name none.
pub fn run_named_server(args: &[String]) -> bool {
    let path = || PathBuf::from(args.get(1).expect("a path"));
    match args.first().map(String::as_str) {
        Some("serve-bare") => bare(),
        Some("serve-read") => read(),
        Some("serve-decode") => decode(),
        Some("serve-hello") => hello(path()),
        Some("serve-pool") => pool(path()),
        _ => return false,
    }
    true
}
