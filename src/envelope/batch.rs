//! The answer to a batch: its items one after another, as if each were alone.
//!
//! Each write has a savepoint of its own, but neighbouring writes need no COMMIT each: they go to the writer together, as
//! a run, and share one. Nothing is answered before that. Whatever else the batch has ends the run, so that it sees what
//! came before it.

use super::exchange::{Asked, Exchange, Item, ItemOutcome, Routed};
use crate::db::WriteRun;
use crate::op::Called;

/// Writes that have been sent and are not answered yet.
#[derive(Default)]
struct Run<'e, 'b> {
    /// What is to be queued.
    writes: WriteRun,
    /// Who is to be answered, in order.
    waiting: Vec<(Asked<'e, 'b>, Called<'e>)>,
}

impl<'a> Exchange<'a> {
    /// Answer the items of a batch.
    pub(super) async fn batch<'b>(&mut self, items: impl Iterator<Item = Item<'b>>) -> ItemOutcome
    where
        'a: 'b,
    {
        let engine = self.call.engine;
        // On several servers' database each write is a transaction of its own, on a connection of its own.
        let may_share = !engine.db.is_remote();
        let mut run = Run::default();
        self.out.push(b'[');
        for item in items {
            let routed = self.route(item);
            match routed {
                Routed::Operation(asked, data, length)
                    if may_share
                        && asked.entry.is_one_write
                        && !self.is_too_long(&asked, length) =>
                {
                    self.send(&mut run, asked, data).await;
                }
                routed => {
                    self.end(&mut run).await;
                    let start = self.separate();
                    let outcome = self.answer(routed).await;
                    self.keep_item(start, &outcome);
                }
            }
        }
        self.end(&mut run).await;
        if self.out.len() == 1 {
            return ItemOutcome::Nothing;
        }
        self.out.push(b']');
        ItemOutcome::Answer
    }

    /// Send a write with the run.
    async fn send<'b>(
        &mut self,
        run: &mut Run<'a, 'b>,
        asked: Asked<'a, 'b>,
        mut data: crate::data::Fields<'b>,
    ) {
        let entry = asked.entry;
        if let Err(fault) = self.admit(entry) {
            self.end(run).await;
            let start = self.separate();
            let outcome = self.not_admitted(asked, fault);
            return self.keep_item(start, &outcome);
        }
        self.summary.note_operation(Some(entry.name));
        let credentials = self.credentials(&data);
        match entry.call_in(self.call.engine, &mut data, credentials, &mut run.writes) {
            Ok(called) => run.waiting.push((asked, called)),
            Err((fault, credentials)) => {
                // Who calls may depend on what was sent before, such as a logout.
                self.end(run).await;
                let fault = entry.refused(self.call.engine, &credentials, fault);
                let start = self.separate();
                let result = self.ended(entry, Err(fault));
                let outcome = self.finish(asked, result);
                self.keep_item(start, &outcome);
            }
        }
    }

    /// Queue what was sent, and answer it.
    async fn end<'b>(&mut self, run: &mut Run<'a, 'b>) {
        if run.waiting.is_empty() {
            return;
        }
        self.call.engine.db.submit_run(std::mem::take(&mut run.writes));
        for (asked, called) in run.waiting.drain(..) {
            let result = match called {
                Called::Ready(result) => result,
                Called::Later(later) => later.await,
            };
            let start = self.separate();
            let result = self.ended(asked.entry, result);
            let outcome = self.finish(asked, result);
            self.keep_item(start, &outcome);
        }
    }

    /// Begin an item's answer; where the answer ends without it.
    fn separate(&mut self) -> usize {
        let start = self.out.len();
        if start > 1 {
            self.out.push(b',');
        }
        start
    }

    /// A notification is not answered.
    fn keep_item(&mut self, start: usize, outcome: &ItemOutcome) {
        if matches!(outcome, ItemOutcome::Nothing) {
            self.out.truncate(start);
        }
    }
}
