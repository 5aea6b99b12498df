//! Limits, codes and names hold over all servers, also under requests at once.

use super::*;

#[test]
fn captcha_pays_once_on_two_nodes() {
    let Some(nodes) = Nodes::start(2, FREE) else { return };
    for nth in 0..5 {
        let hash = captcha(&nodes.servers[nth % 2]);
        let calls: Vec<_> = (0..16)
            .map(|who| {
                let data = json!({"username": format!("user-{nth}-{who}"), "password": "secret-1",
                                  "hash": hash});
                (String::new(), "user/register", data)
            })
            .collect();
        assert_eq!(done(&at_once(&nodes, &calls)), 1);
    }
}

#[test]
fn user_name_is_taken_once_on_two_nodes() {
    let Some(nodes) = Nodes::start(2, FREE) else { return };
    for nth in 0..5 {
        let calls: Vec<_> = (0..12)
            .map(|who| {
                let hash = captcha(&nodes.servers[who % 2]);
                let data = json!({"username": format!("name-{nth}"), "password": "secret-1",
                                  "hash": hash});
                (String::new(), "user/register", data)
            })
            .collect();
        let answers = at_once(&nodes, &calls);
        assert_eq!(done(&answers), 1, "{answers:#?}");
    }
    assert_eq!(nodes.ask("SELECT count(*) FROM account"), "5");
}

#[test]
fn account_has_three_shops_on_two_nodes() {
    let Some(nodes) = Nodes::start(2, FREE) else { return };
    for who in ["nora", "omar", "pia"] {
        let (_, token) = nodes.servers[0].account(who);
        let calls: Vec<_> = (0..16)
            .map(|nth| {
                let data = json!({"shop_name": format!("{who} {nth}"), "shop_content": ""});
                (token.clone(), "shop/creat", data)
            })
            .collect();
        let answers = at_once(&nodes, &calls);
        assert_eq!(done(&answers), 3, "{answers:#?}");
    }
    assert_eq!(nodes.ask("SELECT count(*) FROM shop"), "9");
}

#[test]
fn phone_gets_one_code_from_concurrent_requests() {
    let Some(nodes) = Nodes::start(2, FREE) else { return };
    for nth in 0..4 {
        let phone = format!("1380000{nth:04}");
        let calls: Vec<_> = (0..10)
            .map(|who| {
                let hash = captcha(&nodes.servers[who % 2]);
                (String::new(), "sms/generate", json!({"phone": phone, "hash": hash}))
            })
            .collect();
        let answers = at_once(&nodes, &calls);
        assert_eq!(done(&answers), 1, "{answers:#?}");
    }
    assert_eq!(nodes.ask("SELECT count(*) FROM sms"), "4");
}

#[test]
fn code_is_guessed_five_times_on_two_nodes() {
    let Some(nodes) = Nodes::start(2, FREE) else { return };
    let hash = captcha(&nodes.servers[0]);
    let phone = "13800001234";
    let data = json!({"phone": phone, "hash": hash});
    let sent = call(&nodes.servers[0], "", "sms/generate", data);
    let rand = sent["data"]["rand"].as_str().unwrap();
    let right = nodes.servers[0].outbox()[0]["code"].as_str().unwrap().to_owned();
    let guess = |code: &str| {
        let hash = md5(&format!("{code}{rand}"));
        (String::new(), "sms/validate", json!({"phone": phone, "hash": hash}))
    };
    let wrong = (0..1_000_000).map(|code| format!("{code:06}")).filter(|code| *code != right);
    let calls: Vec<_> = wrong.take(12).map(|code| guess(&code)).collect();
    assert_eq!(done(&at_once(&nodes, &calls)), 0);
    let (token, name, data) = guess(&right);
    let answer = call(&nodes.servers[1], &token, name, data);
    assert_ne!(answer["status"], 0, "the code is used up: {answer}");
    assert_eq!(nodes.ask("SELECT wrong FROM sms"), "5");
}

#[test]
fn boards_are_limited_over_all_nodes() {
    let config = "[score]\nmax_boards = 4\nnew_boards_per_day = 0\n".to_owned() + FREE;
    let Some(nodes) = Nodes::start(2, &config) else { return };
    let calls: Vec<_> = (0..16)
        .map(|nth| {
            let data = json!({"app": format!("game-{nth}"), "openid": "a", "score": 1});
            (String::new(), "score/post", data)
        })
        .collect();
    let answers = at_once(&nodes, &calls);
    // One place is kept for the game without a name.
    assert_eq!(done(&answers), 3, "{answers:#?}");
    assert_eq!(nodes.ask("SELECT count(*) FROM app"), "3");
}

/// How many requests of an address are taken at once.
fn taken(server: &Server, address: &str) -> usize {
    let mut connection = Connection::open_from(server, address);
    let body = envelope("shop/list", json!({}));
    let is_taken = |_: &usize| connection.post(body.as_bytes()).status == 200;
    (0..1_000).take_while(is_taken).count()
}

#[test]
fn limit_of_requests_is_shared_by_two_nodes() {
    let Some(mut nodes) = Nodes::start(1, "[limits]\nrequests_per_minute = 600\n") else { return };
    // What ten seconds allow.
    let alone = taken(&nodes.servers[0], "127.0.0.2");
    assert!((100..140).contains(&alone), "{alone}");
    nodes.add();
    let mut address = 2;
    wait_until("each node takes half", || {
        address += 1;
        (50..80).contains(&taken(&nodes.servers[0], &format!("127.0.0.{address}")))
    });
}

#[test]
fn nul_in_text_gets_the_same_answer_as_sqlite() {
    let Some(nodes) = Nodes::start(1, FREE) else { return };
    let sqlite = Server::start(&format!("[database]\nurl = \"sqlite\"\n{FREE}"));
    for (name, data) in [
        ("user/login", json!({"username": "a\0b", "password": "secret-1"})),
        ("user/login", json!({"username": "a", "password": "secret\0"})),
        ("img/validate", json!({"hash": "\0"})),
        ("sms/validate", json!({"phone": "13800001234", "hash": "\0"})),
        ("sms/generate", json!({"phone": "13800001234", "hash": "a\0"})),
        ("user/register", json!({"username": "nora", "password": "secret-1", "hash": "\0"})),
        ("score/post", json!({"app": "a\0", "openid": "b", "score": 1})),
        ("score/post", json!({"app": "a", "openid": "b\0", "score": 1})),
        ("score/get", json!({"app": "a", "openid": "b\0"})),
        ("player/update", json!({"app": "a", "openid": "b", "nickname": "\0"})),
    ] {
        let answers =
            [&nodes.servers[0], &sqlite].map(|server| call(server, "", name, data.clone()));
        assert_eq!(answers[0], answers[1], "{name} {data}");
        assert_ne!(answers[0]["status"], 0, "{name} {data}");
    }
}
