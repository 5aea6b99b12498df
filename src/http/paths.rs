//! All paths of a program: the documents behind them, and a list.

use super::{Description, OPERATION, Probe, RPC, Router};
use crate::document::{self, Library, Problem};
use crate::op::{Name, RegisteredOp};
use crate::program::Program;
use std::path::Path;

/// The documents that are built in, and those of a folder.
pub fn library(program: &Program, dir: Option<&Path>) -> Result<Library, Vec<Problem>> {
    let mut library = Library::default();
    for (name, text) in program.documents {
        library.add(name, text, None, program.surroundings())?;
    }
    if let Some(dir) = dir {
        library.add_folder(dir, program.surroundings())?;
    }
    Router::new(&program.registry, program.endpoints, &library)
        .map_err(super::RouteError::problems)?;
    Ok(library)
}

/// Read one document's file as a server with the built-in documents and those of a folder would.
pub fn check_document(
    program: &Program,
    file: &Path,
    dir: Option<&Path>,
) -> Result<Library, Vec<Problem>> {
    let mut all = library(program, dir)?;
    let is_among_them =
        dir.zip(file.parent()).is_some_and(|(dir, parent)| same_folder(parent, dir));
    if !is_among_them {
        let text = document::read(file)?;
        all.add("", &text, Some(file), program.surroundings())?;
        Router::new(&program.registry, program.endpoints, &all)
            .map_err(super::RouteError::problems)?;
    }
    Ok(all)
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

fn same_folder(one: &Path, other: &Path) -> bool {
    let here = |path: &Path| {
        if path == Path::new("") { Path::new(".").to_owned() } else { path.to_owned() }
    };
    match (here(one).canonicalize(), here(other).canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
