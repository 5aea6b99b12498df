use super::*;
use crate::data::json;
use proptest::prelude::*;

const WANTED: KeepRules<'static> =
    KeepRules { items: 3, keys: 0, is_known: &|key| ["name", "list"].contains(&key) };

fn decoded(body: &str) -> Envelopes<'_> {
    envelopes(body.as_bytes(), &WANTED).unwrap()
}

#[test]
fn unknown_keys_are_skipped_and_known_ones_kept() {
    let decoded = decoded(
        r#"{"x":{"a":[{}]},"id":1,"data":{"list":[1,"b",[2]],"name":{"a":1},"other":[1]}}"#,
    );
    let expected = concat!(
        r#"Map(Fields([("x", Skipped), ("id", Int(1)), ("data", Map(Fields(["#,
        r#"("list", List([Int(1), Text("b"), Skipped])), ("name", Skipped), ("other", List([Int(1)]))])))]))"#
    );
    assert_eq!(format!("{:?}", decoded.value), expected);
}

#[test]
fn unknown_fields_must_still_be_valid_json() {
    for unknown in [
        "1e400",
        "-1E+99999",
        r#""\ud800""#,
        r#"{"\udfff":["\ud83d",1e999]}"#,
        "[[[123456789012345678901234567890]]]",
    ] {
        for body in [
            format!(r#"{{"x":{unknown},"data":{{"name":"n"}}}}"#),
            format!(r#"{{"data":{{"x":{unknown},"name":"n","list":[1,2]}},"y":1}}"#),
        ] {
            let Value::Map(mut fields) = decoded(&body).value else { panic!("no object") };
            let Some(Value::Map(data)) = fields.take("data") else { panic!("no data") };
            assert_eq!(data.get("name"), Some(&Value::Text("n".into())), "{body}");
        }
    }
    for bad in [
        r#"{"x":1e400,"data":{"name":"\ud800"}}"#,
        r#"{"x":1e400,"y":{"a":1,"\u0061":2}}"#,
        r#"{"x":1e400,"y":[1,]}"#,
        r#"{"x":1e400,"x":1}"#,
        r#"{"data":{"x":1e400,"y":"\x"}}"#,
    ] {
        let error = envelopes(bad.as_bytes(), &WANTED).unwrap_err().to_string();
        assert!(error.contains("out of range"), "{bad}: {error}");
    }
    // A known field is told by its name.
    let Value::Map(mut fields) = decoded(r#"{"data":{"name":1e400}}"#).value else { panic!() };
    let Some(Value::Map(data)) = fields.take("data") else { panic!("no data") };
    assert_eq!(data.get("name"), Some(&Value::Number));
}

#[test]
fn items_past_the_batch_limit_are_counted_not_kept() {
    let decoded = decoded("[{},[{}],1,2,{\"a\":[]}]");
    let Value::List(items) = decoded.value else { panic!("no list") };
    assert_eq!((items.len(), decoded.count), (3, 5));
    assert_eq!(items[1], Value::Skipped);
}

#[test]
fn unknown_nested_objects_are_not_built() {
    let nested = vec!["{}"; 100_000].join(",");
    for body in [
        format!(r#"{{"data":{{"x":[{nested}]}}}}"#),
        format!(r#"{{"data":{{"list":[{nested}]}}}}"#),
        format!(r#"{{"x":[{nested}],"data":[{nested}]}}"#),
        format!(r#"[{nested}]"#),
    ] {
        assert!(decoded(&body).size < 3_000, "{}", decoded(&body).size);
    }
}

#[test]
fn wide_object_keeps_known_keys_and_one_unknown() {
    let many: String = (0..5_000).map(|n| format!("\"k{n}\":{n},")).collect();
    let body = format!(r#"{{{many}"id":7,"data":{{{many}"name":"n"}}}}"#);
    let decoded = decoded(&body);
    let Value::Map(mut fields) = decoded.value else { panic!("no object") };
    assert_eq!(fields.take("id"), Some(Value::Int(7)));
    let Some(Value::Map(data)) = fields.take("data") else { panic!("no data") };
    assert_eq!(data.keys().count(), MANY_KEYS + 2);
    assert_eq!(data.get("name"), Some(&Value::Text("n".into())));
    assert_eq!(data.get("k16"), Some(&Value::Int(16)));
    for twice in ["k3", "k4999"] {
        let body = body.replace("\"name\"", &format!("\"{twice}\""));
        assert!(envelopes(body.as_bytes(), &WANTED).is_err(), "{twice}");
    }
}

/// JSON-like text: mostly valid JSON, with duplicate keys and scalars at a limit.
fn text() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "1",
        "-0",
        "1e400",
        "9223372036854775808",
        "null",
        "true",
        "tru",
        "\"\"",
        "\"a\\n\"",
        "\"\\ud800\"",
        "\"\\u0061\"",
        "",
    ]);
    scalar.prop_map(str::to_owned).prop_recursive(6, 60, 6, |inner| {
        let key = prop::sample::select(vec!["a", "\\u0061", "data", "name", "list", "id", "b"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key, inner), 0..20).prop_map(|members| {
                let members: Vec<String> =
                    members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn selective_parser_refuses_what_the_full_one_does(text in text()) {
        let whole = json::decode(text.as_bytes()).map(|_| ()).map_err(|e| e.to_string());
        for part in [
            envelopes(text.as_bytes(), &WANTED).map(|_| ()).map_err(|e| e.to_string()),
            data(text.as_bytes(), &WANTED).map(|_| ()).map_err(|e| e.to_string()),
        ] {
            // Of an unknown field only the grammar is checked.
            let is_grammar = |error: &String| {
                error.contains("out of range") || error.contains("hex escape")
            };
            match &whole {
                Err(error) if is_grammar(error) => prop_assert!(part.is_ok() || part == whole),
                _ => prop_assert_eq!(&part, &whole),
            }
        }
    }

    #[test]
    fn nesting_limit_is_the_same_in_every_part(depth in 120usize..136) {
        for (before, after) in [("", ""), ("{\"x\":", "}"), ("{\"data\":{\"list\":", "}}")] {
            let text = format!("{before}{}{}{after}", "[".repeat(depth), "]".repeat(depth));
            let whole = json::decode(text.as_bytes()).is_ok();
            prop_assert_eq!(envelopes(text.as_bytes(), &WANTED).is_ok(), whole);
        }
    }
}
