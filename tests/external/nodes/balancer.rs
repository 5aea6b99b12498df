//! Behind a load balancer, servers may end without a request being lost.

use super::*;
use std::process::{Child, Command, Stdio};

/// HAProxy in front of all servers; it ends with this.
struct Balancer {
    child: Child,
    address: String,
}

impl Balancer {
    fn start(nodes: &Nodes, folder: &Folder) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let servers: String = nodes
            .servers
            .iter()
            .zip('a'..)
            .map(|(server, name)| format!("    server {name} {}\n", server.address()))
            .collect();
        let config = format!(
            "defaults\n    mode http\n    timeout connect 1s\n    timeout client 10s\n    timeout server 10s\n    \
             option redispatch\n    retries 3\n\
             frontend all\n    bind {address}\n    default_backend guichet\n\
             backend guichet\n    balance roundrobin\n    option httpchk GET /readyz\n    \
             default-server check inter 100ms fall 1 rise 1\n{servers}"
        );
        let path = folder.path().join("haproxy.cfg");
        fs::write(&path, config).unwrap();
        let child = Command::new("haproxy")
            .arg("-db")
            .arg("-f")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("it listens", || TcpStream::connect(&address).is_ok());
        Balancer { child, address }
    }

    /// Posts an envelope on a connection of its own; the answer's text.
    fn post(&self, name: &str, data: Value) -> String {
        let body = envelope(name, data);
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST /api HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn haproxy_loses_no_request_while_servers_stop() {
    if !crate::common::has("haproxy") {
        return;
    }
    let config = format!("drain = \"1s\"\n{FREE}");
    let Some(mut nodes) = Nodes::start(3, &config) else { return };
    let folder = Folder::new();
    let balancer = Balancer::start(&nodes, &folder);
    let ended = AtomicBool::new(false);
    let posts = scope(|scope| {
        let (balancer, ended) = (&balancer, &ended);
        let posts: Vec<_> = (0..4)
            .map(|writer| {
                scope.spawn(move || {
                    let mut score = 0;
                    while !ended.load(Ordering::Relaxed) {
                        score += 1;
                        let data =
                            json!({"app": "game", "openid": format!("w{writer}"), "score": score});
                        let answer = balancer.post("score/post", data);
                        assert!(answer.contains("\"status\":0"), "{answer}");
                    }
                    score
                })
            })
            .collect();
        for server in &mut nodes.servers[..2] {
            sleep(Duration::from_millis(400));
            assert_eq!(server.terminate(), 0);
        }
        sleep(Duration::from_millis(400));
        ended.store(true, Ordering::Relaxed);
        posts.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<i64>>()
    });
    let last = &nodes.servers[2];
    for (writer, score) in posts.into_iter().enumerate() {
        let data = json!({"app": "game", "openid": format!("w{writer}")});
        assert_eq!(call(last, "", "score/get", data)["data"]["score"], score);
    }
}
