//! Templates, from TOML to JSON.

use super::source::TemplateSource;
use super::{Context, Schemas, Scope, Template, Tree, parse};
use crate::reply::Reply as _;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::cell::RefCell;

/// What a template, as TOML, writes of a reply.
fn written(template: &str, reply: Value) -> Result<String, Vec<String>> {
    #[derive(serde::Deserialize)]
    struct File {
        template: TemplateSource,
    }
    let file: File = toml::from_str(&format!("template = {template}")).unwrap();
    let (replies, named) = (Schemas::default(), RefCell::default());
    let answer = [("told".to_owned(), Template::Constant("7".to_owned()))];
    let scope = Scope {
        steps: &[("some", "operation")],
        replies: &replies,
        request: &["page"],
        answer: &answer,
        named: &named,
        fault: None,
    };
    let mut errors = Vec::new();
    let template = parse(&file.template, &scope, &mut errors);
    if !errors.is_empty() {
        return Err(errors.into_iter().map(|error| error.text).collect());
    }
    let replies = [Tree::new(reply.answer())];
    let request = [("page".to_owned(), json!(2))];
    let context =
        Context { replies: &replies, request: &request, fault: None, public_url: "http://a" };
    let mut out = Vec::new();
    template.write(&context, &mut out).unwrap();
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn placeholders_keep_types_and_order() {
    let reply = json!({"name": "Ada", "list": [{"n": 1}, {"n": 2}], "no": false, "empty": ""});
    for (template, expected) in [
        ("\"${reply.name}\"", "\"Ada\""),
        ("\"Hello, ${reply.name}!\"", "\"Hello, Ada!\""),
        ("\"${reply.list.1.n} of ${reply.list | length}\"", "\"2 of 2\""),
        (
            "{ b = 1, a = \"${reply.nothing}\", c = [true, 1.5] }",
            r#"{"b":1,"a":null,"c":[true,1.5]}"#,
        ),
        ("{ a = \"${answer.told}\", b = \"${answer.other}\" }", r#"{"a":7}"#),
        ("{ a = \"${reply.empty | omit_if_empty}\", b = 1 }", r#"{"b":1}"#),
        (
            "{ \"$each\" = \"${reply.list}\", \"$as\" = { n = \"${item.n}\", at = \"${place}\" } }",
            r#"[{"n":1,"at":1},{"n":2,"at":2}]"#,
        ),
        ("{ \"$when\" = \"${reply.no}\", \"$then\" = 1, \"$else\" = \"${request.page}\" }", "2"),
        ("\"${some/operation.name}\"", "\"Ada\""),
        ("\"${null}\"", "null"),
    ] {
        assert_eq!(written(template, reply.clone()).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn what_is_not_there_is_refused() {
    for template in [
        "\"${item.n}\"",
        "\"${place}\"",
        "\"${fault.code}\"",
        "\"${other/operation.a}\"",
        "\"${request.other}\"",
        "\"${answer.told | text}\"",
        "{ \"$each\" = \"${reply}\" }",
        "{ \"$each\" = 1, \"$as\" = 2 }",
        "{ \"$when\" = \"${reply}\", \"$then\" = 1, other = 2 }",
        "\"${\"",
    ] {
        assert!(written(template, json!({})).is_err(), "{template}");
    }
}

proptest! {
    #[test]
    fn escaped_text_is_written_as_it_is(text in any::<String>()) {
        let template = Value::from(text.replace("${", "$${")).to_string().replace('\u{7f}', "\\u007f");
        // `$${` is the way to write `${` itself: a text that has it means something else.
        prop_assume!(!text.contains("$${"));
        prop_assert_eq!(written(&template, json!({})), Ok(Value::from(text).to_string()));
    }

    #[test]
    fn any_placeholder_is_read_or_refused(text in "\\$\\{[a-z./| ()'\",=0-9]{0,40}\\}?") {
        let template = Value::from(text).to_string();
        let _ = written(&template, json!({"a": [1, {"b": null}]}));
    }
}
