//! Links from page to page.

use super::{Page, pages, root};
use std::fs;
use std::path::Path;

/// The anchors of a page: its headings, as the page is shown.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        let title = line.trim_start_matches('#').strip_prefix(' ');
        if let Some(title) = title.filter(|_| line.starts_with('#') && !in_code) {
            let is_plain = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            let plain: String = title.to_lowercase().chars().filter(is_plain).collect();
            anchors.push(plain.replace(' ', "-"));
        }
    }
    anchors
}

/// The targets of a page's links, without those in code.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        if !in_code {
            let ends = line.split("](").skip(1);
            links.extend(ends.filter_map(|rest| rest.split_once(')').map(|(link, _)| link)));
            let pictures = line.split("src=\"").skip(1);
            links.extend(pictures.filter_map(|rest| rest.split_once('"').map(|(link, _)| link)));
        }
    }
    links
}

/// Why a link of a page is broken, if it is.
fn broken(page: &Page, link: &str) -> Option<String> {
    if link.starts_with("https://") || link.starts_with("http://") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = root().join(page.path.parent().unwrap_or(Path::new("")));
    let target = match path {
        "" => root().join(&page.path),
        path => folder.join(path),
    };
    let told = format!("{}: {link}", page.path.display());
    if !target.exists() {
        return Some(told);
    }
    let is_known = anchor.is_empty()
        || anchors(&fs::read_to_string(target).unwrap()).iter().any(|known| known == anchor);
    (!is_known).then_some(told)
}

#[test]
fn every_link_in_the_docs_has_a_target() {
    let pages = pages();
    let mut count = 0;
    let mut bad = Vec::new();
    for page in &pages {
        for link in links(&page.text) {
            count += 1;
            bad.extend(broken(page, link));
        }
    }
    assert!(count > 100, "links are found: {count}");
    assert!(bad.is_empty(), "{bad:#?}");
}

/// The index links to every page.
#[test]
fn docs_index_links_to_every_page() {
    let pages = pages();
    let index = pages.iter().find(|page| page.path == Path::new("docs/README.md")).unwrap();
    let linked = links(&index.text);
    for page in &pages {
        let Ok(path) = page.path.strip_prefix("docs") else { continue };
        let path = path.to_str().unwrap();
        let is_linked = path == "README.md" || linked.contains(&path);
        assert!(is_linked, "docs/README.md does not link {path}");
    }
}

/// The folders whose files pages name in code.
const FOLDERS: [&str; 7] =
    ["benches/", "commands/", "examples/", "fuzz/", "handlers/", "src/", "tests/"];

/// The file or folder that a page's code names, if it does.
fn named<'a>(page: &Page, code: &'a str) -> Option<&'a str> {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let is_in_folder = FOLDERS.iter().any(|folder| code.starts_with(folder));
    let is_in_map = is_map(page) && (code.ends_with('/') || code.ends_with(".rs"));
    // Fuzzing makes this folder; it is not kept.
    let is_kept = code != "fuzz/corpus";
    (code.chars().all(is_path) && (is_in_folder || is_in_map) && is_kept).then_some(code)
}

/// The map of the architecture names the engine's folders without `src/`.
fn is_map(page: &Page) -> bool {
    page.path == Path::new("ARCHITECTURE.md")
}

/// Who moves a file changes the pages that name it.
#[test]
fn files_that_pages_name_exist() {
    let mut count = 0;
    let mut missing = Vec::new();
    for page in pages() {
        let codes = page.text.split('`').skip(1).step_by(2);
        for path in codes.filter_map(|code| named(&page, code)) {
            count += 1;
            let is_in_engine = is_map(&page) && root().join("src").join(path).exists();
            if !is_in_engine && !root().join(path).exists() {
                missing.push(format!("{}: {path}", page.path.display()));
            }
        }
    }
    assert!(count > 80, "files are found: {count}");
    assert!(missing.is_empty(), "{missing:#?}");
}
