//! Environment variables, and arbitrary texts in the file and in variables.

use proptest::prelude::*;

use super::example::known_keys;
use super::*;

fn env(variables: &[(&str, &str)]) -> Result<Config, String> {
    let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    Config::parse("", variables).map_err(|error| error.to_string())
}

#[test]
fn environment_overrides_the_file() {
    let config = env(&[
        ("GUICHET__LISTEN", "127.0.0.1:0"),
        ("GUICHET__PUBLIC_URL", "http://api.example.com"),
        ("GUICHET__SESSION__TTL", "1d"),
        ("GUICHET__CAPTCHA__TTL", "60"),
        ("GUICHET__CAPTCHA__LENGTH", "6"),
        ("GUICHET__CAPTCHA__TEST_CODE", "12345"),
        ("GUICHET__RANK__VERSION", "2"),
        ("GUICHET__PORTRAIT__OPEN_UPLOAD", "false"),
        ("GUICHET__PORTRAIT__ALLOWED_REFERERS", ""),
        ("GUICHET__CORS__ALLOWED_ORIGINS", "[\"https://a.example\"]"),
        ("GUICHET__LIMITS__TRUSTED_PROXIES", "127.0.0.1, ::1"),
        ("GUICHET__SCORE__SECRETS__a__B", "1234"),
        ("GUICHET__WEB__HEADERS__Permissions-Policy", "geolocation=()"),
        ("GUICHET__SMS__GATEWAY", "tencent"),
        ("GUICHET__SMS__TENCENT__SECRET_ID", "AKIDhidden"),
        ("GUICHET__SMS__TENCENT__SECRET_KEY", "12345"),
        ("GUICHET__SMS__TENCENT__SDK_APP_ID", "1400006666"),
        ("GUICHET__SMS__TENCENT__SIGN_NAME", "腾讯云"),
        ("GUICHET__SMS__TENCENT__TEMPLATE_ID", "1110"),
        ("GUICHET__SMS__TENCENT__PARAMS", "{code}"),
        ("GUICHET__STORE__SECRET_ACCESS_KEY", "5678"),
        ("GUICHET__STORE__PATH_STYLE", "true"),
        ("GUICHET_LOG", "not ours"),
        ("PATH", "/bin"),
    ])
    .unwrap();
    assert_eq!(config.listen.port(), 0);
    assert_eq!(config.session.ttl, Duration::from_hours(24));
    assert_eq!(config.captcha.ttl, Duration::from_mins(1));
    assert_eq!(config.captcha.length, 6);
    assert_eq!(config.captcha.test_code.as_deref(), Some("12345"));
    assert_eq!(config.rank.version, "2");
    assert_eq!(config.portrait.open_upload, OpenUpload::None);
    assert_eq!(config.cors.allowed_origins, ["https://a.example"]);
    assert_eq!(config.limits.trusted_proxies.len(), 2);
    assert_eq!(config.score.secrets["a__B"].as_bytes(), b"1234");
    assert_eq!(config.score.secrets.len(), 1);
    assert_eq!(config.web.headers["Permissions-Policy"], "geolocation=()");
    assert_eq!(config.sms.gateway, SmsGateway::Tencent);
    assert_eq!(config.sms.tencent.secret_key.unwrap().as_bytes(), b"12345");
    assert_eq!(config.sms.tencent.params, ["{code}"]);
    assert_eq!(config.store.secret_access_key.unwrap().as_bytes(), b"5678");
    assert!(config.store.path_style);

    let variable = [("GUICHET__SESSION__TTL".to_owned(), "1d".to_owned())];
    let config = Config::parse("[session]\nttl = \"2d\"", variable.clone()).unwrap();
    assert_eq!(config.session.ttl, Duration::from_hours(24));
    let error = Config::parse("session = 5", variable).unwrap_err().to_string();
    assert!(error.starts_with("guichet.toml:1:11: session: "), "{error}");
}

#[test]
fn errors_in_variables_name_the_variable() {
    for (name, value, fault) in [
        ("SESSION__TLL", "1d", "unknown key; expected one of ttl"),
        ("SESSION__TTL", "30x", "\"30x\" is not a duration; write for example 30d, 12h, 5m or 90s"),
        ("SESSION__TTL__X", "1d", "unknown key; session.ttl is not a section"),
        ("LISTEN__X", "1d", "unknown key; listen is not a section"),
        (
            "SESSION",
            "{ttl = 1}",
            "invalid type: string \"{ttl = 1}\", expected a section with keys of its own",
        ),
        ("CAPTCHA__LENGTH", "99", "99 is not from 1 to 10"),
        (
            "CAPTCHA__LENGTH",
            "x",
            "invalid type: string \"x\", expected a whole number from 0 to 4294967295",
        ),
        (
            "LIMITS__TRUSTED_PROXIES",
            "x",
            "\"x\" is neither an IP address nor a network; write for example 127.0.0.1, ::1 or 10.0.0.0/8",
        ),
        (
            "SCORE__SECRETS__api",
            "x",
            "not the name of an app: 1 to 32 of A-Z a-z 0-9 _ -, and not api",
        ),
        ("SMS__TENCENT__SECRET_KEY", "", "empty"),
        ("SMS__TENCENT__SECRET_ID", "hidden é", "not a word of ASCII"),
        ("SMS__WEBHOOK__URI", "x", "unknown key; expected one of url, secret"),
        (
            "SMS__WEBHOOK__URL",
            "http://sms.example.com/hidden",
            "write https://; http:// is for loopback and private addresses and for names without a dot",
        ),
        ("SCORE__SECRETS", "hidden", "a secret is a text, not empty: APP = \"secret\""),
        (
            "SCORE__SECRET__a",
            "hidden",
            "unknown key; expected one of max_boards, apps, new_boards_per_day, max_players, new_players_per_hour, legacy_signatures, secrets, guests, checks, boards, webhooks, kept_seasons",
        ),
        ("STORE__PATH_STYLE", "hidden", "invalid type: string \"hidden\", expected a boolean"),
        ("STORE__SECRET_ACCESS_KEY", "", "a key is a text, not empty"),
        (
            "DATABASE__URL",
            "mysql://u:pw@db/g",
            "not a database; write sqlite, sqlite:PATH or postgres://…",
        ),
    ] {
        let name = format!("GUICHET__{name}");
        assert_eq!(env(&[(&name, value)]), Err(format!("{name}: {fault}")));
    }
}

proptest! {
    /// Known keys with odd values, odd keys, and odd texts. `listen` is left out, because it uses
    /// the resolver.
    #[test]
    fn any_configuration_text_is_read_without_panic(text in "(\\PC|\n){0,40}", value in "[\\[\\]{}\"'=,.0-9a-z\n-]{0,12}", at in 0..64_usize) {
        let keys = known_keys();
        let key = keys.iter().filter(|key| *key != "listen").cycle().nth(at).unwrap();
        let name = format!("GUICHET__{}", key.replace('.', "__").to_uppercase());
        for toml in [&text, &format!("{key} = {value}"), &format!("{key} = {text:?}")] {
            if let Err(error) = parse(toml) {
                prop_assert!(error.starts_with("guichet.toml:"), "{}", error);
                prop_assert!(!error.contains('\n'), "{}", error);
            }
        }
        for (name, text) in [(&name, &value), (&name, &text), (&format!("GUICHET__{value}"), &text)] {
            if let Err(error) = env(&[(name, text)]) {
                prop_assert!(!error.contains('\n'), "{}", error);
            }
        }
    }
}
