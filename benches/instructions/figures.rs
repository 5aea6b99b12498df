//! Stores the instruction counts in a file, compares and prints them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A difference in percent that deserves attention: updates of compilers and libraries cause less.
const NOTABLE_DIFFERENCE: f64 = 5.0;

/// The text before the list of tools in the file.
const MADE_WITH: &str = "Made with ";

/// Counts, and the tools that they were made with.
#[derive(Debug, PartialEq)]
pub struct Figures {
    pub made_with: String,
    pub figures: Vec<Figure>,
}

/// What one request costs.
#[derive(Debug, PartialEq)]
pub struct Figure {
    pub case: String,
    pub instructions: u64,
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results/instructions.md")
}

impl Figures {
    /// The stored figures; empty if there are none.
    pub fn kept() -> Self {
        let text = fs::read_to_string(file()).unwrap_or_default();
        let made_with =
            text.lines().find_map(|line| line.strip_prefix(MADE_WITH)?.strip_suffix('.'));
        let figures = text.lines().filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let ["", case, figure, ""] = cells[..] else { return None };
            let instructions = figure.replace(',', "").parse().ok()?;
            Some(Figure { case: case.to_owned(), instructions })
        });
        Figures { made_with: made_with.unwrap_or_default().to_owned(), figures: figures.collect() }
    }

    /// Store these figures in the repository.
    pub fn keep(&self) {
        let head = ["case", "instructions a request"].map(str::to_owned);
        let rows =
            self.figures.iter().map(|figure| [figure.case.clone(), grouped(figure.instructions)]);
        let table = table(&std::iter::once(head).chain(rows).collect::<Vec<_>>());
        let text = format!(
            "# Instructions a request\n\n\
             From the body to the answer, without a socket, all threads together, as valgrind counts \
             them; for documents, the whole server. `cargo bench --bench instructions -- --keep` writes \
             this file.\n\n\
             {MADE_WITH}{}.\n\n{table}",
            self.made_with
        );
        print!("{text}");
        fs::write(file(), text).unwrap();
        eprintln!("written to {}", file().display());
    }
}

/// Prints new figures next to the stored ones. A regression is shown, not treated as a failure:
/// another compiler gives other counts.
pub fn compare(new: &Figures, kept: &Figures) {
    let head = ["case", "instructions a request", "kept", "difference", ""].map(str::to_owned);
    let mut rows = vec![head];
    let mut more = 0;
    for Figure { case, instructions } in &new.figures {
        let old = kept.figures.iter().find(|figure| figure.case == *case);
        let (old, difference, mark) = match old {
            None => ("none".to_owned(), String::new(), "new"),
            Some(Figure { instructions: old, .. }) => {
                let percent = 100.0 * (*instructions as f64 / *old as f64 - 1.0);
                let mark = match percent {
                    p if p > NOTABLE_DIFFERENCE => "<<<<< MORE",
                    p if p < -NOTABLE_DIFFERENCE => "less",
                    _ => "",
                };
                more += usize::from(percent > NOTABLE_DIFFERENCE);
                (grouped(*old), format!("{percent:+.1} %"), mark)
            }
        };
        rows.push([case.clone(), grouped(*instructions), old, difference, mark.to_owned()]);
    }
    println!("\n{}", table(&rows));
    if !kept.made_with.is_empty() && new.made_with != kept.made_with {
        println!("counted with {}\nkept with    {}", new.made_with, kept.made_with);
        println!("part of a difference is theirs\n");
    }
    if more > 0 {
        println!(
            "<<<<< {more} of {} cost over {NOTABLE_DIFFERENCE} % MORE than what is kept\n",
            rows.len() - 1
        );
    }
}

/// The versions that influence the counts besides our own code.
pub fn tools() -> String {
    let said = |program: &str, arg: &str| {
        let output = Command::new(program).arg(arg).output();
        let said = output.map_or_else(
            |_| String::new(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        );
        if said.is_empty() { format!("{program} unknown") } else { said }
    };
    // The text in parentheses is the hash and date of the build.
    let rustc = said("rustc", "--version");
    let rustc = rustc.split(" (").next().unwrap_or_default();
    let cc = said("cc", "-dumpversion");
    format!(
        "{rustc}, cc {cc}, {}, on {}",
        said("valgrind", "--version").replace('-', " "),
        std::env::consts::ARCH
    )
}

/// 12345 as 12,345.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A Markdown table that is also readable as plain text; all columns but the first are
/// right-aligned.
fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| width(column).unwrap_or(0).max(3));
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let _ = match column {
                0 => write!(text, "| {cell:width$} "),
                _ => write!(text, "| {cell:>width$} "),
            };
        }
        text.push_str("|\n");
        if index == 0 {
            for (column, width) in widths.iter().enumerate() {
                let _ = match column {
                    0 => write!(text, "| {:-<width$} ", ""),
                    _ => write!(text, "| {:->1$}: ", "", width - 1),
                };
            }
            text.push_str("|\n");
        }
    }
    text
}
