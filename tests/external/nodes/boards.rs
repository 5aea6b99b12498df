//! Every server shows the same boards and rows.

use super::*;

#[test]
fn notices_of_all_nodes_have_distinct_ids() {
    let Some(nodes) = Nodes::start(2, FREE) else { return };
    let (_, token) = nodes.servers[0].account("nora");
    let calls: Vec<_> = (0..40)
        .map(|nth| {
            let data = with(sample(), json!({"title": format!("title {nth}")}));
            (token.clone(), "property/add", data)
        })
        .collect();
    let answers = at_once(&nodes, &calls);
    let mut ids: Vec<i64> =
        answers.iter().map(|answer| answer["data"]["uid"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40);
    let query = json!({"type": 1, "title": "title 7", "limit": 10});
    let found = call(&nodes.servers[1], &token, "property/query", query);
    assert_eq!(found["data"].as_array().unwrap().len(), 1, "{found}");
}

#[test]
fn equal_scores_stand_alike_on_three_nodes() {
    let Some(mut nodes) = Nodes::start(3, FREE) else { return };
    let calls: Vec<_> = (0..150)
        .map(|nth| {
            let data = json!({"app": "game", "openid": format!("p{}", nth % 60), "score": nth % 3});
            (String::new(), "score/post", data)
        })
        .collect();
    for calls in calls.chunks(30) {
        let answers = at_once(&nodes, calls);
        assert_eq!(done(&answers), calls.len(), "{answers:#?}");
    }
    let calls: Vec<_> = (0..60)
        .map(|nth| {
            let data =
                json!({"app": "game", "openid": format!("p{nth}"), "nickname": format!("n{nth}")});
            (String::new(), "player/update", data)
        })
        .collect();
    for calls in calls.chunks(30) {
        assert_eq!(done(&at_once(&nodes, calls)), calls.len());
    }
    let board = same_board(&nodes, "game");
    assert_eq!(board.as_array().unwrap().len(), 60);
    // One that is built from the rows shows the same.
    nodes.add();
    assert_eq!(top(&nodes.servers[3], "game"), board);
}

#[test]
fn last_upload_of_a_rank_counts_on_every_node() {
    let Some(nodes) = Nodes::start(2, FREE) else { return };
    let (_, token) = nodes.servers[0].account("nora");
    // The clock of the server that took the last upload was an hour ahead.
    let upload = |node: usize, rank: i64| {
        call(&nodes.servers[node], &token, "rank/upload", json!({"rank": rank}))
    };
    assert_eq!(upload(0, 1)["status"], 0);
    nodes.ask("UPDATE rank SET reached_at = reached_at + 3600000000");
    for (nth, rank) in [5, 3, 9, 2].into_iter().enumerate() {
        assert_eq!(upload(nth % 2, rank)["status"], 0);
        let sql = "SELECT score FROM rank";
        assert_eq!(nodes.ask(sql), rank.to_string(), "it was acknowledged");
    }
    let begun = Instant::now();
    let shown = |node: usize| {
        let list = call(&nodes.servers[node], &token, "rank/list", json!({}))["data"].clone();
        list[0]["rank_score"].as_i64()
    };
    while (shown(0), shown(1)) != (Some(2), Some(2)) {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?} {:?}", shown(0), shown(1));
    }
}

#[test]
fn cheater_leaves_the_boards_of_all_nodes() {
    let Some(nodes) = Nodes::start(2, FREE) else { return };
    let post = |node: usize, openid: &str, score: i64| {
        let data = json!({"app": "lamps", "openid": openid, "score": score});
        assert_eq!(call(&nodes.servers[node], "", "score/post", data)["status"], 0);
    };
    for (node, openid, score) in [(0, "cheater", 9), (1, "cheater", 99), (1, "nora", 5)] {
        post(node, openid, score);
    }
    same_board(&nodes, "lamps");
    let run = |args: &[&str]| {
        let mut command = crate::common::command(nodes.servers[0].folder());
        let told = command.args(args).output().unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    };
    run(&["score", "remove", "lamps", "cheater"]);
    let begun = Instant::now();
    while same_board(&nodes, "lamps").as_array().unwrap().len() > 1 {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(nodes.ask("SELECT openid FROM score"), "nora");
    run(&["score", "reset", "lamps", "--yes"]);
    while !same_board(&nodes, "lamps").as_array().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    post(1, "nora", 1);
    same_board(&nodes, "lamps");
    assert_eq!(nodes.ask("SELECT openid, score FROM score"), "nora|1");
}
