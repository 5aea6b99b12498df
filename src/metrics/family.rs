//! Metric families, and how they become the text that Prometheus reads (with `prometheus_client`).

use super::histogram::HistogramSnapshot;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::{self, Write as _};

/// All samples of one metric, each with its labels.
#[derive(Debug)]
pub(crate) struct Family {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    kind: MetricType,
    samples: Vec<(Labels, Sample)>,
}

/// Pairs of a label's name and its value.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// One label.
pub(crate) fn label(name: &'static str, value: impl Into<String>) -> Labels {
    vec![(name, value.into())]
}

#[derive(Debug)]
pub(crate) enum Sample {
    Whole(u64),
    Real(f64),
    HistogramSnapshot(HistogramSnapshot),
}

impl From<u64> for Sample {
    fn from(sample: u64) -> Self {
        Sample::Whole(sample)
    }
}

impl From<f64> for Sample {
    fn from(sample: f64) -> Self {
        Sample::Real(sample)
    }
}

impl From<HistogramSnapshot> for Sample {
    fn from(sample: HistogramSnapshot) -> Self {
        Sample::HistogramSnapshot(sample)
    }
}

impl Family {
    /// A number that only grows; `_total` is added to its name.
    pub(crate) fn counter(name: &'static str, help: &'static str) -> Self {
        Family { name, help, unit: None, kind: MetricType::Counter, samples: Vec::new() }
    }

    /// A number that rises and falls.
    pub(crate) fn gauge(name: &'static str, help: &'static str) -> Self {
        Family { kind: MetricType::Gauge, ..Family::counter(name, help) }
    }

    /// A distribution of values.
    pub(crate) fn histogram(name: &'static str, help: &'static str) -> Self {
        Family { kind: MetricType::Histogram, ..Family::counter(name, help) }
    }

    /// Measured in seconds; the unit is added to the name.
    pub(crate) fn seconds(self) -> Self {
        Family { unit: Some(Unit::Seconds), ..self }
    }

    /// Measured in bytes; the unit is added to the name.
    pub(crate) fn bytes(self) -> Self {
        Family { unit: Some(Unit::Bytes), ..self }
    }

    /// Add samples with their labels.
    pub(crate) fn with<F: Into<Sample>>(
        mut self,
        samples: impl IntoIterator<Item = (Labels, F)>,
    ) -> Self {
        let samples = samples.into_iter().map(|(labels, sample)| (labels, sample.into()));
        self.samples.extend(samples);
        self
    }

    /// Add the only sample, if its value is known.
    pub(crate) fn only(self, sample: impl Into<Option<Sample>>) -> Self {
        self.with(sample.into().map(|sample| (Labels::new(), sample)))
    }

    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        if self.samples.is_empty() {
            return Ok(());
        }
        let mut metric =
            encoder.encode_descriptor(self.name, self.help, self.unit.as_ref(), self.kind)?;
        for (labels, sample) in &self.samples {
            if labels.is_empty() {
                self.put(&mut metric, sample)?;
            } else {
                self.put(&mut metric.encode_family(labels)?, sample)?;
            }
        }
        Ok(())
    }

    fn put(&self, metric: &mut MetricEncoder<'_>, sample: &Sample) -> fmt::Result {
        let counts = matches!(self.kind, MetricType::Counter);
        match sample {
            Sample::Whole(n) if counts => metric.encode_counter::<NoLabelSet, _, f64>(n, None),
            Sample::Real(n) if counts => metric.encode_counter::<NoLabelSet, _, f64>(n, None),
            Sample::Whole(n) => metric.encode_gauge(n),
            Sample::Real(n) => metric.encode_gauge(n),
            Sample::HistogramSnapshot(HistogramSnapshot { ranges, count, sum }) => {
                metric.encode_histogram::<NoLabelSet>(*sum, *count, ranges, None)
            }
        }
    }
}

/// Families that are encoded together.
#[derive(Debug)]
struct All(Vec<Family>);

impl Collector for All {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|family| family.encode(&mut encoder))
    }
}

/// All families as OpenMetrics text.
pub(crate) fn text(families: Vec<Family>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(All(families)));
    let mut out = String::new();
    text::encode(&mut out, &registry)?;
    Ok(out)
}

/// Convert OpenMetrics text to the older text format (0.0.4): a counter's `_total` is part of its
/// name, and units and the end mark are left out.
pub(crate) fn plain(openmetrics: &str) -> String {
    let mut out = String::with_capacity(openmetrics.len());
    let mut help = "";
    for line in openmetrics.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(_), Some(text)) => help = text,
            (Some("#"), Some("TYPE"), Some(name), Some(kind)) => {
                let end = if kind == "counter" { "_total" } else { "" };
                let _ = writeln!(out, "# HELP {name}{end} {help}\n# TYPE {name}{end} {kind}");
            }
            (Some("#"), ..) => {}
            _ => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_follow_their_specifications() {
        let families = vec![
            Family::counter("a", "It grows").with([(label("b", "c"), 2_u64)]),
            Family::gauge("d", "It rises").bytes().only(Sample::Real(1.5)),
            Family::gauge("e", "It is not known").only(None),
        ];
        let told = text(families).unwrap();
        assert_eq!(
            told,
            "# HELP a It grows\n# TYPE a counter\na_total{b=\"c\"} 2\n\
             # HELP d_bytes It rises\n# TYPE d_bytes gauge\n# UNIT d_bytes bytes\nd_bytes 1.5\n# EOF\n"
        );
        assert_eq!(
            plain(&told),
            "# HELP a_total It grows\n# TYPE a_total counter\na_total{b=\"c\"} 2\n\
             # HELP d_bytes It rises\n# TYPE d_bytes gauge\nd_bytes 1.5\n"
        );
    }
}
