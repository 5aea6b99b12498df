//! Graphs of a day, drawn as SVG.

use super::{Words, say};
use engine::console::PageRequest;
use maud::{Markup, html};
use serde_json::Value;

/// How many bars a graph has at most: a day in steps of ten minutes.
const BARS: usize = 144;

const HEIGHT: u64 = 100;

/// A graph of figures of a minute each, the newest last.
pub fn day(request: &PageRequest, title: Words, minutes: &Value) -> Markup {
    let minutes = minutes.as_array().map(Vec::as_slice).unwrap_or_default();
    let figures: Vec<u64> = minutes.iter().map(|it| it.as_u64().unwrap_or(0)).collect();
    let step = figures.len().div_ceil(BARS).max(1);
    let bars: Vec<u64> = figures.chunks(step).map(|part| part.iter().sum()).collect();
    let most = bars.iter().copied().max().unwrap_or(0);
    let total: u64 = figures.iter().sum();
    let width = bars.len().max(1) * 4;
    let label = format!(
        "{}: {total} {}, {} {most}",
        say(request, title),
        say(request, ["since the start, at most a day", "（启动以来，最多一天）"]),
        say(request, ["highest bar", "最高柱"]),
    );
    html! {
        figure {
            figcaption { (label) }
            svg viewBox=(format!("0 0 {width} {HEIGHT}")) preserveAspectRatio="none" role="img" aria-label=(label) {
                @for (nth, bar) in bars.iter().enumerate() {
                    @let height = bar * HEIGHT / most.max(1);
                    rect x=(nth * 4) y=(HEIGHT - height) width="3" height=(height) {}
                }
            }
        }
    }
}
