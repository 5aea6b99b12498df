use super::*;

#[test]
fn only_plain_paths_lead_to_a_file() {
    for (path, file) in [("/", ""), ("/a.html", "a.html"), ("/a/b.js", "a/b.js"), ("/a/", "a")] {
        assert_eq!(safe(path), Some(PathBuf::from(file)), "{path}");
    }
    assert_eq!(safe("/%E4%B8%AD.html"), Some(PathBuf::from("中.html")));
    // Public reports: freshframework/fresh#3667 and hasgeek/baseframe#175.
    for path in ["/.well-known/security.txt", "/%2ewell-known/a/b.json", "/.well-known/"] {
        let decoded = path.replace("%2e", ".");
        let file = PathBuf::from(decoded.trim_matches('/'));
        assert_eq!(safe(path), Some(file), "{path}");
    }
    for path in [
        "/../x",
        "/a/../x",
        "/%2e%2e/x",
        "/.env",
        "/a/.git/config",
        "/.well-known",
        "/.well-known/.env",
        "/.well-known/../x",
        "/.well-known//x",
        "/a/.well-known/x",
        "/.Well-Known/x",
        "//x",
        "/a//b",
        "/a%00b",
        "/a\\..\\x",
        "/%ff",
        "/..%2fx",
        "x",
    ] {
        assert_eq!(safe(path), None, "{path}");
    }
}

#[test]
fn folder_redirects_to_itself_and_keeps_its_query() {
    // Public reports: connect#792, node-static#186 and static-web-server#523 (the query is lost),
    // namecheap/ilc#520 (a way to another host).
    for (asked, expected) in [
        ("/docs", "/docs/"),
        ("/docs?x=1", "/docs/?x=1"),
        ("/docs?", "/docs/?"),
        ("/docs?a=1&b=/c?d", "/docs/?a=1&b=/c?d"),
        ("/docs?next=//evil.example", "/docs/?next=//evil.example"),
        ("/docs?x=%0d%0aSet-Cookie:a", "/docs/?x=%0d%0aSet-Cookie:a"),
        ("/a/b;p=1?x", "/a/b;p=1/?x"),
        ("/docs%2f?x", "/docs/?x"),
        ("/a%2Fb", "/a/b/"),
        ("/%E4%B8%AD", "/%E4%B8%AD/"),
    ] {
        assert_eq!(inside(&asked.parse().unwrap()), expected, "{asked}");
    }
    assert_eq!(header("/\u{4e2d}/"), "/%E4%B8%AD/");
}

#[test]
fn strong_comparison_matches_only_the_exact_tag() {
    assert!(is_strongly(b"\"a\"", "a"));
    for given in [&b"a"[..], b"W/\"a\"", b"\"b\"", b"\"a", b"*", b"\"\"", b"", b"\xff"] {
        assert!(!is_strongly(given, "a") && !is_strongly(given, ""), "{given:?}");
    }
}
