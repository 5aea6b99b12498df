//! The descriptions of the API: they are served, true to what runs, and the same as the committed copies.

use crate::common::surface::{operations, paths};
use crate::common::{Folder, Server, run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

fn printed(arguments: &[&str]) -> String {
    run(Command::new(env!("CARGO_BIN_EXE_guichet")).args(arguments))
}

fn document(server: &Server, path: &str) -> Value {
    let reply = server.send("GET", path, &[], b"");
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, "application/json; charset=utf-8")
    );
    reply.json()
}

#[test]
fn committed_descriptions_are_what_the_program_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api");
    for (file, arguments) in [
        ("openapi.json", &["openapi"][..]),
        ("openapi-3.0.json", &["openapi", "--3.0"]),
        ("openrpc.json", &["openrpc"]),
        ("document.schema.json", &["document", "schema"]),
    ] {
        let path = folder.join(file);
        let said = printed(arguments);
        if std::env::var_os("GUICHET_WRITE_DOCS").is_some() {
            fs::write(&path, &said).unwrap();
        }
        let is_same = fs::read_to_string(&path).is_ok_and(|committed| committed == said);
        assert!(
            is_same,
            "docs/api/{file}: run `GUICHET_WRITE_DOCS=1 cargo test --test api descriptions`"
        );
    }
}

#[test]
fn served_descriptions_are_those_that_are_printed() {
    let server = Server::start("");
    let parsed = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    assert_eq!(document(&server, "/api/openapi.json"), parsed(printed(&["openapi"])));
    let mut served = document(&server, "/api/openrpc.json");
    assert_eq!(served["servers"][0]["url"], "http://api.example.com/api/rpc");
    served["servers"][0]["url"] = "http://127.0.0.1:8080/api/rpc".into();
    assert_eq!(served, parsed(printed(&["openrpc"])));
}

#[test]
fn rpc_discover_answers_the_openrpc_document() {
    let server = Server::start("");
    let call = json!({"jsonrpc": "2.0", "method": "rpc.discover", "id": "a"});
    for path in ["/api", "/api/rpc"] {
        let reply = server.send("POST", path, &[], call.to_string().as_bytes()).json();
        assert_eq!(reply["id"], "a");
        assert_eq!(reply["result"], document(&server, "/api/openrpc.json"), "{path}");
    }
    let notification = json!({"jsonrpc": "2.0", "method": "rpc.discover"}).to_string();
    assert_eq!(server.send("POST", "/api/rpc", &[], notification.as_bytes()).status, 204);
}

#[test]
fn batch_of_descriptions_is_bounded() {
    let server = Server::start("");
    let call = json!({"jsonrpc": "2.0", "method": "rpc.discover", "id": 1});
    let answers = server.send("POST", "/api", &[], json!(vec![call; 64]).to_string().as_bytes());
    assert!(answers.body.len() < 5 << 20, "{}", answers.body.len());
    let answers = answers.json();
    let answers = answers.as_array().unwrap();
    let refused = answers.iter().filter(|answer| answer["error"]["code"] == -404).count();
    assert!(answers.len() == 64 && refused > 0 && refused < 64, "{refused}");
}

#[test]
fn every_operation_and_every_path_is_described() {
    let openapi: Value = serde_json::from_str(&printed(&["openapi"])).unwrap();
    let openrpc: Value = serde_json::from_str(&printed(&["openrpc"])).unwrap();
    for path in paths() {
        // The script and the style sheet of a page are no part of the API.
        if !path.path.ends_with(".js") && !path.path.ends_with(".css") {
            let method = path.method.to_lowercase();
            assert!(openapi["paths"][&path.path][method].is_object(), "{path:?}");
        }
    }
    let methods: Vec<&str> = openrpc["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|method| method["name"].as_str().unwrap())
        .collect();
    for operation in operations() {
        assert!(methods.contains(&&*operation.name.replace('/', ".")), "{}", operation.name);
        let described = &openapi["paths"][format!("/api/op/{}", operation.name)]["post"];
        assert_eq!(
            described["security"] != json!([]),
            operation.needs_login || asks_for_a_token(&operation.name),
            "{}",
            operation.name
        );
        let kind = operation.name.split('/').next().unwrap();
        let mut tags = openapi["tags"].as_array().unwrap().iter();
        assert!(tags.any(|tag| tag["name"] == kind && tag["description"] != ""), "{kind}");
    }
}

#[test]
fn every_field_of_data_and_replies_is_explained() {
    let openapi: Value = serde_json::from_str(&printed(&["openapi"])).unwrap();
    let schemas = openapi["components"]["schemas"].as_object().unwrap();
    assert!(schemas.len() > 60);
    for (name, schema) in schemas {
        let shapes = schema["anyOf"].as_array().cloned().unwrap_or(vec![schema.clone()]);
        for shape in shapes {
            let row = if shape["type"] == "array" { &shape["items"] } else { &shape };
            let properties = row["properties"].as_object();
            for (key, property) in properties.into_iter().flatten() {
                assert!(property["description"].is_string(), "{name}: {key}");
            }
        }
    }
}

#[test]
fn every_operation_has_fields_as_the_registry_has() {
    let openapi: Value = serde_json::from_str(&printed(&["openapi"])).unwrap();
    for operation in operations() {
        let described = &openapi["paths"][format!("/api/op/{}", operation.name)]["post"];
        let name = described["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            .as_str()
            .and_then(|reference| reference.rsplit('/').next())
            .unwrap();
        let schema = &openapi["components"]["schemas"][name];
        let shapes = match &schema["anyOf"] {
            Value::Array(shapes) => shapes.clone(),
            _ => vec![schema.clone()],
        };
        let mut keys: Vec<&str> = shapes
            .iter()
            .flat_map(|shape| shape["properties"].as_object().unwrap().keys())
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let mut expected = operation.fields.clone();
        expected.sort_unstable();
        assert_eq!(keys, expected, "{}", operation.name);
    }
}

#[test]
fn documentation_page_loads_nothing_from_elsewhere() {
    let server = Server::start("");
    let page = server.send("GET", "/api/docs", &[], b"");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for path in ["/api/docs", "/api/docs.js", "/api/docs.css"] {
        let reply = server.send("GET", path, &[], b"");
        let text = reply.text();
        assert!(!text.contains("https://") && !text.contains("src=\"//"), "{path}");
        let tag = reply.header("etag").to_owned();
        let again = server.send("GET", path, &[("If-None-Match", &tag)], b"");
        assert_eq!((again.status, again.text().as_str()), (304, ""), "{path}");
    }
    assert_eq!(server.send("POST", "/api/docs", &[], b"").status, 405);
}

#[test]
fn root_page_shows_the_address_it_was_asked_by() {
    let server = Server::start("");
    let page = |host: &str| {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        server.raw(request.as_bytes()).text()
    };
    assert!(page("shop.example.com:8443").contains("curl -s http://shop.example.com:8443/api "));
    assert!(page("[::1]:80").contains("curl -s http://[::1]:80/api "));
    let own = page(server.address());
    assert!(own.contains(&format!("curl -s http://{}/api ", server.address())), "{own}");
    assert!(own.contains("href=\"/api/docs\"") && !own.contains("{address}"), "{own}");
    let odd = page("a<script>");
    assert!(!odd.contains("<script>"), "{odd}");
    let secure = Server::start("public_url = \"https://api.example.com\"\n");
    assert!(secure.get("/").text().contains("curl -s https://"));
}

#[test]
fn documentation_page_is_there_beside_own_pages() {
    let folder = Folder::new();
    let pages = folder.path().join("pages");
    fs::create_dir_all(pages.join("api")).unwrap();
    fs::write(pages.join("index.html"), "own").unwrap();
    fs::write(pages.join("api/docs"), "hidden").unwrap();
    let server = Server::start(&format!("[web]\ndir = {pages:?}\n"));
    assert_eq!(server.get("/").text(), "own");
    assert!(server.get("/api/docs").text().contains("docs.js"));
    assert_eq!(server.get("/api/openapi.json").json()["openapi"], "3.1.0");
}

/// Does it depend on the configuration, or on what is called, whether a token is asked for?
fn asks_for_a_token(operation: &str) -> bool {
    ["portrait/upload", "score/post", "score/get", "player/update", "round/start"]
        .contains(&operation)
}
