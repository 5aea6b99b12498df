//! The metrics of `/metrics`.

use super::expect;
use crate::common::Server;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn page_has_every_metric() {
    let server = Server::start("[backup]\ndir = \"own\"\n");
    // So that everything with labels has a sample.
    server.done("", "score/post", json!({"app": "lamps", "openid": "player-1", "score": 1}));
    let text = server.get("/metrics").text();
    let mut table = "| metric | kind | labels | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    let mut rows = 0;
    for line in text.lines() {
        let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|it| it.split_once(' '))
        else {
            continue;
        };
        let kind = format!("# TYPE {name} ");
        let kind = text.lines().find_map(|line| line.strip_prefix(&kind)).expect(name);
        let labels: Vec<String> =
            labels(&text, name).iter().map(|label| format!("`{label}`")).collect();
        let labels = labels.join(", ");
        table.push_str(&format!("| `{name}` | {kind} | {labels} | {help} |\n"));
        rows += 1;
    }
    assert!(rows > 20, "{text}");
    expect("docs/operate.md", "metrics", &table);
}

/// The label names of a metric's samples, without the bounds of a histogram.
fn labels<'a>(text: &'a str, name: &str) -> BTreeSet<&'a str> {
    let mut labels = BTreeSet::new();
    for line in text.lines() {
        let Some((series, rest)) = line.split_once('{') else { continue };
        if series.strip_suffix("_bucket").unwrap_or(series) != name {
            continue;
        }
        // A label's name is before `="`, and after `,` or at the beginning.
        let parts = rest.split("=\"").filter_map(|part| part.rsplit(',').next());
        labels.extend(parts.filter(|part| !part.contains('"') && *part != "le"));
    }
    labels
}
