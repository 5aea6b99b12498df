//! The attacks. Each comes from one address and continues until the given end.

use crate::peer::{Answers, Peer};
use crate::wire;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::spawn_local;
use tokio::time::sleep;

/// One attack.
pub struct Attack {
    /// Its name in the table.
    pub name: &'static str,
    /// Starts its connections, which stop at the given time.
    pub start: fn(SocketAddr, Instant, &Rc<Answers>),
}

/// All attacks.
pub const ATTACKS: &[Attack] = &[
    Attack { name: "bodies of 698,984 objects", start: fat_bodies },
    Attack { name: "batches of pictures, not read", start: |s, e, a| pictures(s, e, a, false) },
    Attack { name: "batches of pictures, read slowly", start: |s, e, a| pictures(s, e, a, true) },
    Attack { name: "batches of score/top", start: tops },
    Attack { name: "9,000 half-sent heads", start: heads },
    Attack { name: "400 unfinished bodies", start: unfinished },
    Attack { name: "searches for aaa…ac", start: searches },
    Attack { name: "280 junk logins", start: logins },
    Attack { name: "anonymous portraits", start: portraits },
    Attack { name: "player/update of strangers", start: players },
    Attack { name: "batches of junk boards", start: boards },
];

/// Size in bytes of the picture that batches request and of the uploads.
const PICTURE: usize = 1_000_000;

/// Prepares the data that attacks request: a large portrait, a board of players with long names,
/// and notices and shops that are expensive to search.
pub async fn prepare(server: SocketAddr) {
    let mut peer = Peer::connect(server, 100).await.unwrap();
    let (status, _) = peer.ask(&portrait(1)).await.unwrap();
    assert_eq!(status, 200);
    let nickname = "\u{1F600}".repeat(64);
    for players in 0..1_000 / 50 {
        let items = (0..50).flat_map(|nth| {
            let openid = format!("fat{players}-{nth}");
            let told = format!(r#"{{"openid":"{openid}","nickname":"{nickname}"}}"#);
            let score = format!(r#"{{"openid":"{openid}","score":{}}}"#, 1_000_000 + nth);
            [
                wire::envelope_text(("player", "update"), &told),
                wire::envelope_text(("score", "post"), &score),
            ]
        });
        for half in items.collect::<Vec<_>>().chunks(50) {
            let (status, _) = peer.ask(&batch(half)).await.unwrap();
            assert_eq!(status, 200);
        }
    }
}

/// A request with a body of envelopes.
fn batch(items: &[String]) -> Vec<u8> {
    post(&format!("[{}]", items.join(",")))
}

fn post(body: &str) -> Vec<u8> {
    let mut request = Vec::new();
    wire::http_request(&mut request, "/api", body);
    request
}

fn call(name: (&str, &str), data: &str) -> Vec<u8> {
    post(&wire::envelope_text(name, data))
}

/// An upload of a PNG of about [`PICTURE`] bytes under this id.
fn portrait(id: u64) -> Vec<u8> {
    use base64::Engine as _;
    let side: u32 = 577;
    let pixels: Vec<u8> = (0..side * side * 3).map(|_| rand::random()).collect();
    let mut bytes = Vec::new();
    {
        let mut encoder = png::Encoder::new(&mut bytes, side, side);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    }
    assert!(bytes.len() >= PICTURE * 9 / 10);
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let data = format!(r#"{{"name":"a","id":"{id}","type":"png","base64":"{text}"}}"#);
    call(("portrait", "upload"), &data)
}

/// `count` connections from one address that send one request after another.
fn repeat(
    (server, end, answers): (SocketAddr, Instant, &Rc<Answers>),
    from: u8,
    count: usize,
    request: impl FnMut() -> Vec<u8> + Clone + 'static,
) {
    for _ in 0..count {
        let (answers, mut request) = (Rc::clone(answers), request.clone());
        spawn_local(async move {
            let mut peer = None;
            while Instant::now() < end {
                let asked = match &mut peer {
                    None => match Peer::connect(server, from).await {
                        Ok(connected) => peer.insert(connected).ask(&request()).await,
                        Err(error) => Err(error),
                    },
                    Some(connected) => connected.ask(&request()).await,
                };
                match asked {
                    Ok((status, _)) => answers.add(status),
                    Err(_) => answers.add(0),
                }
                if !matches!(asked, Ok((200, _))) {
                    peer = None;
                    sleep(Duration::from_millis(20)).await;
                }
            }
        });
    }
}

fn fat_bodies(server: SocketAddr, end: Instant, answers: &Rc<Answers>) {
    let objects = "{},".repeat(698_983) + "{}";
    let data = format!(r#"{{"username":"nobody","password":"x","x":[{objects}]}}"#);
    let request = call(("user", "login"), &data);
    repeat((server, end, answers), 2, 32, move || request.clone());
}

fn pictures(server: SocketAddr, end: Instant, answers: &Rc<Answers>, reads: bool) {
    let items = vec![wire::envelope_text(("portrait", "get"), r#"{"id":"1"}"#); 64];
    let request = batch(&items);
    for _ in 0..24 {
        let (answers, request) = (Rc::clone(answers), request.clone());
        spawn_local(async move {
            while Instant::now() < end {
                let Ok(mut peer) = Peer::connect(server, 3).await else { continue };
                if peer.send(&request).await.is_err() {
                    answers.add(0);
                    continue;
                }
                // A thousand bytes a second, or none at all, until the server closes.
                while Instant::now() < end {
                    sleep(Duration::from_secs(1)).await;
                    let closed = match reads {
                        true => !matches!(peer.read_some(1_000).await, Ok(1..)),
                        false => peer.send(b"\r\n").await.is_err(),
                    };
                    if closed {
                        break;
                    }
                }
                answers.add(0);
            }
        });
    }
}

fn tops(server: SocketAddr, end: Instant, answers: &Rc<Answers>) {
    let items = vec![wire::envelope_text(("score", "top"), r#"{"limit":1000}"#); 64];
    let request = batch(&items);
    repeat((server, end, answers), 4, 8, move || request.clone());
}

fn heads(server: SocketAddr, end: Instant, answers: &Rc<Answers>) {
    let head = format!("POST /api HTTP/1.1\r\nHost: a.example\r\nX-Long: {}", "x".repeat(15_000));
    for _ in 0..9_000 {
        let (answers, head) = (Rc::clone(answers), head.clone());
        spawn_local(async move {
            while Instant::now() < end {
                let Ok(mut peer) = Peer::connect(server, 5).await else {
                    sleep(Duration::from_millis(200)).await;
                    continue;
                };
                if peer.send(head.as_bytes()).await.is_ok() {
                    let _ = peer.read_some(1_000).await;
                }
                answers.add(0);
            }
        });
    }
}

fn unfinished(server: SocketAddr, end: Instant, answers: &Rc<Answers>) {
    let head = "POST /api HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000000\r\n\r\n";
    let most = head.to_owned() + &" ".repeat(999_000);
    for _ in 0..400 {
        let (answers, most) = (Rc::clone(answers), most.clone());
        spawn_local(async move {
            while Instant::now() < end {
                let Ok(mut peer) = Peer::connect(server, 6).await else {
                    sleep(Duration::from_millis(200)).await;
                    continue;
                };
                if peer.send(most.as_bytes()).await.is_ok() {
                    let _ = peer.read_some(1_000).await;
                }
                answers.add(0);
                sleep(Duration::from_millis(100)).await;
            }
        });
    }
}

fn searches(server: SocketAddr, end: Instant, answers: &Rc<Answers>) {
    let short = format!(r#"{{"key":"{}c"}}"#, "a".repeat(63));
    let long = format!(r#"{{"key":"{}c"}}"#, "a".repeat(249));
    let mut nth = 0;
    repeat((server, end, answers), 7, 8, move || {
        nth += 1;
        call(("shop", "list"), if nth % 2 == 0 { &short } else { &long })
    });
}

fn logins(server: SocketAddr, end: Instant, answers: &Rc<Answers>) {
    repeat((server, end, answers), 8, 280, || {
        let name = rand::random::<u64>();
        call(("user", "login"), &format!(r#"{{"username":"n{name}","password":"x"}}"#))
    });
}

fn portraits(server: SocketAddr, end: Instant, answers: &Rc<Answers>) {
    let upload = portrait(7);
    let text = String::from_utf8(upload).unwrap();
    repeat((server, end, answers), 9, 8, move || {
        // Ids of the same length, so that `Content-Length` stays correct.
        let id = rand::random_range(2..10);
        text.replacen(r#""id":"7""#, &format!(r#""id":"{id}""#), 1).into_bytes()
    });
}

fn players(server: SocketAddr, end: Instant, answers: &Rc<Answers>) {
    repeat((server, end, answers), 10, 16, || {
        let openid = rand::random::<u64>();
        let name = "\u{1F600}".repeat(64);
        let url = format!("http://a.example/{}", "x".repeat(1_000));
        let data = format!(r#"{{"openid":"p{openid}","nickname":"{name}","headimgurl":"{url}"}}"#);
        call(("player", "update"), &data)
    });
}

fn boards(server: SocketAddr, end: Instant, answers: &Rc<Answers>) {
    repeat((server, end, answers), 11, 4, || {
        let items: Vec<String> = (0..64)
            .map(|_| {
                let app = rand::random::<u32>();
                let data = format!(r#"{{"app":"j{app}","openid":"a","score":1}}"#);
                wire::envelope_text(("score", "post"), &data)
            })
            .collect();
        batch(&items)
    });
}
