//! Help, completions and manual pages of every command.

use crate::common::cli::{bare, done};
use crate::common::{Folder, has, run, with_input};
use std::fs;
use std::process::Command;

/// The commands that a help lists.
fn listed(args: &[&str]) -> Vec<String> {
    let help = done(bare(args));
    let Some((_, rest)) = help.split_once("Commands:\n") else { return Vec::new() };
    let lines = rest.lines().take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   "));
    let names = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_help() {
    let commands = listed(&["--help"]);
    for name in ["serve", "user", "check", "usage", "call", "routes", "seed", "export", "import"] {
        assert!(commands.iter().any(|listed| listed == name), "{name}: {commands:?}");
    }
    for name in &commands {
        let short = done(bare(&[name, "-h"]));
        let usage = format!("Usage: guichet {name}");
        assert!(short.contains(&usage), "{short}");
        assert_eq!(done(bare(&["help", name])), done(bare(&[name, "--help"])), "{name}");
        for option in short.lines().map(str::trim).filter(|line| line.starts_with('-')) {
            let explained = option.split("  ").filter(|part| !part.is_empty()).count();
            assert!(explained > 1, "{name}: {option:?} says nothing");
        }
    }
    for name in listed(&["user", "--help"]) {
        assert!(done(bare(&["user", &name, "--help"])).contains("Usage: guichet user"), "{name}");
    }
}

#[test]
fn help_explains_every_option() {
    for (args, words) in [
        (&["check", "--help"][..], &["--quick", "--config <FILE>"][..]),
        (&["call", "--help"], &["<TYPE> <SUBTYPE> [DATA]", "--url", "--token", "GUICHET_TOKEN"]),
        (&["seed", "--help"], &["--accounts <N>", "--seed <N>", "--force", "[default: 1000]"]),
        (&["export", "--help"], &["--table <TABLE>", "[DIR]", "Examples:"]),
        (&["import", "--help"], &["<DIR>"]),
        (&["usage", "--help"], &["--json", "Examples:"]),
        (&["completions", "--help"], &["bash", "zsh", "fish"]),
    ] {
        let help = done(bare(args));
        for word in words {
            assert!(help.contains(word), "{args:?}: {word:?} is not in {help}");
        }
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }
}

#[test]
fn misspelt_command_gets_a_suggestion() {
    for (args, meant) in [
        (&["sed"][..], "'seed'"),
        (&["exprot", "x"], "'export'"),
        (&["user", "lst"], "'list'"),
        (&["check", "--quik"], "'--quick'"),
    ] {
        let output = bare(args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("similar") && said.contains(meant), "{args:?}: {said}");
        assert!(!said.contains('\u{1b}'), "colours are for terminals: {said:?}");
    }
}

#[test]
fn completions_and_manual_work_without_configuration() {
    for args in [&["completions", "bash"][..], &["man"], &["document", "show"]] {
        let args = [&["-c", "/nonexistent/guichet.toml"], args].concat();
        assert!(!done(bare(&args)).is_empty(), "{args:?}");
    }
}

#[test]
fn every_shell_completes_every_command() {
    let commands = listed(&["--help"]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = done(bare(&["completions", shell]));
        for word in commands.iter().map(String::as_str).chain(["password-stdin", "accounts"]) {
            assert!(script.contains(word), "{shell}: {word}");
        }
        if ["bash", "fish", "zsh"].contains(&shell) && has(shell) {
            let output = with_input(Command::new(shell).arg("-n"), &script);
            assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
        }
    }
    if has("bash") {
        // The completions of bash for `guichet user pa` and `guichet seed --acc`.
        let script = done(bare(&["completions", "bash"]));
        for (line, offered) in [("guichet user pa", "passwd"), ("guichet seed --acc", "--accounts")]
        {
            let (before, word) = line.rsplit_once(' ').unwrap();
            let words = line.split(' ').count() - 1;
            let ask = format!(
                "{script}\nCOMP_WORDS=({line}); COMP_CWORD={words}\n_guichet guichet {word} {}\n\
                 printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
                before.rsplit(' ').next().unwrap()
            );
            let output = with_input(&mut Command::new("bash"), &ask);
            assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{offered}\n"));
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let page = done(bare(&["man"]));
    assert!(page.contains("\n.TH guichet 1 "), "{page}");
    let folder = Folder::new();
    let pages = folder.path().join("share/man1");
    assert_eq!(done(bare(&["man", pages.to_str().unwrap()])), "");
    for name in listed(&["--help"]) {
        let path = pages.join(format!("guichet-{name}.1"));
        let page = fs::read_to_string(&path).expect(&name);
        assert!(page.contains(&format!("\n.TH guichet-{name} 1 ")), "{page}");
        if has("groff") {
            let shown = run(Command::new("groff").args(["-man", "-ww", "-Tutf8"]).arg(&path));
            assert!(shown.contains(&format!("guichet-{name}(1)")), "{shown}");
        }
    }
    assert!(pages.join("guichet.1").exists() && pages.join("guichet-user-add.1").exists());
    fs::write(folder.path().join("file"), "").unwrap();
    let output = bare(&["man", folder.path().join("file").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("guichet: "));
}
