//! Runs the commands of each page in order, on a server for each page.

use super::{between, pages, regions};
use crate::common::{Server, has, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Keys whose values differ each time.
const FRESH: [&str; 16] = [
    "avatar",
    "avatar_url",
    "base64",
    "creat_time",
    "create_time",
    "imgdata",
    "profilePicture",
    "profile_picture",
    "publish_time",
    "rand",
    "round",
    "shop_id",
    "time",
    "token",
    "update_time",
    "url",
];

#[test]
fn documented_commands_answer_as_shown() {
    if !(has("sh") && has("curl")) {
        return;
    }
    let wrong: Vec<String> = walks().iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Runs a page's commands on an empty server. Returns the answers that differ from those shown.
fn check(walk: &Walk) -> Vec<String> {
    // As docs/api/envelope.md says.
    let server = Server::start("[sms]\nper_30_seconds = 0\n");
    // Every answer is also stored, under the number of its block.
    let mut script = r#"
        curl() { command curl "$@" | tee -a "answers.$block"; echo >> "answers.$block"; }
    "#
    .to_owned();
    for (number, block) in walk.blocks.iter().enumerate() {
        let commands = block.commands.replace("127.0.0.1:8080", server.address());
        script.push_str(&format!("block={number}\n{commands}"));
    }
    assert!(script.contains(server.address()), "{} names its server", walk.page);
    run(Command::new("sh").arg("-euc").arg(script).current_dir(server.folder()));
    let mut wrong = Vec::new();
    for (number, Block { commands, answer: shown }) in walk.blocks.iter().enumerate() {
        if !commands.contains("curl -") {
            continue;
        }
        let path = server.folder().join(format!("answers.{number}"));
        let told = fs::read_to_string(path).expect(commands);
        let mut answers = told.lines().filter(|line| !line.is_empty()).peekable();
        assert!(answers.peek().is_some(), "{}: {commands}", walk.page);
        while let Some(line) = answers.next() {
            let answer = serde_json::from_str(line).unwrap_or(Value::from(line));
            let is_right = match shown {
                Some(shown) if answers.peek().is_none() => {
                    without_varying_values(&answer) == without_varying_values(shown)
                }
                _ => is_done(&answer),
            };
            if !is_right {
                wrong.push(format!("{}: {commands}\n{line}", walk.page));
            }
        }
    }
    wrong
}

#[test]
fn documented_commands_use_every_path() {
    let walk = all_commands();
    let mut taken = 0;
    for document in ["rank", "pinball", "entry_task", "ihome"] {
        let path = format!("{}/handlers/documents/{document}.toml", env!("CARGO_MANIFEST_DIR"));
        let source = fs::read_to_string(path).unwrap();
        // A route's first path, up to its first parameter.
        for route in source.split("[[route]]").skip(1) {
            let path = route.split('"').find(|text| text.starts_with('/')).unwrap();
            let path = path.replace("{app}", "pinball");
            let path = path.split('{').next().unwrap();
            assert!(walk.contains(&format!("$base{path}")) || path == "/upload/", "{path}");
            taken += 1;
        }
    }
    assert!(taken > 20, "{taken}");
}

#[test]
fn documented_commands_call_every_operation() {
    let walk = all_commands();
    let mut names = Vec::new();
    operations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("handlers"), &mut names);
    assert!(names.len() > 30, "{names:?}");
    for (kind, subtype) in names {
        // Clients know it as the address of an avatar, `GET /upload/{name}`.
        if (&*kind, &*subtype) != ("portrait", "file") {
            let call = format!("\"type\":\"{kind}\",\"subtype\":\"{subtype}\"");
            assert!(walk.contains(&call), "{kind}/{subtype}");
        }
    }
}

/// The names of the operations in the sources of a folder.
fn operations(folder: &Path, names: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // The console's operations are called by its pages (docs/console.md).
            if !path.ends_with("handlers/admin") {
                operations(&path, names);
            }
            continue;
        }
        let source = fs::read_to_string(path).unwrap();
        for line in source.lines().filter(|line| line.contains("const NAME: ")) {
            let [_, kind, _, subtype, _] = line.split('"').collect::<Vec<_>>()[..] else {
                panic!("a name is (type, subtype): {line}");
            };
            names.push((kind.to_owned(), subtype.to_owned()));
        }
    }
}

/// Commands of a page, and the answer shown below them.
#[derive(Clone)]
struct Block {
    commands: String,
    answer: Option<Value>,
}

/// All commands of a page.
struct Walk {
    page: String,
    blocks: Vec<Block>,
}

/// The commands of all pages, with the setup that they need.
fn walks() -> Vec<Walk> {
    let functions = fences(&between("setup"));
    let account = fences(&between("setup account"));
    let mut walks = Vec::new();
    for page in pages() {
        let plain = regions(&page.text, "walk");
        let with_account = regions(&page.text, "walk with account");
        assert!(plain.is_empty() || with_account.is_empty(), "{}", page.path.display());
        let setup = if with_account.is_empty() { Vec::new() } else { account.clone() };
        let own = plain.iter().chain(&with_account).flat_map(|region| fences(region));
        let own: Vec<Block> = own.collect();
        if !own.is_empty() {
            let blocks = functions.iter().cloned().chain(setup).chain(own).collect();
            walks.push(Walk { page: page.path.display().to_string(), blocks });
        }
    }
    assert!(walks.len() > 10, "the walks are there");
    walks
}

/// All commands of all pages.
fn all_commands() -> String {
    walks().into_iter().flat_map(|walk| walk.blocks).map(|block| block.commands).collect()
}

/// The fenced blocks of a region.
fn fences(region: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for fence in region.split("```").skip(1).step_by(2) {
        match fence.split_once('\n') {
            Some(("sh", commands)) => {
                blocks.push(Block { commands: commands.to_owned(), answer: None });
            }
            Some(("json", answer)) => {
                let shown = serde_json::from_str(answer).expect(answer);
                blocks.last_mut().unwrap().answer = Some(shown);
            }
            _ => panic!("neither sh nor json: {fence}"),
        }
    }
    blocks
}

/// An answer without the values that differ each time.
fn without_varying_values(answer: &Value) -> Value {
    match answer {
        Value::Array(items) => items.iter().map(without_varying_values).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let fresh = FRESH.contains(&key.as_str()) && *value != "";
                (
                    key.clone(),
                    if fresh { "another each time".into() } else { without_varying_values(value) },
                )
            })
            .collect(),
        value => value.clone(),
    }
}

/// Did every item succeed?
fn is_done(answer: &Value) -> bool {
    match answer {
        // The output of `curl -w` for a picture.
        Value::String(line) => line == "200 image/png" || line == "200 image/jpg",
        Value::Array(items) => items.iter().all(is_done),
        // An envelope, JSON-RPC, and the documents.
        answer => match (answer.get("errno"), answer.get("code")) {
            (Some(errno), _) => errno == "0",
            (_, Some(code)) => *code == 0 || *code == 200,
            _ => answer["status"] == 0 || answer.get("result").is_some(),
        },
    }
}

#[test]
fn translated_pages_have_the_same_commands() {
    let pages = pages();
    let commands = |text: &str| -> Vec<String> {
        text.split("```").skip(1).step_by(2).map(str::to_owned).collect()
    };
    let mut count = 0;
    for page in &pages {
        let path = page.path.to_str().unwrap();
        let Some(name) = path.strip_suffix(".zh-CN.md") else { continue };
        let original = format!("{name}.md");
        let original = pages.iter().find(|page| page.path.to_str() == Some(&original));
        assert_eq!(commands(&page.text), commands(&original.expect(path).text), "{path}");
        count += 1;
    }
    assert_eq!(count, 2);
}
