//! The log: to stderr, one line an event, text or JSON.
//!
//! Whatever a client sent is written as a quoted or encoded value, so that it can't begin a line of
//! its own. Passwords, tokens, codes and identity cards never get here: faults name keys, not
//! values, the types that hold secrets say nothing in `Debug`, and of a panic only its place is told:
//! its text may quote anything. A request's own line ([`Config::log`](crate::config::Config::log)) is
//! made of what we know of it, and of nothing that it says: its path is the one that we registered.

mod later;

use crate::config::{Log, LogFormat, LogLevel};
use crate::metrics::PANICS;
use later::Later;
use std::io::{self, Stderr, Write};
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

/// What marks the lines of which there is one a request.
pub(crate) const REQUESTS: &str = "requests";

/// Those lines, before they are written.
static LATER: Later = Later::new();

/// Start logging as configured. Only the first call in a process counts.
pub fn start(config: &Log) {
    let level = match config.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // That it tries again is its own affair: what comes of it is told once, by whoever asked.
    let retries = if level > LevelFilter::INFO { level } else { LevelFilter::OFF };
    let wanted = Targets::new().with_default(level).with_target("object_store", retries);
    let log = layer().with_writer(Writers).with_target(false).with_ansi(false);
    let log = match config.format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => log.json().flatten_event(true).boxed(),
    };
    let _ = registry().with(log.with_filter(wanted)).try_init();
    if config.requests
        && let Err(error) = LATER.start()
    {
        tracing::error!(%error, "requests are not logged before the end");
    }
    // A panic is one line of the log like any other failure, wherever it happens.
    std::panic::set_hook(Box::new(|panic| {
        PANICS.add();
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a panic");
    }));
}

/// Write what has not been written yet: the last thing that a process does.
pub fn finish() {
    let _ = LATER.write(&mut io::stderr());
}

/// How many lines of requests found no room.
pub(crate) fn dropped() -> u64 {
    LATER.dropped()
}

/// A failure is written at once, a request's line a moment later.
struct Writers;

enum Writer {
    Now(Stderr),
    Later(&'static Later),
}

impl MakeWriter<'_> for Writers {
    type Writer = Writer;

    fn make_writer(&self) -> Writer {
        Writer::Now(io::stderr())
    }

    fn make_writer_for(&self, about: &Metadata<'_>) -> Writer {
        match about.target() {
            REQUESTS => Writer::Later(&LATER),
            _ => self.make_writer(),
        }
    }
}

/// What formats the log writes a whole line at once.
impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Writer::Now(stderr) => return stderr.write(bytes),
            Writer::Later(later) => later.add(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
