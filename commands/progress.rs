//! How far a long command is: a bar on a terminal's stderr, nothing where nobody looks.

use indicatif::{ProgressBar, ProgressStyle};

/// How progress is counted.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Bytes, shown as KiB, MiB and so on.
    Bytes,
    /// Rows, files, whatever is counted one by one.
    Items,
}

/// A bar for one step of a command; it is gone when this is dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// A step that is called `what`.
    pub fn new(what: &'static str, unit: Unit) -> Self {
        let of = match unit {
            Unit::Bytes => "{bytes}/{total_bytes}",
            Unit::Items => "{human_pos}/{human_len}",
        };
        let template = format!("{{msg:16}} [{{bar:30}}] {of} {{eta}}");
        let style = ProgressStyle::with_template(&template);
        // Hidden by itself where stderr is no terminal.
        let bar = ProgressBar::new(0).with_message(what);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Progress(bar)
    }

    /// `done` of `total` so far.
    pub fn set(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
