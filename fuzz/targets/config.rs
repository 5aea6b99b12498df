//! Any text is a configuration, or is refused with a line and a column.

#![no_main]

use engine::config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, &str)| {
    let (toml, variable) = data;
    let env = [("GUICHET__LIMITS__MAX_BODY".to_owned(), variable.to_owned())];
    if let Err(error) = Config::parse(toml, env) {
        assert!(!error.to_string().is_empty());
    }
});
