//! The write queue: from submitting a job to its answer, on the disk of `TMPDIR`.

use crate::fixture;
use crate::folder::Folder;
use divan::Bencher;
use divan::counter::ItemsCount;
use engine::args;
use engine::db::{DeferredWrite, Schema, Tx};
use engine::engine::Engine;
use engine::fault::Fault;
use std::sync::Arc;

const SCHEMA: Schema = Schema {
    steps: &["
        CREATE TABLE journal (id BIGINT NOT NULL PRIMARY KEY, lines TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE score (openid TEXT NOT NULL PRIMARY KEY, score BIGINT NOT NULL) WITHOUT ROWID;
    "],
    deferred: &[&KEEP],
    ..Schema::EMPTY
};

/// The same row as a deferred write.
const KEEP: DeferredWrite = DeferredWrite {
    postgres_batch: "",
    name: "score",
    table: "score",
    sql: "INSERT INTO score (openid, score) VALUES ($1, $2)
          ON CONFLICT (openid) DO UPDATE SET score = excluded.score WHERE excluded.score > score.score",
};

/// How many players there are, and rows in the table.
const PLAYERS: i64 = 10_000;

/// Concurrent requests on a busy server.
const AT_ONCE: i64 = 64;

/// Measures on a new database with a full table: each write replaces an existing row.
fn with_engine(measure: impl FnOnce(&Arc<Engine>)) {
    let folder = Folder::new();
    let engine = fixture::open(folder.path(), SCHEMA);
    engine.db.write(|tx| (0..PLAYERS).try_for_each(|n| put(tx, n, 0))).unwrap();
    measure(&engine);
    fixture::close(engine);
}

fn openid(n: i64) -> String {
    format!("o6_bmjrPTlm6_2sgVt{:010}", n % PLAYERS)
}

fn put(tx: &mut Tx, n: i64, score: i64) -> Result<(), Fault> {
    let openid = openid(n);
    tx.execute(
        "INSERT INTO score (openid, score) VALUES ($1, $2)
         ON CONFLICT (openid) DO UPDATE SET score = excluded.score",
        args![&openid, score],
    )?;
    Ok(())
}

/// One durable row at a time: each waits for its own COMMIT.
#[divan::bench(sample_count = 300, sample_size = 1)]
fn one(bencher: Bencher<'_, '_>) {
    with_engine(|engine| {
        let mut n = 0;
        bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
            // Far apart, so that rows written after each other are on different pages.
            n += 7_919;
            engine.db.write(move |tx| put(tx, n, n)).unwrap();
        });
    });
}

/// Concurrent rows, which share one or a few COMMITs.
#[divan::bench(sample_count = 300, sample_size = 1)]
fn together(bencher: Bencher<'_, '_>) {
    at_once(bencher, put);
}

/// The same rows as deferred writes.
#[divan::bench(sample_count = 300, sample_size = 1)]
fn together_deferred(bencher: Bencher<'_, '_>) {
    at_once(bencher, |tx, n, score| {
        tx.defer(&KEEP, args![&openid(n)], args![score]);
        Ok(())
    });
}

fn at_once(bencher: Bencher<'_, '_>, write: fn(&mut Tx, i64, i64) -> Result<(), Fault>) {
    with_engine(|engine| {
        let mut n = 0;
        bencher.counter(ItemsCount::new(AT_ONCE.unsigned_abs())).bench_local(|| {
            let submit = |_| {
                n += 7_919;
                let score = n;
                engine.db.submit(move |tx| write(tx, score, score)).unwrap()
            };
            let queued: Vec<_> = (0..AT_ONCE).map(submit).collect();
            for answer in queued {
                answer.blocking_recv().unwrap().unwrap();
            }
        });
    });
}

/// A job that writes nothing: the cost of the queue and the transaction, without the disk.
#[divan::bench]
fn nothing(bencher: Bencher<'_, '_>) {
    with_engine(|engine| {
        bencher.counter(ItemsCount::new(1_usize)).bench_local(|| engine.db.write(|_| Ok(())));
    });
}
