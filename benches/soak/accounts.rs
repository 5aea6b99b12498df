//! Logins and logouts by each document, changes of passwords and names, and occasional new
//! accounts.

use crate::client::{Client, DONE, Expect, Request};
use crate::codes::{send_code, sent};
use crate::guichet::CODE;
use crate::world::{PASSWORD, PermanentAccount, World, captcha, login, text};
use engine::hex::md5;
use serde_json::json;
use std::rc::Rc;

/// The entry-task document's code for a token that was logged out.
const LOGGED_OUT: Expect = Expect::Fault(200_412);

/// One of two accounts that log in and out.
pub async fn logins(world: Rc<World>) {
    let mut client = Client::new(&world);
    let PermanentAccount { name, .. } =
        PermanentAccount::new(&mut client, format!("logins-{}", world.number())).await;
    let mut pace = world.pace(0.7);
    let client = &mut client;
    while pace.turn().await {
        match rand::random_range(0..3) {
            0 => {
                let token = login(client, &name, PASSWORD).await;
                client.done(&token, "user/info", json!({})).await;
                let nickname = format!("诺拉 {}", world.number());
                client.done(&token, "user/update", json!({"nickname": nickname})).await;
                client.done(&token, "user/verified", json!({})).await;
                client.done(&token, "user/logout", json!({})).await;
                client.fault(&token, "user/info", json!({}), -101).await;
            }
            1 => {
                let body = format!("username={name}&password={}", md5(PASSWORD));
                let request = Request::post("/login", body);
                let said = client.ask("login, document", &request, DONE).await;
                let token = text(&said["result"]["token"]);
                let info = Request::get("/user/get_user_info").by(&token);
                client.ask("profile, document", &info, DONE).await;
                let change = json!({"nickname": "Nora"}).to_string();
                let change = Request::new("PUT", "/user/update_user_info", change).by(&token);
                client.ask("profile, document", &change, DONE).await;
                let logout = Request::post("/user/logout", "").by(&token);
                client.ask("profile, document", &logout, DONE).await;
                client.ask("profile, document", &info, LOGGED_OUT).await;
            }
            _ => {
                // Right, wrong, then an unknown name: failures are counted, and a success resets
                // the count.
                let token = login(client, &name, PASSWORD).await;
                let wrong = json!({"username": name, "password": "wrong-1"});
                client.fault("", "user/login", wrong, -2).await;
                let body = json!({"mobile": name, "password": PASSWORD}).to_string();
                let request = Request::post("/api/v1.0/sessions", body);
                client.ask("session, document", &request, DONE).await;
                let nobody = json!({"username": "nobody at all", "password": "wrong-1"});
                client.fault("", "user/login", nobody, -2).await;
                let session = Request::get("/api/v1.0/session");
                let with = session.with("Cookie", &format!("session={token}"));
                client.ask("session, document", &with, DONE).await;
                let session = Request::get("/api/v1.0/session");
                client.ask("session, document", &session, Expect::Fault(4101)).await;
            }
        }
    }
}

/// An account that keeps changing its password and name.
pub async fn changes(world: Rc<World>) {
    let mut client = Client::new(&world);
    let client = &mut client;
    let PermanentAccount { mut name, .. } =
        PermanentAccount::new(client, format!("changes-{}", world.number())).await;
    let mut password = PASSWORD.to_owned();
    let mut pace = world.pace(0.1);
    while pace.turn().await {
        let (one, two) =
            (login(client, &name, &password).await, login(client, &name, &password).await);
        name = format!("changes-{}", world.number());
        client.done(&one, "user/rename", json!({"username": name})).await;
        let next = format!("secret-{}", world.number());
        let change = json!({"old_password": password, "new_password": next});
        client.done(&one, "user/password", change.clone()).await;
        // All sessions end, and the old password is invalid.
        client.fault(&two, "user/info", json!({}), -101).await;
        let old = json!({"username": name, "password": password});
        client.fault("", "user/login", old, -2).await;
        password = next;
    }
}

/// New accounts in each of the three ways. Nothing removes their rows, nor those of messages within
/// a day, so both are rare.
pub async fn newcomers(world: Rc<World>) {
    let mut client = Client::new(&world);
    let client = &mut client;
    let mut pace = world.pace(0.05);
    while pace.turn().await {
        let number = world.number();
        let mobile = format!("137{:08}", number % 100_000_000);
        match rand::random_range(0..4) {
            0 => {
                let hash = captcha(client).await;
                let name = format!("newcomer-{number}");
                let data = json!({"username": name, "password": PASSWORD, "hash": hash});
                client.done("", "user/register", data).await;
                let token = login(client, &name, PASSWORD).await;
                let data = json!({"real_name": "诺拉", "id_card": "11010519491231002X"});
                client.done(&token, "user/verify", data.clone()).await;
                client.fault(&token, "user/verify", data, -2).await;
                let hash = captcha(client).await;
                let taken = json!({"username": name, "password": PASSWORD, "hash": hash});
                client.fault("", "user/register", taken, -2).await;
            }
            1 | 2 => {
                let (code, _) = send_code(client, &world, &mobile).await;
                let data = json!({"mobile": mobile, "sms_code": code, "password": PASSWORD});
                client.done("", "user/register", data.clone()).await;
                // The code is used up.
                client.fault("", "user/register", data, -2).await;
            }
            _ => {
                let picture = Request::get("/api/v1.0/imagecode/newcomer");
                client.ask("imagecode, document", &picture, Expect::Picture).await;
                let target = format!("/api/v1.0/smscode/{mobile}?id=newcomer&text={}", &CODE[..4]);
                client.ask("smscode, document", &Request::get(&target), DONE).await;
                let code = sent(&world, &mobile);
                let body = json!({"mobile": mobile, "sms_code": code, "password": PASSWORD});
                let users = Request::post("/api/v1.0/users", body.to_string());
                client.ask("users, document", &users, DONE).await;
            }
        }
    }
}
