//! Every operation on data of another account: for the owner it works; for anybody else it changes
//! nothing and reveals nothing private.

use crate::common::Server;
use crate::common::notice;
use crate::common::surface::{Operation, operations, samples};
use serde_json::{Value, json};

const OPEN: &str = "[shop]\nmax_per_account = 1000\n[captcha]\ntest_code = \"abcde\"\n";

const MOBILE: &str = "13800009999";
/// Data of an account that only its owner may see.
const PRIVATE: [&str; 3] = [MOBILE, "欧阳小雨", "440524188001010014"];

/// The account 100001, which has data of every kind.
struct Owner<'a> {
    server: &'a Server,
    token: String,
    notice: i64,
    shop: i64,
}

impl<'a> Owner<'a> {
    fn new(server: &'a Server) -> Self {
        let token = server.registered(MOBILE);
        let verify = json!({"real_name": PRIVATE[1], "id_card": PRIVATE[2]});
        server.done(&token, "user/verify", verify);
        server.done(&token, "user/rename", json!({"username": "nora"}));
        server.done(&token, "rank/upload", json!({"rank": 77}));
        let avatar = samples("user/avatar", 0).swap_remove(0);
        server.done(&token, "user/avatar", avatar);
        let mut portrait = samples("portrait/upload", 0).swap_remove(0);
        portrait["id"] = "100001".into();
        server.done(&token, "portrait/upload", portrait);
        let mut owner = Owner { server, token, notice: 0, shop: 0 };
        owner.renew("first");
        owner
    }

    /// Makes a notice and a shop for the next operation, which may delete them.
    fn renew(&mut self, name: &str) {
        self.notice = notice::add(self.server, &self.token, notice::sample());
        let shop = json!({"shop_name": format!("{name} of Nora's")});
        let shop = self.server.done(&self.token, "shop/creat", shop);
        self.shop = shop["shop_id"].as_i64().unwrap();
    }

    /// Data for an operation, in each shape, that refers to this account's data.
    fn data(&self, operation: &Operation) -> Vec<Value> {
        let mut all = samples(&operation.name, self.shop);
        for data in &mut all {
            for field in &operation.fields {
                let own = match (operation.name.as_str(), field.as_str()) {
                    ("property/update" | "property/delete", "id") => json!(self.notice),
                    ("portrait/upload" | "portrait/get", "id") => json!("100001"),
                    ("rank/around", "user") => json!(100_001),
                    ("shop/list", "user_id") => json!(100_001),
                    ("shop/creat" | "shop/create", "shop_name") if data["shop_id"].is_null() => {
                        json!(format!("{} opened", operation.name))
                    }
                    ("user/password", "old_password" | "new_password") => json!("secret-1"),
                    _ => continue,
                };
                data[field] = own;
            }
        }
        all
    }

    /// All data of the account, as its owner sees it.
    fn account_data(&self) -> Vec<Value> {
        let done = |name: &str, data: Value| self.server.done(&self.token, name, data);
        let mut place = done("rank/around", json!({"span": 0}));
        // Another upload may come first.
        place[0]["ranking"] = json!(0);
        vec![
            done("user/info", json!({})),
            done("user/verified", json!({})),
            done("shop/list", json!({"user_id": 100_001})),
            done("property/query", json!({"type": 1, "user_id": "100001"})),
            done("portrait/get", json!({"id": "100001"})),
            place,
        ]
    }
}

#[test]
fn other_accounts_cannot_change_or_see_private_data() {
    let server = Server::start(OPEN);
    let owner = Owner::new(&server);
    // The final name is unpredictable; the number stays the same.
    let mallory = "13800009998";
    server.registered(mallory);
    let before = owner.account_data();
    let mut called = 0;
    for operation in operations() {
        for plain in owner.data(&operation) {
            // Also with the owner's id as the caller's, if the operation has one.
            let mut posing = plain.clone();
            if operation.fields.iter().any(|field| field == "user_id") {
                let is_text = operation.name.starts_with("property/");
                posing["user_id"] = if is_text { json!("100001") } else { json!(100_001) };
            }
            for data in [plain, posing] {
                for token in ["", "junk", &server.login(mallory)] {
                    let answer = server.call_as(token, &operation.name, data.clone());
                    let name = &operation.name;
                    assert!(PRIVATE.iter().all(|own| !answer.contains(own)), "{name}: {answer}");
                    assert!(!answer.contains(&owner.token), "{name}: {answer}");
                    assert_eq!(owner.account_data(), before, "{name} {data}");
                    called += 1;
                }
            }
        }
    }
    assert!(called > 200, "{called}");
}

#[test]
fn owner_can_change_and_see_private_data() {
    let server = Server::start(OPEN);
    let mut owner = Owner::new(&server);
    let own = |operation: &Operation| operation.needs_login || operation.name == "portrait/upload";
    for operation in operations().iter().filter(|operation| own(operation)) {
        owner.renew(&operation.name);
        for data in owner.data(operation) {
            let answer = server.call_as(&owner.token, &operation.name, data.clone());
            let answer: Value = serde_json::from_str(&answer).unwrap();
            // A real name can be set once, and it is set already.
            let status = match operation.name.as_str() {
                "user/verify" => -2,
                // The password of these is wrong, and so are their codes.
                "user/remove" if data["password"].is_string() => -2,
                "user/remove" | "user/mobile" => -4,
                _ => 0,
            };
            assert_eq!(answer["status"], status, "{} {data}: {answer}", operation.name);
            // Some of them end the session.
            owner.token = server.login(MOBILE);
        }
    }
}
