use super::*;

#[test]
fn way_back_leads_to_the_console_alone() {
    for own in ["/", "/accounts?text=a%20b", "/account?id=1"] {
        assert!(is_own_path(own), "{own}");
    }
    for other in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb"] {
        assert!(!is_own_path(other), "{other:?}");
    }
}

#[test]
fn language_is_chosen_then_liked_then_english() {
    let of = |lines: &[(&'static str, &'static str)]| {
        let lines = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        language(&lines.collect())
    };
    assert_eq!(of(&[]), "en");
    assert_eq!(of(&[("accept-language", "fr, zh-CN;q=0.9, en;q=0.8")]), "zh");
    assert_eq!(of(&[("accept-language", "zh-CN"), ("cookie", "a=b; language=en")]), "en");
    assert_eq!(of(&[("cookie", "language=xx")]), "en");
}
