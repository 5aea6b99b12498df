//! What a stranger sends. Each attack comes from one address and goes on until it is told to end.

use crate::peer::{Answers, Peer};
use crate::prepare::Target;
use crate::wire;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::spawn_local;
use tokio::time::sleep;

/// Starts an attack's connections; they end at the given time.
pub type Start = fn(&Target, Instant, &Rc<Answers>);

/// One attack.
pub struct Attack {
    /// As the table has it.
    pub name: &'static str,
    /// Start its connections; they end at the given time.
    pub start: Start,
}

/// All attacks.
pub const ATTACKS: &[Attack] = &[
    Attack { name: "bodies of 698,984 objects", start: fat_bodies },
    Attack { name: "batches of pictures, not read", start: |t, e, a| pictures(t, e, a, false) },
    Attack { name: "batches of pictures, read slowly", start: |t, e, a| pictures(t, e, a, true) },
    Attack { name: "batches of score/top", start: tops },
    Attack { name: "9,000 half-sent heads", start: heads },
    Attack { name: "400 unfinished bodies", start: unfinished },
    Attack { name: "searches for aaa…ac", start: searches },
    Attack { name: "280 junk logins", start: logins },
    Attack { name: "anonymous portraits", start: portraits },
    Attack { name: "player/update of strangers", start: players },
    Attack { name: "batches of junk boards", start: boards },
];

/// The size of the picture that batches ask for, and of what is uploaded, in bytes.
const PICTURE: usize = 1_000_000;

/// A request with a body of envelopes.
pub fn batch(items: &[String]) -> Vec<u8> {
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
pub fn portrait(id: u64) -> Vec<u8> {
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

fn fat_bodies(target: &Target, end: Instant, answers: &Rc<Answers>) {
    let objects = "{},".repeat(698_983) + "{}";
    let data = format!(r#"{{"username":"nobody","password":"x","x":[{objects}]}}"#);
    let request = call(("user", "login"), &data);
    repeat((target.server, end, answers), 2, 32, move || request.clone());
}

fn pictures(target: &Target, end: Instant, answers: &Rc<Answers>, reads: bool) {
    let server = target.server;
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

fn tops(target: &Target, end: Instant, answers: &Rc<Answers>) {
    let items = vec![wire::envelope_text(("score", "top"), r#"{"limit":1000}"#); 64];
    let request = batch(&items);
    repeat((target.server, end, answers), 4, 8, move || request.clone());
}

fn heads(target: &Target, end: Instant, answers: &Rc<Answers>) {
    let server = target.server;
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

fn unfinished(target: &Target, end: Instant, answers: &Rc<Answers>) {
    let server = target.server;
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

fn searches(target: &Target, end: Instant, answers: &Rc<Answers>) {
    let key = "a".repeat(63) + "c";
    // A key of more than 64 characters is refused.
    let longer = "a".repeat(249) + "c";
    let token = &target.token;
    let requests = [
        call(("shop", "list"), &format!(r#"{{"key":"{key}"}}"#)),
        call(("property", "query"), &format!(r#"{{"type":1,"key":"{key}","token":"{token}"}}"#)),
        call(("shop", "list"), &format!(r#"{{"key":"{longer}"}}"#)),
    ];
    let mut nth = 0;
    repeat((target.server, end, answers), 7, 8, move || {
        nth += 1;
        requests[nth % requests.len()].clone()
    });
}

fn logins(target: &Target, end: Instant, answers: &Rc<Answers>) {
    repeat((target.server, end, answers), 8, 280, || {
        let name = rand::random::<u64>();
        call(("user", "login"), &format!(r#"{{"username":"n{name}","password":"x"}}"#))
    });
}

fn portraits(target: &Target, end: Instant, answers: &Rc<Answers>) {
    let upload = portrait(7);
    let text = String::from_utf8(upload).unwrap();
    repeat((target.server, end, answers), 9, 8, move || {
        // Ids of the same length, so that the body's length stays what its head says.
        let id = rand::random_range(2..10);
        text.replacen(r#""id":"7""#, &format!(r#""id":"{id}""#), 1).into_bytes()
    });
}

fn players(target: &Target, end: Instant, answers: &Rc<Answers>) {
    repeat((target.server, end, answers), 10, 16, || {
        let openid = rand::random::<u64>();
        let name = "\u{1F600}".repeat(64);
        let url = format!("http://a.example/{}", "x".repeat(1_000));
        let data = format!(r#"{{"openid":"p{openid}","nickname":"{name}","headimgurl":"{url}"}}"#);
        call(("player", "update"), &data)
    });
}

fn boards(target: &Target, end: Instant, answers: &Rc<Answers>) {
    repeat((target.server, end, answers), 11, 4, || {
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
