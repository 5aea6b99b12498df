//! Memory limits of bodies and answers, in total and per address; and rate limits of operations.

use crate::common::connection::{Connection, post};
use crate::common::{Reply, Server, envelope, ok};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

const MIB: usize = 1024 * 1024;

/// Peak memory of the process in MB (10^6 bytes).
fn most_memory(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024 / 1_000_000
}

/// Connects from this loopback address. With a small receive buffer, unread answers stay in the
/// server's memory.
fn connect(server: &Server, from: &str, buffer: Option<usize>) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    if let Some(bytes) = buffer {
        socket.set_recv_buffer_size(bytes).unwrap();
    }
    let from: SocketAddr = format!("{from}:0").parse().unwrap();
    socket.bind(&from.into()).unwrap();
    let to: SocketAddr = server.address().parse().unwrap();
    socket.connect(&to.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Posts a body to `/api` from this address. Returns the answer.
fn post_from(server: &Server, from: &str, body: &[u8]) -> Reply {
    let mut connection = Connection::over(connect(server, from, None));
    connection.post(body)
}

/// An envelope with this text as its data.
fn with_data(name: &str, data: &str) -> String {
    envelope(name, json!("@")).replace("\"@\"", data)
}

/// A batch of this envelope, `count` times.
fn batch(item: &str, count: usize) -> String {
    format!("[{}]", vec![item; count].join(","))
}

/// A body of 2 MiB with 698,984 empty objects under an unknown key.
fn nested() -> String {
    let empty = vec!["{}"; 698_984].join(",");
    let data = format!(r#"{{"username":"nora","password":"x","x":[{empty}]}}"#);
    let body = with_data("user/login", &data);
    assert!((2 * MIB - 400..=2 * MIB).contains(&body.len()), "{}", body.len());
    body
}

/// Stores an incompressible picture of about `bytes` bytes as portrait 7. Returns its length.
fn store_portrait(server: &Server, bytes: usize) -> usize {
    let side = u32::try_from((bytes / 3).isqrt()).unwrap();
    let mut seed = 1_u32;
    let pixels: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    })
    .take(usize::try_from(side * side * 3).unwrap())
    .collect();
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, side, side);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    let data = json!({"name": "n", "id": "7", "type": "png", "base64": STANDARD.encode(&picture)});
    server.done("", "portrait/upload", data);
    picture.len()
}

#[test]
fn nested_objects_in_32_bodies_stay_small() {
    let server = Server::start("");
    let body = nested();
    let replies: Vec<Reply> = scope(|scope| {
        let send = || post_from(&server, "127.0.0.1", body.as_bytes());
        let peers: Vec<_> = (0..32).map(|_| scope.spawn(send)).collect();
        peers.into_iter().map(|peer| peer.join().unwrap()).collect()
    });
    for reply in &replies {
        let text = reply.text();
        match reply.status {
            503 => assert_eq!(reply.header("retry-after"), "1"),
            _ => assert!(text.contains("longer than 160 KiB"), "{text}"),
        }
    }
    assert!(replies.iter().any(|reply| reply.status == 200));
    let most = most_memory(&server);
    eprintln!("{most} MB at most");
    assert!(most < 100, "{most} MB");
}

#[test]
fn nested_values_of_known_fields_are_not_built() {
    let server = Server::start("");
    let empty = vec!["{}"; 50_000].join(",");
    let item = with_data("user/login", &format!(r#"{{"username":[{empty}],"password":"x"}}"#));
    let answer = server.post("/api", &batch(&item, 13));
    assert_eq!(answer.matches("username: expected a string").count(), 13, "{answer}");
    let most = most_memory(&server);
    assert!(most < 60, "{most} MB");
}

#[test]
fn distinct_keys_without_end_take_little_memory() {
    let server = Server::start("");
    let keys: Vec<String> = (0..190_000).map(|n| format!("\"{n:x}\":0")).collect();
    let data = format!(r#"{{"x":{{{}}}}}"#, keys.join(","));
    let body = envelope("shop/list", json!({})).replacen('{', &format!("{{\"y\":{data},"), 1);
    assert!(body.len() > MIB, "{}", body.len());
    for _ in 0..4 {
        assert_eq!(server.post("/api", &body), ok(json!([])));
    }
    let most = most_memory(&server);
    assert!(most < 60, "{most} MB");
    let twice = body.replacen("\"2e62f\":0", "\"1\":0", 1);
    assert!(twice != body && server.post("/api", &twice).contains("a key stands twice"));
}

#[test]
fn data_over_160_kib_is_only_for_pictures() {
    let server = Server::start("");
    let (most, more) = (160 * 1024, 160 * 1024 + 1);
    let data = |length: usize| {
        let data = format!(r#"{{"x":"{}"}}"#, "y".repeat(length - 8));
        assert_eq!(data.len(), length);
        data
    };
    assert_eq!(server.post("/api", &with_data("shop/list", &data(most))), ok(json!([])));
    let refused = server.post("/api", &with_data("shop/list", &data(more)));
    let expected = concat!(
        r#"{"id":7,"status":-2,"message":"Error JSON value","data":{},"#,
        r#""detail":"data: longer than 160 KiB, and no picture"}"#
    );
    assert_eq!(refused, expected);
    // The token is checked first.
    let refused = server.post("/api", &with_data("shop/creat", &data(more)));
    assert!(refused.contains("\"status\":-100"), "{refused}");
    // A picture may be longer, and so may a batch and keys outside the data.
    let picture = server.post("/api", &with_data("portrait/upload", &data(2 * most)));
    assert!(picture.contains("name: missing"), "{picture}");
    let answers = server.post("/api", &batch(&with_data("shop/list", &data(100_000)), 10));
    assert_eq!(answers.matches("successful").count(), 10, "{answers}");
    let beside =
        envelope("shop/list", json!({})).replacen('{', &format!("{{\"y\":{},", data(more)), 1);
    assert_eq!(server.post("/api", &beside), ok(json!([])));
    // In a batch, by JSON-RPC and in a document alike.
    let items = [with_data("shop/list", &data(more)), envelope("shop/list", json!({}))].join(",");
    assert_eq!(
        server.post("/api", &format!("[{items}]")),
        format!("[{expected},{}]", ok(json!([])))
    );
    let call =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"shop.list","params":{}}}"#, data(more));
    assert!(server.post("/api", &call).contains("longer than 160 KiB"));
    let form = format!("mobile=13800000001&password={}", "x".repeat(more));
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let reply = server.send("POST", "/api/v1.0/sessions", &headers, form.as_bytes());
    assert_eq!((reply.status, &reply.json()["errno"]), (200, &json!("4103")), "{}", reply.text());
}

#[test]
fn unfinished_bodies_leave_room_for_other_addresses() {
    let server = Server::start("");
    let body = with_data(
        "portrait/upload",
        &format!(r#"{{"name":"n","id":"8","type":"png","base64":"{}"}}"#, "A".repeat(300_000)),
    );
    let request = post(body.as_bytes());
    let unfinished = &request[..request.len() - 1];
    let peers: Vec<TcpStream> = scope(|scope| {
        let open = || {
            let mut stream = connect(&server, "127.0.0.1", None);
            let _ = stream.write_all(unfinished);
            stream
        };
        let peers: Vec<_> = (0..400).map(|_| scope.spawn(open)).collect();
        peers.into_iter().map(|peer| peer.join().unwrap()).collect()
    });
    for from in ["127.0.0.2", "127.0.0.3"] {
        let reply = post_from(&server, from, body.as_bytes());
        assert!(reply.text().contains("\"status\":-2"), "{} {}", reply.status, reply.text());
    }
    assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
    let refused = peers.into_iter().filter_map(|mut peer| {
        let mut status = [0; 12];
        peer.read_exact(&mut status).ok().filter(|()| status == *b"HTTP/1.1 503")
    });
    let refused = refused.count();
    assert!(refused > 300, "{refused} of 400 found no room");
    let most = most_memory(&server);
    eprintln!("{most} MB at most");
    assert!(most < 100, "{most} MB");
}

#[test]
fn batch_answer_ends_at_4_mib() {
    let server = Server::start("");
    let length = store_portrait(&server, 900_000);
    let one = length * 4 / 3;
    let whole = 4 * MIB / one;
    assert_eq!(whole, 3);
    let get = envelope("portrait/get", json!({"id": "7"}));
    let small = envelope("shop/list", json!({}));
    let body = format!("[{},{small}]", vec![get; 63].join(","));
    let text = server.post("/api", &body);
    assert!(text.len() < 4 * MIB, "{}", text.len());
    let answers: Vec<Value> = serde_json::from_str(&text).unwrap();
    let done = answers.iter().filter(|answer| answer["status"] == 0).count();
    assert_eq!((answers.len(), done), (64, whole));
    for refused in &answers[whole..] {
        assert_eq!((&refused["id"], &refused["status"]), (&json!(7), &json!(-404)));
        assert!(refused["detail"].as_str().unwrap().contains("too long together"), "{refused}");
    }
    let call = r#"{"jsonrpc":"2.0","id":"b","method":"portrait.get","params":{"id":"7"}}"#;
    let text = server.post("/api", &batch(call, 64));
    assert!(text.len() < 4 * MIB, "{}", text.len());
    let answers: Vec<Value> = serde_json::from_str(&text).unwrap();
    let told: Vec<bool> = answers.iter().map(|answer| answer["result"].is_object()).collect();
    assert_eq!(told.iter().filter(|done| **done).count(), whole);
    assert_eq!((&answers[63]["id"], &answers[63]["error"]["code"]), (&json!("b"), &json!(-404)));
}

#[test]
fn refused_batch_items_are_not_run() {
    let server = Server::start("");
    store_portrait(&server, 900_000);
    let get = envelope("portrait/get", json!({"id": "7"}));
    let post = envelope("score/post", json!({"app": "default", "openid": "p", "score": 5}));
    let read = envelope("score/get", json!({"app": "default", "openid": "p"}));
    let text = server.post("/api", &format!("[{get},{get},{get},{get},{post}]"));
    let answers: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(answers[4]["status"], -404, "{}", answers[4]);
    assert!(!server.post("/api", &read).contains("\"status\":0"));
    // Items before the too long answers are executed and answered.
    let text = server.post("/api", &format!("[{get},{get},{post},{get},{get}]"));
    let answers: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!((&answers[2]["status"], &answers[4]["status"]), (&json!(0), &json!(-404)));
    assert!(server.post("/api", &read).contains("\"status\":0"));
}

#[test]
fn unread_answers_leave_room_for_other_addresses() {
    let server = Server::start("");
    store_portrait(&server, 900_000);
    let get = envelope("portrait/get", json!({"id": "7"}));
    let begun = Instant::now();
    let ask = |from| {
        let mut stream = connect(&server, from, Some(4096));
        stream.write_all(&post(get.as_bytes())).unwrap();
        stream
    };
    let mut peers: Vec<TcpStream> = (0..40).map(|_| ask("127.0.0.1")).collect();
    let refused = peers.iter_mut().filter(|peer| {
        let mut status = [0; 12];
        let mut peer = &**peer;
        peer.read_exact(&mut status).unwrap();
        status == *b"HTTP/1.1 503"
    });
    let refused = refused.count();
    assert!((15..40).contains(&refused), "{refused} of 40");
    for from in ["127.0.0.2", "127.0.0.3"] {
        assert_eq!(post_from(&server, from, get.as_bytes()).status, 200, "{from}");
    }
    // Short answers need no memory budget.
    assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
    let most = most_memory(&server);
    eprintln!("{most} MB at most");
    assert!(most < 150, "{most} MB");
    // Clients that read nothing are disconnected, and their memory is free.
    while post_from(&server, "127.0.0.1", get.as_bytes()).status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(25), "slow readers are not dropped");
        sleep(Duration::from_millis(200));
    }
}

#[test]
fn too_slow_reader_is_dropped_steady_one_is_not() {
    let server = Server::start("");
    store_portrait(&server, 900_000);
    let get = envelope("portrait/get", json!({"id": "7"}));
    // Reads `rate` bytes a second for at most `seconds`. Returns whether it was disconnected, and
    // when.
    let read = |rate: usize, seconds: u64| {
        let mut stream = connect(&server, "127.0.0.1", Some(4096));
        stream.write_all(&post(get.as_bytes())).unwrap();
        let begun = Instant::now();
        let mut piece = vec![0; rate / 4];
        while begun.elapsed() < Duration::from_secs(seconds) {
            let read = stream.read_exact(&mut piece);
            match read.map_err(|error| error.kind()) {
                Ok(()) => sleep(Duration::from_millis(250)),
                Err(ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => {
                    return Some(begun.elapsed());
                }
                Err(error) => panic!("{error}"),
            }
        }
        None
    };
    scope(|scope| {
        let slow = scope.spawn(|| read(1024, 60));
        let steady = scope.spawn(|| read(24 * 1024, 20));
        let dropped = slow.join().unwrap().expect("it is dropped");
        assert!(dropped > Duration::from_secs(4), "{dropped:?}");
        assert_eq!(steady.join().unwrap(), None);
    });
}

#[test]
fn rate_limit_counts_operations_not_requests() {
    let config = "[limits]\nrequests_per_minute = 60\ntrusted_proxies = [\"127.0.0.1\"]\n\
                  shared_networks = { \"192.0.2.0/24\" = 10 }\n";
    let server = Server::start(config);
    let list = envelope("shop/list", json!({}));
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"shop.list","params":{}}"#;
    let send = |from: &str, body: &str| {
        server.send("POST", "/api", &[("X-Forwarded-For", from)], body.as_bytes())
    };
    let refusals = |reply: &Reply| {
        assert_eq!(reply.status, 200);
        reply.text().matches("limits.requests_per_minute").count()
    };
    // Ten seconds' worth, and perhaps one more, as time passes.
    let reply = send("203.0.113.1", &batch(&list, 64));
    assert!((52..=54).contains(&refusals(&reply)), "{}", reply.text());
    assert!(reply.text().ends_with(
        "\"detail\":\"too many attempts (limits.requests_per_minute); try again in 1 s\"}]"
    ));
    let reply = send("203.0.113.1", &list);
    assert_eq!((reply.status, reply.header("retry-after")), (429, "1"), "{}", reply.text());
    assert!(reply.text().contains("limits.requests_per_minute"), "{}", reply.text());
    assert!((52..=54).contains(&refusals(&send("203.0.113.2", &batch(call, 64)))));
    // Ten times as much for a shared network, and 16 times for an IPv6 site.
    assert_eq!(refusals(&send("192.0.2.1", &batch(&list, 64))), 0);
    let site: usize =
        (1..=4).map(|n| refusals(&send(&format!("2001:db8:0:{n}::1"), &batch(&list, 64)))).sum();
    assert!((52 * 4..=54 * 4).contains(&site), "{site}");
}

#[test]
fn limit_refusal_has_retry_after() {
    let server = Server::start("[limits]\nlogin_attempts = 1\n");
    let login = envelope("user/login", json!({"username": "nora", "password": "x"}));
    let send = |path: &str, body: &str| server.send("POST", path, &[], body.as_bytes());
    assert_eq!(send("/api", &login).header("retry-after"), "");
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"user.login","params":{"username":"nora","password":"x"}}"#;
    let md5 = "0123456789abcdef0123456789abcdef";
    let document = format!(r#"{{"username":"nora","password":"{md5}"}}"#);
    for (path, body) in [("/api", &*login), ("/api", call), ("/login", &*document)] {
        let reply = send(path, body);
        let seconds: u64 = reply.header("retry-after").parse().expect(body);
        assert!((1..=16 * 60).contains(&seconds) && reply.status == 200, "{path} {seconds}");
    }
    assert_eq!(send("/api", &batch(&login, 2)).header("retry-after"), "");
}
