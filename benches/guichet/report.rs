//! One table of everything that was measured.

use crate::contest::{Series, Spread};
use crate::load::Sample;
use std::fmt::Write as _;

/// Whether more or less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A ratio of two measurements.
    Times,
    Milliseconds,
    Megabytes,
    Bytes,
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    pub section: &'static str,
    /// What was measured.
    pub work: String,
    /// What it is compared with; empty for an absolute figure.
    pub against: String,
    pub figure: Spread,
    pub unit: Unit,
    pub better: Better,
    /// The target.
    pub aim: Option<f64>,
    /// Not Guichet, but an upper bound for servers of its kind.
    pub floor: bool,
    ours: Option<Series>,
    theirs: Option<Series>,
}

impl Row {
    /// Ratio of throughput: ours to theirs.
    pub fn rate(section: &'static str, work: &str, ours: &Series, theirs: &Series) -> Self {
        Row::ratio(section, work, ours, theirs, Better::Higher, |sample| sample.rate)
    }

    /// Ratio of CPU time per request: ours to theirs.
    pub fn cpu(section: &'static str, work: &str, ours: &Series, theirs: &Series) -> Self {
        Row::ratio(section, work, ours, theirs, Better::Lower, |sample| sample.cpu)
    }

    /// Ratio of the median latency: ours to theirs.
    pub fn p50(section: &'static str, work: &str, ours: &Series, theirs: &Series) -> Self {
        Row::ratio(section, work, ours, theirs, Better::Lower, |sample| sample.p50)
    }

    /// Ratio of 99th percentile latency: ours to theirs.
    pub fn p99(section: &'static str, work: &str, ours: &Series, theirs: &Series) -> Self {
        Row::ratio(section, work, ours, theirs, Better::Lower, |sample| sample.p99)
    }

    fn ratio(
        section: &'static str,
        work: &str,
        ours: &Series,
        theirs: &Series,
        better: Better,
        of: impl Fn(&Sample) -> f64,
    ) -> Self {
        Row {
            section,
            work: work.to_owned(),
            against: theirs.name.to_owned(),
            figure: ours.over(theirs, of),
            unit: Unit::Times,
            better,
            aim: None,
            floor: false,
            ours: Some(ours.clone()),
            theirs: Some(theirs.clone()),
        }
    }

    /// An absolute figure; less is better.
    pub fn figure(section: &'static str, work: &str, figure: Spread, unit: Unit) -> Self {
        Row {
            section,
            work: work.to_owned(),
            against: String::new(),
            figure,
            unit,
            better: Better::Lower,
            aim: None,
            floor: false,
            ours: None,
            theirs: None,
        }
    }

    /// Adds the run that the figure comes from.
    pub fn from(mut self, series: &Series) -> Self {
        self.ours = Some(series.clone());
        self
    }

    /// The target.
    pub fn aim(mut self, aim: f64) -> Self {
        self.aim = Some(aim);
        self
    }

    /// Marks the row as an upper bound that was measured instead of Guichet.
    pub fn floor(mut self) -> Self {
        self.floor = true;
        self
    }

    /// Whether the target was reached; `None` without a target.
    pub fn reached(&self) -> Option<bool> {
        self.aim.map(|aim| match self.better {
            Better::Higher => self.figure.median >= aim,
            Better::Lower => self.figure.median <= aim,
        })
    }

    fn cells(&self) -> [String; 10] {
        let Spread { median, low, high } = self.figure;
        let aim = self.aim.map_or_else(String::new, |aim| {
            let sign = if self.better == Better::Higher { "≥" } else { "≤" };
            format!("{sign} {}", self.unit.show(aim))
        });
        let met = match self.reached() {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        };
        let latencies = |series: &Option<Series>| {
            series.as_ref().map_or_else(String::new, |series| {
                let (p50, p99) = (series.median(|s| s.p50), series.median(|s| s.p99));
                let refused = match series.refused() {
                    0 => String::new(),
                    refused => format!(" ({refused} refused)"),
                };
                format!("{} / {}{refused}", digits(p50), digits(p99))
            })
        };
        let cpu = |series: &Option<Series>| {
            series.as_ref().map_or_else(String::new, |series| digits(series.median(|s| s.cpu)))
        };
        [
            self.work.clone(),
            self.against.clone(),
            self.unit.show(median),
            format!("{}–{}", digits(low), digits(high)),
            aim,
            met.to_owned(),
            latencies(&self.ours),
            latencies(&self.theirs),
            cpu(&self.ours),
            cpu(&self.theirs),
        ]
    }
}

impl Unit {
    pub fn show(self, figure: f64) -> String {
        let figure = digits(figure);
        match self {
            Unit::Times => format!("{figure}×"),
            Unit::Milliseconds => format!("{figure} ms"),
            Unit::Megabytes => format!("{figure} MB"),
            Unit::Bytes => format!("{figure} B"),
        }
    }
}

/// Three significant digits.
fn digits(figure: f64) -> String {
    match figure.abs() {
        f if !f.is_finite() => "–".to_owned(),
        f if f >= 100.0 => format!("{figure:.0}"),
        f if f >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

const HEAD: [&str; 10] = [
    "measured",
    "against",
    "median",
    "min–max",
    "aim",
    "met",
    "p50 / p99, ms",
    "theirs",
    "CPU, µs",
    "theirs",
];

/// The table as Markdown that is also readable as plain text, with a line between sections.
pub fn table(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    let mut section = "";
    for row in rows {
        if row.section != section {
            section = row.section;
            let mut title = [const { String::new() }; 10];
            title[0] = format!("**{section}**");
            lines.push(title);
        }
        lines.push(row.cells());
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..HEAD.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if index == 0 {
            for width in &widths {
                let _ = write!(text, "| {:-<width$} ", "");
            }
            text.push_str("|\n");
        }
    }
    text
}
