//! Rows move from SQLite to PostgreSQL and back, and both have the same tables.

use super::*;

/// The columns of all tables that both databases have, one a line: table, column, type, whether NULL is refused, and
/// its place in the primary key.
fn columns_of_sqlite(server: &Server) -> Vec<String> {
    let database = rusqlite::Connection::open(server.folder().join("data/guichet.db")).unwrap();
    let sql = "SELECT t.name || ' ' || c.name || ' ' || lower(c.type) || ' ' || c.\"notnull\" || ' ' || c.pk
                 FROM pragma_table_list AS t JOIN pragma_table_xinfo(t.name) AS c
                WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND c.hidden <> 1";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<Vec<String>, _>>().unwrap()
}

#[test]
fn both_databases_have_the_same_tables() {
    let Some(nodes) = Nodes::start(1, "") else { return };
    // A database of its own: SQLite, whatever the other tests use.
    let sqlite = Server::start("[database]\nurl = \"sqlite\"\n");
    let sql = "SELECT c.table_name || ' ' || c.column_name || ' ' || c.data_type || ' '
                   || CASE WHEN c.is_nullable = 'NO' THEN 1 ELSE 0 END || ' ' || coalesce(k.ordinal_position, 0)
                 FROM information_schema.columns AS c
                 LEFT JOIN information_schema.table_constraints AS p
                        ON p.table_schema = c.table_schema AND p.table_name = c.table_name
                       AND p.constraint_type = 'PRIMARY KEY'
                 LEFT JOIN information_schema.key_column_usage AS k
                        ON k.constraint_name = p.constraint_name AND k.table_schema = c.table_schema
                       AND k.table_name = c.table_name AND k.column_name = c.column_name
                WHERE c.table_schema = current_schema()";
    let told = nodes.ask(sql);
    let table = |line: &&str| line.split(' ').next().unwrap().to_owned();
    // What only one of them has: the journal and FTS5's tables, and what servers tell each other.
    let own = |line: &&str| {
        let name = table(line);
        name.contains("_text")
            || ["journal", "guichet", "node", "stream", "stream_sequence", "change"]
                .contains(&name.as_str())
    };
    // A generated column is NOT NULL on neither, and told differently.
    let plain = |lines: Vec<&str>| {
        let mut lines: Vec<String> = lines
            .into_iter()
            .filter(|line| !own(line) && !line.starts_with("shop position "))
            .map(str::to_owned)
            .collect();
        lines.sort_unstable();
        lines
    };
    let sqlite = columns_of_sqlite(&sqlite);
    let sqlite = plain(sqlite.iter().map(String::as_str).collect());
    assert!(sqlite.len() > 100, "{sqlite:?}");
    assert_eq!(sqlite, plain(told.lines().collect()));
}

/// Runs a command in a folder with a configuration of its own; its output must be a success.
fn guichet(folder: &Folder, args: &[&str]) -> String {
    let done = crate::common::command(folder.path()).args(args).output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{args:?}: {told}");
    told
}

/// The files of an export, by name.
fn exported(folder: &Folder, name: &str) -> BTreeMap<String, String> {
    guichet(folder, &["export", name]);
    fs::read_dir(folder.path().join(name))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect()
}

#[test]
fn rows_move_to_postgresql_and_back_unchanged() {
    let Some(nodes) = Nodes::start(0, "") else { return };
    let first = place("sqlite");
    guichet(&first, &["seed"]);
    let rows = exported(&first, "rows");
    assert!(rows["account.jsonl"].lines().count() > 2 && rows["score.jsonl"].len() > 100);
    // The key of encrypted values moves with them.
    let [server, last] = [place(&nodes.url), place("sqlite")];
    for other in [&server, &last] {
        fs::copy(first.path().join("data.key"), other.path().join("data.key")).unwrap();
    }
    let from = first.path().join("rows");
    guichet(&server, &["import", from.to_str().unwrap()]);
    assert_eq!(exported(&server, "rows"), rows);
    let from = server.path().join("rows");
    guichet(&last, &["import", from.to_str().unwrap()]);
    assert_eq!(exported(&last, "rows"), rows);

    // It serves them: an account logs in, and a search finds what the index has.
    let mut nodes = nodes;
    nodes.add();
    let mobile = "umbrella";
    let token = nodes.servers[0].account("newcomer").1;
    let query = json!({"type": 2, "title": mobile, "limit": 10});
    let told = call(&nodes.servers[0], &token, "property/query", query);
    assert_eq!(told["status"], 0, "{told}");
    let app = nodes.ask("SELECT app FROM score LIMIT 1");
    assert!(!top(&nodes.servers[0], &app).as_array().unwrap().is_empty());

    // Into a database that has rows nothing is imported.
    let again = crate::common::command(server.path())
        .args(["import", from.to_str().unwrap()])
        .output()
        .unwrap();
    let told = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && told.contains("has rows of its own already"), "{told}");
}

#[test]
fn line_that_is_no_row_is_named_and_nothing_kept() {
    let Some(nodes) = Nodes::start(0, "") else { return };
    let first = place("sqlite");
    guichet(&first, &["seed"]);
    exported(&first, "rows");
    let server = place(&nodes.url);
    fs::copy(first.path().join("data.key"), server.path().join("data.key")).unwrap();
    let file = first.path().join("rows/score.jsonl");
    let good = fs::read_to_string(&file).unwrap();
    let from = first.path().join("rows");
    let lines = good.lines().count();
    for (bad, why) in [
        (
            "{\"app\":\"a\",\"openid\":\"b\",\"score\":\"x\",\"reached_at\":1}",
            "score: expected an integer",
        ),
        ("{\"app\":\"a\",\"openid\":\"\\u0000\",\"score\":1,\"reached_at\":1}", "NUL"),
        ("{\"app\":\"a\",\"open\":\"b\"}", "open: score has no such column"),
        ("{\"app\":\"a\",\"openid\":\"b\",\"score\":1}", "reached_at"),
        ("[", "score.jsonl:"),
    ] {
        fs::write(&file, format!("{good}{bad}\n")).unwrap();
        let done = crate::common::command(server.path())
            .args(["import", from.to_str().unwrap()])
            .output()
            .unwrap();
        let told = String::from_utf8(done.stderr).unwrap();
        let place = format!("score.jsonl:{}: ", lines + 1);
        assert!(!done.status.success() && told.contains(&place) && told.contains(why), "{told}");
        assert_eq!(nodes.ask("SELECT count(*) FROM account"), "0");
    }
}
