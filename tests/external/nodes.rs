//! Several servers on one PostgreSQL: every limit and every board is as on one.

use crate::common::archive::wait_until;
use crate::common::connection::Connection;
use crate::common::notice::{sample, with};
use crate::common::postgres::{Nodes, Pair};
use crate::common::{CODE, Folder, Server, envelope};
use engine::hex::md5;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread::{scope, sleep, spawn};
use std::time::{Duration, Instant};

/// No limit on attempts hides what is tried.
const FREE: &str = "[limits]\nrequests_per_minute = 0\n";

fn call(server: &Server, token: &str, name: &str, data: Value) -> Value {
    let path = if token.is_empty() { "/api".to_owned() } else { format!("/api?token={token}") };
    serde_json::from_str(&server.post(&path, &envelope(name, data))).unwrap()
}

/// Calls all at once, each on the next of the servers; the answers' statuses and data.
fn at_once(nodes: &Nodes, calls: &[(String, &str, Value)]) -> Vec<Value> {
    scope(|scope| {
        let calls: Vec<_> = calls
            .iter()
            .zip(nodes.servers.iter().cycle())
            .map(|((token, name, data), server)| {
                scope.spawn(move || call(server, token, name, data.clone()))
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

fn done(answers: &[Value]) -> usize {
    answers.iter().filter(|answer| answer["status"] == 0).count()
}

fn captcha(server: &Server) -> String {
    let rand = call(server, "", "img/generate", json!({}))["data"]["rand"].clone();
    md5(&format!("{CODE}{}", rand.as_str().unwrap()))
}

fn top(server: &Server, app: &str) -> Value {
    call(server, "", "score/top", json!({"app": app, "limit": 1000}))["data"].clone()
}

/// Waits until all servers show the same board; that board.
fn same_board(nodes: &Nodes, app: &str) -> Value {
    let begun = Instant::now();
    loop {
        let boards: Vec<Value> = nodes.servers.iter().map(|server| top(server, app)).collect();
        if boards.windows(2).all(|pair| pair[0] == pair[1]) {
            return boards[0].clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{boards:#?}");
        sleep(Duration::from_millis(5));
    }
}

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
fn number_gets_one_code_at_once_on_two_nodes() {
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

/// Posts scores on all servers until `ended`; the highest acknowledged of each player.
fn post_until(
    nodes: &Nodes,
    writers: usize,
    ended: &AtomicBool,
    may_fail: bool,
) -> HashMap<String, i64> {
    let posts = scope(|scope| {
        let writers: Vec<_> = (0..writers)
            .map(|writer| {
                let server = &nodes.servers[writer % nodes.servers.len()];
                scope.spawn(move || {
                    let (mut score, mut kept) = (0, 0);
                    let player = format!("w{writer}");
                    while !ended.load(Ordering::Relaxed) {
                        score += 1;
                        let body = envelope(
                            "score/post",
                            json!({"app": "game", "openid": player, "score": score}),
                        );
                        let reply = server.try_post("/api", &body);
                        let answer =
                            reply.and_then(|text| serde_json::from_str::<Value>(&text).ok());
                        match answer {
                            Some(answer) if answer["status"] == 0 => kept = score,
                            Some(answer) => assert!(may_fail, "{answer}"),
                            None if !may_fail => return (player, kept),
                            // Busy.
                            None => {}
                        }
                    }
                    (player, kept)
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
    });
    posts.into_iter().collect()
}

fn stored(nodes: &Nodes) -> HashMap<String, i64> {
    nodes
        .ask("SELECT openid || ' ' || score FROM score WHERE app = 'game'")
        .lines()
        .map(|line| {
            let (player, score) = line.split_once(' ').unwrap();
            (player.to_owned(), score.parse().unwrap())
        })
        .collect()
}

#[test]
fn killed_node_loses_no_acknowledged_score() {
    let Some(mut nodes) = Nodes::start(2, FREE) else { return };
    let ended = AtomicBool::new(false);
    let pid = nodes.servers[1].pid();
    let acknowledged = scope(|scope| {
        let (nodes, ended) = (&nodes, &ended);
        let posts = scope.spawn(move || post_until(nodes, 8, ended, false));
        sleep(Duration::from_millis(700));
        assert!(
            std::process::Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status()
                .unwrap()
                .success()
        );
        sleep(Duration::from_millis(500));
        ended.store(true, Ordering::Relaxed);
        posts.join().unwrap()
    });
    let stored = stored(&nodes);
    for (player, score) in &acknowledged {
        assert!(stored.get(player).is_some_and(|kept| kept >= score), "{player} {score}");
    }
    nodes.servers.remove(1);
    nodes.add();
    let board = same_board(&nodes, "game");
    assert_eq!(board.as_array().unwrap().len(), stored.len());
}

#[test]
fn lost_connections_lose_no_acknowledged_score() {
    let Some(nodes) = Nodes::start(2, FREE) else { return };
    let ended = AtomicBool::new(false);
    let acknowledged = scope(|scope| {
        let (nodes, ended) = (&nodes, &ended);
        let posts = scope.spawn(move || post_until(nodes, 8, ended, true));
        for _ in 0..12 {
            sleep(Duration::from_millis(100));
            nodes.ask(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                  WHERE application_name = current_schema() AND pid <> pg_backend_pid()
                    AND random() < 0.5",
            );
        }
        ended.store(true, Ordering::Relaxed);
        posts.join().unwrap()
    });
    assert!(acknowledged.values().all(|score| *score > 0), "{acknowledged:?}");
    let stored = stored(&nodes);
    for (player, score) in &acknowledged {
        assert!(stored.get(player).is_some_and(|kept| kept >= score), "{player} {score}");
    }
    let board = same_board(&nodes, "game");
    let shown: Vec<i64> =
        board.as_array().unwrap().iter().map(|row| row["score"].as_i64().unwrap()).collect();
    let mut kept: Vec<i64> = stored.values().copied().collect();
    kept.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(shown, kept, "the boards have what the table has");
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

/// Passes connections on to a database, until it is cut or stopped.
struct Proxy {
    address: String,
    state: Arc<AtomicU8>,
}

/// States of a proxy: it passes on; it closes all connections and those that come; it keeps them and passes nothing on.
const OPEN: u8 = 0;
const CUT: u8 = 1;
const STOPPED: u8 = 2;

impl Proxy {
    fn start(upstream: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(AtomicU8::new(OPEN));
        let shown = Arc::clone(&state);
        spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                if shown.load(Ordering::SeqCst) == CUT {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&upstream) else { continue };
                let pair =
                    [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)];
                for (from, to) in pair {
                    let state = Arc::clone(&shown);
                    spawn(move || pass_on(from, to, &state));
                }
            }
        });
        Proxy { address, state }
    }

    fn set(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, state: &AtomicU8) {
    from.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let mut bytes = [0; 65_536];
    loop {
        match state.load(Ordering::SeqCst) {
            CUT => break,
            STOPPED => {
                sleep(Duration::from_millis(5));
                continue;
            }
            _ => {}
        }
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(length) => {
                if to.write_all(&bytes[..length]).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// A server that reaches its database through a proxy.
fn behind_proxy() -> Option<(Nodes, Proxy)> {
    let mut nodes = Nodes::start(0, FREE)?;
    let direct = nodes.url.clone();
    let host = direct.split_once('@').unwrap().1.split('/').next().unwrap().to_owned();
    let proxy = Proxy::start(host.clone());
    nodes.url = direct.replace(&host, &proxy.address);
    nodes.add();
    nodes.url = direct;
    Some((nodes, proxy))
}

fn is_ready(server: &Server) -> bool {
    server.get("/readyz").status == 200
}

#[test]
fn database_that_was_away_is_used_again() {
    let Some((nodes, proxy)) = behind_proxy() else { return };
    let server = &nodes.servers[0];
    let score = |player: &str, score: i64| {
        let data = json!({"app": "game", "openid": player, "score": score});
        let answer = server.try_post("/api", &envelope("score/post", data));
        answer.map_or(Value::Null, |answer| serde_json::from_str(&answer).unwrap())
    };
    assert_eq!(score("a", 1)["status"], 0);
    let ended = AtomicBool::new(false);
    let acknowledged = scope(|scope| {
        let (nodes, ended) = (&nodes, &ended);
        let posts = scope.spawn(move || post_until(nodes, 6, ended, true));
        sleep(Duration::from_millis(400));
        proxy.set(CUT);
        sleep(Duration::from_millis(1_500));
        // What is in memory is answered.
        let held = call(server, "", "score/get", json!({"app": "game", "openid": "a"}));
        assert_eq!(held["status"], 0, "{held}");
        assert!(!is_ready(server));
        proxy.set(OPEN);
        let begun = Instant::now();
        while score("a", 2)["status"] != 0 {
            assert!(begun.elapsed() < Duration::from_secs(15), "no write is taken any more");
        }
        while !is_ready(server) {
            assert!(begun.elapsed() < Duration::from_secs(15), "it is not ready any more");
        }
        ended.store(true, Ordering::Relaxed);
        posts.join().unwrap()
    });
    let stored = stored(&nodes);
    for (player, score) in &acknowledged {
        assert!(stored.get(player).is_some_and(|kept| kept >= score), "{player} {score}");
    }
}

#[test]
fn database_that_hangs_holds_nobody_up_for_ever() {
    let Some((nodes, proxy)) = behind_proxy() else { return };
    let server = &nodes.servers[0];
    let (_, token) = server.account("nora");
    let post = |score: i64| {
        let data = json!({"app": "game", "openid": "a", "score": score});
        let answer = server.try_post("/api", &envelope("score/post", data));
        answer.map_or(Value::Null, |answer| serde_json::from_str(&answer).unwrap())
    };
    // The second is written by the thread of groups, which has its connection then.
    assert_eq!((post(1)["status"].clone(), post(2)["status"].clone()), (json!(0), json!(0)));
    proxy.set(STOPPED);
    let begun = Instant::now();
    scope(|scope| {
        let write = scope.spawn(|| post(3));
        let token = &token;
        let read = scope.spawn(move || {
            let body = envelope("user/info", json!({}));
            server.try_post(&format!("/api?token={token}"), &body)
        });
        let answer = read.join().unwrap();
        assert!(answer.is_none_or(|answer| answer.contains("the database failed")));
        // Whether the score was written is not known: it was on its way.
        let answer = write.join().unwrap();
        assert_eq!(answer["status"], -200, "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains("look before"), "{answer}");
    });
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    proxy.set(OPEN);
    let begun = Instant::now();
    while post(4)["status"] != 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "no write is taken any more");
    }
}

#[test]
fn failover_to_a_standby_loses_nothing_acknowledged() {
    let Some(mut pair) = Pair::start() else { return };
    let nodes = Nodes::start_on(&pair.url, 2, FREE);
    let (_, token) = nodes.servers[0].account("nora");
    let ended = AtomicBool::new(false);
    let (acknowledged, (published, unsure)) = scope(|scope| {
        let (nodes, ended, token) = (&nodes, &ended, &token);
        let posts = scope.spawn(move || post_until(nodes, 8, ended, true));
        let notices = scope.spawn(move || {
            let (mut published, mut unsure) = (Vec::new(), 0);
            for nth in 0.. {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let data = with(sample(), json!({"title": format!("notice {nth}")}));
                let server = &nodes.servers[nth % 2];
                let body = envelope("property/add", data);
                match server.try_post(&format!("/api?token={token}"), &body) {
                    Some(answer) if answer.contains("\"status\":0") => published.push(nth),
                    Some(answer) if answer.contains("look before") => unsure += 1,
                    _ => {}
                }
            }
            (published, unsure)
        });
        sleep(Duration::from_millis(700));
        pair.order("crash");
        pair.order("promote");
        let begun = Instant::now();
        let mut score = 0;
        // Both nodes write again.
        for server in &nodes.servers {
            loop {
                score += 1;
                let data = json!({"app": "game", "openid": "after", "score": score});
                let answer = server.try_post("/api", &envelope("score/post", data));
                if answer.is_some_and(|answer| answer.contains("\"status\":0")) {
                    break;
                }
                assert!(begun.elapsed() < Duration::from_secs(30), "no write is taken any more");
            }
        }
        sleep(Duration::from_millis(300));
        ended.store(true, Ordering::Relaxed);
        (posts.join().unwrap(), notices.join().unwrap())
    });
    let stored = stored(&nodes);
    for (player, score) in &acknowledged {
        assert!(stored.get(player).is_some_and(|kept| kept >= score), "{player} {score}");
    }
    let titles = nodes.ask("SELECT title FROM property");
    let titles: Vec<&str> = titles.lines().collect();
    for nth in &published {
        let title = format!("notice {nth}");
        assert_eq!(titles.iter().filter(|it| **it == title).count(), 1, "{title}");
    }
    assert!(!published.is_empty() && titles.len() <= published.len() + unsure, "none twice");
    assert_eq!(same_board(&nodes, "game").as_array().unwrap().len(), stored.len());
}

/// The columns of all tables that both databases have, one a line: table, column, type, whether NULL is refused, and
/// its place in the primary key.
fn columns_of_sqlite(server: &Server) -> Vec<String> {
    let database = rusqlite::Connection::open(server.folder().join("data/guichet.db")).unwrap();
    let sql = "SELECT t.name || ' ' || c.name || ' ' || lower(c.type) || ' ' || c.\"notnull\" || ' ' || c.pk
                 FROM pragma_table_list AS t JOIN pragma_table_xinfo(t.name) AS c
                WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND c.hidden <> 1";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<Vec<String>, _>>().unwrap()
}

#[test]
fn both_databases_have_the_same_tables() {
    let Some(nodes) = Nodes::start(1, "") else { return };
    // A database of its own: SQLite, whatever the other tests use.
    let sqlite = Server::start("[database]\nurl = \"sqlite\"\n");
    let sql = "SELECT c.table_name || ' ' || c.column_name || ' ' || c.data_type || ' '
                   || CASE WHEN c.is_nullable = 'NO' THEN 1 ELSE 0 END || ' ' || coalesce(k.ordinal_position, 0)
                 FROM information_schema.columns AS c
                 LEFT JOIN information_schema.table_constraints AS p
                        ON p.table_schema = c.table_schema AND p.table_name = c.table_name
                       AND p.constraint_type = 'PRIMARY KEY'
                 LEFT JOIN information_schema.key_column_usage AS k
                        ON k.constraint_name = p.constraint_name AND k.table_schema = c.table_schema
                       AND k.table_name = c.table_name AND k.column_name = c.column_name
                WHERE c.table_schema = current_schema()";
    let told = nodes.ask(sql);
    let table = |line: &&str| line.split(' ').next().unwrap().to_owned();
    // What only one of them has: the journal and FTS5's tables, and what servers tell each other.
    let own = |line: &&str| {
        let name = table(line);
        name.contains("_text")
            || ["journal", "guichet", "node", "stream", "stream_sequence", "change"]
                .contains(&name.as_str())
    };
    // A generated column is NOT NULL on neither, and told differently.
    let plain = |lines: Vec<&str>| {
        let mut lines: Vec<String> = lines
            .into_iter()
            .filter(|line| !own(line) && !line.starts_with("shop position "))
            .map(str::to_owned)
            .collect();
        lines.sort_unstable();
        lines
    };
    let sqlite = columns_of_sqlite(&sqlite);
    let sqlite = plain(sqlite.iter().map(String::as_str).collect());
    assert!(sqlite.len() > 100, "{sqlite:?}");
    assert_eq!(sqlite, plain(told.lines().collect()));
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
fn clock_that_is_an_hour_off_is_refused() {
    if !crate::common::has("faketime") {
        return;
    }
    let Some(nodes) = Nodes::start(0, "") else { return };
    let folder = place(&nodes.url);
    for offset in ["+1h", "-1h"] {
        let done = std::process::Command::new("faketime")
            .args(["-f", offset])
            .arg(crate::common::binary())
            .args(["-c", "guichet.toml"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8(done.stderr).unwrap();
        let is_said = (3_599..=3_601).any(|seconds| {
            told.contains(&format!("this machine's clock and that of the database are {seconds} s"))
        });
        assert!(!done.status.success() && is_said, "{told}");
    }
}

#[test]
fn text_with_a_nul_character_is_as_wrong_as_on_sqlite() {
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

#[test]
fn unreachable_database_is_told_in_one_line() {
    let folder = Folder::new();
    fs::write(
        folder.path().join("guichet.toml"),
        "listen = \"127.0.0.1:0\"\ndata_dir = \"data\"\n[database]\n\
         url = \"postgres://nobody:secret-7@127.0.0.1:1/none\"\n[store]\nshared = true\n",
    )
    .unwrap();
    let told = crate::common::command(folder.path()).output().unwrap();
    let text = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.status.code(), Some(2), "{text}");
    assert!(text.starts_with("guichet: database.url: error connecting to server"), "{text}");
    assert!(text.lines().count() == 1 && !text.contains("secret-7"), "{text}");
}

/// Runs a command in a folder with a configuration of its own; its output must be a success.
fn guichet(folder: &Folder, args: &[&str]) -> String {
    let done = crate::common::command(folder.path()).args(args).output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{args:?}: {told}");
    told
}

/// A folder with a configuration; its database is at `url`.
fn place(url: &str) -> Folder {
    let folder = Folder::new();
    let config = format!(
        "listen = \"127.0.0.1:0\"\ndata_dir = \"data\"\n[database]\nurl = {url:?}\n[store]\nshared = true\n"
    );
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    folder
}

/// The files of an export, by name.
fn exported(folder: &Folder, name: &str) -> BTreeMap<String, String> {
    guichet(folder, &["export", name]);
    fs::read_dir(folder.path().join(name))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect()
}

#[test]
fn rows_move_to_postgresql_and_back_unchanged() {
    let Some(nodes) = Nodes::start(0, "") else { return };
    let first = place("sqlite");
    guichet(&first, &["seed"]);
    let rows = exported(&first, "rows");
    assert!(rows["account.jsonl"].lines().count() > 2 && rows["score.jsonl"].len() > 100);
    // The key of encrypted values moves with them.
    let [server, last] = [place(&nodes.url), place("sqlite")];
    for other in [&server, &last] {
        fs::copy(first.path().join("data.key"), other.path().join("data.key")).unwrap();
    }
    let from = first.path().join("rows");
    guichet(&server, &["import", from.to_str().unwrap()]);
    assert_eq!(exported(&server, "rows"), rows);
    let from = server.path().join("rows");
    guichet(&last, &["import", from.to_str().unwrap()]);
    assert_eq!(exported(&last, "rows"), rows);

    // It serves them: an account logs in, and a search finds what the index has.
    let mut nodes = nodes;
    nodes.add();
    let mobile = "umbrella";
    let token = nodes.servers[0].account("newcomer").1;
    let query = json!({"type": 2, "title": mobile, "limit": 10});
    let told = call(&nodes.servers[0], &token, "property/query", query);
    assert_eq!(told["status"], 0, "{told}");
    let app = nodes.ask("SELECT app FROM score LIMIT 1");
    assert!(!top(&nodes.servers[0], &app).as_array().unwrap().is_empty());

    // Into a database that has rows nothing is imported.
    let again = crate::common::command(server.path())
        .args(["import", from.to_str().unwrap()])
        .output()
        .unwrap();
    let told = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && told.contains("has rows of its own already"), "{told}");
}

#[test]
fn line_that_is_no_row_is_named_and_nothing_kept() {
    let Some(nodes) = Nodes::start(0, "") else { return };
    let first = place("sqlite");
    guichet(&first, &["seed"]);
    exported(&first, "rows");
    let server = place(&nodes.url);
    fs::copy(first.path().join("data.key"), server.path().join("data.key")).unwrap();
    let file = first.path().join("rows/score.jsonl");
    let good = fs::read_to_string(&file).unwrap();
    let from = first.path().join("rows");
    let lines = good.lines().count();
    for (bad, why) in [
        (
            "{\"app\":\"a\",\"openid\":\"b\",\"score\":\"x\",\"reached_at\":1}",
            "score: expected an integer",
        ),
        ("{\"app\":\"a\",\"openid\":\"\\u0000\",\"score\":1,\"reached_at\":1}", "NUL"),
        ("{\"app\":\"a\",\"open\":\"b\"}", "open: score has no such column"),
        ("{\"app\":\"a\",\"openid\":\"b\",\"score\":1}", "reached_at"),
        ("[", "score.jsonl:"),
    ] {
        fs::write(&file, format!("{good}{bad}\n")).unwrap();
        let done = crate::common::command(server.path())
            .args(["import", from.to_str().unwrap()])
            .output()
            .unwrap();
        let told = String::from_utf8(done.stderr).unwrap();
        let place = format!("score.jsonl:{}: ", lines + 1);
        assert!(!done.status.success() && told.contains(&place) && told.contains(why), "{told}");
        assert_eq!(nodes.ask("SELECT count(*) FROM account"), "0");
    }
}
