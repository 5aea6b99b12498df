//! The pages are correct: their commands work and answer as shown, their tables match the program,
//! and their links have targets.

mod documents;
mod generated;
mod links;
mod samples;
mod statuses;
mod walk;

use std::fs;
use std::path::{Path, PathBuf};

/// A page of the documentation.
struct Page {
    /// Its path below the root of the repository.
    path: PathBuf,
    text: String,
}

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page: those at the root, and all in `docs`.
fn pages() -> Vec<Page> {
    let mut paths = Vec::new();
    collect(root(), false, &mut paths);
    collect(&root().join("docs"), true, &mut paths);
    paths.sort();
    let pages: Vec<Page> = paths
        .into_iter()
        .map(|path| Page {
            text: fs::read_to_string(&path).unwrap(),
            path: path.strip_prefix(root()).unwrap().to_owned(),
        })
        .collect();
    assert!(pages.len() > 20, "the pages are found");
    pages
}

/// The Markdown files of a folder.
fn collect(folder: &Path, below: bool, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if below && path.is_dir() {
            collect(&path, below, paths);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
}

/// The text between the two comments of a named region, which exists on one page.
fn between(name: &str) -> String {
    let regions: Vec<String> = pages().iter().flat_map(|page| regions(&page.text, name)).collect();
    let [region] = &regions[..] else { panic!("{name} stands {} times", regions.len()) };
    region.clone()
}

/// Every region of a name in a text.
fn regions(text: &str, name: &str) -> Vec<String> {
    let begin = format!("<!-- {name}: begin -->");
    let end = format!("<!-- {}: end -->", name.split(" with ").next().unwrap());
    let parts = text.split(&begin).skip(1);
    parts.map(|part| part.split_once(&end).expect(name).0.to_owned()).collect()
}

/// The rows of a table of three columns, without the ticks of code.
fn rows(name: &str) -> Vec<[String; 3]> {
    let text = between(name);
    let lines = text.lines().filter(|line| line.starts_with('|')).skip(2);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let ["", first, second, third, ""] = cells[..] else { panic!("three columns: {line}") };
            [first.replace('`', ""), second.replace('`', ""), third.to_owned()]
        })
        .collect()
}
