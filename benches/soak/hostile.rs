//! Deliberate misuse: malformed bodies, slow peers, peers that leave early, and short connections.

use crate::client::{Client, DONE, Expect, Request};
use crate::tally::Verdict;
use crate::world::World;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

/// The server disconnects peers that send nothing for 5, 10 or 15 seconds, or read nothing for 30.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(45);

fn malformed() -> Vec<(Request, Expect)> {
    let deep = "[".repeat(200_000);
    let get = r#"{"id":7,"status":0,"type":"shop","subtype":"get","data":{"shop_id":1}}"#;
    let twice = get.replacen('{', r#"{"id":1,"#, 1);
    let nowhere = get.replace("shop", "no such");
    let post = |body: &str| Request::post("/api", body);
    vec![
        (post(""), Expect::Fault(-2)),
        (post("{"), Expect::Fault(-2)),
        (post("[]"), Expect::Fault(-2)),
        (post(&deep), Expect::Fault(-2)),
        (post(&twice), Expect::Fault(-2)),
        (post(&nowhere), Expect::Fault(-2)),
        (post(r#"{"id":7,"status":0}"#), Expect::Fault(-1)),
        (post(&get.replace("\"shop_id\":1", "")), Expect::Fault(-3)),
        (post(r#"{"jsonrpc":"2.0","id":1,"method":"no.such"}"#), Expect::Fault(-32601)),
        (Request::post("/api", b"{\"id\":\xff}".to_vec()), Expect::Fault(-2)),
        (post(&" ".repeat((2 << 20) + 1)), Expect::Refused(413)),
        (Request::get("/api"), Expect::Refused(405)),
        (Request::get("/no/such/path"), Expect::Refused(404)),
        (post(get).with("Host", "twice"), Expect::Refused(400)),
        (post(get).with("X-Long", &"x".repeat(17_000)), Expect::Refused(431)),
        (post("openid=%zz&score=1").with("Transfer-Encoding", "chunked"), Expect::Refused(400)),
    ]
}

/// Bodies, headers and paths that must be refused.
pub async fn nonsense(world: Rc<World>) {
    let (mut client, mut pace) = (Client::new(&world), world.pace(8.0));
    let requests = malformed();
    while pace.turn().await {
        let (request, expect) = &requests[rand::random_range(0..requests.len())];
        client.ask("malformed", request, *expect).await;
    }
}

/// A page, a range of one, and requests on new connections.
pub async fn visits(world: Rc<World>) {
    let mut pace = world.pace(8.0);
    while pace.turn().await {
        let mut client = Client::new(&world);
        match rand::random_range(0..4) {
            0 => drop(client.ask("page", &Request::get("/"), Expect::Page(200)).await),
            1 => {
                let part = Request::get("/index.html").with("Range", "bytes=0-99");
                client.ask("page", &part, Expect::Page(206)).await;
            }
            2 => {
                let list = Request::envelope("shop/list", serde_json::json!({"limit": 3}));
                client.ask("own connection", &list.with("Connection", "close"), DONE).await;
            }
            // Connects and disconnects.
            _ => count(&world, "connection alone", world.connect().await.is_ok()),
        }
    }
}

/// Peers that leave before the answer: after part of a head, part of a body, a whole request, or
/// while large answers are being sent.
pub async fn leavers(world: Rc<World>) {
    let mut pace = world.pace(2.0);
    while pace.turn().await {
        let world = Rc::clone(&world);
        tokio::task::spawn_local(async move {
            let Ok(mut stream) = world.connect().await else {
                return count(&world, "left half way", false);
            };
            let body = r#"{"app":"kites","openid":"player-1","score":1}"#;
            let data = serde_json::from_str(body).unwrap();
            let whole = Request::envelope("score/post", data).bytes();
            let sent = match rand::random_range(0..4) {
                0 => stream.write_all(&whole[..30]).await,
                1 => stream.write_all(&whole[..whole.len() - 10]).await,
                2 => stream.write_all(&whole).await,
                _ => {
                    let top = Request::get("/kites/api/top_score").bytes();
                    stream.write_all(&top.repeat(50)).await
                }
            };
            sleep(Duration::from_millis(rand::random_range(0..4_000))).await;
            count(&world, "left half way", sent.is_ok());
        });
    }
}

/// Peers that stop sending, send very slowly, or do not read the answer: the server must disconnect
/// them.
pub async fn slow(world: Rc<World>) {
    let mut pace = world.pace(0.5);
    while pace.turn().await {
        if world.end.saturating_duration_since(Instant::now()) < DISCONNECT_TIMEOUT {
            // Too little time is left to see another one disconnected.
            continue;
        }
        let world = Rc::clone(&world);
        tokio::task::spawn_local(async move {
            let kind =
                ["slow head", "slow body", "slow drip", "slow reader"][rand::random_range(0..4)];
            let ended = timeout(DISCONNECT_TIMEOUT, until_disconnected(&world, kind)).await;
            count(&world, kind, matches!(ended, Ok(Ok(true))));
        });
    }
}

/// Stays slow until the server closes the connection. Returns whether it did so as expected.
async fn until_disconnected(world: &World, kind: &str) -> std::io::Result<bool> {
    let mut stream = world.connect().await?;
    match kind {
        "slow head" => stream.write_all(b"POST /api HTTP/1.1\r\nHost: so").await?,
        "slow reader" => {
            let top = Request::get("/kites/api/top_score").bytes();
            // Sends as much as the server accepts, and reads no answers.
            while stream.write_all(&top).await.is_ok() {}
            return Ok(true);
        }
        _ => {
            let head = "POST /api HTTP/1.1\r\nHost: soak\r\nContent-Length: 100000\r\n\r\n{";
            stream.write_all(head.as_bytes()).await?;
        }
    }
    let mut answer = Vec::new();
    loop {
        let more = if kind == "slow drip" { Duration::from_secs(1) } else { DISCONNECT_TIMEOUT };
        match timeout(more, stream.read_buf(&mut answer)).await {
            // It may be closed already; then there is something to read.
            Err(_) => drop(stream.write_all(b" ").await),
            Ok(Err(_) | Ok(0)) => break,
            Ok(Ok(_)) => {}
        }
    }
    Ok(kind == "slow head" || answer.starts_with(b"HTTP/1.1 408 "))
}

fn count(world: &World, kind: &'static str, good: bool) {
    let verdict = if good { Verdict::Done } else { Verdict::Unexpected };
    let mut tally = world.tally.borrow_mut();
    tally.add(kind, verdict, Duration::ZERO);
    if !good {
        tally.example(|| format!("{kind}: the connection was not taken, or not ended in time"));
    }
}
