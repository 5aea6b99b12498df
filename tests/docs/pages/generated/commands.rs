//! The commands and their help, as the program prints them.

use super::expect;
use crate::common::cli::{bare, done};

/// The commands that a help lists.
fn listed(args: &[&str]) -> Vec<String> {
    let help = done(bare(args));
    let Some((_, rest)) = help.split_once("Commands:\n") else { return Vec::new() };
    let lines = rest.lines().take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   "));
    let names = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

/// Every command, those below another one as `user add`.
fn commands() -> Vec<String> {
    let mut commands = Vec::new();
    for name in listed(&["--help"]) {
        let below = listed(&["help", &name]);
        if below.is_empty() {
            commands.push(name);
        } else {
            commands.extend(below.into_iter().map(|inner| format!("{name} {inner}")));
        }
    }
    assert!(commands.len() > 15, "{commands:?}");
    commands
}

/// The help of a command without the options that all have.
fn help(command: &str) -> String {
    let args: Vec<&str> = std::iter::once("help").chain(command.split(' ')).collect();
    let help = done(bare(&args));
    let Some((before, rest)) = help.split_once("  -c, --config <FILE>\n") else { return help };
    let after = rest.split_once("(see a summary with '-h')\n").map_or("", |(_, after)| after);
    let before = before.trim_end().trim_end_matches("Options:").trim_end();
    format!("{before}\n{after}").trim_end().to_owned()
}

#[test]
fn page_has_every_command_with_its_help() {
    let mut table = "| command | what it does |\n| --- | --- |\n".to_owned();
    let mut texts = String::new();
    for command in commands() {
        let help = help(&command);
        let about = help.lines().next().unwrap();
        let usage = help.lines().find_map(|line| line.strip_prefix("Usage: ")).expect(&command);
        let usage = usage.replace("[OPTIONS] ", "").replace(" [OPTIONS]", "");
        let anchor = format!("guichet-{}", command.replace(' ', "-"));
        table.push_str(&format!("| [`{}`](#{anchor}) | {about} |\n", usage.replace('|', "\\|")));
        texts.push_str(&format!("### guichet {command}\n\n```text\n{help}\n```\n\n"));
    }
    expect("docs/cli.md", "commands", &table);
    expect("docs/cli.md", "help", &texts);
}
