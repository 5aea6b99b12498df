//! A strict parser of `/metrics`: any deviation from OpenMetrics 1.0 fails the test.

use super::Server;
use std::collections::BTreeMap;

/// The `Accept` header of Prometheus.
pub const ACCEPT: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                          text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

/// All metrics of one scrape.
#[derive(Debug, Clone)]
pub struct Scrape {
    /// Each family's type.
    pub families: BTreeMap<String, String>,
    /// Each series as written, with its value.
    pub series: BTreeMap<String, f64>,
}

impl Scrape {
    /// Scrapes the server.
    pub fn of(server: &Server) -> Self {
        let reply = server.send("GET", "/metrics", &[("Accept", ACCEPT)], b"");
        assert_eq!(reply.status, 200, "{}", reply.text());
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(reply.header("content-type"), kind);
        Scrape::parse(&reply.text())
    }

    /// Parses a whole text.
    pub fn parse(text: &str) -> Self {
        let mut scrape = Scrape { families: BTreeMap::new(), series: BTreeMap::new() };
        let body = text.strip_suffix("# EOF\n").expect("the end is told");
        assert!(body.ends_with('\n'));
        let mut lines = body.lines().peekable();
        while let Some(line) = lines.next() {
            let name = line.strip_prefix("# HELP ").unwrap_or_else(|| panic!("{line}"));
            let (name, help) = name.split_once(' ').unwrap();
            assert!(is_name(name) && !help.is_empty() && !help.contains('\\'), "{line}");
            let kind = lines.next().unwrap().strip_prefix(&format!("# TYPE {name} ")).unwrap();
            if let Some(unit) = lines.next_if(|line| line.starts_with("# UNIT ")) {
                let unit = unit.strip_prefix(&format!("# UNIT {name} ")).unwrap();
                assert!(
                    ["seconds", "bytes"].contains(&unit) && name.ends_with(&format!("_{unit}"))
                );
            }
            let twice = scrape.families.insert(name.to_owned(), kind.to_owned());
            assert_eq!(twice, None, "{name} comes twice");
            let mut told = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
                told.push(scrape.sample(name, kind, line));
            }
            assert!(!told.is_empty(), "{name} is told");
            if kind == "histogram" {
                check_histogram(&told);
            }
        }
        scrape
    }

    fn sample(&mut self, family: &str, kind: &str, line: &str) -> Sample {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, pairs(labels.strip_suffix('}').expect(line))),
            None => (series, Vec::new()),
        };
        let suffix = name.strip_prefix(family).expect(line);
        let suffixes: &[&str] = match kind {
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_sum", "_count", "_bucket"],
            other => panic!("{other}: {line}"),
        };
        assert!(suffixes.contains(&suffix) && is_name(name), "{line}");
        let number: f64 = value.parse().unwrap();
        assert!(number.is_finite() && (kind == "gauge" || number >= 0.0), "{line}");
        assert_eq!(self.series.insert(series.to_owned(), number), None, "{series} comes twice");
        Sample { suffix: suffix.to_owned(), labels, value: number }
    }

    /// The value of a series; 0 if it does not exist.
    pub fn get(&self, series: &str) -> f64 {
        let family = series.split('{').next().unwrap();
        let is_known = self.families.keys().any(|known| family.starts_with(known.as_str()));
        assert!(is_known, "{series}: nothing is called so");
        self.series.get(series).copied().unwrap_or(0.0)
    }

    /// Every series that has changed since `before`, with the difference.
    pub fn since(&self, before: &Scrape) -> BTreeMap<String, f64> {
        let changes = self.series.iter().map(|(series, value)| {
            (series.clone(), value - before.series.get(series).copied().unwrap_or(0.0))
        });
        changes.filter(|(_, change)| *change != 0.0).collect()
    }
}

#[derive(Debug)]
struct Sample {
    suffix: String,
    labels: Vec<(String, String)>,
    value: f64,
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The pairs of `a="b",c="d"`.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, more) = rest.split_once("=\"").expect(text);
        let (value, more) = more.split_once('"').expect(text);
        // None of our labels needs escapes.
        assert!(is_name(name) && !value.contains(['\\', '\n']) && !value.is_empty(), "{text}");
        assert!(pairs.iter().all(|(known, _)| known != name), "{text}");
        pairs.push((name.to_owned(), value.to_owned()));
        rest = match more.strip_prefix(',') {
            Some(more) => more,
            None => {
                assert_eq!(more, "", "{text}");
                more
            }
        };
    }
    pairs
}

/// Checks that every histogram has a sum, a count, and rising buckets up to the count.
fn check_histogram(samples: &[Sample]) {
    let mut groups: BTreeMap<Vec<(String, String)>, Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        let mut labels = sample.labels.clone();
        labels.retain(|(name, _)| name != "le");
        groups.entry(labels).or_default().push(sample);
    }
    for (labels, group) in groups {
        let only = |suffix: &str| {
            let mut found = group.iter().filter(|sample| sample.suffix == suffix);
            let value = found.next().unwrap_or_else(|| panic!("{labels:?} {suffix}")).value;
            assert!(found.next().is_none(), "{labels:?} {suffix}");
            value
        };
        let ranges: Vec<(f64, f64)> = group
            .iter()
            .filter(|sample| sample.suffix == "_bucket")
            .map(|sample| {
                let end = sample.labels.iter().find(|(name, _)| name == "le").unwrap();
                (end.1.parse().unwrap(), sample.value)
            })
            .collect();
        assert!(ranges.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{labels:?} {ranges:?}");
        assert_eq!(ranges.last(), Some(&(f64::INFINITY, only("_count"))), "{labels:?}");
        assert!(only("_sum") > 0.0 || only("_count") == 0.0, "{labels:?}");
    }
}
