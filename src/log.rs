//! The log: to stderr, one line an event, text or JSON.
//!
//! Whatever a client sent is written as a quoted or encoded value, so that it can't begin a line of
//! its own. Passwords, tokens, codes and identity cards never get here: faults name keys, not
//! values, the types that hold secrets say nothing in `Debug`, and of a panic only its place is told:
//! its text may quote anything.

use crate::config::{Log, LogFormat, LogLevel};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

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
    let log = layer().with_writer(std::io::stderr).with_target(false).with_ansi(false);
    let log = match config.format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => log.json().flatten_event(true).boxed(),
    };
    let _ = registry().with(log.with_filter(wanted)).try_init();
    // A panic is one line of the log like any other failure, wherever it happens.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a panic");
    }));
}
