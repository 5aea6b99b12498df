//! What attacks ask for, made before they begin: a large portrait, a board of players with long names,
//! shops and notices that are costly to search.

use crate::attacks::{batch, portrait};
use crate::guichet;
use crate::peer::Peer;
use crate::process::Running;
use crate::wire;
use serde_json::json;
use std::net::SocketAddr;

/// The server under attack.
#[derive(Clone)]
pub struct Target {
    pub server: SocketAddr,
    /// A session of the attacker's.
    pub token: String,
}

/// Accounts that publish shops, and how many each: as many long ones as an account may in an hour.
const OWNERS: usize = 17;
const SHOPS: usize = 60;

/// How many notices there are.
const NOTICES: usize = 1_000;

/// How many calls are sent in one batch.
const BATCH: usize = 50;

/// Fill the server with what is asked for.
pub async fn prepare(running: &Running) -> Target {
    let mut peer = Peer::connect(running.address(), 100).await.unwrap();
    let (status, _) = peer.ask(&portrait(1)).await.unwrap();
    assert_eq!(status, 200);
    players(&mut peer).await;
    let mut token = String::new();
    for owner in 0..OWNERS {
        let name = format!("owner{owner}");
        guichet::register(running, &name);
        token = guichet::login(running, &name);
        shops(&mut peer, &name, &token).await;
    }
    notices(&mut peer, &token).await;
    Target { server: running.address(), token }
}

async fn players(peer: &mut Peer) {
    let nickname = "\u{1F600}".repeat(64);
    let calls = (0..1_000).flat_map(|nth| {
        let openid = format!("fat{nth}");
        let told = json!({"openid": openid, "nickname": nickname});
        let score = json!({"openid": openid, "score": 1_000_000 + nth});
        [
            wire::envelope_text(("player", "update"), &told.to_string()),
            wire::envelope_text(("score", "post"), &score.to_string()),
        ]
    });
    send(peer, calls.collect()).await;
}

/// Shops whose content has every part of the worst key, but not the key.
async fn shops(peer: &mut Peer, owner: &str, token: &str) {
    let content = "ac".to_owned() + &"a".repeat(9_998);
    let shop = |nth| {
        let data = json!({
            "token": token, "shop_name": format!("{owner} {nth}"), "shop_content": content,
        });
        wire::envelope_text(("shop", "creat"), &data.to_string())
    };
    send(peer, (0..SHOPS).map(shop).collect()).await;
}

/// Notices of the same kind.
async fn notices(peer: &mut Peer, token: &str) {
    let data = json!({
        "token": token, "type": 1, "state": 0, "lab": "ac", "title": "aaaa",
        "content": "ac".to_owned() + &"a".repeat(498), "occurrence_time": "", "user_name": "a",
        "user_phone": "13800000000", "user_qq": "100000000", "publish_time": "2026-01-01 00:00:00",
    });
    let call = wire::envelope_text(("property", "add"), &data.to_string());
    send(peer, vec![call; NOTICES]).await;
}

/// Make these calls, all of which must succeed.
async fn send(peer: &mut Peer, calls: Vec<String>) {
    for calls in calls.chunks(BATCH) {
        let (status, answer) = peer.ask(&batch(calls)).await.unwrap();
        let text = String::from_utf8_lossy(&answer);
        let done = text.matches("\"status\":0,").count();
        assert!(status == 200 && done == calls.len(), "{status}: {text}");
    }
}
