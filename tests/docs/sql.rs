//! SQL that runs on SQLite and on PostgreSQL is in what both understand in the same way.

use super::modules::files;
use std::fs;
use std::path::Path;

/// Functions that both have, with the same results; `contains` is ours.
const FUNCTIONS: &[&str] = &[
    "coalesce",
    "contains",
    "count",
    "length",
    "lower",
    "max",
    "min",
    "octet_length",
    "substr",
    "sum",
];

/// Words before a parenthesis that are no functions.
const WORDS: &[&str] = &[
    "and", "as", "by", "exists", "from", "in", "key", "not", "on", "or", "then", "values", "where",
];

/// What one of the two does not know, or takes otherwise.
const REFUSED: &[&str] = &[
    "insert or ",
    "replace into",
    " rowid",
    " glob ",
    " match ",
    " regexp ",
    " ilike ",
    " similar ",
    " collate ",
    " pragma",
    "sqlite_",
    "pg_",
    "::",
    " returning *",
    " limit -",
    " for update",
    " true",
    " false",
    " distinct on",
    " as integer",
    " as int",
    "==",
    "`",
    " indexed by",
    " without ",
    " only ",
    " using ",
    "?1",
    " null is ",
    " like '%",
    " nulls ",
];

/// The texts between quotation marks in Rust's code, with what is before each. Escaped characters stay as they are
/// written.
fn literals(code: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = code[at..].find(['"', '\'', '/']).map(|start| at + start) {
        let rest = &code[start..];
        if rest.starts_with("//") {
            at = start + rest.find('\n').unwrap_or(rest.len());
        } else if let Some(inside) = rest.strip_prefix('"') {
            let mut is_escaped = false;
            let end = inside.find(|c| {
                let ends = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                ends
            });
            let Some(end) = end else { break };
            found.push((code[..start].trim_end(), &inside[..end]));
            at = start + end + 2;
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            at = start + rest[1..].find('\'').unwrap_or(1) + 2;
        } else {
            at = start + 1;
        }
    }
    found
}

/// Is it SQL for both? What is for one of them has its name before it.
fn is_for_both((before, literal): &(&str, &str)) -> bool {
    let is_sql = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "]
        .iter()
        .any(|verb| literal.trim_start().starts_with(verb));
    is_sql && !before.ends_with("postgres:") && !before.ends_with("postgres_batch:")
}

/// The words that are directly before a parenthesis, each with what follows it.
fn called(sql: &str) -> Vec<(&str, &str)> {
    sql.match_indices('(')
        .filter_map(|(at, _)| {
            let before = sql[..at].trim_end();
            let begin =
                before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
            let is_touching = before.len() == at || WORDS.contains(&&before[begin..]);
            (is_touching && begin < before.len()).then_some((&before[begin..], &sql[at + 1..]))
        })
        .collect()
}

/// Has a call a comma of its own?
fn has_two_arguments(inside: &str) -> bool {
    let mut depth = 0;
    for c in inside.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return false,
            ')' => depth -= 1,
            ',' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

/// What is wrong with a statement.
fn problems(sql: &str) -> Vec<String> {
    let sql =
        sql.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let mut problems: Vec<String> =
        REFUSED.iter().filter(|it| sql.contains(**it)).map(|it| (*it).to_owned()).collect();
    for (name, inside) in called(&sql) {
        let is_aggregate_of_two = ["min", "max"].contains(&name) && has_two_arguments(inside);
        let is_table = sql.contains(&format!("into {name} ("));
        if is_aggregate_of_two || !(FUNCTIONS.contains(&name) || WORDS.contains(&name) || is_table)
        {
            problems.push(format!("{name}()"));
        }
    }
    problems
}

#[test]
fn sql_for_both_databases_is_in_their_subset() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut checked = 0;
    let mut wrong = Vec::new();
    for file in files(&root.join("handlers")).into_iter().chain(files(&root.join("src"))) {
        let name = file.strip_prefix(root).unwrap().display().to_string();
        // What differs between the two is in this folder alone; the tests run it on both.
        if name.starts_with("src/db/") || name.contains("tests") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (_, sql) in literals(code).iter().filter(|it| is_for_both(it)) {
            checked += 1;
            let problems = problems(sql);
            if !problems.is_empty() {
                wrong.push(format!("{name}: {problems:?}: {sql}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 100, "{checked} statements were found");
}

#[test]
fn sql_of_one_database_is_found() {
    for sql in [
        "INSERT OR IGNORE INTO a (b) VALUES ($1)",
        "SELECT max(a, b) FROM c",
        "SELECT ifnull(a, 1) FROM b",
        "SELECT a::text FROM b",
        "UPDATE a SET b = now()",
        "SELECT a FROM b WHERE c GLOB 'x*'",
    ] {
        assert_eq!(problems(sql).len(), 1, "{sql}: {:?}", problems(sql));
    }
    assert_eq!(problems("SELECT max(a), (b + 1) FROM c WHERE d IN ($1, $2)"), [""; 0]);
    let code =
        "let a = \"SELECT 1\"; // \"SELECT 2\"\nlet b = '\"'; c(postgres_batch: \"SELECT 3\");";
    assert_eq!(literals(code).iter().filter(|it| is_for_both(it)).count(), 1);
}
