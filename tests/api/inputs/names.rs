//! Texts that are stored and shown to others: names are visible, on one line, and normalised.

use crate::common::Server;
use serde_json::json;

/// Texts that are invisible, or more than one line.
const BAD: [&str; 14] = [
    " ",
    "\u{a0}\u{a0}",
    "\u{3000}\u{3000}",
    "\u{200b}\u{200b}",
    "\u{feff}\u{feff}",
    "\u{2800}\u{2800}",
    "\u{3164}\u{3164}",
    "\u{ad}\u{ad}",
    "\u{e0020}\u{e0041}",
    "\u{200e}\u{200f}",
    "\u{301}\u{301}",
    "a\nb",
    "a\u{85}b",
    "a\u{2028}b",
];

#[test]
fn blank_or_multiline_names_are_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for text in BAD {
        let hash = server.captcha();
        let account = json!({"username": text, "password": "secret-1", "hash": hash});
        for (name, data) in [
            ("user/register", account),
            ("user/rename", json!({"username": text})),
            ("user/update", json!({"nickname": text})),
            ("user/verify", json!({"real_name": text, "id_card": "11010519491231002X"})),
        ] {
            let answer = server.call_as(&token, name, data);
            assert!(answer.contains("\"status\":-2,"), "{name} {text:?}: {answer}");
        }
    }
    let told = server.done(&token, "user/info", json!({}));
    assert_eq!((&told["username"], &told["verified"]), (&json!("nora"), &json!(false)));
}

#[test]
fn name_in_nfc_and_nfd_is_the_same() {
    let server = Server::start("");
    for (nth, (composed, decomposed)) in [
        ("Zo\u{eb}", "Zoe\u{308}"),
        ("\u{c5}sa", "A\u{30a}sa"),
        ("Ng\u{1ecd}c", "Ngo\u{323}c"),
        ("\u{d55c}\u{ae00}", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
        ("\u{304c}\u{304e}", "\u{304b}\u{3099}\u{304d}\u{3099}"),
        ("\u{439}\u{43e}", "\u{438}\u{306}\u{43e}"),
        ("Vi\u{1ec7}t", "Vie\u{323}\u{302}t"),
        ("\u{3ac}\u{3b2}", "\u{3b1}\u{301}\u{3b2}"),
    ]
    .into_iter()
    .enumerate()
    {
        let (registered, typed) =
            if nth % 2 == 0 { (composed, decomposed) } else { (decomposed, composed) };
        let hash = server.captcha();
        let data = json!({"username": registered, "password": "secret-1", "hash": hash});
        server.done("", "user/register", data);
        let token = server.login(typed);
        assert_eq!(server.done(&token, "user/info", json!({}))["username"], composed);
        let hash = server.captcha();
        let data = json!({"username": typed, "password": "secret-1", "hash": hash});
        let again = server.call("user/register", data);
        assert!(!again.contains("\"status\":0,"), "{composed}: {again}");
    }
}
