//! The header of a multipart part yields a field or nothing.

#![no_main]

use engine::http::fuzzing::part_head;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|head: &[u8]| part_head(head));
