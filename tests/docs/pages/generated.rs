//! Regions of pages that are made from the program: `GUICHET_WRITE_DOCS=1 cargo test --test docs` writes them anew,
//! otherwise a region that differs fails its test.

mod commands;
mod fields;
mod keys;
mod metrics;
mod routes;

use super::{regions, root};
use std::fs;
use std::sync::{Mutex, PoisonError};

/// Tests run side by side, and a page may have several regions.
static WRITING: Mutex<()> = Mutex::new(());

/// Expect the region `name` of a page to be `content`; write it if that is asked for.
fn expect(page: &str, name: &str, content: &str) {
    let path = root().join(page);
    let name = format!("generated {name}");
    let content = format!("\n\n{}\n\n", content.trim());
    let is_writing = std::env::var_os("GUICHET_WRITE_DOCS").is_some();
    let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = fs::read_to_string(&path).unwrap();
    let [old] = &regions(&text, &name)[..] else { panic!("{page} has no region {name:?}") };
    if *old == content {
        return;
    }
    assert!(
        is_writing,
        "{page}: the region {name:?} is not what the program says; run \
         `GUICHET_WRITE_DOCS=1 cargo test --test docs generated` and look at the difference"
    );
    let begin = format!("<!-- {name}: begin -->");
    fs::write(&path, text.replace(&format!("{begin}{old}"), &format!("{begin}{content}"))).unwrap();
}
