//! Headers about the client: forwarded addresses, cookies, credentials, origins.

#![no_main]

use engine::http::fuzzing::client_of;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: Vec<(u8, Vec<u8>)>| client_of(&lines));
