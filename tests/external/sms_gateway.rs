//! A misbehaving gateway: answers to the client, quotas, retries, the circuit breaker, and the log.

use crate::common::gateway::{Behaviour, Gateway, ask};
use crate::common::{Server, envelope, fault, not_sent};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

const OTHER: (i64, &str) = (1007, "其他错误");
const TIME_OUT: (i64, &str) = (1008, "请求下发短信超时");
const USED_UP: (i64, &str) = (1023, "单个手机号30秒内下发短信条数超过设定的上限");

/// Checks the result of sending to `phone`.
fn assert_sending(server: &Server, phone: &str, (code, message): (i64, &str)) {
    // An error of our own quota has a detail; all others are the gateway's.
    let told = if (code, message) == USED_UP { fault } else { not_sent };
    assert_eq!(ask(server, phone), told(code, message), "{phone}");
}

fn good() -> Behaviour {
    Behaviour::Answer(200, String::new())
}

/// How often the log contains this text.
fn count_in_log(server: &Server, what: &str) -> usize {
    server.log().lines().filter(|line| line.contains(what)).count()
}

#[test]
fn failure_after_sending_is_counted_and_not_retried() {
    let gateway = Gateway::start(good());
    // Enough time for a second try, which must not happen.
    let server = Server::start(&gateway.tencent("3s"));
    let cases = [
        (Behaviour::Silent, TIME_OUT),
        (Behaviour::Answer(500, "<h1>Oops</h1>".to_owned()), OTHER),
        (Behaviour::Answer(200, "{\"Response\":[]}".to_owned()), OTHER),
        (Behaviour::Half, OTHER),
        (Behaviour::Endless, OTHER),
        (Behaviour::Closed, OTHER),
        (Behaviour::Echo, OTHER),
    ];
    for (n, (manner, end)) in cases.into_iter().enumerate() {
        let phone = format!("1380000100{n}");
        gateway.set_behaviours(&[manner, good()]);
        let before = gateway.connections();
        assert_sending(&server, &phone, end);
        assert_eq!(gateway.connections() - before, 1, "{phone}");
        // The message may have been sent, so the next one exceeds the quota.
        assert_sending(&server, &phone, USED_UP);
        // Only consecutive failures open the circuit.
        gateway.set_behaviours(&[Behaviour::Answer(
            200,
            json!({"Response": {"Error": {"Code": "X"}}}).to_string(),
        )]);
        assert_sending(&server, "13800009999", OTHER);
    }
    assert_eq!(count_in_log(&server, "the SMS gateway is"), 0, "{}", server.log());
    assert_eq!(
        count_in_log(&server, "the SMS gateway answered"),
        14,
        "each once: {}",
        server.log()
    );
}

#[test]
fn unreachable_gateway_is_retried_once_not_counted() {
    // With TLS, a gateway that closes at once has not received the message.
    let gateway = Gateway::start_tls(Behaviour::Closed);
    let server = Server::start(&gateway.webhook("5s"));
    for tries in [2, 4] {
        assert_sending(&server, "13800001234", OTHER);
        assert_eq!(gateway.connections(), tries);
    }
    assert_eq!(count_in_log(&server, "the SMS gateway answered"), 2, "once each, not once a try");

    // One second is too short for a second try.
    let server = Server::start(&gateway.webhook("1s"));
    assert_sending(&server, "13800001234", OTHER);
    assert_eq!(gateway.connections(), 5);
}

/// A reserved port without a listener.
fn closed_port() -> tokio::net::TcpSocket {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket
}

#[test]
fn refused_connection_is_1007_and_not_counted() {
    let port = closed_port();
    let address = port.local_addr().unwrap();
    let server = Server::start(&format!(
        "[sms]\ngateway = \"webhook\"\ntimeout = \"1s\"\n\
         [sms.webhook]\nurl = \"http://{address}/hidden\"\nsecret = \"x\"\n"
    ));
    for _ in 0..5 {
        assert_sending(&server, "13800001234", OTHER);
    }
    assert_eq!(count_in_log(&server, "Connection refused"), 5, "{}", server.log());
    assert_eq!(count_in_log(&server, "the SMS gateway is down"), 1, "{}", server.log());
    assert_sending(&server, "13800001234", OTHER);
    assert_eq!(count_in_log(&server, "Connection refused"), 5, "it was not asked");
    assert_eq!(count_in_log(&server, "hidden"), 0, "an address may hold a secret");
}

#[test]
fn circuit_opens_after_five_gateway_failures() {
    let gateway = Gateway::start(Behaviour::Answer(503, String::new()));
    let server = Server::start(&gateway.webhook("5s"));
    // A refusal with a code of the gateway is not a failure.
    gateway.set_behaviours(&[Behaviour::Answer(400, json!({"code": 1016}).to_string())]);
    for _ in 0..6 {
        assert_sending(&server, "13800001234", (1016, "手机号格式错误"));
    }
    gateway.set_behaviours(&[Behaviour::Answer(503, String::new())]);
    for n in 0..5 {
        assert_sending(&server, &format!("1380000100{n}"), OTHER);
    }
    gateway.set_behaviours(&[good()]);
    let before = gateway.connections();
    for _ in 0..3 {
        // The same number each time: messages that were not tried are not counted.
        assert_sending(&server, "13800002000", OTHER);
    }
    assert_eq!(gateway.connections(), before, "nobody came");
    assert_eq!(count_in_log(&server, "the SMS gateway is down"), 1, "{}", server.log());
    assert_eq!(
        count_in_log(&server, "the SMS gateway answered"),
        11,
        "not what was not tried: {}",
        server.log()
    );
}

#[test]
fn log_has_no_number_code_or_key() {
    for format in ["text", "json"] {
        let gateway = Gateway::start(good());
        for config in [gateway.webhook("1s"), gateway.tencent("1s")] {
            let open = config.replace("[sms]\n", "[sms]\nper_30_seconds = 0\nper_hour = 0\n");
            let log = format!("[log]\nlevel = \"trace\"\nformat = \"{format}\"\n");
            let server = Server::start(&(open + &log));
            gateway.set_behaviours(&[Behaviour::Echo]);
            let before = gateway.requests().len();
            ask(&server, "13812345678");
            // An answer that contains secrets.
            let code = gateway.requests()[before].json();
            let code = code["code"].as_str().or(code["TemplateParamSet"][0].as_str()).unwrap();
            let number: i64 = code.parse().unwrap();
            let told =
                json!({"Response": {"Error": {"Code": code}, "RequestId": code}, "code": number});
            for manner in [
                Behaviour::Answer(200, told.to_string()),
                Behaviour::Answer(401, String::new()),
                Behaviour::Silent,
                Behaviour::Closed,
                Behaviour::Half,
            ] {
                gateway.set_behaviours(&[manner]);
                ask(&server, "13812345678");
            }
            assert_eq!(gateway.requests().len() - before, 5, "all but the one that was closed");

            let log = server.log();
            assert!(count_in_log(&server, "the SMS gateway answered") >= 4, "{log}");
            for secret in ["13812345678", "canary", "to=all", code] {
                // The timestamp of a line also contains six digits.
                let leaks = |line: &&str| line.split_once('Z').unwrap().1.contains(secret);
                assert_eq!(log.lines().find(leaks), None, "{secret}");
            }
        }
    }
}

#[test]
fn shutdown_waits_for_a_message_in_progress() {
    let gateway = Gateway::start(Behaviour::Silent);
    let mut server = Server::start(&gateway.webhook("2s"));
    let data = json!({"phone": "13800001234", "hash": server.captcha()});
    let body = envelope("sms/generate", data);
    let mut client = TcpStream::connect(server.address()).unwrap();
    let head = format!("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
    client.write_all((head + &body).as_bytes()).unwrap();
    gateway.wait_for(1);
    assert_eq!(server.terminate(), 0);
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with(&fault(TIME_OUT.0, TIME_OUT.1)), "{answer}");
    assert_eq!(count_in_log(&server, "work was still running"), 0, "{}", server.log());
}
