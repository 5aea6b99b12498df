//! `guichet routes`: every operation and every path.

use super::{document, error_text, output};
use engine::caller::AdminRole;
use engine::config::Config;
use engine::http;
use engine::op::RegisteredOp;

/// List every operation and every path: one a line, with the keys that it takes
///
/// First the operations: name, `login` or `anyone`, the keys of `data`. Then the paths: method,
/// path, operations, the keys of query or body. Tabs stand between the columns.
#[derive(clap::Args)]
#[command(after_long_help = "Examples:\n  guichet routes | grep ^score/")]
pub struct Routes {
    /// List the console's operations instead: name, the role that they take or `anyone`, keys
    #[arg(long)]
    console: bool,
}

/// Print them, one a line.
pub fn run(config: &Config, task: &Routes) -> Result<(), String> {
    if task.console {
        let registry = crate::handlers::admin::registry().map_err(error_text)?;
        let lines: String = registry.entries().map(line).collect();
        return output::print(&lines);
    }
    let program = crate::handlers::program().map_err(error_text)?;
    let library = document::library(&program, config)?;
    let mut lines = http::routes(&program, &library).join("\n");
    lines.push('\n');
    output::print(&lines)
}

fn line(entry: &RegisteredOp) -> String {
    let role = entry.role.map_or("anyone", AdminRole::name);
    format!("{}/{}\t{role}\t{}\n", entry.name.0, entry.name.1, entry.fields().join(" "))
}
