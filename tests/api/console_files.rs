//! The console's pictures, its configuration and its backups.

use crate::common::cli::{done, guichet};
use crate::common::console::Console;
use crate::common::notice::with;
use crate::common::postgres;
use crate::common::surface::samples;
use serde_json::{Value, json};

#[test]
fn operators_view_hide_and_remove_pictures_in_bulk() {
    let console = Console::start("");
    let server = &console.server;
    let viewer = console.token("viewer");
    let moderator = console.token("moderator");
    let (account, token) = server.account("omar");
    let sample = samples("portrait/upload", 0).swap_remove(0);
    for id in [account, 7, 8] {
        let portrait = with(sample.clone(), json!({"id": id.to_string()}));
        server.done(&token, "portrait/upload", portrait);
    }
    let avatar = json!({"base64": sample["base64"], "type": "png"});
    let url = server.done(&token, "user/avatar", avatar)["url"].as_str().unwrap().to_owned();
    let page = console.page(&viewer, "/pictures");
    let address = format!("/picture?picture=portrait+{account}");
    assert!(page.body.contains(&address), "{}", page.body);
    assert!(!page.body.contains("remove_pictures\"><button"), "a viewer has no boxes");
    let picture = console.page(&viewer, &address);
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")));
    assert!(picture.bytes.starts_with(b"\x89PNG"));
    assert_eq!(console.page("", &address).status, 303, "who is not logged in sees nothing");
    let form_token = console.page(&moderator, "/pictures").form_token();
    let act = |operation: &str, pictures: &[&str]| {
        let boxes: String =
            pictures.iter().map(|it| format!("&pictures={}", it.replace(' ', "+"))).collect();
        let body = format!("form_token={form_token}&back=%2Fpictures{boxes}");
        let lines = [("Sec-Fetch-Site", "same-origin")];
        console.form(&moderator, operation, &lines, &body).status
    };
    let get =
        |id: i64| server.done("", "portrait/get", json!({"id": id.to_string()}))["base64"].clone();
    let (shown, absent) = (get(7), get(9));
    assert_ne!(shown, absent);
    assert_eq!(act("hide_pictures", &["portrait 7", "portrait 8"]), 303);
    assert_eq!((get(7), get(8)), (absent.clone(), absent.clone()));
    assert_eq!(
        console.page(&viewer, "/picture?picture=portrait+7").status,
        200,
        "operators see it"
    );
    assert_eq!(act("unhide_pictures", &["portrait 8"]), 303);
    assert_eq!((get(7), get(8)), (absent.clone(), shown));
    let own = format!("avatar {account}");
    assert!(
        console.page(&viewer, "/pictures?kind=avatar").body.contains("/picture?picture=avatar")
    );
    assert_eq!(act("remove_pictures", &["portrait 7", "portrait 8", &own]), 303);
    assert_eq!((get(7), get(8)), (absent.clone(), absent));
    let path = url.strip_prefix("http://api.example.com").unwrap();
    assert_eq!(server.get(path).status, 404, "its file is gone");
    let actions: Vec<Value> =
        console.audit().into_iter().map(|row| row["action"].clone()).collect();
    for (action, count) in
        [("portrait hide", 2), ("portrait unhide", 1), ("portrait remove", 2), ("avatar remove", 1)]
    {
        assert_eq!(actions.iter().filter(|it| **it == action).count(), count, "{action}");
    }
    assert_eq!(act("remove_pictures", &["portrait 7"]), 404);
}

#[test]
fn configuration_is_shown_to_owners_without_secrets() {
    let console =
        Console::start("[score.secrets]\nlamps = \"canary-secret\"\n[shop]\nmax_per_account = 7\n");
    let (owner, moderator) = (console.token("owner"), console.token("moderator"));
    let page = console.page(&owner, "/config");
    assert!(page.status == 200 && !page.body.contains("canary"), "{}", page.body);
    assert!(page.body.contains("shop.max_per_account") && page.body.contains("score.secrets"));
    assert_eq!(console.page(&moderator, "/config").status, 403);
    let told = done(guichet(console.server.folder(), &["config"]));
    assert!(told.contains("max_per_account = 7\n") && !told.contains("canary"), "{told}");
    assert!(told.contains("max_boards = 64  # default"), "{told}");
}

#[test]
fn only_owners_can_download_a_backup() {
    if postgres::is_used() {
        // It has its own tools for backups.
        return;
    }
    let console = Console::start("[backup]\ndir = \"backups\"\n");
    let (owner, viewer) = (console.token("owner"), console.token("viewer"));
    let made = console.call(&owner, "admin/make_backup", &json!({})).json();
    let name = made["data"]["name"].as_str().unwrap().to_owned();
    assert!(console.page(&owner, "/backups").body.contains(&format!("/backup?name={name}")));
    let page = console.page(&owner, &format!("/backup?name={name}"));
    assert_eq!((page.status, page.header("content-type")), (200, Some("application/x-tar")));
    let file = console.server.folder().join("backups").join(&name);
    assert!(page.bytes == std::fs::read(file).unwrap(), "the same bytes");
    assert_eq!(console.audit().last().unwrap()["action"], "backup download");
    for (token, name, status) in [
        (&viewer, name.as_str(), 403),
        (&owner, "..%2Fguichet.toml", 404),
        (&owner, "guichet.toml", 404),
    ] {
        assert_eq!(console.page(token, &format!("/backup?name={name}")).status, status, "{name}");
    }
}
