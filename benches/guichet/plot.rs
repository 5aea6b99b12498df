//! Plots the ratios: a bar for each, on a logarithmic axis, starting at 1.

use crate::report::{Better, Row, Unit};
use std::fmt::Write as _;

const WIDTH: f64 = 960.0;
/// Where the axis begins and ends.
const LEFT: f64 = 430.0;
const RIGHT: f64 = 880.0;
const LINE: f64 = 24.0;
const GAP: f64 = 34.0;

const GOOD: &str = "#2f7d6b";
const SHORT: &str = "#b8952f";
const BAD: &str = "#c2603c";
const INK: &str = "#24292f";
const FAINT: &str = "#8b949e";

/// Draw all rows that are ratios, in two panels: where more is better, and where less is.
pub fn svg(rows: &[Row]) -> String {
    let ratios = |better| -> Vec<&Row> {
        rows.iter()
            .filter(|row| {
                row.unit == Unit::Times && row.better == better && row.figure.median.is_finite()
            })
            .collect()
    };
    let mut body = String::new();
    let mut y = 34.0;
    for (rows, title) in [
        (ratios(Better::Higher), "Throughput: how many times the other's"),
        (ratios(Better::Lower), "Cost or waiting: how many times the other's"),
    ] {
        if !rows.is_empty() {
            y = panel(&mut body, &rows, title, y) + GAP;
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" width=\"{WIDTH}\" \
         height=\"{y}\" font-family=\"Helvetica, Arial, DejaVu Sans, sans-serif\" font-size=\"12.5\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

/// Draws one panel from `top` on. Returns where it ends.
fn panel(out: &mut String, rows: &[&Row], title: &str, top: f64) -> f64 {
    let (low, high) = ends(rows);
    let x = |ratio: f64| {
        let share = (ratio.clamp(low, high).ln() - low.ln()) / (high.ln() - low.ln());
        LEFT + share * (RIGHT - LEFT)
    };
    text(out, 24.0, top, "start", INK, &format!("font-size=\"16\" font-weight=\"600\">{title}"));
    let better = match rows[0].better {
        Better::Higher => {
            "right of the line Guichet is better; a tick marks the aim; grey is bare hyper, the floor"
        }
        Better::Lower => {
            "left of the line Guichet is better; a tick marks the aim; grey is bare hyper, the floor"
        }
    };
    text(out, RIGHT, top, "end", FAINT, &format!(">{better}"));
    let sections = rows.windows(2).filter(|pair| pair[0].section != pair[1].section).count() + 1;
    let (first, height) = (top + 20.0, (rows.len() + sections) as f64 * LINE);
    for mark in marks(low, high) {
        let colour = if mark == 1.0 { INK } else { "#e4e8ec" };
        line(out, x(mark), first, first + height + 4.0, colour, 1.0);
        text(out, x(mark), first + height + 20.0, "middle", FAINT, &format!(">{mark}×"));
    }
    let (mut y, mut section) = (first, "");
    for row in rows {
        if row.section != section {
            section = row.section;
            text(
                out,
                24.0,
                y + 17.0,
                "start",
                INK,
                &format!("font-weight=\"600\">{}", escaped(section)),
            );
            y += LINE;
        }
        bar(out, row, y, &x);
        y += LINE;
    }
    first + height + 24.0
}

fn bar(out: &mut String, row: &Row, y: f64, x: &impl Fn(f64) -> f64) {
    let median = row.figure.median;
    let ahead = match row.better {
        Better::Higher => median >= 1.0,
        Better::Lower => median <= 1.0,
    };
    let colour = match (row.reached(), ahead) {
        _ if row.floor => FAINT,
        (Some(true), _) | (None, true) => GOOD,
        (Some(false), true) => SHORT,
        (_, false) => BAD,
    };
    let (from, to) = (x(1.0).min(x(median)), x(1.0).max(x(median)));
    let middle = y + LINE / 2.0;
    let label = format!("{}, against {}", row.work, row.against);
    text(out, 36.0, middle + 4.5, "start", INK, &format!(">{}", escaped(&label)));
    let _ = writeln!(
        out,
        "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"14\" fill=\"{colour}\"/>",
        middle - 7.0,
        (to - from).max(1.0)
    );
    // From the worst to the best pair.
    let (low, high) = (x(row.figure.low), x(row.figure.high));
    let _ = writeln!(
        out,
        "<path d=\"M{low:.1} {middle:.1}H{high:.1}M{low:.1} {:.1}V{:.1}M{high:.1} {:.1}V{:.1}\" \
         stroke=\"{INK}\" stroke-opacity=\"0.55\" fill=\"none\"/>",
        middle - 3.0,
        middle + 3.0,
        middle - 3.0,
        middle + 3.0
    );
    if let Some(aim) = row.aim {
        line(out, x(aim), middle - 10.0, middle + 10.0, INK, 2.0);
    }
    let end = to.max(high).max(row.aim.map_or(0.0, x)) + 7.0;
    let shown = row.unit.show(median);
    text(out, end, middle + 4.5, "start", colour, &format!("font-weight=\"600\">{shown}"));
}

/// The ends of the axis: the nearest of 1, 2, 5, 10, … around all values.
fn ends(rows: &[&Row]) -> (f64, f64) {
    let shown = |row: &&Row| [row.figure.low, row.figure.high, row.aim.unwrap_or(1.0), 1.0];
    let all: Vec<f64> = rows.iter().flat_map(shown).filter(|ratio| *ratio > 0.0).collect();
    let least = all.iter().copied().fold(1.0, f64::min);
    let most = all.iter().copied().fold(1.0, f64::max);
    let ladder: Vec<f64> = marks(0.001, 10_000.0);
    let low = ladder.iter().rev().find(|mark| **mark <= least * 0.95).copied().unwrap_or(0.001);
    let high = ladder.iter().find(|mark| **mark >= most * 1.05).copied().unwrap_or(10_000.0);
    (low, high)
}

/// Tick marks 1, 2, 5, 10, … within the ends; without the twos and fives if they would be too
/// dense.
fn marks(low: f64, high: f64) -> Vec<f64> {
    let steps: &[f64] =
        if (high / low) > 2_000.0 && low > 0.001 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let powers = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0];
    let all = powers.iter().flat_map(|power| steps.iter().map(move |step| power * step));
    // Rounded: 0.1 × 5 is not quite 0.5.
    all.map(|mark| (mark * 1e4).round() / 1e4).filter(|mark| (low..=high).contains(mark)).collect()
}

fn line(out: &mut String, x: f64, from: f64, to: f64, colour: &str, width: f64) {
    let _ = writeln!(
        out,
        "<path d=\"M{x:.1} {from:.1}V{to:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>"
    );
}

/// `rest` is more attributes, `>` and the escaped text.
fn text(out: &mut String, x: f64, y: f64, anchor: &str, colour: &str, rest: &str) {
    let space = if rest.starts_with('>') { "" } else { " " };
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\"{space}{rest}</text>"
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
