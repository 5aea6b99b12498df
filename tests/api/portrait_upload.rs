//! Uploading a portrait (contract: envelope.md "portrait"; seed 003).

use crate::common::{Server, command, envelope, fault, fault_with, ok};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;

const PNG: &[u8] = include_bytes!("../../src/image_check/fixtures/plain.png");
const JPG: &[u8] = include_bytes!("../../src/image_check/fixtures/progressive.jpg");
const GIF: &[u8] = include_bytes!("../../src/image_check/fixtures/animated.gif");
const WEBP: &[u8] = include_bytes!("../../src/image_check/fixtures/lossy.webp");
const AVATAR: &[u8] = include_bytes!("../../assets/pictures/default-avatar.png");

/// An upload of `bytes` under `id`.
fn upload(id: &str, kind: &str, bytes: &[u8]) -> Value {
    json!({"name": "me", "id": id, "base64": STANDARD.encode(bytes), "type": kind})
}

/// The answer to a successful upload.
fn stored(id: &str) -> String {
    ok(json!({"url": format!("http://api.example.com/api/external/get/portrait/{id}")}))
}

/// The answer to a refused upload.
fn refused(detail: &str) -> String {
    fault_with(-2, "Error JSON value", detail)
}

/// The picture of `id`.
fn shown(server: &Server, id: &str) -> Vec<u8> {
    let reply = server.get(&format!("/api/external/get/portrait/{id}"));
    assert_eq!(reply.status, 200);
    reply.body
}

/// The names of the stored files.
fn files(server: &Server) -> Vec<String> {
    let folder = fs::read_dir(server.folder().join("data/pictures")).unwrap();
    folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_picture_kind_round_trips_unchanged() {
    let server = Server::start("");
    let kinds: [(&str, &[u8], &[&str]); 4] = [
        ("png", PNG, &["png", "PNG", "image/png"]),
        ("jpg", JPG, &["jpg", "jpeg", "image/jpeg", "image/jpg"]),
        ("gif", GIF, &["gif", "image/gif"]),
        ("webp", WEBP, &["webp", "image/webp", "Image/WebP"]),
    ];
    for (short, bytes, names) in kinds {
        for name in names {
            // As the seed shows it: its own address, no token.
            let body = envelope("portrait/upload", upload("7", name, bytes));
            assert_eq!(server.post("/api/external/portrait", &body), stored("7"), "{name}");
            assert_eq!(shown(&server, "7"), bytes, "{name}");
            let there = ok(json!({"base64": STANDARD.encode(bytes), "type": short}));
            assert_eq!(server.call("portrait/get", json!({"id": "7"})), there);
            // It replaces the old one: one file, with its extension.
            let kept = files(&server);
            assert_eq!(kept.len(), 1, "{kept:?}");
            assert!(kept[0].ends_with(&format!(".{short}")), "{kept:?}");
        }
    }
}

#[test]
fn base64_prefix_padding_and_spaces_are_optional() {
    let server = Server::start("");
    let plain = STANDARD.encode(PNG);
    let lines: Vec<&str> =
        plain.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    for (id, text) in (1..).zip([
        plain.clone(),
        plain.trim_end_matches('=').to_owned(),
        format!("data:image/png;base64,{plain}"),
        format!("data:image/jpeg;base64,{plain}"),
        format!("data:;base64,{plain}"),
        lines.join("\n"),
        lines.join("\r\n\t "),
        format!(" data:image/png;base64,\n{}\n", lines.join("\n")),
    ]) {
        let id = id.to_string();
        let sent = json!({"name": "", "id": id, "base64": text, "type": "png", "size": []});
        assert_eq!(server.call("portrait/upload", sent), stored(&id), "{:.30}", text);
        assert!(shown(&server, &id) == PNG, "{:.30}", text);
    }
    let words = refused("not base64 of the standard alphabet");
    for text in [
        "头像",
        "a-b_",
        &format!("{plain}!"),
        &format!("{plain}===="),
        &format!("data:image/png,{plain}"),
        "data:image/svg+xml;utf8,<svg/>",
    ] {
        let sent = json!({"name": "", "id": "99", "base64": text, "type": "png"});
        assert_eq!(server.call("portrait/upload", sent), words, "{text:.30}");
    }
    let empty = json!({"name": "", "id": "99", "base64": " ", "type": "png"});
    let words = refused("not a PNG, JPEG, GIF or WebP picture");
    assert_eq!(server.call("portrait/upload", empty), words);
    assert_eq!((shown(&server, "99"), files(&server).len()), (AVATAR.to_vec(), 8));
}

#[test]
fn max_bytes_pass_and_one_more_is_refused() {
    for (config, most) in [("", 1 << 20), ("[portrait]\nmax_bytes = \"4KiB\"\n", 4096)] {
        let server = Server::start(config);
        // Bytes after a picture's end count, and are cut off.
        let mut bytes = PNG.to_vec();
        bytes.resize(most, b'x');
        let sent = upload("1", "png", &bytes);
        assert_eq!(server.call("portrait/upload", sent), stored("1"));
        assert!(shown(&server, "1") == PNG);
        bytes.push(b'x');
        let words = refused(&format!("the picture is larger than {most} bytes"));
        assert_eq!(server.call("portrait/upload", upload("1", "png", &bytes)), words);
        assert_eq!((shown(&server, "1").len(), files(&server).len()), (PNG.len(), 1));
    }
}

#[test]
fn incomplete_or_mislabelled_picture_is_refused() {
    let server = Server::start("");
    let none = "not a PNG, JPEG, GIF or WebP picture";
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let named = "type: png, jpg, jpeg, gif or webp";
    let cases: [(&str, &[u8], &str); 10] = [
        ("jpg", PNG, "the picture is png, not jpg as its type says"),
        ("png", WEBP, "the picture is webp, not png as its type says"),
        ("image/gif", JPG, "the picture is jpg, not gif as its type says"),
        ("png", b"hello", none),
        ("png", svg, none),
        ("svg", svg, named),
        ("image/svg+xml", svg, named),
        ("", PNG, named),
        ("bmp", b"BM", named),
        (" png", PNG, named),
    ];
    for (kind, bytes, words) in cases {
        let answer = server.call("portrait/upload", upload("1", kind, bytes));
        assert_eq!(answer, refused(words), "{kind}");
    }
    for (kind, bytes) in [("png", PNG), ("jpg", JPG), ("gif", GIF), ("webp", WEBP)] {
        for end in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 20] {
            let answer = server.call("portrait/upload", upload("1", kind, &bytes[..end]));
            let start = "{\"id\":7,\"status\":-2,\"message\":\"Error JSON value\",\"data\":{},\
                         \"detail\":\"the picture is damaged or cut off: ";
            assert!(answer.starts_with(start), "{kind} cut at {end}: {answer}");
        }
    }
    let mut wide = PNG.to_vec();
    wide[16..20].copy_from_slice(&4097_u32.to_be_bytes());
    let answer = server.call("portrait/upload", upload("1", "png", &wide));
    assert!(answer.contains("\"status\":-2,") && answer.contains("\"detail\":"), "{answer}");
    assert_eq!(files(&server), [""; 0]);
    assert_eq!(shown(&server, "1"), AVATAR);
}

#[test]
fn missing_key_is_reported_before_type_and_id() {
    let server = Server::start("");
    for key in ["name", "id", "base64", "type"] {
        let mut sent = upload("x", "png", PNG);
        sent.as_object_mut().unwrap().remove(key);
        let told = fault_with(-3, "Error data key", &format!("{key}: missing"));
        assert_eq!(server.call("portrait/upload", sent), told);
        for value in [json!(5.5), json!(null), json!([]), json!({}), json!(true)] {
            let mut sent = upload("x", "png", PNG);
            sent[key] = value;
            let expected = if key == "id" { "a string or an integer" } else { "a string" };
            let told = refused(&format!("{key}: expected {expected}"));
            assert_eq!(server.call("portrait/upload", sent), told);
        }
    }
    let digits = refused("id: 1 to 15 digits");
    for id in ["", "x", "1x", "-1", "+1", " 1", "1.0", "１", "1234567890123456", "../1", "1/2"] {
        assert_eq!(server.call("portrait/upload", upload(id, "png", PNG)), digits, "{id:?}");
        assert_eq!(server.call("portrait/get", json!({ "id": id })), digits, "{id:?}");
    }
    let missing = fault_with(-3, "Error data key", "id: missing");
    assert_eq!(server.call("portrait/get", json!({})), missing);
    for id in [json!(-1), json!(1_000_000_000_000_000_i64)] {
        assert_eq!(server.call("portrait/get", json!({ "id": id })), digits);
    }
    let nobody = ok(json!({"base64": STANDARD.encode(AVATAR), "type": "png"}));
    assert_eq!(server.call("portrait/get", json!({"id": 5})), nobody);
    assert_eq!(files(&server), [""; 0]);
    let longest = "9".repeat(15);
    assert_eq!(server.call("portrait/upload", upload(&longest, "png", PNG)), stored(&longest));
    assert_eq!(shown(&server, &longest), PNG);
}

#[test]
fn ids_are_compared_as_numbers() {
    let server = Server::start("");
    for (sent, id) in
        [("007", "7"), ("000000000000000", "0"), ("100000000000000", "100000000000000")]
    {
        assert_eq!(server.call("portrait/upload", upload(sent, "gif", GIF)), stored(id));
        assert_eq!(shown(&server, id), GIF);
        assert_eq!(shown(&server, &format!("{id:0>15}")), GIF);
    }
    let there = ok(json!({"base64": STANDARD.encode(GIF), "type": "gif"}));
    assert_eq!(server.call("portrait/get", json!({"id": "0007"})), there);
    let nobody = ok(json!({"base64": STANDARD.encode(AVATAR), "type": "png"}));
    assert_eq!(server.call("portrait/get", json!({"id": "70"})), nobody);
}

#[test]
fn portrait_of_an_account_needs_its_token() {
    let server = Server::start("");
    let ((nora, token), (otto, other)) = (server.account("nora"), server.account("otto"));
    let (nora, otto) = (nora.to_string(), otto.to_string());
    let bad = fault(-101, "Error token");
    for id in [nora.clone(), format!("0{nora}"), format!("{nora:0>15}")] {
        let sent = upload(&id, "png", PNG);
        let none = fault(-100, "Missing necessary args");
        assert_eq!(server.call("portrait/upload", sent.clone()), none, "{id}");
        assert_eq!(server.call_as("junk", "portrait/upload", sent.clone()), bad, "{id}");
        assert_eq!(server.call_as(&other, "portrait/upload", sent), bad, "{id}");
    }
    // Permission is checked after the keys and before the picture.
    let words = fault(-100, "Missing necessary args");
    assert_eq!(server.call("portrait/upload", upload(&nora, "x", b"hello")), words);
    assert_eq!((files(&server).len(), shown(&server, &nora)), (0, AVATAR.to_vec()));
    assert_eq!(server.call_as(&token, "portrait/upload", upload(&nora, "png", PNG)), stored(&nora));
    let padded = upload(&format!("0{nora}"), "gif", GIF);
    assert_eq!(server.call_as(&token, "portrait/upload", padded), stored(&nora));
    assert_eq!((shown(&server, &nora), shown(&server, &otto)), (GIF.to_vec(), AVATAR.to_vec()));
    // A free id is open to anyone, with any token.
    for bring in ["", "junk", &token] {
        assert_eq!(server.call_as(bring, "portrait/upload", upload("5", "gif", GIF)), stored("5"));
    }
    assert!(command(server.folder()).args(["user", "remove", "nora"]).status().unwrap().success());
    let none = fault(-100, "Missing necessary args");
    assert_eq!(server.call("portrait/upload", upload(&nora, "png", PNG)), none);
}

#[test]
fn uploads_need_a_login_if_open_upload_is_off() {
    let server = Server::start("[portrait]\nopen_upload = false\n");
    let (nora, token) = server.account("nora");
    let bad = fault(-101, "Error token");
    for id in ["5", "100002"] {
        let sent = upload(id, "png", PNG);
        let none = fault(-100, "Missing necessary args");
        assert_eq!(server.call("portrait/upload", sent.clone()), none);
        assert_eq!(server.call_as("junk", "portrait/upload", sent.clone()), bad);
        let answer = server.call_as(&token, "portrait/upload", sent);
        assert_eq!(answer, if id == "5" { stored("5") } else { bad.clone() });
    }
    let own = nora.to_string();
    assert_eq!(server.call_as(&token, "portrait/upload", upload(&own, "png", PNG)), stored(&own));
    assert_eq!(files(&server).len(), 2);
}
