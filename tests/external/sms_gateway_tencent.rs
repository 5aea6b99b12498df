//! Messages by Tencent's API. The signature is computed here independently from the received
//! request.

use crate::common::gateway::{Behaviour, Gateway, Request, ask};
use crate::common::{Server, fault, not_sent, ok};
use engine::hex;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

/// The API's answer for one number.
fn api_answer(code: &str) -> Behaviour {
    let status = json!({
        "SerialNo": "5000:1045710669157053657849499619", "PhoneNumber": "+8613800001234", "Fee": 1,
        "SessionContext": "", "Code": code, "Message": "about +8613800001234", "IsoCode": "CN"
    });
    let id = "a0aabda6-cf91-4f3e-a81f-9198114a2279";
    Behaviour::Answer(
        200,
        json!({"Response": {"SendStatusSet": [status], "RequestId": id}}).to_string(),
    )
}

/// The API's error for a whole request.
fn error(code: &str) -> Behaviour {
    let error = json!({"Code": code, "Message": "about +8613800001234"});
    let id = "a0aabda6-cf91-4f3e-a81f-9198114a2279";
    Behaviour::Answer(200, json!({"Response": {"Error": error, "RequestId": id}}).to_string())
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The header `Authorization` that this request must have, by "Signature v3" of Tencent's pages.
fn authorization(request: &Request, id: &str, key: &str) -> String {
    let time = request.header("x-tc-timestamp");
    let canonical = [
        "POST",
        "/",
        "",
        &format!("content-type:{}", request.header("content-type").to_lowercase()),
        &format!("host:{}", request.header("host")),
        "",
        "content-type;host",
        &hex::encode(&Sha256::digest(&request.body)),
    ]
    .join("\n");
    let day = jiff::Timestamp::from_second(time.parse().unwrap()).unwrap().to_string();
    let scope = format!("{}/sms/tc3_request", &day[..10]);
    let digest = hex::encode(&Sha256::digest(&canonical));
    let text = ["TC3-HMAC-SHA256", time, &scope, &digest].join("\n");
    let date = mac(format!("TC3{key}").as_bytes(), &day[..10]);
    let signing = mac(&mac(&date, "sms"), "tc3_request");
    let signature = hex::encode(&mac(&signing, &text));
    format!(
        "TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
    )
}

#[test]
fn tencent_request_is_signed_and_its_code_is_valid() {
    let gateway = Gateway::start(api_answer("Ok"));
    let server = Server::start(&gateway.tencent("5s"));
    let answer: Value = serde_json::from_str(&ask(&server, "13800001234")).unwrap();
    let rand = answer["data"]["rand"].as_str().unwrap();

    let [request] = &gateway.requests()[..] else { panic!("one request") };
    assert_eq!(request.line, "POST / HTTP/1.1");
    assert_eq!(request.header("authorization"), authorization(request, "canary-id", "canary-key"));
    assert_eq!(format!("http://{}", request.header("host")), gateway.url());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now - request.header("x-tc-timestamp").parse::<u64>().unwrap() < 60);
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("x-tc-action", "SendSms"),
        ("x-tc-version", "2021-01-11"),
        ("x-tc-region", "ap-guangzhou"),
    ] {
        assert_eq!(request.header(name), value);
    }
    let code = request.json()["TemplateParamSet"][0].as_str().unwrap().to_owned();
    assert_eq!(
        request.json(),
        json!({
            "PhoneNumberSet": ["+8613800001234"], "SmsSdkAppId": "1400006666", "TemplateId": "1110",
            "SignName": "腾讯云", "TemplateParamSet": [code, "3"]
        })
    );
    let hash = hex::md5(&format!("{code}{rand}"));
    let data = json!({"phone": "13800001234", "hash": hash});
    assert_eq!(server.call("sms/validate", data), ok(json!({})));
    assert!(!server.folder().join("data/outbox.jsonl").exists(), "nothing is kept of it");
}

#[test]
fn template_takes_the_code_alone_or_in_a_text() {
    let gateway = Gateway::start(api_answer("Ok"));
    let config = gateway.tencent("5s") + "params = [\"{code}\"]\nregion = \"ap-singapore\"\n";
    let server = Server::start(&config.replace("[sms]\n", "[sms]\nttl = \"90s\"\n"));
    ask(&server, "13800001234");
    let server = Server::start(
        &(gateway.tencent("5s") + "params = [\"{minutes}分钟\", \"码{code}\"]\n")
            .replace("[sms]\n", "[sms]\nttl = \"90s\"\n"),
    );
    ask(&server, "13800001234");
    let [one, two] = &gateway.requests()[..] else { panic!("two requests") };
    assert_eq!(one.header("x-tc-region"), "ap-singapore");
    let is_code = |text: &str| text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
    let params = |request: &Request| -> Vec<String> {
        serde_json::from_value(request.json()["TemplateParamSet"].clone()).unwrap()
    };
    assert!(matches!(&params(one)[..], [code] if is_code(code)));
    // 90 seconds are shown as two minutes: a message must not announce less time than there is.
    let [minutes, code] = &params(two)[..] else { panic!("{two:?}") };
    assert_eq!(minutes, "2分钟");
    assert!(is_code(code.strip_prefix('码').unwrap()));
}

#[test]
fn refusals_have_known_codes_and_are_not_counted() {
    let gateway = Gateway::start(api_answer("Ok"));
    let server = Server::start(&gateway.tencent("5s"));
    for (manner, code, message) in [
        (api_answer("InvalidParameterValue.IncorrectPhoneNumber"), 1016, "手机号格式错误"),
        (
            api_answer("LimitExceeded.PhoneNumberThirtySecondLimit"),
            1023,
            "单个手机号30秒内下发短信条数超过设定的上限",
        ),
        (
            api_answer("LimitExceeded.PhoneNumberOneHourLimit"),
            1024,
            "单个手机号1小时内下发短信条数超过设定的上限",
        ),
        (
            api_answer("LimitExceeded.PhoneNumberDailyLimit"),
            1025,
            "单个手机号日下发短信条数超过设定的上限",
        ),
        (api_answer("FailedOperation.PhoneNumberInBlacklist"), 1015, "手机号在黑名单库中"),
        (api_answer("FailedOperation.InsufficientBalanceInSmsPackage"), 1031, "套餐包余量不足"),
        (api_answer("FailedOperation.SomethingNew"), 1007, "其他错误"),
        (error("AuthFailure.SignatureFailure"), 1001, "sig校验失败"),
        (error("AuthFailure.SignatureExpire"), 1021, "请求发起时间不正常"),
        (error("UnauthorizedOperation.SmsSdkAppIdVerifyFail"), 1019, "sdkappid不存在"),
    ] {
        gateway.set_behaviours(&[manner]);
        // More in a row than would open the circuit, always to the same number.
        assert_eq!(ask(&server, "13800001234"), not_sent(code, message));
    }
    gateway.set_behaviours(&[api_answer("Ok")]);
    assert!(ask(&server, "13800001234").contains("\"rand\""), "what was refused is not counted");
    assert_eq!(gateway.requests().len(), 11, "and none of it was tried again");
    let log = server.log();
    let id = "AuthFailure.SignatureFailure, request a0aabda6-cf91-4f3e-a81f-9198114a2279";
    assert!(log.contains(id), "what an operator needs: {log}");
    assert!(!log.contains("13800001234"), "the API's own message is left out: {log}");
}

#[test]
fn message_that_may_have_been_sent_is_counted() {
    let gateway = Gateway::start(api_answer("Ok"));
    let server = Server::start(&gateway.tencent("5s"));
    let empty = json!({"Response": {"SendStatusSet": [], "RequestId": ""}}).to_string();
    let cases = [
        (api_answer("InternalError.Timeout"), 1008, "请求下发短信超时"),
        (api_answer("InternalError.SendAndRecvFail"), 60008, "处理请求超时"),
        (error("InternalError"), 1007, "其他错误"),
        (Behaviour::Answer(200, empty), 1007, "其他错误"),
    ];
    for (n, (manner, code, message)) in cases.into_iter().enumerate() {
        gateway.set_behaviours(&[manner]);
        let phone = format!("1380000100{n}");
        assert_eq!(ask(&server, &phone), not_sent(code, message));
        let used_up = fault(1023, "单个手机号30秒内下发短信条数超过设定的上限");
        assert_eq!(ask(&server, &phone), used_up);
    }
    assert_eq!(gateway.requests().len(), 4, "and it is not tried again");
}

#[test]
fn request_rate_error_is_retried_once() {
    let gateway = Gateway::start(api_answer("Ok"));
    let server = Server::start(&gateway.tencent("5s"));
    gateway.set_behaviours(&[error("RequestLimitExceeded"), api_answer("Ok")]);
    assert!(ask(&server, "13800001234").contains("\"rand\""));
    let [first, second] = &gateway.requests()[..] else { panic!("two requests") };
    assert_eq!(first.body, second.body, "the same message");

    gateway.set_behaviours(&[error("RequestLimitExceeded.UinLimitExceeded")]);
    for _ in 0..2 {
        let refused = fault(1013, "下发短信命中了频率限制策略");
        assert_eq!(ask(&server, "13800005678"), refused, "and is not counted");
    }
    assert_eq!(gateway.requests().len(), 6);
}
