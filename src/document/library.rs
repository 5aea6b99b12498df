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
    /// The files that they were made of, but for those that are built in.
    files: Vec<SourceFile>,
}

/// A document's file, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
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

    /// Are its own documents made of exactly these files?
    pub(crate) fn is_of(&self, files: &[SourceFile]) -> bool {
        self.files == files
    }

    /// Add a document that is built in. An error says what is wrong with it, line by line.
    pub fn add(
        &mut self,
        name: &str,
        text: &str,
        around: Surroundings<'_>,
    ) -> Result<(), Vec<Problem>> {
        self.push(name, compile(name, text, around)?)
    }

    /// Add a document of a file. An error says what is wrong with it, line by line.
    pub fn add_file(
        &mut self,
        file: SourceFile,
        around: Surroundings<'_>,
    ) -> Result<(), Vec<Problem>> {
        let shown = file.path.display().to_string();
        let mut document = compile(&shown, &file.text, around)?;
        document.file = Some(file.path.clone());
        self.files.push(file);
        self.push(&shown, document)
    }

    fn push(&mut self, shown: &str, document: Document) -> Result<(), Vec<Problem>> {
        if self.documents().any(|known| known.name == document.name) {
            let text = format!("there is a document `{}` already", document.name);
            return Err(vec![at_start(shown, text)]);
        }
        self.documents.push(Box::leak(Box::new(document)));
        Ok(())
    }
}

/// Read every file of a folder whose name ends in `.toml`, in the order of their names.
pub fn read_folder(dir: &Path) -> Result<Vec<SourceFile>, Vec<Problem>> {
    let wrong = |text: String| vec![at_start(&dir.display().to_string(), text)];
    let paths = files(dir).map_err(|error| wrong(format!("can't be read: {error}")))?;
    if paths.len() > MAX_FILES {
        return Err(wrong(format!("has more than {MAX_FILES} files")));
    }
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        match read(path) {
            Ok(file) => files.push(file),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// Read a document's file.
pub fn read(path: PathBuf) -> Result<SourceFile, Vec<Problem>> {
    let wrong = |text: String| vec![at_start(&path.display().to_string(), text)];
    let open = || {
        let mut bytes = Vec::new();
        fs::File::open(&path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes = open().map_err(|error| wrong(format!("can't be read: {error}")))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(wrong(format!(
            "is longer than {MAX_FILE} bytes, the most that a document may have"
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8".into()))?;
    Ok(SourceFile { path, text })
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
