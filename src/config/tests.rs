mod environment;
mod example;
mod sms;

use std::path::Path;

use super::*;

fn parse(toml: &str) -> Result<Config, String> {
    Config::parse(toml, []).map_err(|error| error.to_string())
}

#[test]
fn errors_name_file_line_column_and_key() {
    for (toml, line) in [
        ("\n[session]\ntll = \"1d\"", "3:1: session.tll: unknown key; expected one of ttl"),
        (
            "[session]\n  ttl = \"30x\"",
            "2:9: session.ttl: \"30x\" is not a duration; write for example 30d, 12h, 5m or 90s",
        ),
        ("session.ttl = 0", "1:15: session.ttl: a duration of zero makes no sense here"),
        (
            "session = 5",
            "1:11: session: invalid type: integer `5`, expected a section with keys of its own",
        ),
        (
            "[log]\nformat = \"xml\"",
            "2:10: log.format: unknown value `xml`; expected one of text, json",
        ),
        (
            "sms = { per_day = -1 }",
            "1:19: sms.per_day: invalid value: integer `-1`, expected a whole number from 0 to 4294967295",
        ),
        (
            "'é' = 1",
            "1:1: é: unknown key; expected one of listen, public_url, data_dir, timezone, drain, tls, database, session, envelope, cors, web, documents, captcha, sms, portrait, store, rank, score, wx, events, shop, limits, disk, backup, log, metrics, console, moderation, privacy",
        ),
        (
            "[limits]\ntrusted_proxies = [\"::1\", \"10.0.0.0/33\"]",
            "2:19: limits.trusted_proxies: \"10.0.0.0/33\" is neither an IP address nor a network; write for example 127.0.0.1, ::1 or 10.0.0.0/8",
        ),
        (
            "[limits]\r\ntrusted_proxies = [\"::1\", 5]",
            "2:27: limits.trusted_proxies.1: invalid type: integer `5`, expected a string",
        ),
        (
            "# é\n[cors]\nallowed_origins = \"*\"",
            "3:19: cors.allowed_origins: invalid type: string \"*\", expected a sequence",
        ),
        ("[session]\n[session]", "2:2: session: duplicate key"),
        ("nonsense", "1:9: key with no value, expected `=`"),
        ("\u{feff}[session]\nttl = 0", "2:7: session.ttl: a duration of zero makes no sense here"),
        ("[session]\nttl = \"1d\"\nttl = \"2d\"", "3:1: session.ttl: duplicate key"),
        (
            "[session]\n[score.secrets]\na = \"xyz",
            "3:9: score.secrets.a: invalid basic string, expected `\"`",
        ),
        (
            "listen = \"0.0.0.0:80\"\n[captcha]\ntest_code = \"abc\"",
            "3:13: captcha.test_code: refused unless `listen` is a loopback address; it is 0.0.0.0:80",
        ),
        (
            "[database]\nurl = \"postgres://u:pw@db/g\"",
            "1:1: store.kind: with PostgreSQL the pictures must be where all servers see them: set store.kind = \"s3\", or store.shared = true if data_dir/pictures is a network file system",
        ),
        (
            "[score.secrets]\napi = \"x\"",
            "2:7: score.secrets.api: not the name of an app: 1 to 32 of A-Z a-z 0-9 _ -, and not api",
        ),
        (
            "[score]\nsecrets.a = 12345",
            "2:13: score.secrets.a: a secret is a text, not empty: APP = \"secret\"",
        ),
        (
            "[store]\nsecret_access_key = 12345",
            "2:21: store.secret_access_key: a key is a text, not empty",
        ),
        (
            "[store]\nkind = \"ftp\"",
            "2:8: store.kind: unknown value `ftp`; expected one of disk, s3",
        ),
        (
            "\n[store]\nkind = \"s3\"",
            "2:1: store.endpoint: missing; a store of the kind \"s3\" needs it",
        ),
    ] {
        assert_eq!(parse(toml), Err(format!("guichet.toml:{line}")), "{toml}");
    }
}

#[test]
fn invalid_values_are_refused() {
    for (key, good, bad) in [
        ("listen", "[::1]:0 127.0.0.1:8080", "8080 :8080 127.0.0.1 127.0.0.1:99999"),
        (
            "public_url",
            "http://a https://a.example/x/",
            "a.example ftp://a http:// https:/// http://a?x",
        ),
        ("timezone", "UTC Europe/Berlin Asia/Shanghai", "Mars/Base CST8 ../etc/passwd"),
        ("drain", "0 0s 5 60s 1m", "61s 2m -1 x"),
        ("database.url", "sqlite sqlite:a.db sqlite:/a.db", "sqlite: sqlite://a.db mysql://a a.db"),
        ("database.synchronous", "full normal", "off FULL"),
        ("session.ttl", "30d 90s 3600", "30x 0d 1h30m"),
        ("envelope.content_type", "application/json text/plain", "text/html"),
        ("captcha.test_code", "1 ABCdef1234", "12345678901 ab-c é"),
        ("sms.gateway", "outbox", "sendmail Outbox"),
        ("portrait.max_bytes", "512B 64KiB 1MiB 1048576", "1MB 1KB 0 1.5MiB"),
        (
            "store.endpoint",
            "https://cos.a.example http://127.0.0.1:9000/ HTTP://A",
            "a * https://a/b ftp://a http://k@a",
        ),
        ("store.bucket", "pics-1250000000 a.b 1", "Pics a/b a..b -a .a a_b é"),
        ("store.region", "ap-guangzhou cn-east-1 us-east-1", "a.b a/b é"),
        ("store.access_key_id", "x", ""),
        ("store.public_url", "https://img.a.example http://a/b/", "img.a.example https://a?b"),
        ("store.timeout", "10s 1m 5", "0 1ms"),
        ("backup.at", "00:00 03:30 23:59", "24:00 3:30 03:60 03:30:00 0330 -1:30 03:+5"),
        ("backup.every", "6h 1d 1s", "0h 6H 6.5h"),
        ("rank.version", "2 1.0 1.0.0.10", "1. .1 v1 1.0-beta 1..2 99999999999999999999"),
        ("log.level", "error warn info debug trace", "all INFO"),
    ] {
        for value in good.split(' ') {
            let read = parse(&format!("{key} = \"{value}\""));
            assert!(read.is_ok(), "{key} = {value}: {read:?}");
        }
        for value in bad.split(' ').chain([""]) {
            let error = parse(&format!("{key} = \"{value}\"")).expect_err(value);
            assert!(error.contains(&format!(": {key}: ")), "{error}");
        }
    }
    assert!(parse("listen = \"localhost:0\"").unwrap().listen.ip().is_loopback());
    for length in [0, 11] {
        let error = format!("guichet.toml:1:18: captcha.length: {length} is not from 1 to 10");
        assert_eq!(parse(&format!("captcha.length = {length}")), Err(error));
    }
    for (written, error) in [
        ("pow_cost = 999", "1:20: captcha.pow_cost: 999 is not from 1000 to 100000000"),
        ("kinds = []", "1:17: captcha.kinds: no kind; write \"image\", \"pow\" or both"),
        ("kinds = [\"sound\"]", "1:17: captcha.kinds: \"sound\" is neither \"image\" nor \"pow\""),
    ] {
        let error = format!("guichet.toml:{error}");
        assert_eq!(parse(&format!("captcha.{written}")), Err(error));
    }
    let config = parse("captcha.kinds = [\"pow\", \"image\"]").unwrap();
    assert_eq!(config.captcha.kinds, [CaptchaKind::Pow, CaptchaKind::Image]);
}

#[test]
fn list_values_are_normalised_or_refused() {
    let lists = |key: &str, value: &str| parse(&format!("{key} = [\"{value}\"]"));
    for (written, read) in [
        ("*", "*"),
        ("HTTPS://A.Example", "https://a.example"),
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:8080", "http://a.example:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[::1]", "http://[::1]"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
    ] {
        let config = lists("cors.allowed_origins", written).unwrap();
        assert_eq!(config.cors.allowed_origins, [read]);
    }
    for bad in "a.example https://a.example/ https://*.a.example https://a:x https://a: null https://u@a https://a:0 http://[a]".split(' ') {
        let error = lists("cors.allowed_origins", bad).unwrap_err();
        assert!(error.contains("is not an origin; write"), "{error}");
    }
    let config = lists("portrait.allowed_referers", ".Example.com").unwrap();
    assert_eq!(config.portrait.allowed_referers, [".example.com"]);
    for bad in "https://a.example a.example/ a.example:80 . a..b *.example.com".split(' ') {
        let error = lists("portrait.allowed_referers", bad).unwrap_err();
        assert!(error.contains("is not a host name; write"), "{error}");
    }
}

#[test]
fn missing_configuration_file_is_reported() {
    let error = Config::load(Some(Path::new("no/guichet.toml"))).unwrap_err();
    assert_eq!(error.to_string(), "no/guichet.toml: no such file");
    assert!(Config::load(Some(Path::new("src"))).is_err());
}

#[test]
fn secrets_are_not_printed() {
    for hidden in
        ["score.secrets.a", "sms.tencent.secret_id", "sms.tencent.secret_key", "sms.webhook.secret"]
    {
        let config = parse(&format!("{hidden} = \"hidden\"")).unwrap();
        assert!(!format!("{config:?}").contains("hidden"), "{hidden}");
    }
    let url = DatabaseUrl::try_from("postgres://u:hidden@db/g".to_owned()).unwrap();
    assert!(!format!("{url:?}").contains("hidden"));
}

#[test]
fn incomplete_bucket_settings_name_the_missing_key() {
    let keys = [
        ("endpoint", "https://cos.ap-guangzhou.myqcloud.com"),
        ("bucket", "pics-1250000000"),
        ("region", "ap-guangzhou"),
        ("access_key_id", "AKIDEXAMPLE"),
        ("secret_access_key", "hidden"),
    ];
    let all = |but: &str| {
        let lines = keys.iter().filter(|(key, _)| *key != but);
        let lines: String = lines.map(|(key, value)| format!("{key} = \"{value}\"\n")).collect();
        format!("[store]\nkind = \"s3\"\n{lines}")
    };
    for (key, _) in keys {
        let error = parse(&all(key)).unwrap_err();
        let missing =
            format!("guichet.toml:1:1: store.{key}: missing; a store of the kind \"s3\" needs it");
        assert_eq!(error, missing);
        // Where pictures are kept on disk they are not looked at.
        assert!(parse(&all(key).replace("s3", "disk")).unwrap().store.s3().unwrap().is_none());
    }
    let config = parse(&all("")).unwrap();
    assert!(!format!("{config:?}").contains("hidden") && !format!("{config:?}").contains("AKID"));
    let s3 = config.store.s3().unwrap().unwrap();
    assert_eq!(s3.endpoint, "https://pics-1250000000.cos.ap-guangzhou.myqcloud.com");
    assert_eq!((s3.secret_access_key.as_str(), s3.prefix), ("hidden", ""));
    for (more, endpoint) in [
        ("path_style = true", "https://cos.ap-guangzhou.myqcloud.com"),
        ("path_style = false", "https://pics-1250000000.cos.ap-guangzhou.myqcloud.com"),
    ] {
        // With the bucket in it or without, as consoles show it.
        for text in [all(""), all("").replace("//cos", "//pics-1250000000.cos")] {
            let config = parse(&format!("{text}{more}")).unwrap();
            let told = config.store.s3().unwrap().unwrap().endpoint;
            assert!(told == endpoint || more.contains("true"), "{told}");
        }
    }
}

#[test]
fn bucket_prefix_is_normalised_and_part_of_urls() {
    for (written, prefix, url) in [
        ("", "", "https://img.example.com"),
        ("a", "a/", "https://img.example.com/a"),
        ("a/b_c/1.2/", "a/b_c/1.2/", "https://img.example.com/a/b_c/1.2"),
    ] {
        let toml = format!(
            "store.prefix = \"{written}\"\nstore.public_url = \"https://img.example.com/\""
        );
        let mut store = parse(&toml).unwrap().store;
        assert_eq!(
            (&*store.prefix, store.pictures_url().unwrap().as_str()),
            (prefix, "https://img.example.com")
        );
        store.kind = StoreKind::S3;
        assert_eq!(store.pictures_url().unwrap(), url);
    }
    for odd in ["/", "/a", "a//", "a//b", "../a", "a/./b", "a b", "a?b", "é", "a\\b"] {
        let error = parse(&format!("store.prefix = '{odd}'")).unwrap_err();
        assert!(
            error.contains("store.prefix: ") && error.contains("is not a prefix; write"),
            "{error}"
        );
    }
}

#[test]
fn test_code_is_refused_on_public_servers() {
    let read = |more: &str| parse(&format!("{more}\ncaptcha.test_code = \"abcde\""));
    for good in [
        "",
        "public_url = \"http://127.0.0.1:8080\"",
        "public_url = \"http://localhost:8080\"",
        "public_url = \"https://api.example.com\"",
        "public_url = \"http://api.example.com\"\nlimits.trusted_proxies = [\"127.0.0.1\"]",
        "public_url = \"http://shop.test\"\nlimits.trusted_proxies = [\"127.0.0.1\"]",
    ] {
        assert!(read(good).is_ok(), "{good}: {:?}", read(good));
    }
    for bad in [
        "listen = \"0.0.0.0:8080\"",
        "public_url = \"https://www.guichet.dev\"",
        "public_url = \"http://10.0.0.7\"",
        "limits.trusted_proxies = [\"127.0.0.1\"]",
        "limits.trusted_proxies = [\"10.0.0.0/8\"]",
        "public_url = \"https://api.example.com\"\nlimits.trusted_proxies = [\"127.0.0.1\"]",
        "public_url = \"https://www.guichet.dev\"\nlimits.trusted_proxies = [\"::1\"]",
    ] {
        let error = read(bad).expect_err(bad);
        assert!(error.contains("captcha.test_code: refused"), "{error}");
    }
}

#[test]
fn invalid_page_headers_are_refused() {
    let read = |name: &str, value: &str| {
        parse(&format!("[web.headers]\n\"{name}\" = \"{value}\"")).map(|config| config.web.headers)
    };
    for (name, value) in
        [("Content-Security-Policy", "default-src 'self'"), ("X-Frame-Options", ""), ("x-a", "é")]
    {
        assert_eq!(read(name, value).unwrap()[name], value);
    }
    for (name, value) in [
        ("Bad Name", "x"),
        ("", "x"),
        ("X-A", "a\\nb"),
        ("Content-Length", "5"),
        ("transfer-encoding", "chunked"),
        ("Connection", "close"),
    ] {
        let error = read(name, value).expect_err(name);
        assert!(error.contains("web.headers"), "{error}");
    }
}
