//! Any query string yields fields or a fault.

#![no_main]

use engine::http::fuzzing::gather;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| gather(query, b"", 0, None));
