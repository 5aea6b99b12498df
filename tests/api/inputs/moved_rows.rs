//! Imports of folders that other programs have changed.

use crate::common::cli::{done, folder, guichet};
use crate::common::{Folder, Server};
use std::fs;
use std::path::Path;
use std::process::Output;

const ROW: &str = r#"{"id":1,"name":"a","content":"","owner":1,"created_at":1}"#;
const OTHER: &str = r#"{"id":2,"name":"b","content":"","owner":1,"created_at":1}"#;

/// A folder with an export of a new database in `out`, and without the database.
fn exported() -> Folder {
    let folder = folder();
    done(guichet(folder.path(), &["user", "list"]));
    done(guichet(folder.path(), &["export", folder.path().join("out").to_str().unwrap()]));
    fs::remove_dir_all(folder.path().join("data")).unwrap();
    folder
}

fn import(folder: &Path) -> Output {
    let _ = fs::remove_dir_all(folder.join("data"));
    guichet(folder, &["import", folder.join("out").to_str().unwrap()])
}

#[test]
fn import_reads_any_line_ending_and_bom() {
    // Public reports: recall#38 and jsonlines#68 (a byte order mark), Jankson#56 (ends of lines),
    // PyRIT#1479 and jtbl#14 (blank lines).
    let folder = exported();
    let path = folder.path();
    let bom = "\u{feff}";
    for (what, text) in [
        ("as exported", format!("{ROW}\n{OTHER}\n")),
        ("a mark before the first line", format!("{bom}{ROW}\n{OTHER}\n")),
        ("a mark in the middle", format!("{ROW}\n{bom}{OTHER}\n")),
        ("ends of lines of Windows", format!("{ROW}\r\n{OTHER}\r\n")),
        ("both", format!("{bom}{ROW}\r\n{bom}{OTHER}\r\n")),
        ("no end of the last line", format!("{ROW}\n{OTHER}")),
        ("blank lines at the end", format!("{ROW}\n{OTHER}\n\n\r\n")),
        ("blank lines between", format!("\n{ROW}\n \t\n{OTHER}\n")),
        ("indented", format!("  {ROW}\n\t{OTHER}  \n")),
        ("a mark alone at the end", format!("{ROW}\n{OTHER}\n{bom}")),
    ] {
        fs::write(path.join("out/shop.jsonl"), &text).unwrap();
        let told = done(import(path));
        assert!(told.contains("shop\t2\n"), "{what}: {told}");
        let rows = done(guichet(path, &["export", "-t", "shop"]));
        assert_eq!(rows.lines().count(), 2, "{what}: {rows}");
    }
    // Line numbers are those of an editor.
    fs::write(path.join("out/shop.jsonl"), format!("{ROW}\n\n{{\n")).unwrap();
    let said = String::from_utf8(import(path).stderr).unwrap();
    assert!(said.contains("shop.jsonl:3: "), "{said}");
}

#[test]
fn import_files_in_another_format_are_not_ignored() {
    for name in [
        "account.jsonl.gz",
        "account.jsonl.zst",
        "account.jsonl.bak",
        "account.jsonl~",
        "Account.JSONL",
        "account (1).jsonl.txt",
        "account.ndjson",
        "account.json",
        "account.csv",
        "account",
        "account-2.csv",
        "moved.jsonl.gz",
        "other.ndjson",
    ] {
        let folder = exported();
        let (path, file) = (folder.path(), folder.path().join("out").join(name));
        fs::write(&file, "\u{1f}\u{8b}").unwrap();
        let output = import(path);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{name}");
        assert!(said.contains(&file.display().to_string()), "{name}: {said}");
        assert!(said.contains("may hold its rows"), "{name}: {said}");
        // A folder of that name is refused too.
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert_eq!(import(path).status.code(), Some(2), "{name}/");
        fs::remove_dir(&file).unwrap();
        done(import(path));
    }
    // A name similar to a table's.
    for name in ["accounts.jsonl", "Account.jsonl", "account (1).jsonl", " account.jsonl"] {
        let folder = exported();
        fs::write(folder.path().join("out").join(name), "").unwrap();
        let output = import(folder.path());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(said.contains("there is no table"), "{name}: {said}");
    }
}

#[test]
fn unread_import_files_are_reported() {
    let folder = exported();
    let out = folder.path().join("out");
    for name in ["README", "notes.txt", "accounting.xls", "SHA256SUMS", ".DS_Store", "._shop.jsonl"]
    {
        fs::write(out.join(name), "x").unwrap();
    }
    fs::create_dir(out.join("pictures")).unwrap();
    let output = import(folder.path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    for name in ["README", "notes.txt", "accounting.xls", "SHA256SUMS", "pictures"] {
        assert!(said.contains(&format!("not read: {}\n", out.join(name).display())), "{said}");
    }
    assert_eq!(said.lines().count(), 5, "hidden files are nobody's news: {said}");
}

#[test]
fn row_of_an_earlier_version_gets_defaults() {
    if crate::common::postgres::is_used() {
        return;
    }
    let server = Server::start("");
    server.account("nora");
    let folder = folder();
    let out = folder.path().join("out");
    done(guichet(server.folder(), &["export", out.to_str().unwrap()]));
    // Optional keys may be missing.
    let file = out.join("account.jsonl");
    let lines = fs::read_to_string(&file).unwrap();
    let lines = lines.lines().map(|line| {
        let mut row: serde_json::Value = serde_json::from_str(line).unwrap();
        for column in ["avatar_size", "mobile", "real_name", "id_card"] {
            row.as_object_mut().unwrap().remove(column).unwrap();
        }
        format!("{row}\n")
    });
    let lines: String = lines.collect();
    fs::write(&file, lines).unwrap();
    done(guichet(folder.path(), &["import", out.to_str().unwrap()]));
    let server = Server::start_in(folder, "");
    server.login("nora");
}
