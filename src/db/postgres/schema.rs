//! The schema: is the database ours, which steps does it have, and what is refused at the start.

use super::session::Transaction;
use super::{Postgres, Session};
use crate::args;
use crate::db::{OpenError, Schema};
use crate::fault::Fault;
use std::time::{SystemTime, UNIX_EPOCH};

/// The oldest version that is used, as `server_version_num` tells it.
const OLDEST: i64 = 140_000;

/// By how much the clocks of a server and of the database may differ, in seconds.
pub(crate) const CLOCKS_APART: u64 = 2;

/// The number of the lock that whoever changes the schema holds.
const LOCK: &str = "SELECT pg_advisory_xact_lock(81985529216486895)";

/// What the database's server is, and the schema's last step; `None` if there are no tables yet. Changes nothing.
pub(crate) fn look(session: &Session) -> Result<(String, Option<i64>), String> {
    check(session)?;
    let problem = |fault: Fault| format!("{fault:?}");
    let server = text(session, "SHOW server_version").map_err(problem)?.unwrap_or_default();
    let exists = "SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass('guichet')";
    let step = match number(session, exists).map_err(problem)? {
        None => None,
        Some(_) => number(session, "SELECT version FROM guichet").map_err(problem)?,
    };
    Ok((server, step))
}

/// Refuse a database that would answer otherwise than others do, and bring it up to `schema`.
pub(crate) fn prepare(database: &Postgres, schema: &Schema) -> Result<(), OpenError> {
    let refused = |fault: Fault| {
        OpenError::Remote(fault.cause().map_or_else(|| format!("{fault:?}"), ToString::to_string))
    };
    let session = database.pool.get().map_err(|error| OpenError::Remote(error.to_string()))?;
    check(&session).map_err(OpenError::Remote)?;
    session.begin(Transaction::Steps, None).map_err(refused)?;
    let done = upgrade(&session, schema);
    match done {
        Ok(()) => session.commit().map_err(refused)?,
        Err(problem) => {
            session.roll_back();
            return Err(problem);
        }
    }
    let sealed = match schema.sealed {
        "" => None,
        sql => text(&session, sql).map_err(refused)?,
    };
    if !schema.sealed.is_empty() {
        database.services.vault.prepare(sealed.as_deref(), true);
    }
    Ok(())
}

fn check(session: &Session) -> Result<(), String> {
    let ask = |sql: &str| text(session, sql).map_err(|fault| format!("{fault:?}"));
    let version = ask("SHOW server_version_num")?.and_then(|version| version.parse::<i64>().ok());
    if version.is_none_or(|version| version < OLDEST) {
        let name = ask("SHOW server_version")?.unwrap_or_default();
        return Err(format!("PostgreSQL {name} is too old; at least 14 is needed"));
    }
    if ask("SHOW server_encoding")?.as_deref() != Some("UTF8") {
        return Err("the database's encoding is not UTF8".into());
    }
    if ask("SELECT CASE WHEN lower('Ä') = 'Ä' THEN '' ELSE 'no' END")?.as_deref() != Some("") {
        let how = "CREATE DATABASE … TEMPLATE template0 LOCALE 'C' ENCODING 'UTF8'";
        return Err(format!(
            "its locale is not C, so searches would differ from those on SQLite; make it with {how}"
        ));
    }
    clock_difference(session).map_err(|fault| format!("{fault:?}")).and_then(|seconds| {
        if seconds <= CLOCKS_APART {
            return Ok(());
        }
        Err(format!(
            "this machine's clock and that of the database are {seconds} s apart, and times are compared among \
             servers; set the clocks (NTP)"
        ))
    })?;
    if ask("SHOW synchronous_commit")?.as_deref() == Some("off") {
        return Err("synchronous_commit is off: acknowledged writes could be lost".into());
    }
    Ok(())
}

/// Run the missing steps in the open transaction. Two servers that start at once take turns.
fn upgrade(session: &Session, schema: &Schema) -> Result<(), OpenError> {
    let refused = |fault: Fault| {
        OpenError::Remote(fault.cause().map_or_else(|| format!("{fault:?}"), ToString::to_string))
    };
    let known = i64::try_from(schema.steps.len()).unwrap_or(i64::MAX);
    session.long_batch(LOCK).map_err(refused)?;
    let exists = "SELECT 1 FROM pg_catalog.pg_class
                   WHERE oid = to_regclass('guichet') AND relkind = 'r'";
    if number(session, exists).map_err(refused)?.is_none() {
        if number(
            session,
            "SELECT 1 FROM pg_catalog.pg_class WHERE relkind = 'r'
                             AND relnamespace = current_schema()::regnamespace LIMIT 1",
        )
        .map_err(refused)?
        .is_some()
        {
            let problem =
                "there are tables in it, and they are not of Guichet; give it an empty database";
            return Err(OpenError::Remote(problem.into()));
        }
        session.long_batch(schema.postgres).map_err(refused)?;
        session
            .execute(
                "INSERT INTO guichet (version, compatible_from, made_by) VALUES ($1, $1, $2)",
                args![known, env!("CARGO_PKG_VERSION")],
            )
            .map_err(refused)?;
        tracing::info!(steps = known, "the tables were made");
        return Ok(());
    }
    let version = number(session, "SELECT version FROM guichet").map_err(refused)?.unwrap_or(0);
    let compatible =
        number(session, "SELECT compatible_from FROM guichet").map_err(refused)?.unwrap_or(0);
    if compatible > known {
        return Err(OpenError::Remote(format!(
            "made by a newer guichet (schema {version}, this one knows {known}); it was left as it is"
        )));
    }
    let mut last = version;
    for (step, sql) in schema.postgres_steps.iter().filter(|(step, _)| *step > version) {
        session.long_batch(sql).map_err(refused)?;
        let sql = "UPDATE guichet SET version = $1, made_by = $2";
        session.execute(sql, args![*step, env!("CARGO_PKG_VERSION")]).map_err(refused)?;
        tracing::info!(step, "a step of the schema was applied");
        last = *step;
    }
    if last < known {
        return Err(OpenError::Remote(format!(
            "made by an older guichet (schema {version}, this one knows {known}), and there is no way up from it"
        )));
    }
    Ok(())
}

/// By how many seconds the clocks of this machine and of the database differ.
pub(crate) fn clock_difference(session: &Session) -> Result<u64, Fault> {
    let there = number(session, "SELECT extract(epoch FROM clock_timestamp())::bigint")?;
    let here = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let here = i64::try_from(here.as_secs()).unwrap_or(i64::MAX);
    Ok(there.unwrap_or(here).abs_diff(here))
}

fn text(session: &Session, sql: &str) -> Result<Option<String>, Fault> {
    let mut found = None;
    session.query(sql, &[], |row| {
        found = Some(row.get(0)?);
        Ok(false)
    })?;
    Ok(found)
}

fn number(session: &Session, sql: &str) -> Result<Option<i64>, Fault> {
    let mut found = None;
    session.query(sql, &[], |row| {
        found = Some(row.get(0)?);
        Ok(false)
    })?;
    Ok(found)
}
