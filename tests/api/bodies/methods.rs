//! The paths of the documents and their methods.

use crate::common::Server;

/// Every path of every document with its methods.
const PATHS: &[(&str, &str)] = &[
    ("/api/external/get/portrait/100001", "GET, HEAD"),
    ("/api/external/get/property", "GET, HEAD"),
    ("/ranking_list", "POST, PUT"),
    ("/api/ranking_list", "POST, PUT"),
    ("/api/user_score", "GET, HEAD"),
    ("/g/api/user_score", "GET, HEAD"),
    ("/api/tpinball_score", "GET, HEAD"),
    ("/g/api/tpinball_score", "GET, HEAD"),
    ("/api/top_score", "GET, HEAD"),
    ("/g/api/top_score", "GET, HEAD"),
    ("/api/post_score", "POST"),
    ("/g/api/post_score", "POST"),
    ("/api/post_user_info", "POST"),
    ("/g/api/post_user_info", "POST"),
    ("/login", "POST"),
    ("/api/login", "POST"),
    ("/user/logout", "POST"),
    ("/api/user/logout", "POST"),
    ("/user/update_user_info", "PUT"),
    ("/api/user/update_user_info", "PUT"),
    ("/user/update_user_profile_picture", "PUT"),
    ("/api/user/update_user_profile_picture", "PUT"),
    ("/user/get_user_info", "GET, HEAD"),
    ("/api/user/get_user_info", "GET, HEAD"),
    ("/upload/0123456789abcdef0123456789abcdef.png", "GET, HEAD"),
    ("/api/v1.0/imagecode/a1", "GET, HEAD"),
    ("/api/v1.0/smscode/13800000001", "GET, HEAD"),
    ("/api/v1.0/users", "POST"),
    ("/api/v1.0/sessions", "POST"),
    ("/api/v1.0/session", "GET, DELETE, HEAD"),
    ("/api/v1.0/user", "GET, HEAD"),
    ("/api/v1.0/user/avatar", "POST"),
    ("/api/v1.0/user/name", "PUT"),
    ("/api/v1.0/user/auth", "POST, GET, HEAD"),
    ("/api", "POST"),
    ("/api/external", "POST"),
    ("/api/external/captcha", "POST"),
    ("/api/external/portrait", "POST"),
    ("/api/external/property", "POST"),
    ("/api/external/shop", "POST"),
];

fn refusal(detail: &str) -> String {
    format!(
        r#"{{"id":-1,"status":-2,"message":"Error JSON value","data":{{}},"detail":"{detail}"}}"#
    )
}

#[test]
fn wrong_method_is_refused_with_the_allowed_ones() {
    let server = Server::start("");
    for (path, allow) in PATHS {
        let allowed: Vec<&str> = allow.split(", ").collect();
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get", "BREW"] {
            if allowed.contains(&method) {
                continue;
            }
            let reply = server.send(method, path, &[], b"");
            assert_eq!((reply.status, reply.header("allow")), (405, *allow), "{method} {path}");
            assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
            let text = refusal("the path does not answer this method");
            assert_eq!(reply.text(), if method == "HEAD" { "" } else { &text }, "{method} {path}");
        }
    }
}

#[test]
fn paths_match_only_exactly() {
    let server = Server::start("");
    let mut paths: Vec<String> = PATHS.iter().map(|(path, _)| format!("{path}/")).collect();
    let wrong = [
        "/API/top_score",
        "/a/b/api/top_score",
        "//api/top_score",
        "/api//top_score",
        "/api/Top_Score",
        "/%61pi/top_score",
        "/api/top%5Fscore",
        "/g/api",
        "/g/api/",
        "/api/v1.0/imagecode/",
        "/api/v1.0/imagecode/a/b",
        "/api/v1.0/smscode/",
        "/upload/",
        "/upload/a/b",
        "/api/external/get/portrait/",
        "/api/external/get",
        "/api/external/none",
        "/api/v1.0",
        "/api/v1.0/",
        "/user",
        "/api/user",
        "/logout",
        "/api/none",
    ];
    paths.extend(wrong.map(str::to_owned));
    for path in paths {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let reply = server.send(method, &path, &[], b"");
            assert_eq!((reply.status, reply.text()), (404, refusal("no such path")), "{path}");
            assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
        }
    }
}

#[test]
fn head_answers_like_get_without_body() {
    let server = Server::start("");
    server.post("/api/post_score", "openid=p&score=5");
    for path in [
        "/api/user_score?openid=p",
        "/api/user_score",
        "/api/top_score",
        "/g/api/tpinball_score",
        "/user/get_user_info",
        "/api/v1.0/user",
        "/api/v1.0/session",
        "/api/v1.0/user/auth",
        "/api/external/get/property?type=1",
        "/api/external/get/portrait/100001",
        "/api/external/get/portrait/x",
        "/upload/0123456789abcdef0123456789abcdef.png",
    ] {
        let (get, head) = (server.get(path), server.send("HEAD", path, &[], b""));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        assert!(!get.body.is_empty(), "{path}");
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
        for name in ["content-type", "etag", "cache-control", "vary"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}
