//! All paths of a program: the documents behind them, and a list.

use super::endpoint::routing::Routing;
use super::{Description, EVENTS, OPERATION, Probe, RPC};
use crate::document::{self, Library, Problem, SourceFile};
use crate::op::{Name, RegisteredOp};
use crate::program::Program;
use std::path::Path;

/// The documents that are built in, and those of a folder.
pub fn library(program: &Program, dir: Option<&Path>) -> Result<Library, Vec<Problem>> {
    Routing::new(program, own_files(dir)?).map(|routing| routing.library)
}

/// Read one document's file as a server with the built-in documents and those of a folder would; how many routes it
/// has.
pub fn check_document(
    program: &Program,
    file: &Path,
    dir: Option<&Path>,
) -> Result<usize, Vec<Problem>> {
    let mut files = own_files(dir)?;
    files.retain(|known| !is_same(&known.path, file));
    files.push(document::read(file.to_owned())?);
    let library = Routing::new(program, files)?.library;
    let checked = library.documents().find(|document| document.file.as_deref() == Some(file));
    Ok(checked.map_or(0, |document| document.routes.len()))
}

/// The files of the folder of documents, if there is one.
pub(crate) fn own_files(dir: Option<&Path>) -> Result<Vec<SourceFile>, Vec<Problem>> {
    dir.map_or_else(|| Ok(Vec::new()), document::read_folder)
}

fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().zip(other.canonicalize().ok()).is_some_and(|(one, other)| one == other)
}

/// All that can be asked for, a line each: every operation with `login` or `anyone` and the keys
/// of its data, then every path with its operations and the keys of its query or body. Tabs
/// stand between the columns, spaces between keys.
pub fn routes(program: &Program, library: &Library) -> Vec<String> {
    let named = |(kind, subtype): Name| format!("{kind}/{subtype}");
    let keys =
        |op: Name| program.registry.get(op.0, op.1).map(RegisteredOp::fields).unwrap_or_default();
    let mut lines = Vec::new();
    for entry in program.registry.entries() {
        let who = if entry.needs_login { "login" } else { "anyone" };
        lines.push(format!("{}\t{who}\t{}", named(entry.name), entry.fields().join(" ")));
    }
    for path in ["/api"].iter().chain(program.endpoints) {
        lines.push(format!("POST\t{path}\tenvelope\tid status type subtype data"));
    }
    lines.push(format!("POST\t{RPC}\tjson-rpc\tjsonrpc method params id"));
    lines.push(format!("POST\t{OPERATION}\toperation\t"));
    lines.push(format!("GET\t{EVENTS}\tevents\tboard limit"));
    for (path, what, _) in Description::PATHS {
        lines.push(format!("GET\t{path}\t{what}\t"));
    }
    for (path, what, _) in Probe::PATHS {
        lines.push(format!("GET\t{path}\t{what}\t"));
    }
    for route in library.documents().flat_map(|document| &document.routes) {
        let ops: Vec<String> = route.ops().map(named).collect();
        let keys = route.inputs.names().unwrap_or_else(|| keys(route.op)).join(" ");
        for path in &route.paths {
            lines.push(format!("{}\t{}\t{}\t{keys}", route.method, path.text, ops.join(" ")));
        }
    }
    lines
}
