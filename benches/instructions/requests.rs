//! The measured work: request bodies go into the engine and answers come out, as for one
//! connection.

use crate::cases::{CASES, SCHEMA, registry};
use crate::fixture;
use crate::folder::Folder;
use engine::caller::Credentials;
use engine::client::Client;
use engine::config::SharedNetworks;
use engine::describe::Descriptions;
use engine::envelope::{BodyOutcome, CallContext, CallSummary, answer};
use engine::request::RequestId;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// The first requests are slow, so that the pool can open its readers meanwhile, on its own
/// threads. Opened under load, they made the count of a point read vary by 4 %.
const FIRST: u32 = 20;

/// The pause between the first requests.
const PAUSE: Duration = Duration::from_millis(10);

/// Answers the named case `times` times.
pub fn send(name: &str, times: u64) {
    let case = CASES.iter().find(|case| case.name == name).expect("a case");
    let folder = Folder::new();
    let engine = fixture::open(folder.path(), SCHEMA);
    let registry = registry();
    let descriptions = Descriptions::default();
    // One thread for all requests: with several, work stealing would change the count.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    engine.db.reply_on(runtime.handle().clone());
    let one = async || {
        let client = Client::new(IpAddr::V4(Ipv4Addr::LOCALHOST), &SharedNetworks::default());
        let credentials = Credentials { token: None, client, signature: None };
        let call = CallContext {
            engine: &engine,
            registry: &registry,
            descriptions: &descriptions,
            credentials,
            id: RequestId::next(),
        };
        let mut summary = CallSummary::default();
        match black_box(answer(&call, black_box(case.body.as_bytes()), &mut summary).await) {
            BodyOutcome::Answer(told) if told.text.starts_with(case.answer.as_bytes()) => {}
            other => panic!("{name}: {other:?}"),
        }
    };
    runtime.block_on(async {
        for _ in 0..FIRST {
            one().await;
            tokio::time::sleep(PAUSE).await;
        }
        for _ in 0..times {
            one().await;
        }
    });
    fixture::close(engine);
}
