//! Notices that are added and deleted, at most a fixed number at a time, and shops.

use crate::client::{Client, DONE, Request};
use crate::made_up::{COMMON, RARE, notices as made_up};
use crate::world::{PermanentAccount, World};
use form_urlencoded::byte_serialize;
use serde_json::json;
use std::collections::VecDeque;
use std::rc::Rc;

/// Maximum number of notices of an account.
const LIVE: usize = 200;

/// One of four accounts that publish, change, find and delete notices.
pub async fn notices(world: Rc<World>) {
    let mut client = Client::new(&world);
    let number = world.number();
    let mut home = PermanentAccount::new(&mut client, format!("notices-{number}")).await;
    let (mut live, mut fresh) = (VecDeque::<i64>::new(), made_up(number));
    let mut pace = world.pace(12.0);
    while pace.turn().await {
        let token = home.token(&mut client).await;
        let any = live.get(rand::random_range(0..LIVE)).copied();
        match (rand::random_range(0..12), any) {
            (0..3, _) => {
                if live.len() >= LIVE
                    && let Some(oldest) = live.pop_front()
                {
                    client.done(&token, "property/delete", json!({"id": oldest})).await;
                }
                let Some(notice) = fresh.next() else { return };
                let added = client.done(&token, "property/add", notice.data("")).await;
                live.extend(added["uid"].as_i64());
            }
            (3, _) => {
                if let Some(oldest) = live.pop_front() {
                    client.done(&token, "property/delete", json!({"id": oldest})).await;
                }
            }
            (4, Some(id)) => {
                let data = json!({"id": id, "state": 1, "user2_name": "Omar"});
                client.done(&token, "property/update", data).await;
            }
            (5, Some(id)) => {
                let Some(notice) = fresh.next() else { return };
                let data = json!({"id": id, "title": notice.title, "content": notice.content});
                client.done(&token, "property/update", data).await;
            }
            (6 | 7, _) => {
                let key = [COMMON, RARE, "书", "nothing has this"][rand::random_range(0..4)];
                let data = json!({"type": 1, "key": key, "limit": 20});
                client.done(&token, "property/query", data).await;
            }
            (8 | 9, _) => {
                let key: String = byte_serialize(COMMON.as_bytes()).collect();
                let target = format!("/api/external/get/property?type=2&state=0&title={key}");
                let request = Request::get(&target).by(&token);
                client.ask("property/query, document", &request, DONE).await;
            }
            (10, _) => {
                client.fault(&token, "property/delete", json!({"id": i64::MAX}), -200).await;
            }
            _ => client.fault(&token, "property/add", json!({"type": 1}), -202).await,
        }
    }
}

/// One of two accounts with the maximum number of shops.
pub async fn shops(world: Rc<World>) {
    let mut client = Client::new(&world);
    let mut home = PermanentAccount::new(&mut client, format!("shops-{}", world.number())).await;
    let (mut shops, name) = (Vec::new(), home.name.clone());
    for nth in 0..3 {
        let data = json!({"shop_name": format!("{name} {nth}"), "shop_content": "Books."});
        shops.push(client.done(&home.token, "shop/creat", data).await["shop_id"].clone());
    }
    let mut pace = world.pace(10.0);
    while pace.turn().await {
        let token = home.token(&mut client).await;
        let shop = &shops[rand::random_range(0..shops.len())];
        match rand::random_range(0..8) {
            0 | 1 => drop(client.done("", "shop/get", json!({"shop_id": shop})).await),
            2 | 3 => drop(client.done("", "shop/list", json!({"key": "shops", "limit": 10})).await),
            4 | 5 => {
                let content = "Books, bought and sold. ".repeat(rand::random_range(1..40));
                let data = json!({"shop_id": shop, "shop_content": content});
                client.done(&token, "shop/update", data).await;
            }
            6 => {
                let data = json!({"shop_name": format!("{name} too many")});
                client.fault(&token, "shop/creat", data, 101).await;
            }
            _ => client.fault("", "shop/get", json!({"shop_id": 1}), -2).await,
        }
    }
}
