//! Servers, connections and databases that are lost lose nothing that was acknowledged.

use super::*;

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
                // It may have been stopped while this waited for bytes.
                while state.load(Ordering::SeqCst) == STOPPED {
                    sleep(Duration::from_millis(5));
                }
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
fn requests_fail_in_time_while_database_hangs() {
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
