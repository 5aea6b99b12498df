//! `guichet document`: files that say which paths reach which operations.

mod draft;
mod skeleton;

use super::{error_text, output};
use crate::handlers;
use engine::config::Config;
use engine::document::{self, Library, Problem};
use engine::http;
use engine::program::Program;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub enum Document {
    /// Is a document's file as it should be? Tells line, column, what is wrong and what would be right
    ///
    /// It is read as a server would read it: beside the built-in documents and those of `documents.dir`.
    #[command(after_long_help = "Examples:\n  guichet document check shop.toml")]
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print a built-in document; without a name, list them
    #[command(after_long_help = "Examples:\n  guichet document show ranking")]
    Show {
        /// Its name
        name: Option<String>,
    },
    /// Print a document to begin with, with comments
    #[command(after_long_help = "Examples:\n  guichet document new shop > documents/shop.toml")]
    New {
        /// Its name: small letters, digits and hyphens
        name: String,
    },
    /// Write a document from a browser's recording of a client and its old server, for a person to finish
    ///
    /// A recording is a HAR file: the developer tools of browsers save one ("Save all as HAR"). Values of requests
    /// and answers do not get into the document, only their names.
    #[command(
        after_long_help = "Examples:\n  guichet document draft recording.har > documents/shop.toml"
    )]
    Draft {
        /// The recording
        recording: PathBuf,
        /// The document's name
        #[arg(long, default_value = "draft")]
        name: String,
        /// Only requests to this host
        #[arg(long)]
        host: Option<String>,
    },
    /// Print the JSON Schema of documents, for editors
    Schema,
    /// List the names of faults, of their groups, and of functions
    Names,
}

/// All documents that a server with this configuration has.
pub fn library(program: &Program, config: &Config) -> Result<Library, String> {
    http::library(program, config.documents.dir.as_deref()).map_err(|problems| listed(&problems))
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Run it; whether nothing is wrong.
pub fn run(
    config: impl FnOnce() -> Result<Config, String>,
    task: &Document,
) -> Result<bool, String> {
    let program = handlers::program().map_err(error_text)?;
    match task {
        Document::Check { files } => check(&program, &config()?, files),
        Document::Show { name } => show(&program, name.as_deref()).map(|()| true),
        Document::New { name } => output::print(&skeleton::skeleton(name)?).map(|()| true),
        Document::Draft { recording, name, host } => {
            let draft = draft::draft(&program, recording, name, host.as_deref())?;
            output::print(&draft).map(|()| true)
        }
        Document::Schema => {
            let schema = serde_json::Value::from(document::json_schema());
            output::print(&format!("{schema:#}\n")).map(|()| true)
        }
        Document::Names => output::print(&document::names(program.surroundings())).map(|()| true),
    }
}

fn check(program: &Program, config: &Config, files: &[PathBuf]) -> Result<bool, String> {
    let mut text = String::new();
    let mut is_right = true;
    for file in files {
        match http::check_document(program, file, config.documents.dir.as_deref()) {
            Ok(routes) => {
                let what = if routes == 1 { "route" } else { "routes" };
                text.push_str(&format!("{}: right, {routes} {what}\n", file.display()));
            }
            Err(problems) => {
                is_right = false;
                text.push_str(&listed(&problems));
                text.push('\n');
            }
        }
    }
    output::print(&text).map(|()| is_right)
}

fn show(program: &Program, name: Option<&str>) -> Result<(), String> {
    let library = http::library(program, None).map_err(|problems| listed(&problems))?;
    let all = library.documents().zip(program.documents);
    match name {
        None => {
            let lines: Vec<String> =
                all.map(|(it, _)| format!("{}\t{}\n", it.name, it.description)).collect();
            output::print(&lines.concat())
        }
        Some(name) => {
            let known: Vec<&str> = library.documents().map(|it| it.name.as_str()).collect();
            let found = all.into_iter().find(|(document, _)| document.name == name);
            let (_, (_, text)) = found.ok_or_else(|| {
                format!("there is no built-in document `{name}`; there are {}", known.join(", "))
            })?;
            output::print(text)
        }
    }
}
