//! Any text is a document of one's own, or is refused with a line and a column; one that is taken can be
//! described.

#![no_main]

#[path = "../../handlers/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the command line is not fuzzed")]
mod handlers;

use engine::describe::openapi;
use engine::document::Library;
use engine::program::Program;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| handlers::program().unwrap());

/// Cuts a text where a line has nothing but `+`: behind it stands a route.
fn text(data: &str) -> String {
    const HEAD: &str = "name = \"own\"\ndescription = \"x\"\n[faults]\nany = {}\n";
    match data.split_once("\n+\n") {
        Some((head, route)) => format!("{HEAD}{head}\n[[route]]\npath = \"/own\"\n{route}"),
        None => data.to_owned(),
    }
}

fuzz_target!(|data: &str| {
    let mut library = Library::default();
    match library.add("fuzz", &text(data), PROGRAM.surroundings()) {
        Ok(()) => {
            let description = openapi(&PROGRAM.api(&library)).to_string();
            assert!(description.contains("/api/op/"));
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(problem.position.line > 0 && problem.position.column > 0);
                assert!(!problem.text.is_empty());
            }
        }
    }
});
