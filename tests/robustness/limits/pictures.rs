//! Uploads without a login, and what is stored of an upload.

use crate::common::{Server, command, envelope, fault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const PNG: &[u8] = include_bytes!("../../../src/image_check/fixtures/plain.png");
const JPG: &[u8] = include_bytes!("../../../src/image_check/fixtures/restarts.jpg");
const GIF: &[u8] = include_bytes!("../../../src/image_check/fixtures/animated.gif");
const WEBP: &[u8] = include_bytes!("../../../src/image_check/fixtures/lossless.webp");

/// Camera metadata that must not be stored.
const PLACE: &[u8] = b"31.2304N 121.4737E";

fn portrait(id: impl ToString, kind: &str, bytes: &[u8]) -> Value {
    json!({"name": "", "id": id.to_string(), "base64": STANDARD.encode(bytes), "type": kind})
}

fn is_done(answer: &str) -> bool {
    answer.contains("\"status\":0,")
}

/// Is it a refusal by this limit?
fn is_limit(answer: &str, limit: &str) -> bool {
    !is_done(answer) && answer.contains(&format!("({limit})"))
}

fn shown(server: &Server, id: &str) -> Vec<u8> {
    server.get(&format!("/api/external/get/portrait/{id}")).body
}

/// The stored files.
fn kept(server: &Server) -> Vec<PathBuf> {
    let files = fs::read_dir(server.folder().join("data/pictures")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// A number of the database.
fn number(server: &Server, sql: &str) -> i64 {
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The bytes of open portraits: as counted, and the actual total.
fn totals(server: &Server) -> (i64, i64) {
    let counted = number(server, "SELECT coalesce(max(bytes), 0) FROM picture_total");
    let open = "SELECT coalesce(sum(size), 0) FROM portrait WHERE owner IS NULL";
    (counted, number(server, open))
}

#[test]
fn portrait_id_of_any_account_needs_its_token() {
    let server = Server::start("");
    let ((nora, token), (otto, other)) = (server.account("nora"), server.account("otto"));
    assert!(command(server.folder()).args(["user", "remove", "otto"]).status().unwrap().success());
    let (none, bad) = (fault(-100, "Missing necessary args"), fault(-101, "Error token"));
    // Ids of this account, of a removed one, of the next ones, and of the last reserved one; also
    // as a number.
    for id in [nora, otto, otto + 1, otto + 100_000] {
        assert_eq!(server.call("portrait/upload", portrait(id, "png", PNG)), none, "{id}");
        assert_eq!(server.call_as("junk", "portrait/upload", portrait(id, "png", PNG)), bad);
        if id != nora {
            let answer = server.call_as(&token, "portrait/upload", portrait(id, "png", PNG));
            assert_eq!(answer, bad, "{id}");
        }
        let mut sent = portrait(id, "png", PNG);
        sent["id"] = json!(id);
        assert_eq!(server.call("portrait/upload", sent), none);
    }
    let gone = server.call_as(&other, "portrait/upload", portrait(otto, "png", PNG));
    assert!(gone.contains("\"status\":-102,"), "{gone}");
    assert!(is_done(&server.call_as(&token, "portrait/upload", portrait(nora, "png", PNG))));
    for id in [100_000, otto + 100_001] {
        assert!(is_done(&server.call("portrait/upload", portrait(id, "png", PNG))), "{id}");
    }
}

#[test]
fn free_id_belongs_to_the_first_uploading_account() {
    let server = Server::start("");
    let ((_, token), (_, other)) = (server.account("nora"), server.account("otto"));
    assert!(is_done(&server.call_as(&token, "portrait/upload", portrait(7, "png", PNG))));
    let (none, bad) = (fault(-100, "Missing necessary args"), fault(-101, "Error token"));
    assert_eq!(server.call("portrait/upload", portrait("007", "gif", GIF)), none);
    assert_eq!(server.call_as(&other, "portrait/upload", portrait(7, "gif", GIF)), bad);
    assert!(is_done(&server.call_as(&token, "portrait/upload", portrait(7, "gif", GIF))));
    // A portrait uploaded without an account stays open.
    assert!(is_done(&server.call("portrait/upload", portrait(8, "png", PNG))));
    assert!(is_done(&server.call_as(&token, "portrait/upload", portrait(8, "gif", GIF))));
    assert!(is_done(&server.call("portrait/upload", portrait(8, "png", PNG))));
    assert_eq!(totals(&server).0, i64::try_from(PNG.len()).unwrap());
}

#[test]
fn open_upload_any_works_and_check_warns() {
    let server = Server::start("[portrait]\nopen_upload = \"any\"\n");
    let (nora, _) = server.account("nora");
    assert!(is_done(&server.call("portrait/upload", portrait(nora, "png", PNG))));
    let checked = command(server.folder()).arg("check").output().unwrap();
    let told = String::from_utf8(checked.stdout).unwrap();
    assert!(told.contains("warning  portrait.open_upload: "), "{told}");
}

#[test]
fn open_uploads_per_address_and_day_are_limited() {
    let server = Server::start(
        "[portrait]\nopen_per_day_per_address = 3\n[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n",
    );
    let (_, token) = server.account("nora");
    let from = |address: &str, id: i64| {
        let body = envelope("portrait/upload", portrait(id, "png", PNG));
        let headers = [("X-Forwarded-For", address)];
        server.send("POST", "/api", &headers, body.as_bytes()).text()
    };
    for id in 0..3 {
        assert!(is_done(&from("192.0.2.1", id)));
    }
    let limit = "portrait.open_per_day_per_address";
    assert!(is_limit(&from("192.0.2.1", 9), limit), "{}", from("192.0.2.1", 9));
    assert!(is_done(&from("192.0.2.2", 9)), "another address is served");
    assert!(is_done(&server.call_as(&token, "portrait/upload", portrait(10, "png", PNG))));
    // A restart does not reset the counts.
    let server = server.restart();
    let body = envelope("portrait/upload", portrait(9, "png", PNG));
    let headers = [("X-Forwarded-For", "192.0.2.1")];
    assert!(is_limit(&server.send("POST", "/api", &headers, body.as_bytes()).text(), limit));

    let most = PNG.len() + GIF.len();
    let server = Server::start(&format!("[portrait]\nopen_bytes_per_day_per_address = {most}\n"));
    assert!(is_done(&server.call("portrait/upload", portrait(1, "png", PNG))));
    assert!(is_done(&server.call("portrait/upload", portrait(1, "gif", GIF))), "to the last byte");
    let answer = server.call("portrait/upload", portrait(2, "png", PNG));
    assert!(is_limit(&answer, "portrait.open_bytes_per_day_per_address"), "{answer}");
    assert_eq!(kept(&server).len(), 1, "what is refused leaves no file");
}

#[test]
fn account_uploads_at_most_20_pictures_a_day() {
    let server = Server::start("");
    let (nora, token) = server.account("nora");
    for nth in 0..19 {
        let answer = server.call_as(&token, "portrait/upload", portrait(nora, "png", PNG));
        assert!(is_done(&answer), "{nth}: {answer}");
    }
    let avatar = || server.call_as(&token, "user/avatar", json!({"base64": STANDARD.encode(GIF)}));
    assert!(is_done(&avatar()));
    let limit = "portrait.per_day_per_account";
    assert!(is_limit(&avatar(), limit), "{}", avatar());
    let answer = server.call_as(&token, "portrait/upload", portrait(nora, "png", PNG));
    assert!(is_limit(&answer, limit), "{answer}");
    let (_, other) = server.account("otto");
    assert!(is_done(&server.call_as(&other, "portrait/upload", portrait(3, "png", PNG))));
}

#[test]
fn total_of_open_portraits_is_exact_and_limited() {
    let most = PNG.len() + GIF.len();
    let server = Server::start(&format!("[portrait]\nopen_bytes_in_all = {most}\n"));
    let (nora, token) = server.account("nora");
    assert!(is_done(&server.call("portrait/upload", portrait(1, "gif", GIF))));
    assert!(is_done(&server.call("portrait/upload", portrait(2, "png", PNG))));
    let answer = server.call("portrait/upload", portrait(3, "png", PNG));
    assert!(answer.contains("portrait.open_bytes_in_all"), "{answer}");
    // Portraits of accounts do not count; a replaced one counts once.
    assert!(is_done(&server.call_as(&token, "portrait/upload", portrait(nora, "png", PNG))));
    assert!(is_done(&server.call("portrait/upload", portrait(1, "gif", GIF))));
    assert_eq!(totals(&server), (i64::try_from(most).unwrap(), i64::try_from(most).unwrap()));
    let run = |arguments: &[&str]| {
        let done = command(server.folder()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    assert_eq!(run(&["portrait", "list", "--open"]).lines().count(), 2);
    run(&["portrait", "remove", "2"]);
    assert_eq!(totals(&server).0, totals(&server).1);
    assert_eq!(kept(&server).len(), 2);
    assert!(is_done(&server.call("portrait/upload", portrait(3, "png", PNG))));
    run(&["portrait", "remove", "--open", "--older-than", "1d"]);
    assert_eq!(kept(&server).len(), 3, "none is a day old");
    run(&["portrait", "remove", "--open"]);
    assert_eq!((totals(&server), kept(&server).len()), ((0, 0), 1));
}

/// A JPEG as phones make it: Exif with place and orientation, XMP, a comment, and a video after its
/// end.
fn photo() -> Vec<u8> {
    let exif =
        [&b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"[..], PLACE]
            .concat();
    let segment = |marker: u8, data: &[u8]| {
        let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], data].concat()
    };
    let xmp = [&b"http://ns.adobe.com/xap/1.0/\0"[..], PLACE].concat();
    [
        &JPG[..2],
        &segment(0xe1, &exif),
        &segment(0xe1, &xmp),
        &segment(0xfe, PLACE),
        &JPG[2..],
        b"ftypmp42",
        PLACE,
    ]
    .concat()
}

fn has_place(bytes: &[u8]) -> bool {
    bytes.windows(PLACE.len()).any(|window| window == PLACE)
}

#[test]
fn stored_picture_has_no_metadata_or_trailer() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let (tail, mut tags) = ([&[0; 4096][..], PLACE].concat(), Vec::new());
    for (id, kind, bytes) in [
        ("1", "png", [PNG, &tail].concat()),
        ("2", "gif", [GIF, &tail].concat()),
        ("3", "webp", [WEBP, &tail].concat()),
        ("4", "jpg", photo()),
    ] {
        assert!(has_place(&bytes));
        let answer = server.call("portrait/upload", portrait(id, kind, &bytes));
        assert!(is_done(&answer), "{kind}: {answer}");
        let reply = server.get(&format!("/api/external/get/portrait/{id}"));
        assert!(!has_place(&reply.body) && reply.body.len() + 18 < bytes.len(), "{kind}");
        tags.push(reply.header("etag").to_owned());
    }
    assert_eq!(shown(&server, "1"), PNG);
    let orientation = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
    let jpg = shown(&server, "4");
    assert!(jpg.windows(orientation.len()).any(|window| window == orientation), "stays upright");
    server.done(&token, "user/avatar", json!({"base64": STANDARD.encode(photo())}));
    assert!(kept(&server).iter().all(|file| !has_place(&fs::read(file).unwrap())));
    tags.dedup();
    assert_eq!(tags.len(), 4);
}

#[test]
fn stored_pictures_are_cleaned_after_an_upgrade() {
    let server = Server::start("");
    let (nora, token) = server.account("nora");
    for id in ["1", "2"] {
        assert!(is_done(&server.call("portrait/upload", portrait(id, "jpg", JPG))));
    }
    assert!(is_done(&server.call_as(&token, "portrait/upload", portrait(nora, "png", PNG))));
    server.done(&token, "user/avatar", json!({"base64": STANDARD.encode(JPG)}));
    // As stored by an earlier version: with metadata, and without sizes.
    let folder = server.into_folder();
    let data = folder.path().join("data");
    let before: Vec<PathBuf> =
        fs::read_dir(data.join("pictures")).unwrap().map(|file| file.unwrap().path()).collect();
    for file in before.iter().filter(|file| file.extension().is_some_and(|it| it == "jpg")) {
        fs::write(file, photo()).unwrap();
    }
    let database = Connection::open(data.join("guichet.db")).unwrap();
    database
        .execute_batch(
            "UPDATE portrait SET size = -1; UPDATE account SET avatar_size = -1;
             DELETE FROM picture_total;",
        )
        .unwrap();
    drop(database);

    let server = Server::start_in(folder, "");
    let left = "SELECT (SELECT count(*) FROM portrait WHERE size = -1)
                     + (SELECT count(*) FROM account WHERE avatar_size = -1 AND avatar <> '')";
    let begun = Instant::now();
    while number(&server, left) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", server.log());
    }
    let after = kept(&server);
    assert_eq!(after.len(), 4, "what was replaced is removed");
    for file in &after {
        assert!(!has_place(&fs::read(file).unwrap()), "{file:?}");
    }
    let same = |file: &&PathBuf| before.contains(file);
    assert_eq!(after.iter().filter(same).count(), 1, "a clean one keeps its name");
    assert_eq!(totals(&server).0, totals(&server).1);
    assert!(totals(&server).0 > 0 && !has_place(&shown(&server, "1")));
}

#[test]
fn refused_pictures_per_address_are_limited() {
    let server = Server::start("[portrait]\nper_day_per_account = 0\n");
    let (_, token) = server.account("nora");
    let refused = "refused pictures an hour";
    let junk = || envelope("portrait/upload", portrait(7, "png", &PNG[..PNG.len() / 2]));
    let (mut looked_at, mut limited) = (0, 0);
    for _ in 0..32 {
        let batch = format!("[{}]", vec![junk(); 64].join(","));
        let told = server.post("/api", &batch);
        let by_limit = told.matches(refused).count();
        limited += by_limit;
        looked_at += 64 - by_limit;
    }
    assert_eq!((looked_at, limited), (2_000, 48));
    // A login, another id or another operation does not help, and what is refused is not looked at.
    assert!(is_limit(&server.call_as(&token, "portrait/upload", portrait(8, "png", PNG)), refused));
    let avatar = json!({"base64": STANDARD.encode(PNG)});
    assert!(is_limit(&server.call_as(&token, "user/avatar", avatar), refused));
}

/// A JPEG of 4096 × 4096 pixels in CMYK, all of them black. It is progressive, so that a bit of every
/// coefficient is kept while it is checked. (Codes: `00` for a DC as before, `0000` for no AC.)
fn largest_jpeg() -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], body].concat()
    };
    let mut quantization = [1; 65];
    quantization[0] = 0;
    let mut codes = [0; 36];
    (codes[2], codes[18], codes[22]) = (1, 0x10, 1);
    let frame = b"\x08\x10\0\x10\0\x04\x01\x11\0\x02\x11\0\x03\x11\0\x04\x11\0";
    let blocks = 512 * 512;
    let mut out = [
        &[0xff, 0xd8],
        &segment(0xdb, &quantization)[..],
        &segment(0xc4, &codes),
        &segment(0xc2, frame),
        &segment(0xda, b"\x04\x01\0\x02\0\x03\0\x04\0\0\0\0"),
        &vec![0; 4 * blocks * 2 / 8],
    ]
    .concat();
    for component in 1..=4 {
        out.extend(segment(0xda, &[1, component, 0, 1, 63, 0]));
        out.extend(vec![0; blocks * 4 / 8]);
    }
    out.extend([0xff, 0xd9]);
    out
}

/// The most memory that the process has had, in kB.
fn most_memory(server: &Server) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn largest_jpeg_takes_below_60_mb() {
    let server = Server::start("");
    assert!(is_done(&server.call("portrait/upload", portrait(1, "jpg", JPG))));
    let before = most_memory(&server);
    let picture = largest_jpeg();
    assert!(is_done(&server.call("portrait/upload", portrait(2, "jpg", &picture))));
    let most = most_memory(&server);
    assert!(most < before + 60_000, "{before} kB, then {most} kB");
    println!("{before} kB, then {most} kB");
}
