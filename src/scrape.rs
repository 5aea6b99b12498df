//! Collecting all metrics when Prometheus reads them.

use crate::boards::SharedBoards;
use crate::disk::DiskSpace;
use crate::engine::Engine;
use crate::metrics::family::{self, Family, Labels, Sample, label};
use crate::metrics::operation::{self, OpSnapshot, RouteSnapshot};
use crate::metrics::process::Process;
use crate::metrics::{Metrics, PANICS, RefusalReason, SmsMetrics, WriterMetrics};
use crate::services::Services;
use crate::{backup, db, log};
use std::fmt;
use std::time::UNIX_EPOCH;

/// All metrics as OpenMetrics text. This reads file sizes, so it must not run on a request thread.
pub(crate) fn text(
    engine: &Engine,
    operations: Vec<OpSnapshot>,
    routes: Vec<RouteSnapshot>,
) -> Result<String, fmt::Error> {
    let services = &engine.services;
    let metrics = &services.metrics;
    let mut families = Vec::from(requests(metrics, operations));
    families.push(documents(routes));
    families.extend(http(metrics));
    families.extend(writes(&metrics.writes));
    families.extend(sizes(db::sizes(&services.config)));
    families.extend(disk(&services.disk.rooms()));
    families.push(boards(&services.boards));
    families.extend(servers(engine));
    families.push(messages(&metrics.messages));
    families.push(backups(services));
    families.push(certificates(services));
    families.extend(process(metrics));
    family::text(families)
}

fn requests(metrics: &Metrics, operations: Vec<OpSnapshot>) -> [Family; 3] {
    let mut counts: Vec<(Labels, u64)> = Vec::new();
    let (mut failures, mut times) = (Vec::new(), Vec::new());
    for OpSnapshot { name, statuses, failed, times: spread } in operations {
        for (status, told) in statuses {
            counts.push((vec![("operation", name.clone()), ("status", status)], told));
        }
        failures.push((label("operation", name.clone()), failed));
        times.push((label("operation", name), spread));
    }
    // What names no operation is one, whatever it names.
    for (status, told) in metrics.unrouted.get() {
        let status = operation::text(status);
        counts.push((vec![("operation", "none".to_owned()), ("status", status)], told));
    }
    [
        Family::counter(
            "guichet_requests",
            "Operations asked for, each item of a batch by itself; status is the envelope's",
        )
        .with(counts),
        Family::counter(
            "guichet_failures",
            "Operations that failed because of the server or its gateway; the log has the causes",
        )
        .with(failures),
        Family::histogram(
            "guichet_request",
            "Time from a request's fields to its result, including the wait for the disk",
        )
        .seconds()
        .with(times),
    ]
}

fn documents(routes: Vec<RouteSnapshot>) -> Family {
    let counts = routes.into_iter().map(|RouteSnapshot { document, method, path, requests }| {
        let labels = vec![("document", document), ("method", method.to_owned()), ("path", path)];
        (labels, requests)
    });
    Family::counter(
        "guichet_document_requests",
        "Requests to a route of a document; path is the first of the route's paths",
    )
    .with(counts)
}

/// HTTP codes that are reported from the start as 0. Otherwise whoever watches their growth would
/// miss the first one.
const USUAL: [u16; 8] = [200, 400, 403, 404, 413, 429, 500, 503];

fn http(metrics: &Metrics) -> [Family; 5] {
    let Metrics { http, refused, .. } = metrics;
    let told = (100..).zip(&http.codes).map(|(code, told)| (code, told.get()));
    let told = told.filter(|(code, told)| *told > 0 || USUAL.contains(code));
    let codes = told.map(|(code, told)| (label("code", code.to_string()), told));
    let refused = RefusalReason::ALL.iter().zip(refused);
    let refused = refused.map(|((_, name), refused)| (label("reason", *name), refused.get()));
    [
        Family::counter("guichet_http_responses", "Answers by their HTTP status").with(codes),
        Family::counter(
            "guichet_refused",
            "Requests, or parts of them, that were refused by a limit or could not be read",
        )
        .with(refused),
        Family::gauge("guichet_connections", "Connections that are open")
            .only(Sample::Whole(http.open.get())),
        Family::counter(
            "guichet_connections_evicted",
            "Idle connections that were asked to close because places were short",
        )
        .only(Sample::Whole(http.evicted.get())),
        Family::counter(
            "guichet_connections_refused",
            "New connections that were closed at once because their address had half of all places",
        )
        .only(Sample::Whole(http.refused_by_limit.get())),
    ]
}

fn writes(writes: &WriterMetrics) -> [Family; 5] {
    [
        Family::gauge("guichet_queue_depth", "Writes that wait for the writer")
            .only(Sample::Whole(writes.waiting.get())),
        Family::histogram("guichet_jobs_per_commit", "Writes that shared a COMMIT")
            .only(Sample::HistogramSnapshot(writes.group.get())),
        Family::histogram(
            "guichet_commit",
            "The statement COMMIT: writing the log and, where synchronous is full, its fsync",
        )
        .seconds()
        .only(Sample::HistogramSnapshot(writes.commit.get())),
        Family::counter("guichet_commits_lost", "Groups of writes that failed as a whole")
            .only(Sample::Whole(writes.lost.get())),
        Family::histogram("guichet_checkpoint", "Moving the log into the database file")
            .seconds()
            .only(Sample::HistogramSnapshot(writes.checkpoint.get())),
    ]
}

fn sizes(sizes: db::FileSizes) -> [Family; 2] {
    [
        Family::gauge("guichet_database", "The database file")
            .bytes()
            .only(sizes.database.map(Sample::Whole)),
        Family::gauge("guichet_wal", "The file of the write-ahead log")
            .bytes()
            .only(sizes.log.map(Sample::Whole)),
    ]
}

fn disk(rooms: &[DiskSpace]) -> [Family; 2] {
    let labelled = |bytes: fn(&DiskSpace) -> u64| {
        rooms.iter().map(move |room| (label("disk", room.name), bytes(room))).collect::<Vec<_>>()
    };
    [
        Family::gauge("guichet_disk_free", "Free space of each file system that data is on")
            .bytes()
            .with(labelled(|room| room.free)),
        Family::gauge("guichet_disk_reserve", "Free space that is kept in reserve (disk.reserve)")
            .bytes()
            .with(labelled(|room| room.reserve)),
    ]
}

fn boards(boards: &SharedBoards) -> Family {
    let labels = |kind: &str, name| vec![("board", name), ("kind", kind.to_owned())];
    // The lock is held only to read the numbers.
    let (numbers, texts) = {
        let boards = boards.read();
        (boards.numbers.sizes(), boards.texts.sizes())
    };
    Family::gauge("guichet_board_players", "Players on a board")
        .with(numbers.into_iter().map(|(name, size)| (labels("numbers", name), size)))
        .with(texts.into_iter().map(|(name, size)| (labels("texts", name), size)))
}

/// What is of interest where several servers use one database.
fn servers(engine: &Engine) -> [Family; 4] {
    let db = &engine.db;
    let (used, idle) = db.connections().unwrap_or((0, 0));
    [
        Family::gauge(
            "guichet_boards_lag_seconds",
            "For how long the leaderboards in memory have not been known to have what other servers wrote; 0 on SQLite",
        )
        .with([(Labels::new(), db.boards_lag().as_secs_f64())]),
        Family::gauge("guichet_servers", "Servers that use the database, this one among them")
            .with([(Labels::new(), u64::from(db.servers()))]),
        Family::gauge("guichet_database_connections", "Connections to PostgreSQL; 0 on SQLite").with([
            (label("state", "used"), u64::from(used)),
            (label("state", "idle"), u64::from(idle)),
        ]),
        Family::counter(
            "guichet_retried_transactions",
            "Transactions that PostgreSQL refused because of others, or whose connection was lost before their end; they were run again",
        )
        .only(Sample::Whole(engine.services.metrics.writes.retried.get())),
    ]
}

fn messages(messages: &SmsMetrics) -> Family {
    let outcomes = [
        ("sent", &messages.sent),
        ("refused", &messages.refused),
        ("time_out", &messages.timed_out),
        ("failed", &messages.failed),
    ];
    Family::counter("guichet_sms", "SMS messages given to the gateway, by outcome")
        .with(outcomes.map(|(name, count)| (label("outcome", name), count.get())))
}

fn backups(services: &Services) -> Family {
    let newest = backup::newest(services).map(|begun| Sample::Real(begun as f64));
    Family::gauge("guichet_last_backup_timestamp", "When the newest backup in backup.dir was begun")
        .seconds()
        .only(newest)
}

fn certificates(services: &Services) -> Family {
    let each = services.certificates.all();
    let each = each.iter().map(|certificate| {
        let name = certificate.names.first().map_or("", String::as_str);
        (label("name", name), u64::try_from(certificate.ends_at).unwrap_or(0))
    });
    Family::gauge(
        "guichet_certificate_end_timestamp_seconds",
        "When a certificate of https ends, in seconds since 1970",
    )
    .with(each.collect::<Vec<_>>())
}

fn process(metrics: &Metrics) -> [Family; 8] {
    let Process { resident, open, most, processor } = Process::look();
    let began = metrics.began.duration_since(UNIX_EPOCH).unwrap_or_default();
    [
        Family::counter("guichet_panics", "Defects that were caught")
            .only(Sample::Whole(PANICS.get())),
        Family::counter("guichet_log_dropped", "Lines of the request log that were dropped")
            .only(Sample::Whole(log::dropped())),
        Family::gauge("guichet_build_info", "Which version this is")
            .with([(label("version", env!("CARGO_PKG_VERSION")), 1_u64)]),
        Family::gauge("process_resident_memory", "Memory in use")
            .bytes()
            .only(resident.map(Sample::Real)),
        Family::gauge("process_open_fds", "Open files").only(open.map(Sample::Whole)),
        Family::gauge("process_max_fds", "The most files that may be open")
            .only(most.map(Sample::Whole)),
        Family::counter("process_cpu", "Processor time, of users and system")
            .seconds()
            .only(processor.map(Sample::Real)),
        Family::gauge("process_start_time", "When the server began, since 1970")
            .seconds()
            .only(Sample::Real(began.as_secs_f64())),
    ]
}
