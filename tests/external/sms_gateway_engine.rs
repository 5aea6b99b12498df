//! Gateways without a server: checks, and the circuit breaker with a test clock.

use crate::common::Folder;
use crate::common::gateway::{Behaviour, Gateway};
use engine::config::Config;
use engine::http_client::LazyHttpClient;
use engine::sms::{self, Circuit, DeliveryOutcome, Gateway as _, HttpPoster, Message, Webhook};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The result of checking the gateway of `config`.
fn check(config: &str) -> Result<String, String> {
    let folder = Folder::new();
    let config = Config::parse(config, []).unwrap();
    let gateway = sms::open(&config.sms, folder.path(), &LazyHttpClient::default()).unwrap();
    let told = gateway.check();
    let (Ok(text) | Err(text)) = &told;
    for secret in ["canary", "to=all"] {
        assert!(!text.contains(secret) && !text.contains('\n'), "{text}");
    }
    told
}

fn error(code: &str) -> Behaviour {
    let error = json!({"Code": code, "Message": "canary"});
    Behaviour::Answer(200, json!({"Response": {"Error": error, "RequestId": "canary"}}).to_string())
}

#[test]
fn outbox_warns_that_it_sends_nothing() {
    assert!(check("").unwrap().contains("nobody's telephone"));
}

#[test]
fn tencent_check_sends_nothing_and_finds_a_bad_key() {
    let gateway = Gateway::start(error("MissingParameter.EmptyPhoneNumberSet"));
    let told = check(&gateway.tencent("1s")).unwrap();
    assert!(told.starts_with(&format!("tencent: {} takes the key", gateway.url())), "{told}");
    let [request] = &gateway.requests()[..] else { panic!("one request") };
    assert_eq!(request.json()["PhoneNumberSet"], json!([]));
    assert_eq!(request.json()["TemplateParamSet"], json!([]));

    for (code, hint) in [
        ("AuthFailure.SignatureFailure", "look at sms.tencent.secret_id and secret_key"),
        ("AuthFailure.SignatureExpire", "this machine's clock is wrong"),
        ("InvalidParameterValue.SdkAppIdNotExist", "look at sms.tencent.sdk_app_id"),
        ("UnauthorizedOperation.SerivceSuspendDueToArrears", "the account has no messages left"),
        ("ServiceUnavailable", "no message would be sent"),
    ] {
        gateway.set_behaviours(&[error(code)]);
        let told = check(&gateway.tencent("1s"));
        assert_eq!(told, Err(format!("tencent: {} answers {code}: {hint}", gateway.url())));
    }
    let at = gateway.url();
    for (manner, told) in [
        (Behaviour::Silent, "operation timed out"),
        (
            Behaviour::Answer(404, "<html>".to_owned()),
            "HTTP 404, and the body is no answer of the API",
        ),
        (Behaviour::Echo, "HTTP 200, and the body is no answer of the API"),
    ] {
        gateway.set_behaviours(&[manner]);
        let error = check(&gateway.tencent("1s")).unwrap_err();
        assert!(error.starts_with(&format!("tencent: {at}: ")) && error.ends_with(told), "{error}");
    }
    // In all cases it was called once.
    assert_eq!(gateway.connections(), 9);
}

#[test]
fn webhook_check_posts_nothing() {
    let gateway = Gateway::start(Behaviour::Answer(405, String::new()));
    let told = check(&gateway.webhook("1s")).unwrap();
    assert!(told.contains(&format!("{} answers (HTTP 405 to a HEAD)", gateway.url())), "{told}");
    let [request] = &gateway.requests()[..] else { panic!("one request") };
    assert_eq!(request.line, "HEAD /send?to=all HTTP/1.1");
    assert!(request.body.is_empty());

    let gateway = Gateway::start_tls(Behaviour::Closed);
    let error = check(&gateway.webhook("1s")).unwrap_err();
    assert!(error.starts_with(&format!("webhook: {}: ", gateway.url())), "{error}");
}

#[test]
fn recovered_gateway_is_used_again() {
    let gateway = Gateway::start(Behaviour::Answer(500, String::new()));
    let config = Config::parse(&gateway.webhook("5s"), []).unwrap().sms;
    let line = HttpPoster::new(LazyHttpClient::default(), config.timeout);
    let webhook = Webhook::new(&config.webhook, line).unwrap();
    let seconds = Arc::new(AtomicU64::new(0));
    let (start, passed) = (Instant::now(), Arc::clone(&seconds));
    let circuit = Circuit::by_clock(webhook, move || {
        start + Duration::from_secs(passed.load(Ordering::SeqCst))
    });
    let message = Message {
        phone: "13800001234",
        code: "123456",
        minutes: 3,
        at: "2026-03-01 09:30:00",
        purpose: None,
    };
    let send = || {
        let before = gateway.connections();
        let outcome = circuit.send(message).err().map(|refusal| refusal.outcome);
        (outcome, gateway.connections() - before)
    };
    for _ in 0..5 {
        assert_eq!(send(), (Some(DeliveryOutcome::Unknown), 1));
    }
    assert_eq!(send(), (Some(DeliveryOutcome::CircuitOpen), 0));
    // A check by an operator is not blocked by the circuit.
    assert!(circuit.check().is_ok());
    seconds.store(30, Ordering::SeqCst);
    assert_eq!(send(), (Some(DeliveryOutcome::Unknown), 1));
    gateway.set_behaviours(&[Behaviour::Answer(200, String::new())]);
    assert_eq!(send(), (Some(DeliveryOutcome::CircuitOpen), 0));
    seconds.store(60, Ordering::SeqCst);
    assert_eq!(send(), (None, 1));
    assert_eq!(send(), (None, 1));
}
