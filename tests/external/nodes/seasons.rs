//! Boards with rules and their seasons, on several servers.

use super::*;
use crate::common::cli::{done as told, guichet};

#[test]
fn sums_of_two_nodes_and_seasons_are_one() {
    let config = format!(
        "{FREE}\n[score.boards.game]\nrule = \"sum\"\nties = \"shared\"\nseason = \"manual\"\n"
    );
    let Some(mut nodes) = Nodes::start(2, &config) else { return };
    let mut boards = Vec::new();
    for _ in 0..2 {
        let calls: Vec<_> = (0..120)
            .map(|nth| {
                let data =
                    json!({"app": "game", "openid": format!("p{}", nth % 6), "score": nth % 5});
                (String::new(), "score/post", data)
            })
            .collect();
        for calls in calls.chunks(20) {
            let answers = at_once(&nodes, calls);
            assert_eq!(done(&answers), calls.len(), "{answers:#?}");
        }
        let board = same_board(&nodes, "game");
        let total: i64 =
            board.as_array().unwrap().iter().map(|row| row["score"].as_i64().unwrap()).sum();
        assert_eq!(
            total,
            (0..120).map(|nth| nth % 5).sum::<i64>(),
            "nothing counts twice: {board}"
        );
        boards.push(board);
        told(guichet(nodes.servers[0].folder(), &["board", "close", "game", "--yes"]));
        let begun = Instant::now();
        while same_board(&nodes, "game") != json!([]) {
            assert!(begun.elapsed() < Duration::from_secs(10), "the next season has not begun");
        }
    }
    nodes.add();
    for (season, board) in (1..).zip(&boards) {
        for server in &nodes.servers {
            let data = json!({"app": "game", "season": season, "limit": 1000});
            assert_eq!(call(server, "", "score/top", data)["data"], *board, "season {season}");
        }
    }
}
