//! A step of the schema while servers of the version before serve.

use super::*;
use engine::args;
use engine::config::Config;
use engine::db::{Db, OpenError, Schema};
use engine::services::Services;

/// The first version.
const FIRST: Schema = Schema {
    steps: &["SELECT 1"],
    postgres: concat!(
        include_str!("../../../schema.pg.sql"),
        "CREATE TABLE tally (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL);
         INSERT INTO tally (id, n) VALUES (1, 0);"
    ),
    ..Schema::EMPTY
};

const COLUMN: &str = "ALTER TABLE tally ADD COLUMN unit TEXT NOT NULL DEFAULT 'pieces'";

/// The next one: the column that it adds has a default, so those of the first version go on.
const SECOND: Schema =
    Schema { steps: &["SELECT 1", "SELECT 1"], postgres_steps: &[(2, COLUMN)], ..FIRST };

/// One more: those of the first version can't serve from it.
const THIRD: Schema = Schema {
    steps: &["SELECT 1", "SELECT 1", "SELECT 1"],
    postgres_steps: &[(2, COLUMN), (3, "UPDATE guichet SET compatible_from = 3")],
    ..FIRST
};

fn open(url: &str, schema: Schema) -> Result<Db, OpenError> {
    let folder = place(url);
    let mut config = Config::load(Some(&folder.path().join("guichet.toml"))).unwrap();
    config.data_dir = folder.path().join("data");
    Db::open(Arc::new(Services::open(config, String::new()).unwrap()), schema, None)
}

#[test]
fn servers_serve_while_a_schema_step_runs() {
    let Some(nodes) = Nodes::start(0, "") else { return };
    let first = open(&nodes.url, FIRST).unwrap();
    let is_over = AtomicBool::new(false);
    let counted = scope(|scope| {
        let counting = scope.spawn(|| {
            let mut counted = 0;
            while !is_over.load(Ordering::Relaxed) {
                let one_more = "UPDATE tally SET n = n + 1 WHERE id = $1";
                first.write(move |tx| tx.execute(one_more, args![1])).unwrap();
                counted += 1;
            }
            counted
        });
        // Two servers of the next version start at once.
        let newer: Vec<_> = (0..2).map(|_| scope.spawn(|| open(&nodes.url, SECOND))).collect();
        let newer: Vec<Db> = newer.into_iter().map(|it| it.join().unwrap().unwrap()).collect();
        for db in &newer {
            let unit: Option<String> = db
                .view()
                .one("SELECT unit FROM tally WHERE id = $1", args![1], |row| row.get(0))
                .unwrap();
            assert_eq!(unit.as_deref(), Some("pieces"));
        }
        // One of the first version that is started again serves too.
        let again = open(&nodes.url, FIRST).unwrap();
        again.write(|tx| tx.execute("UPDATE tally SET n = n + 1 WHERE id = $1", args![1])).unwrap();
        is_over.store(true, Ordering::Relaxed);
        counting.join().unwrap() + 1
    });
    assert_eq!(nodes.ask("SELECT n FROM tally"), counted.to_string());
    assert_eq!(nodes.ask("SELECT version, compatible_from FROM guichet"), "2|1");
    drop(open(&nodes.url, THIRD).unwrap());
    let refused = open(&nodes.url, FIRST).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("made by a newer guichet (schema 3, this one knows 1)"), "{refused}");
    assert_eq!(nodes.ask("SELECT version FROM guichet"), "3");
}
