//! `[sms]`: gateways and their required keys.

use super::*;

/// All required keys of the gateway.
const TENCENT: &str = "[sms]\ngateway = \"tencent\"\n[sms.tencent]\nsecret_id = \"AKID\"\n\
                       secret_key = \"hidden\"\nsdk_app_id = \"1400006666\"\nsign_name = \"腾讯云\"\n\
                       template_id = \"1110\"\n";
const WEBHOOK: &str = "[sms]\ngateway = \"webhook\"\n[sms.webhook]\n\
                       url = \"https://sms.example.com/send\"\nsecret = \"hidden\"\n";

#[test]
fn incomplete_gateway_names_the_missing_key() {
    for (whole, section) in [(TENCENT, "tencent"), (WEBHOOK, "webhook")] {
        assert!(parse(whole).is_ok(), "{whole}");
        let keys = whole.lines().skip(3).map(|line| line.split_once(" = ").unwrap().0);
        for key in keys {
            let less: Vec<&str> = whole.lines().filter(|line| !line.starts_with(key)).collect();
            let error = format!(
                "guichet.toml:3:1: sms.{section}.{key}: missing; sms.gateway = \"{section}\" needs it"
            );
            assert_eq!(parse(&less.join("\n")), Err(error));
        }
        // What another gateway would need does not matter.
        let other = whole.replace(&format!("gateway = \"{section}\""), "gateway = \"outbox\"");
        assert!(parse(&other).is_ok());
    }
    // Where there is no such section, the place is that of `[sms]`.
    let error =
        "guichet.toml:2:1: sms.tencent.secret_id: missing; sms.gateway = \"tencent\" needs it";
    assert_eq!(parse("\n[sms]\ngateway = \"tencent\""), Err(error.to_owned()));
}

#[test]
fn invalid_sms_values_are_refused_without_secrets() {
    for (line, fault) in [
        ("timeout = \"8s\"", "timeout: 8s is longer than 7s"),
        ("timeout = 0", "timeout: a duration of zero makes no sense here"),
        ("tencent.secret_key = 12345", "tencent.secret_key: a secret is a text"),
        ("tencent.secret_id = \"a b\"", "tencent.secret_id: not a word of ASCII"),
        ("tencent.sign_name = \" \"", "tencent.sign_name: empty"),
        ("tencent.region = \"a b\"", "tencent.region: \"a b\" is not a word of ASCII"),
        (
            "tencent.endpoint = \"https://a.example/x\"",
            "tencent.endpoint: write the address of the host alone, without a path",
        ),
        ("tencent.params = []", "tencent.params: {code} is in none of them"),
        ("tencent.params = [\"{minutes}\"]", "tencent.params: {code} is in none of them"),
        (
            "tencent.params = [\"{code}\", \"{1}\"]",
            "tencent.params: \"{1}\": only {code}, {minutes} and {purpose} are known",
        ),
        (
            "webhook.url = \"https://u:hidden@a.example\"",
            "webhook.url: an address with a user, a password or a #; leave them out",
        ),
        (
            "webhook.url = \"hidden\"",
            "webhook.url: not an address; write for example https://sms.example.com/send",
        ),
        ("webhook.secret = \"\"", "webhook.secret: empty"),
        (
            "webhook.secret = \"whsec_not base64\"",
            "webhook.secret: what is behind whsec_ is not Base64",
        ),
    ] {
        let error = parse(&format!("[sms]\n{line}")).unwrap_err();
        let (place, told) = error.split_once(" sms.").unwrap();
        assert_eq!(told, fault);
        assert!(place.starts_with("guichet.toml:2:") && place.ends_with(':'), "{error}");
    }
    let config = parse("sms.timeout = \"7s\"\nsms.webhook.secret = \"whsec_aGlkZGVu\"").unwrap();
    assert_eq!(config.sms.timeout, Duration::from_secs(7));
    let config = parse("sms.tencent.params = [\"验证码{code}\"]").unwrap();
    assert_eq!(config.sms.tencent.params, ["验证码{code}"]);
}
