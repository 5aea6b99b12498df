//! The log: on stderr, one line per event, as text or JSON.
//!
//! Everything that a client sent is written as a quoted or encoded value, so it can't start a line
//! of its own. Passwords, tokens, codes and identity cards are never logged: faults name keys and
//! not values, types that hold secrets print nothing in `Debug`, and of a panic only its place is
//! logged, because its text may quote anything. The line of a request
//! ([`Config::log`](crate::config::Config::log)) holds only what the server knows: its path is the
//! registered one.
//!
//! Every line goes through the writer in `writer`, which never waits for the reader of the log.

mod recent;
mod writer;

use crate::config::{Log, LogFormat, LogLevel};
use crate::metrics::PANICS;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, registry, reload};
use writer::LogQueue;

/// The target of the lines that describe one request each.
pub(crate) const REQUESTS: &str = "requests";

/// How long the process waits for the log's reader when it ends.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The last lines, for the console.
static RECENT: recent::Recent = recent::Recent::new();

/// The lines before they are written.
static QUEUE: LogQueue = LogQueue::new();

/// Whether each request is a line.
static LOGS_REQUESTS: AtomicBool = AtomicBool::new(false);

/// What decides which lines there are; it can be changed while the process runs.
static FILTER: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// Start logging as configured. Only the first call in a process counts.
pub fn start(config: &Log) {
    let (filter, handle) = reload::Layer::new(targets(config.level));
    let log = layer().with_writer(MakeLineWriter).with_target(false).with_ansi(false);
    let log = match config.format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => log.json().flatten_event(true).boxed(),
    };
    if registry().with(log.with_filter(filter)).try_init().is_ok() {
        let _ = FILTER.set(handle);
        LOGS_REQUESTS.store(config.requests, Relaxed);
        if let Err(error) = QUEUE.start() {
            tracing::error!(%error, "the log has no thread of its own: its reader can hold us up");
        }
    }
    // A panic is one line of the log like any other failure, wherever it happens.
    std::panic::set_hook(Box::new(|panic| {
        PANICS.add();
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a panic");
    }));
}

/// Log from now on at the level that is configured now, and requests if that is configured. The
/// format stays.
pub fn change(config: &Log) {
    LOGS_REQUESTS.store(config.requests, Relaxed);
    if let Some(filter) = FILTER.get()
        && let Err(error) = filter.reload(targets(config.level))
    {
        tracing::error!(%error, "the level of the log was not changed");
    }
}

fn targets(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // That it tries again is its own affair: what comes of it is told once, by whoever asked.
    let retries = if level > LevelFilter::INFO { level } else { LevelFilter::OFF };
    Targets::new().with_default(level).with_target("object_store", retries)
}

/// Write what is pending: the last thing a process does. Waits at most a second for the reader of
/// the log.
pub fn finish() {
    if QUEUE.is_started() {
        QUEUE.finish(TIMEOUT);
    }
}

/// Print a line on stderr for whoever started the process, through the log's writer once it runs.
pub fn say(line: &str) {
    if QUEUE.is_started() {
        QUEUE.add(format!("{line}\n").as_bytes(), true);
        QUEUE.finish(TIMEOUT);
    } else {
        eprintln!("{line}");
    }
}

/// The last lines that have `text`, whatever the case of ASCII letters, the newest first; at most `most`. Lines of
/// requests are not kept.
pub fn recent(text: &str, most: usize) -> Vec<String> {
    RECENT.with(text, most)
}

/// Whether each request is a line.
pub(crate) fn logs_requests() -> bool {
    LOGS_REQUESTS.load(Relaxed)
}

/// How many lines were dropped because the queue was full.
pub(crate) fn dropped() -> u64 {
    QUEUE.dropped()
}

/// A failure is written at once, a request's line a moment later.
struct MakeLineWriter;

struct LineWriter {
    is_urgent: bool,
}

impl MakeWriter<'_> for MakeLineWriter {
    type Writer = LineWriter;

    fn make_writer(&self) -> LineWriter {
        LineWriter { is_urgent: true }
    }

    fn make_writer_for(&self, about: &Metadata<'_>) -> LineWriter {
        LineWriter { is_urgent: about.target() != REQUESTS }
    }
}

/// What formats the log writes a whole line at once.
impl Write for LineWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_urgent {
            RECENT.add(bytes);
        }
        if QUEUE.is_started() {
            QUEUE.add(bytes, self.is_urgent);
            Ok(bytes.len())
        } else {
            io::stderr().write(bytes)
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
