//! What runs is what is described: the example of every operation, and the answers to it and to others.

use crate::common::surface::{DOT, operations, samples};
use crate::common::{Reply, Server};
use jsonschema::Validator;
use serde_json::{Value, json};

/// The server's own description.
struct Description(Value);

impl Description {
    fn of(server: &Server) -> Self {
        Description(server.get("/api/openapi.json").json())
    }

    fn operation(&self, path: &str, method: &str) -> &Value {
        let operation = &self.0["paths"][path][method];
        assert!(operation.is_object(), "{method} {path} is not described");
        operation
    }

    /// The schema, whose references are those of the whole description.
    fn validator(&self, schema: &Value) -> Validator {
        let mut schema = schema.clone();
        schema["components"] = self.0["components"].clone();
        jsonschema::draft202012::new(&schema).unwrap()
    }

    /// Panics if the answer is not one that is described.
    fn check(&self, path: &str, method: &str, reply: &Reply) {
        let responses = &self.operation(path, method)["responses"];
        let exact = reply.status.to_string();
        let class = format!("{}XX", reply.status / 100);
        let described = responses.get(&exact).or_else(|| responses.get(&class));
        let described = described.unwrap_or_else(|| panic!("{method} {path}: {reply:?}"));
        let content = &described["content"];
        let kind = reply.header("content-type").split(';').next().unwrap();
        if kind.starts_with("image/") {
            let is_described = [kind, "image/*"].iter().any(|kind| content.get(kind).is_some());
            assert!(is_described, "{method} {path}: {kind}");
            return;
        }
        let validator = self.validator(&content[kind]["schema"]);
        let answer = reply.json();
        let errors: Vec<String> =
            validator.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{method} {path}: {answer} {errors:?}");
    }
}

fn post(server: &Server, operation: &str, token: &str, data: &Value) -> Reply {
    let bearer = format!("Bearer {token}");
    let path = format!("/api/op/{operation}");
    server.send("POST", &path, &[("Authorization", &bearer)], data.to_string().as_bytes())
}

/// Examples that end in a fault where nothing was prepared for them.
const FAULTS: [(&str, u16); 13] = [
    ("img/validate", 422),
    ("player/guest", 404),
    ("portrait/file", 404),
    ("shop/get", 404),
    ("shop/update", 403),
    ("sms/generate", 422),
    ("sms/validate", 422),
    ("user/login_sms", 422),
    ("user/mobile", 422),
    ("user/register", 422),
    // Its example has the password from before `user/password`.
    ("user/remove", 422),
    ("user/reset", 422),
    ("wx/login", 404),
];

#[test]
fn every_example_is_valid_and_answers_as_described() {
    let server = Server::start("");
    let description = Description::of(&server);
    server.user(&["add", "omar", "--password-stdin"], "correct horse\n");
    let login = |password: &str| {
        let data = json!({"username": "omar", "password": password});
        post(&server, "user/login", "", &data).json()["data"]["token"].as_str().unwrap().to_owned()
    };
    let mut token = login("correct horse");
    let mut names: Vec<String> = operations().into_iter().map(|operation| operation.name).collect();
    // Those that others need are first, those that take something away last.
    let turn = |name: &str| match name {
        "user/password" => 2,
        "user/remove" => 4,
        "user/logout" => 3,
        "property/delete" => 1,
        _ => 0,
    };
    names.sort_by_key(|name| {
        (turn(name), !["property/add", "score/post", "rank/upload"].contains(&name.as_str()))
    });
    for name in names {
        let path = format!("/api/op/{name}");
        let body =
            &description.operation(&path, "post")["requestBody"]["content"]["application/json"];
        let example = body["example"].clone();
        let errors: Vec<String> = description
            .validator(&body["schema"])
            .iter_errors(&example)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {example} {errors:?}");
        if ["user/logout", "user/remove"].contains(&name.as_str()) {
            token = login("battery staple");
        }
        // Another operation of the same name did it already.
        if name == "shop/create" {
            continue;
        }
        let reply = post(&server, &name, &token, &example);
        let expected = FAULTS.iter().find(|(fault, _)| *fault == name).map_or(200, |(_, s)| *s);
        assert_eq!(reply.status, expected, "{name}: {example} {}", reply.text());
        description.check(&path, "post", &reply);
    }
}

#[test]
fn answers_to_samples_and_to_nonsense_are_described() {
    let server = Server::start("");
    let description = Description::of(&server);
    let (_, token) = server.account("nora");
    for operation in operations() {
        let path = format!("/api/op/{}", operation.name);
        let mut bodies = samples(&operation.name, 123_456_789);
        bodies.extend([json!({}), json!([]), json!(5)]);
        for field in &operation.fields {
            for value in [json!(null), json!(""), json!([]), json!(-1), json!("x"), json!({})] {
                let mut body = samples(&operation.name, 123_456_789).swap_remove(0);
                body[field] = value;
                bodies.push(body);
            }
        }
        for body in bodies {
            for token in [token.as_str(), ""] {
                // Logging out would end the test's session.
                if operation.name != "user/logout" || token.is_empty() {
                    description.check(&path, "post", &post(&server, &operation.name, token, &body));
                }
            }
        }
    }
}

#[test]
fn answers_of_documents_are_described() {
    let server = Server::start("");
    let description = Description::of(&server);
    let (_, token) = server.account("nora");
    let bearer = format!("Bearer {token}");
    let file = |key: &str| json!({key: DOT}).to_string();
    let (file, avatar) = (file("file"), file("avatar"));
    let post = "/{app}/api/post_score";
    let rank = r#"{"rank":5,"arange":[1,2],"version":"1.0"}"#;
    for (method, path, target, body) in [
        ("post", post, "/pinball/api/post_score", r#"{"openid":"ada","score":5}"#),
        ("post", post, "/pinball/api/post_score", r#"{"openid":""}"#),
        ("post", "/{app}/api/post_user_info", "/pinball/api/post_user_info", r#"{"openid":"ada"}"#),
        ("get", "/{app}/api/top_score", "/pinball/api/top_score", ""),
        ("get", "/{app}/api/top_score", "/pinball/api/top_score?limit=x", ""),
        ("get", "/{app}/api/user_score", "/pinball/api/user_score?openid=ada", ""),
        ("get", "/{app}/api/user_score", "/pinball/api/user_score?openid=eve", ""),
        ("post", "/ranking_list", "/ranking_list", r#"{"rank":5}"#),
        ("post", "/ranking_list", "/ranking_list", "{}"),
        ("put", "/ranking_list", "/ranking_list", rank),
        ("put", "/ranking_list", "/ranking_list", "{}"),
        ("get", "/api/external/get/portrait/{id}", "/api/external/get/portrait/7", ""),
        ("get", "/api/external/get/portrait/{id}", "/api/external/get/portrait/x", ""),
        ("get", "/api/external/get/property", "/api/external/get/property?type=1", ""),
        ("get", "/api/external/get/property", "/api/external/get/property?type=3", ""),
        ("post", "/login", "/login", "{}"),
        ("put", "/user/update_user_info", "/user/update_user_info", r#"{"nickname":"Nora"}"#),
        ("put", "/user/update_user_profile_picture", "/user/update_user_profile_picture", &file),
        ("get", "/user/get_user_info", "/user/get_user_info", ""),
        ("get", "/api/v1.0/imagecode/{id}", "/api/v1.0/imagecode/page-1", ""),
        ("get", "/api/v1.0/imagecode/{id}", "/api/v1.0/imagecode/%20", ""),
        (
            "post",
            "/api/rpc",
            "/api/rpc",
            r#"[{"jsonrpc":"2.0","method":"shop.list","id":2.5e-42}]"#,
        ),
        ("get", "/api/v1.0/smscode/{mobile}", "/api/v1.0/smscode/13800001234?text=a&id=b", ""),
        ("post", "/api/v1.0/users", "/api/v1.0/users", "{}"),
        ("post", "/api/v1.0/sessions", "/api/v1.0/sessions", "{}"),
        ("get", "/api/v1.0/session", "/api/v1.0/session", ""),
        ("get", "/api/v1.0/user", "/api/v1.0/user", ""),
        ("post", "/api/v1.0/user/avatar", "/api/v1.0/user/avatar", &avatar),
        ("put", "/api/v1.0/user/name", "/api/v1.0/user/name", r#"{"name":"ada"}"#),
        ("post", "/api/v1.0/user/auth", "/api/v1.0/user/auth", "{}"),
        ("get", "/api/v1.0/user/auth", "/api/v1.0/user/auth", ""),
        ("delete", "/api/v1.0/session", "/api/v1.0/session", ""),
    ] {
        let kind = ("Content-Type", "application/json");
        let headers = [("Authorization", bearer.as_str()), kind];
        let reply = server.send(&method.to_uppercase(), target, &headers, body.as_bytes());
        description.check(path, method, &reply);
    }
}
