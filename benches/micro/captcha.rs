//! Drawing and encoding captchas, with a new code each time.

use divan::Bencher;
use engine::captcha::{Format, code, draw};

/// The default length.
const LENGTH: usize = 5;

fn drawn(bencher: Bencher<'_, '_>, format: Format) {
    bencher.with_inputs(|| code(LENGTH)).bench_refs(|code| draw(code, format).unwrap());
}

#[divan::bench]
fn png(bencher: Bencher<'_, '_>) {
    drawn(bencher, Format::Png);
}

#[divan::bench]
fn jpeg(bencher: Bencher<'_, '_>) {
    drawn(bencher, Format::Jpeg);
}
