//! One request to each REST document, on the whole server: from the socket's bytes to the answer's.
//!
//! What the client does, and the kernel, is not counted. `GUICHET=path` counts another build.

use crate::folder::Folder;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A request to a document. `TOKEN` in it is the token of an account.
pub struct ServedCase {
    pub name: &'static str,
    method: &'static str,
    target: &'static str,
    body: &'static str,
    /// What the answer's body begins with.
    answer: &'static str,
}

/// One case a document.
pub const SERVED: [ServedCase; 5] = [
    ServedCase {
        name: "document rank: upload and list",
        method: "PUT",
        target: "/ranking_list?token=TOKEN",
        body: r#"{"rank":5,"arange":[1,10],"version":"1.0.0"}"#,
        answer: r#"{"code":200,"data":[{"rank_list":"#,
    },
    ServedCase {
        name: "document pinball: one score",
        method: "GET",
        target: "/pinball/api/user_score?openid=o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
        body: "",
        answer: r#"{"status":404,"code":404,"msg":"#,
    },
    ServedCase {
        name: "document entry-task: the profile",
        method: "GET",
        target: "/api/user/get_user_info?token=TOKEN",
        body: "",
        answer: r#"{"code":0,"msg":"","result":{"nickname":"#,
    },
    ServedCase {
        name: "document ihome: the user",
        method: "GET",
        target: "/api/v1.0/user?token=TOKEN",
        body: "",
        answer: r#"{"errno":"0","errmsg":"OK","data":{"user_id":"#,
    },
    ServedCase {
        name: "document external: a portrait",
        method: "GET",
        target: "/api/external/get/portrait/7",
        body: "",
        answer: "\u{fffd}PNG",
    },
];

/// The instructions of a server that answers this case so many times, its start and end with them.
pub fn collected(name: &str, times: u64) -> u64 {
    let case = SERVED.iter().find(|case| case.name == name).unwrap();
    let folder = Folder::new();
    let (mut server, address) = start(&folder);
    let token = token(&address);
    let request = request(case.method, &case.target.replace("TOKEN", &token), case.body);
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_nodelay(true).unwrap();
    for _ in 0..times {
        let answer = ask(&mut stream, &request);
        assert!(answer.starts_with(case.answer), "{name}: {answer}");
    }
    drop(stream);
    let pid = server.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    assert!(server.wait().unwrap().success());
    let said = fs::read_to_string(folder.path().join("valgrind")).unwrap();
    let count = said.lines().rev().find_map(|line| line.split_once("Collected : "));
    count.unwrap_or_else(|| panic!("{said}")).1.trim().parse().unwrap()
}

fn start(folder: &Folder) -> (Child, String) {
    let path = |name| folder.path().join(name);
    let config = format!(
        "listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n[captcha]\ntest_code = \"abcde\"\n",
        path("data")
    );
    fs::write(path("guichet.toml"), config).unwrap();
    let binary = std::env::var("GUICHET").unwrap_or_else(|_| env!("CARGO_BIN_EXE_guichet").into());
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(format!("--log-file={}", path("valgrind").display()));
    command.arg(binary).arg("-c").arg(path("guichet.toml"));
    command.stdout(Stdio::piped()).stderr(File::create(path("log")).unwrap());
    let mut server = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit('/').next().unwrap().to_owned();
    (server, address)
}

/// The token of a new account.
fn token(address: &str) -> String {
    let call = |name: &str, data: &str| {
        let (kind, subtype) = name.split_once('/').unwrap();
        let body =
            format!(r#"{{"id":1,"status":0,"type":"{kind}","subtype":"{subtype}","data":{data}}}"#);
        let mut stream = TcpStream::connect(address).unwrap();
        let answer = ask(&mut stream, &request("POST", "/api", &body));
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["status"], 0, "{name}: {answer}");
        answer["data"].clone()
    };
    let rand = call("img/generate", "{}")["rand"].as_str().unwrap().to_owned();
    let hash = engine::hex::md5(&format!("abcde{rand}"));
    let account = r#""username":"ada","password":"secret-1""#;
    call("user/register", &format!(r#"{{{account},"hash":"{hash}"}}"#));
    call("user/login", &format!("{{{account}}}"))["token"].as_str().unwrap().to_owned()
}

fn request(method: &str, target: &str, body: &str) -> Vec<u8> {
    let length = match method {
        "GET" => String::new(),
        _ => format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()),
    };
    format!("{method} {target} HTTP/1.1\r\nHost: a.example\r\n{length}\r\n{body}").into_bytes()
}

/// Send a request; the body of its answer.
fn ask(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    loop {
        let mut piece = [0; 16 * 1024];
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "the server closed: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
        });
        let body = head.len() + 4;
        if answer.len() >= body + length.unwrap_or(0) {
            return String::from_utf8_lossy(&answer[body..]).into_owned();
        }
    }
}
