//! Any bytes posted to the endpoint, through every operation: the answer follows the contract, and
//! there is no internal error.

#![no_main]

#[path = "../../handlers/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the command line is not fuzzed")]
mod handlers;

use engine::caller::Credentials;
use engine::client::Client;
use engine::config::Config;
use engine::db::Db;
use engine::describe::Descriptions;
use engine::engine::Engine;
use engine::envelope::{Accepts, BodyOutcome, CallContext, CallSummary, answer_at};
use engine::op::Registry;
use engine::request::RequestId;
use engine::services::Services;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};
use tokio::runtime::Runtime;

/// The whole program, in a temporary folder that is not removed.
static PROGRAM: LazyLock<(Arc<Engine>, Registry, Runtime)> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("guichet-fuzz-{}", std::process::id()));
    let config = Config { data_dir: folder, ..Config::default() };
    let services = Arc::new(Services::open(config, String::new()).unwrap());
    let db = Db::open(Arc::clone(&services), handlers::SCHEMA, None).unwrap();
    let registry = handlers::program().unwrap().registry;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    (Arc::new(Engine::new(db, services)), registry, runtime)
});

fuzz_target!(|body: &[u8]| {
    let (engine, registry, runtime) = &*PROGRAM;
    let client = Client::unknown([127, 0, 0, 1].into());
    let credentials = Credentials { token: None, client, signature: None };
    for accepts in [Accepts::Both, Accepts::Rpc] {
        let credentials = credentials.clone();
        let call = CallContext {
            engine,
            registry,
            descriptions: &Descriptions::default(),
            credentials,
            id: RequestId::next(),
        };
        match runtime.block_on(answer_at(accepts, &call, body, &mut CallSummary::default())) {
            BodyOutcome::Answer(answered) => {
                let text = std::str::from_utf8(&answered.text).expect("an answer is text");
                if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
                    // An id of JSON-RPC comes back as it was written: it may be JSON and yet too large for a float.
                    assert!(text.contains(r#""jsonrpc""#), "{error}: {text}");
                    assert!(
                        error.to_string().starts_with("number out of range"),
                        "{error}: {text}"
                    );
                    serde_json::from_str::<serde::de::IgnoredAny>(text).expect("an answer is JSON");
                }
                // A panic in an operation is caught and answered so. The description of all methods names the text too.
                assert!(!text.contains("Unknown Error") || text.contains(r#""openrpc""#), "{text}");
                assert!(answered.is_rpc || accepts == Accepts::Both);
            }
            BodyOutcome::Nothing
            | BodyOutcome::Busy
            | BodyOutcome::NoBodyMemory
            | BodyOutcome::NoAnswerMemory => {}
        }
    }
});
