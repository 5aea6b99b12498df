//! The modules of the engine have no cyclic dependencies. So each can be understood after those
//! that it uses, and tested without those that use it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules that each module uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// Every file of Rust in a folder and below.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The module path of a file below `src`.
fn module(file: &Path) -> Vec<String> {
    let mut path: Vec<String> = file
        .with_extension("")
        .iter()
        .skip_while(|part| *part != "src")
        .skip(1)
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

/// A file's text without comments and without its test module.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join("\n");
    code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

/// The absolute paths in a module's code: those that begin with `crate` or `super`. A list in
/// braces gives a path for each element.
fn paths(code: &str, me: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|it| it.is_alphanumeric() || it == '_' || it == ':' || it == '$') {
            continue;
        }
        expand(&code[start..], &mut Vec::new(), &mut found);
    }
    let absolute = found.into_iter().map(|path| {
        let up = path.iter().take_while(|part| *part == "super").count();
        match path.first().map(String::as_str) {
            Some("crate") => path[1..].to_vec(),
            _ => [&me[..me.len().saturating_sub(up)], &path[up..]].concat(),
        }
    });
    absolute.collect()
}

/// Parses one path with lists in braces. Returns the rest of the text.
fn expand<'a>(text: &'a str, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let end = text.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(text.len());
    let depth = before.len();
    let mut rest = &text[end..];
    if end > 0 {
        before.push(text[..end].to_owned());
    }
    if let Some(next) = rest.strip_prefix("::") {
        if let Some(list) = next.strip_prefix('{') {
            rest = list;
            while !rest.starts_with('}') && !rest.is_empty() {
                let at = rest.find(|it: char| it.is_alphanumeric() || it == '}' || it == '*');
                rest = &rest[at.unwrap_or(rest.len())..];
                if rest.starts_with('}') {
                    break;
                }
                rest = expand(rest, before, found);
                let at = rest.find([',', '}']);
                rest = &rest[at.unwrap_or(rest.len())..];
            }
            rest = rest.strip_prefix('}').unwrap_or(rest);
        } else {
            rest = expand(next, before, found);
        }
    } else {
        found.push(before.clone());
    }
    before.truncate(depth);
    rest
}

/// The dependencies between the modules directly below `room`, or below `src` if `room` is empty.
fn uses(room: &[&str]) -> Uses {
    let mut uses = Uses::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let depth = room.len();
    let is_inside =
        |path: &[String]| path.len() > depth && path.iter().zip(room).all(|(a, b)| a == b);
    let modules: Vec<(Vec<String>, PathBuf)> =
        files(&root).into_iter().map(|file| (module(&file), file)).collect();
    let names: BTreeSet<&String> =
        modules.iter().filter(|(path, _)| is_inside(path)).map(|(path, _)| &path[depth]).collect();
    for (me, file) in &modules {
        if !is_inside(me) || me.iter().any(|part| part == "tests") {
            continue;
        }
        let own = uses.entry(me[depth].clone()).or_default();
        for path in paths(&code(file), me) {
            if is_inside(&path) && path[depth] != me[depth] && names.contains(&path[depth]) {
                own.insert(path[depth].clone());
            }
        }
    }
    uses
}

/// A cycle of modules, each of which uses the next.
fn cycle(uses: &Uses) -> Option<Vec<String>> {
    fn follow(at: &str, way: &mut Vec<String>, done: &mut BTreeSet<String>, uses: &Uses) -> bool {
        if let Some(begin) = way.iter().position(|name| name == at) {
            way.drain(..begin);
            return true;
        }
        if !done.insert(at.to_owned()) {
            return false;
        }
        way.push(at.to_owned());
        if uses.get(at).into_iter().flatten().any(|next| follow(next, way, done, uses)) {
            return true;
        }
        way.pop();
        false
    }
    let mut done = BTreeSet::new();
    uses.keys().find_map(|name| {
        let mut way = Vec::new();
        follow(name, &mut way, &mut done, uses).then_some(way)
    })
}

#[test]
fn engine_modules_form_no_cycle() {
    let all = uses(&[]);
    assert!(all["http"].contains("op") && all["op"].contains("db"), "they are read: {all:?}");
    assert_eq!(cycle(&all), None);
    let http = uses(&["http"]);
    assert!(http["endpoint"].contains("response"), "they are read: {http:?}");
    assert_eq!(cycle(&http), None);
    assert_eq!(cycle(&uses(&["server"])), None);
}

#[test]
fn cycle_finder_handles_cycles_and_use_lists() {
    let me = ["a".to_owned(), "b".to_owned()];
    let code = "use crate::{x::{Y, z::W}, v};\nuse super::super::u::T;\nfn f(x: crate::t::S) {}";
    let found: Vec<String> = paths(code, &me).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["x::Y", "x::z::W", "v", "t::S", "u::T"]);
    let uses = |pairs: &[(&str, &str)]| {
        let mut uses = Uses::new();
        for (from, to) in pairs {
            uses.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        uses
    };
    assert_eq!(cycle(&uses(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    let found = cycle(&uses(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")])).unwrap();
    assert_eq!(found, ["b", "c", "d"]);
}

/// The tables that the engine itself uses: who is logged in, limits, ids, what waits to be done.
const TABLES: [&str; 6] = ["account", "journal", "pending", "quota", "sequence", "session"];

#[test]
fn engine_names_only_its_own_tables() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let steps =
        ["schema.sql", "schema/step-2.sql", "schema/step-3.sql"].map(|step| root.join(step));
    let schema: String = steps.iter().map(|step| fs::read_to_string(step).unwrap()).collect();
    let tables: BTreeSet<&str> = schema
        .split("CREATE TABLE ")
        .skip(1)
        .map(|rest| rest.split([' ', '(', '\n']).next().unwrap())
        .collect();
    assert!(tables.len() > 15, "{tables:?}");
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for file in files(&root.join("src")) {
        if module(&file).iter().any(|part| part == "tests") {
            continue;
        }
        let code = code(&file);
        let words: Vec<&str> = code.split_whitespace().collect();
        for pair in words.windows(2) {
            let [before, name] = pair else { continue };
            let name = name.trim_matches(|it: char| !it.is_alphanumeric() && it != '_');
            let is_sql = ["FROM", "INTO", "UPDATE", "JOIN"].iter().any(|it| before.ends_with(it));
            named.extend(tables.get(name).copied().filter(|_| is_sql));
        }
    }
    assert_eq!(named.into_iter().collect::<Vec<_>>(), TABLES);
}
