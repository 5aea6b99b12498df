//! Captchas and SMS codes.

use crate::client::{Client, Expect, Request};
use crate::world::{World, captcha, text};
use engine::hex::md5;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::rc::Rc;

/// Disables limits that the load would reach, because it has one address and few numbers and
/// accounts.
pub const QUOTAS: &str = "[sms]\nper_30_seconds = 0\nper_hour = 0\nper_day = 0\n\
                          per_day_per_address = 0\nper_day_in_all = 0\n\
                          [limits]\nlogin_attempts_per_account = 0\n\
                          login_attempts_per_address = 0\nrenames_per_day = 0\n";

/// One of two connections that request captchas and validate them.
pub async fn captchas(world: Rc<World>) {
    let (mut client, mut pace) = (Client::new(&world), world.pace(4.0));
    let own = world.number();
    while pace.turn().await {
        if rand::random_range(0..4) == 0 {
            let name = format!("page-{own}-{}", rand::random_range(0..50));
            let target = format!("/api/v1.0/imagecode/{name}");
            client.ask("imagecode, document", &Request::get(&target), Expect::Picture).await;
            // Its text can be tried once, right or wrong.
            let target = format!("/api/v1.0/smscode/13900000000?id={name}&text=zzzz");
            let request = Request::get(&target);
            client.ask("smscode, document", &request, Expect::Fault(4004)).await;
        } else {
            let hash = captcha(&mut client).await;
            client.done("", "img/validate", json!({"hash": hash})).await;
            client.done("", "img/validate", json!({"hash": hash})).await;
        }
    }
}

/// SMS codes for a few numbers, which are then answered rightly, wrongly or not at all.
pub async fn messages(world: Rc<World>) {
    let (mut client, mut pace) = (Client::new(&world), world.pace(0.1));
    let client = &mut client;
    while pace.turn().await {
        let phone = format!("1390000{:04}", rand::random_range(0..1_000));
        let (code, rand) = send_code(client, &world, &phone).await;
        let wrong = json!({"phone": phone, "hash": md5("not it")});
        client.fault("", "sms/validate", wrong, -4).await;
        let right = json!({"phone": phone, "hash": md5(&format!("{code}{rand}"))});
        client.done("", "sms/validate", right.clone()).await;
        client.fault("", "sms/validate", right, -4).await;
        let nowhere = json!({"phone": "12345", "hash": captcha(client).await});
        client.fault("", "sms/generate", nowhere, 1016).await;
    }
}

/// Has a code sent. Returns the code and the random text that is appended to it.
pub async fn send_code(client: &mut Client, world: &World, phone: &str) -> (String, String) {
    let hash = captcha(client).await;
    let said = client.done("", "sms/generate", json!({"phone": phone, "hash": hash})).await;
    (sent(world, phone), text(&said["rand"]))
}

/// The last code sent to a number, read from the end of the outbox.
pub fn sent(world: &World, phone: &str) -> String {
    let mut file = File::open(world.data.join("outbox.jsonl")).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(length.saturating_sub(4_096))).unwrap();
    let mut end = Vec::new();
    file.read_to_end(&mut end).unwrap();
    let end = String::from_utf8_lossy(&end);
    let mut messages = end.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let message = messages.rfind(|message| message["phone"] == phone);
    message.map_or_else(String::new, |message| text(&message["code"]))
}
