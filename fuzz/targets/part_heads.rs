//! The head of a multipart body's part: the field it is, or none.

#![no_main]

use engine::http::fuzzing::part_head;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|head: &[u8]| part_head(head));
