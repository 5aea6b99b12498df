//! Parsing a body into a tree of values.

use divan::{Bencher, counter::BytesCount};
use engine::data::json::{self, MAX_DEPTH};
use engine::envelope::BATCH;

const SMALL: &str = r#"{"id":7,"status":0,"type":"score","subtype":"get","data":{"app":"pinball","openid":"o6_bmjrPTlm6_2sgVt7hMZOPfL2M"}}"#;

fn decode(bencher: Bencher<'_, '_>, body: &str) {
    json::decode(body.as_bytes()).expect("it is well-formed");
    let body = divan::black_box(body.as_bytes());
    bencher.counter(BytesCount::of_slice(body)).bench(|| json::decode(body));
}

/// A typical envelope.
#[divan::bench]
fn small(bencher: Bencher<'_, '_>) {
    decode(bencher, SMALL);
}

/// A notice of maximum length in Chinese, with escapes, which can't be borrowed from the body.
#[divan::bench]
fn large(bencher: Bencher<'_, '_>) {
    let content = "在图书馆三楼捡到一串钥匙\\n".repeat(38);
    let fields: Vec<String> = (0..12).map(|n| format!(r#""field_{n}":"校园一卡通""#)).collect();
    let data = format!(r#"{{"content":"{content}",{}}}"#, fields.join(","));
    let head = r#""id":7,"status":0,"type":"property","subtype":"add""#;
    decode(bencher, &format!(r#"{{{head},"data":{data}}}"#));
}

/// A batch of maximum size.
#[divan::bench]
fn batch(bencher: Bencher<'_, '_>) {
    decode(bencher, &format!("[{}]", [SMALL; BATCH].join(",")));
}

/// Maximum nesting depth.
#[divan::bench]
fn deep(bencher: Bencher<'_, '_>) {
    decode(bencher, &format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH)));
}

/// One object with so many keys that a set is used to find duplicates.
#[divan::bench]
fn wide(bencher: Bencher<'_, '_>) {
    let fields: Vec<String> = (0..1_000).map(|n| format!(r#""field_{n}":{n}"#)).collect();
    decode(bencher, &format!("{{{}}}", fields.join(",")));
}
