//! `guichet call`: calls an operation of a running server.

use crate::common::cli::{done, folder, refused, with_config};
use crate::common::{Server, command, with_input};
use serde_json::Value;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

/// A `call` command for a running server, whose configuration does not have its port.
fn at(server: &Server) -> Command {
    let mut call = command(server.folder());
    call.args(["call", "--url", &format!("http://{}", server.address())]);
    call
}

fn call(server: &Server, args: &[&str]) -> Output {
    at(server).args(args).output().unwrap()
}

/// The JSON that was printed for a fault.
fn fault(output: Output) -> Value {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn call_prints_answer_and_sets_exit_status() {
    let server = Server::start("");
    let told = done(call(&server, &["shop", "list"]));
    let expected = "{\n  \"id\": 1,\n  \"status\": 0,\n  \"message\": \"successful\",\n  \
                    \"data\": []\n}\n";
    assert_eq!(told, expected);
    let answer = fault(call(&server, &["shop", "get", "{}"]));
    assert_eq!(answer["status"], -3);
    assert_eq!(answer["detail"], "shop_id: missing");
    assert_eq!(fault(call(&server, &["no", "such\"thing"]))["status"], -2);
}

#[test]
fn call_keeps_numbers_and_texts_unchanged() {
    let server = Server::start("");
    let post = r#" {"app":"a","openid":"b","score":9223372036854775807} "#;
    let told = done(call(&server, &["score", "post", post]));
    assert!(told.contains("\"score\": 9223372036854775807"), "{told}");
    let face = r#"{"app":"a","openid":"b","nickname":"诺拉 \"😀\" \\"}"#;
    done(call(&server, &["player", "update", face]));
    let told = done(call(&server, &["score", "top", r#"{"app":"a"}"#]));
    assert!(told.contains(r#""nickname": "诺拉 \"😀\" \\""#), "{told}");
    // A duplicate key is sent, and refused by the server.
    assert_eq!(fault(call(&server, &["score", "top", r#"{"app":"a","app":"a"}"#]))["status"], -2);
}

#[test]
fn call_reads_data_from_a_file_or_stdin() {
    let server = Server::start("");
    let path = server.folder().join("data.json");
    fs::write(&path, "{\n  \"app\": \"a\",\n  \"openid\": \"b\",\n  \"score\": 7\n}\n").unwrap();
    let from_file = format!("@{}", path.display());
    done(call(&server, &["score", "post", &from_file]));
    let input = r#"{"app":"a","openid":"b"}"#;
    let told = done(with_input(at(&server).args(["score", "get", "-"]), input));
    assert!(told.contains("\"score\": 7"), "{told}");
}

#[test]
fn call_sends_the_token_only_to_the_server() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let info = |call: &mut Command| -> Value {
        serde_json::from_str(&done(call.args(["user", "info"]).output().unwrap())).unwrap()
    };
    let by_variable = info(at(&server).env("GUICHET_TOKEN", &token));
    assert_eq!(by_variable["data"]["user_id"], id);
    assert_eq!(info(at(&server).args(["--token", &token])), by_variable);
    // The option takes precedence over the variable, and an empty variable counts as unset.
    let output = at(&server).env("GUICHET_TOKEN", "").args(["user", "info"]).output().unwrap();
    assert_eq!(fault(output)["status"], -100);
    let help = command(server.folder())
        .env("GUICHET_TOKEN", &token)
        .args(["call", "--help"])
        .output()
        .unwrap();
    assert!(!done(help).contains(&token));
}

#[test]
fn call_uses_the_configured_server() {
    let server = Server::start("");
    let config = server.folder().join("guichet.toml");
    let text = fs::read_to_string(&config).unwrap();
    let port = server.address().rsplit(':').next().unwrap();
    for listen in [server.address(), &format!("0.0.0.0:{port}"), &format!("localhost:{port}")] {
        let known = text.replace("\"127.0.0.1:0\"", &format!("{listen:?}"));
        // `0.0.0.0` is not a loopback address, for which alone it is allowed.
        fs::write(&config, known.replace("test_code", "# test_code")).unwrap();
        done(command(server.folder()).args(["call", "shop", "list"]).output().unwrap());
    }
}

#[test]
fn call_takes_any_url_and_uses_no_proxy() {
    let server = Server::start("");
    for path in ["", "/", "/api", "/api/external/shop"] {
        let url = format!("http://{}{path}", server.address());
        let mut call = command(server.folder());
        call.args(["call", "--url", &url, "shop", "list"]);
        for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            call.env(variable, "http://127.0.0.1:9");
        }
        done(call.output().unwrap());
    }
    let elsewhere = format!("http://{}/nowhere", server.address());
    let output = command(server.folder())
        .args(["call", "--url", &elsewhere, "shop", "list"])
        .output()
        .unwrap();
    assert_eq!(fault(output)["id"], -1);
}

#[test]
fn failed_call_prints_one_line() {
    let none = folder();
    let told = |folder: &Path, args: &[&str]| {
        let args = [&["call"], args].concat();
        refused(folder, command(folder).args(args).output().unwrap())
    };
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let said = told(none.path(), &["--url", &url, "shop", "list"]);
    assert!(said.starts_with(&format!("http://{free}/api: nobody answers there: ")), "{said}");
    assert!(said.ends_with("is the server running?"), "{said}");
    for (args, expected) in [
        (&["shop", "list", "{"][..], "DATA: EOF while parsing an object"),
        (&["shop", "list", r#"{},"status":1"#], "DATA: trailing characters"),
        (&["shop", "list", "@/nonexistent"], "/nonexistent: No such file"),
        (&["--url", "nonsense", "shop", "list"], "--url: nonsense: "),
        (&["--url", "ftp://127.0.0.1", "shop", "list"], "--url: ftp://127.0.0.1: expected http"),
    ] {
        let said = told(none.path(), args);
        assert!(said.starts_with(expected), "{args:?}: {said}");
    }
    let any = with_config("listen = \"127.0.0.1:0\"\n");
    assert!(told(any.path(), &["shop", "list"]).contains("give --url"));
}

#[test]
fn answer_of_another_program_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let other = std::thread::spawn(move || {
        for body in ["<html>", "{\"status\":\"fine\"}"] {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let head = format!("HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n", body.len());
            stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).unwrap();
        }
    });
    let folder = folder();
    for _ in 0..2 {
        let mut call = command(folder.path());
        call.args(["call", "--url", &url, "--token", "hush", "shop", "list"]);
        let said = refused(folder.path(), call.output().unwrap());
        assert!(said.contains("no answer of guichet's, but HTTP 404"), "{said}");
        assert!(!said.contains("hush"));
    }
    other.join().unwrap();
}
