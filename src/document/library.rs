//! All documents of a server: those that are built in, and the files of a folder.

use super::Document;
use super::compile::{Surroundings, compile};
use super::problem::{Position, Problem};
use crate::metrics::RouteSnapshot;
use crate::op::File;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The longest file, in bytes. The largest built-in document has 5,000.
pub const MAX_FILE: u64 = 1 << 20;

/// The most files of a folder.
pub const MAX_FILES: usize = 64;

/// The most routes of one document.
pub const MAX_ROUTES: usize = 1_000;

/// A picture that documents may name.
#[derive(Clone, Copy)]
pub struct NamedPicture {
    /// Its name.
    pub name: &'static str,
    /// The picture.
    pub file: &'static File,
}

/// All documents of a server. They stay in memory until its end: a request may still read one that was replaced.
#[derive(Debug, Clone, Default)]
pub struct Library {
    documents: Vec<&'static Document>,
}

impl Library {
    /// The documents, in the order in which they are described.
    pub fn documents(&self) -> impl Iterator<Item = &'static Document> + '_ {
        self.documents.iter().copied()
    }

    /// How often each route was asked for.
    pub(crate) fn counted(&self) -> Vec<RouteSnapshot> {
        let routes = self.documents().flat_map(|it| it.routes.iter().map(move |route| (it, route)));
        routes
            .map(|(document, route)| RouteSnapshot {
                document: document.name.clone(),
                method: route.method,
                path: route.paths.first().map(|path| path.text.clone()).unwrap_or_default(),
                requests: route.requests.get(),
            })
            .collect()
    }

    /// Add one document. An error says what is wrong with it, line by line.
    pub fn add(
        &mut self,
        name: &str,
        text: &str,
        file: Option<&Path>,
        around: Surroundings<'_>,
    ) -> Result<(), Vec<Problem>> {
        let shown = file.map_or_else(|| name.to_owned(), |file| file.display().to_string());
        let mut document = compile(&shown, text, around)?;
        if self.documents().any(|known| known.name == document.name) {
            let text = format!("there is a document `{}` already", document.name);
            return Err(vec![at_start(&shown, text)]);
        }
        document.file = file.map(Path::to_owned);
        self.documents.push(Box::leak(Box::new(document)));
        Ok(())
    }

    /// Add every file of a folder whose name ends in `.toml`, in the order of their names.
    pub fn add_folder(&mut self, dir: &Path, around: Surroundings<'_>) -> Result<(), Vec<Problem>> {
        let files = files(dir).map_err(|error| {
            vec![at_start(&dir.display().to_string(), format!("can't be read: {error}"))]
        })?;
        if files.len() > MAX_FILES {
            let text = format!("has more than {MAX_FILES} files");
            return Err(vec![at_start(&dir.display().to_string(), text)]);
        }
        let mut problems = Vec::new();
        for file in files {
            let added = read(&file).and_then(|text| self.add("", &text, Some(&file), around));
            problems.extend(added.err().into_iter().flatten());
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// The text of a document's file.
pub fn read(file: &Path) -> Result<String, Vec<Problem>> {
    let wrong = |text: String| vec![at_start(&file.display().to_string(), text)];
    let open = || {
        let mut bytes = Vec::new();
        fs::File::open(file)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes = open().map_err(|error| wrong(format!("can't be read: {error}")))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(wrong(format!(
            "is longer than {MAX_FILE} bytes, the most that a document may have"
        )));
    }
    String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8".into()))
}

fn files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn at_start(file: &str, text: String) -> Problem {
    Problem { file: file.to_owned(), position: Position { line: 1, column: 1 }, text }
}
