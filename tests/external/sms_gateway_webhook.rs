//! Messages by webhook: the request, its signature, and the example receiver.

use crate::common::gateway::{Behaviour, Gateway, Request, ask};
use crate::common::{Folder, Server, fault, has, not_sent, ok};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::hex;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// The header `webhook-signature` that this request must have, by Standard Webhooks.
fn signature(request: &Request, key: &[u8]) -> String {
    let (id, time) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("{id}.{time}.").as_bytes());
    mac.update(&request.body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[test]
fn webhook_post_is_signed_and_its_code_is_valid() {
    let gateway = Gateway::start(Behaviour::Answer(204, String::new()));
    let server = Server::start(&gateway.webhook("5s"));
    let answer: Value = serde_json::from_str(&ask(&server, "13800001234")).unwrap();
    let [request] = &gateway.requests()[..] else { panic!("one request") };
    assert_eq!(request.line, "POST /send?to=all HTTP/1.1");
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("webhook-signature"), signature(request, b"canary-secret"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now - request.header("webhook-timestamp").parse::<u64>().unwrap() < 60);
    let code = request.json()["code"].as_str().unwrap().to_owned();
    let text = format!("您的验证码是 {code}，3 分钟内有效。");
    assert_eq!(request.json(), json!({"phone": "13800001234", "code": code, "text": text}));
    let hash = hex::md5(&format!("{code}{}", answer["data"]["rand"].as_str().unwrap()));
    assert_eq!(
        server.call("sms/validate", json!({"phone": "13800001234", "hash": hash})),
        ok(json!({}))
    );
}

#[test]
fn messages_have_unique_ids_and_prefixed_keys_work() {
    let gateway = Gateway::start(Behaviour::Answer(200, "{}".to_owned()));
    let secret = "secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"";
    let config = gateway.webhook("5s").replace("secret = \"canary-secret\"", secret);
    let server = Server::start(&config);
    (0..5).for_each(|n| drop(ask(&server, &format!("1380000100{n}"))));
    let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let requests = gateway.requests();
    for request in &requests {
        assert_eq!(request.header("webhook-signature"), signature(request, &key));
    }
    let ids: BTreeSet<&str> = requests.iter().map(|r| r.header("webhook-id")).collect();
    assert_eq!(ids.len(), 5);
    assert!(ids.iter().all(|id| !id.contains('.')), "where it ends must be plain: {ids:?}");
}

#[test]
fn webhook_may_refuse_with_a_known_code() {
    let gateway = Gateway::start(Behaviour::Answer(200, String::new()));
    let server = Server::start(&gateway.webhook("5s"));
    for (status, body, code, message) in [
        (200, json!({"code": 1016}), 1016, "手机号格式错误"),
        (403, json!({"code": 1033, "why": "arrears"}), 1033, "欠费被停止服务"),
        (200, json!({"code": 4711}), 1007, "其他错误"),
        (404, json!({}), 1007, "其他错误"),
        (302, json!({}), 1007, "其他错误"),
    ] {
        gateway.set_behaviours(&[Behaviour::Answer(status, body.to_string())]);
        assert_eq!(ask(&server, "13800001234"), not_sent(code, message));
    }
    gateway.set_behaviours(&[Behaviour::Answer(200, json!({"code": 0}).to_string())]);
    assert!(ask(&server, "13800001234").contains("\"rand\""), "what was refused is not counted");
}

/// The example, running.
struct Receiver {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Receiver {
    fn start(secret: &str) -> (Self, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/webhook.py");
        let mut command = Command::new("python3");
        command.arg(script).args(["0", secret]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut receiver = Receiver { child, lines };
        let url = receiver.line().strip_prefix("listening on ").unwrap().to_owned();
        (receiver, url)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn example_webhook_accepts_each_signed_post_once() {
    if !has("python3") {
        return;
    }
    let (mut receiver, url) = Receiver::start("a long random text");
    let config = |secret: &str| {
        format!(
            "[sms]\ngateway = \"webhook\"\n[sms.webhook]\nurl = \"{url}\"\nsecret = \"{secret}\"\n"
        )
    };
    let stranger = Server::start(&config("another text"));
    assert_eq!(ask(&stranger, "13800009999"), fault(1001, "sig校验失败"));

    // Records the server's post, and replays it like an attacker.
    let gateway = Gateway::start(Behaviour::Answer(200, String::new()));
    let seen = config("a long random text").replace(&url, &gateway.url());
    ask(&Server::start(&seen), "13800001234");
    let request = gateway.requests().pop().unwrap();
    let post = |time: &str, body: &[u8]| {
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST / HTTP/1.0\r\nContent-Length: {}\r\nwebhook-id: {}\r\nwebhook-timestamp: {time}\r\n\
             webhook-signature: {}\r\n\r\n",
            body.len(),
            request.header("webhook-id"),
            request.header("webhook-signature")
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status).unwrap();
        status.split(' ').nth(1).unwrap().to_owned()
    };
    let time = request.header("webhook-timestamp");
    assert_eq!(post("1600000000", &request.body), "401", "it is old");
    assert_eq!(post(time, &[&request.body[..], b" "].concat()), "401", "it is another's text");
    assert_eq!(post(time, &request.body), "200");
    assert_eq!(post(time, &request.body), "200", "the same once more is no fault");

    let server = Server::start_in(Folder::new(), &config("a long random text"));
    assert!(ask(&server, "13800005678").contains("\"rand\""));
    for phone in ["13800001234", "13800005678"] {
        let line = receiver.line();
        assert!(line.starts_with(phone) && line.ends_with("，3 分钟内有效。"), "{line}");
    }
}
