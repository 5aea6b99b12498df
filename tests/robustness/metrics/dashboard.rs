//! The dashboard and the alerts match the metrics.

use crate::common::scrape::Scrape;
use crate::common::{Server, has, run, with_input};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const DASHBOARD: &str = include_str!("../../../examples/grafana.json");
const ALERTS: &str = include_str!("../../../examples/alerts.yml");

/// All metric families of a server with backups.
fn families() -> BTreeMap<String, String> {
    Scrape::of(&Server::start("[backup]\ndir = \"own\"\n")).families
}

/// Our series in an expression, without labels.
fn names(expression: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = expression.split(|c| !is_part(c));
    let ours = words.filter(|word| ["guichet_", "process_"].iter().any(|p| word.starts_with(p)));
    ours.map(str::to_owned).collect()
}

/// The series of the families.
fn series(families: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut series = BTreeMap::new();
    for (family, kind) in families {
        let endings: &[&str] = match kind.as_str() {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        series.extend(endings.iter().map(|end| (format!("{family}{end}"), family.clone())));
    }
    series
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("a list: {value}"))
}

/// The expressions of panels and variables.
fn expressions(dashboard: &Value) -> Vec<String> {
    let panels = list(&dashboard["panels"]).iter().filter(|panel| panel["type"] != "row");
    let asked = panels.flat_map(|panel| list(&panel["targets"])).map(|target| &target["expr"]);
    let variables = list(&dashboard["templating"]["list"]).iter().map(|it| &it["definition"]);
    asked.chain(variables).filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn dashboard_shows_exactly_the_metrics() {
    let told = series(&families());
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut shown = BTreeSet::new();
    for expression in expressions(&dashboard) {
        for name in names(&expression) {
            let family = told.get(&name).unwrap_or_else(|| panic!("{name}: {expression}"));
            shown.insert(family.clone());
        }
    }
    let families: BTreeSet<String> = told.into_values().collect();
    assert_eq!(shown, families);
}

#[test]
fn alerts_use_existing_metrics() {
    let told = series(&families());
    let expressions: Vec<&str> =
        ALERTS.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    assert!(expressions.len() > 5, "{expressions:?}");
    for expression in expressions {
        for name in names(expression) {
            // Without https there is no certificate to tell of.
            let is_told = told.contains_key(&name) || name.starts_with("guichet_certificate_");
            assert!(is_told, "{name}: {expression}");
        }
    }
    if has("promtool") {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/prometheus.yml");
        run(Command::new("promtool").args(["check", "config", file]));
    }
}

#[test]
fn promtool_accepts_the_metrics() {
    if !has("promtool") {
        return;
    }
    let server = Server::start("");
    server.captcha();
    let checked = with_input(
        Command::new("promtool").args(["check", "metrics"]),
        &server.get("/metrics").text(),
    );
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(String::from_utf8_lossy(&checked.stderr), "");
}

#[test]
fn grafana_accepts_the_dashboard() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    assert!(dashboard["id"].is_null() && dashboard["schemaVersion"].is_u64());
    let variables: Vec<&Value> = list(&dashboard["templating"]["list"]).iter().collect();
    assert_eq!(variables[0]["name"], "DS_PROMETHEUS");
    assert_eq!(
        (&variables[0]["type"], &variables[0]["query"]),
        (&"datasource".into(), &"prometheus".into())
    );
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in list(&dashboard["panels"]) {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(!panel["title"].as_str().unwrap().is_empty());
        let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(place("x") + place("w") <= 24, "{panel}");
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(cells.insert((x, y)), "two panels in one place: {panel}");
            }
        }
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{panel}");
        let targets = list(&panel["targets"]);
        let letters: BTreeSet<_> = targets.iter().map(|it| it["refId"].as_str().unwrap()).collect();
        assert!(!targets.is_empty() && letters.len() == targets.len(), "{panel}");
        for asks in targets.iter().chain([panel]) {
            assert_eq!(asks["datasource"]["uid"], "${DS_PROMETHEUS}", "{panel}");
        }
        for target in targets {
            let expression = target["expr"].as_str().unwrap();
            let count = |c| expression.matches(c).count();
            assert!(count('(') == count(')') && count('{') == count('}'), "{expression}");
            assert!(expression.contains("$instance"), "{expression}");
        }
    }
}
