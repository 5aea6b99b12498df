//! A multipart body, split anywhere, yields parts or a fault.

#![no_main]

use engine::http::fuzzing::gather;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (u16, &[u8])| {
    let (cut, body) = data;
    gather("", body, cut.into(), Some("b"));
});
