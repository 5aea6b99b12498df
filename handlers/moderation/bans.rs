//! Bans of addresses, networks and mobile numbers, each with an end.

use super::audit::{self, By};
use crate::handlers::phone::is_mobile;
use engine::args;
use engine::bans::MOST;
use engine::config;
use engine::db::{Db, View};
use engine::fault::{Class, Declared, Fault};
use engine::sms::codes;
use engine::status::Status;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::time::Duration;

/// Removes bans that have ended.
pub const SWEEP: &str = "DELETE FROM ban WHERE ends_at <= $1";

/// The operator sends nothing to the number.
pub static NUMBER_BANNED: Declared = Declared {
    name: "number_banned",
    class: Class::Value,
    status: Status { code: codes::OTHER, message: codes::message(codes::OTHER) },
    detail: "the operator of this server sends nothing to this number",
};

/// What is banned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An address or a network.
    Network(String),
    /// A mobile number.
    Number(String),
}

impl Target {
    /// From what the operator writes; the error is one line.
    pub fn read(text: &str) -> Result<Self, String> {
        if is_mobile(text) {
            return Ok(Target::Number(text.to_owned()));
        }
        config::network(text).map(|network| Target::Network(network.to_string())).map_err(|_| {
            format!("{text:?} is no address, no network (10.0.0.0/8) and no mobile number")
        })
    }

    fn columns(&self) -> (&'static str, &str) {
        match self {
            Target::Network(network) => ("network", network),
            Target::Number(number) => ("number", number),
        }
    }
}

/// A ban.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// The network or number.
    pub value: String,
    /// When it was made, and when it ends, as the wire writes a time.
    pub made: String,
    /// When it ends.
    pub ends: String,
    /// Why, as the operator wrote it.
    pub reason: String,
}

/// Ban something for a time, in the place of an earlier ban of it. The error is one line.
pub fn add(db: &Db, by: &By, target: Target, time: Duration, reason: &str) -> Result<(), String> {
    let (by, reason) = (by.clone(), reason.to_owned());
    let added = db.write(move |tx| {
        let (kind, value) = target.columns();
        let sql = "SELECT count(*) FROM ban WHERE kind = $1 AND value <> $2";
        let others: Option<i64> = tx.one(sql, args![kind, value], |row| row.get(0))?;
        if usize::try_from(others.unwrap_or(0)).unwrap_or(MOST) >= MOST {
            return Ok(false);
        }
        let (now, ends) = (tx.clock.steady(), tx.clock.after(time));
        tx.execute(
            "INSERT INTO ban (kind, value, made_at, ends_at, reason) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (kind, value) DO UPDATE SET made_at = excluded.made_at,
                ends_at = excluded.ends_at, reason = excluded.reason",
            args![kind, value, now, ends, &reason],
        )?;
        let later = json!({"ends": tx.clock.format(ends), "reason": reason});
        audit::record_change(tx, &by, "ban add", value, (None, Some(&later)))?;
        Ok(true)
    });
    match added.map_err(super::fault_text)? {
        true => Ok(()),
        false => Err(format!("there are {MOST} bans; more is work for a firewall")),
    }
}

/// End a ban; whether there was one.
pub fn remove(db: &Db, by: &By, target: Target) -> Result<bool, Fault> {
    let by = by.clone();
    db.write(move |tx| {
        let (kind, value) = target.columns();
        let sql = "DELETE FROM ban WHERE kind = $1 AND value = $2";
        let is_there = tx.execute(sql, args![kind, value])? > 0;
        if is_there {
            audit::record(tx, &by, "ban remove", value, None)?;
        }
        Ok(is_there)
    })
}

/// All bans that have not ended, the newest first.
pub fn list(db: &Db) -> Result<Vec<Listed>, Fault> {
    let view = db.view();
    view.all(
        "SELECT value, made_at, ends_at, reason FROM ban WHERE ends_at > $1
          ORDER BY made_at DESC, value",
        args![view.clock.steady()],
        |row| {
            Ok(Listed {
                value: row.get(0)?,
                made: view.clock.format(row.get(1)?),
                ends: view.clock.format(row.get(2)?),
                reason: row.get(3)?,
            })
        },
    )
}

/// Have the server refuse the networks that are banned now.
pub fn apply(db: &Db) -> Result<(), Fault> {
    let view = db.view();
    let sql = "SELECT value FROM ban WHERE kind = 'network' AND ends_at > $1";
    let networks = view.all(sql, args![view.clock.steady()], |row| row.get::<String>(0))?;
    let networks = networks.iter().filter_map(|network| network.parse().ok()).collect();
    view.bans.set(networks);
    Ok(())
}

/// Refuse a number that is banned.
pub fn check_number(view: &View, number: &str) -> Result<(), Fault> {
    let sql = "SELECT 1 FROM ban WHERE kind = 'number' AND value = $1 AND ends_at > $2";
    match view.one(sql, args![number, view.clock.steady()], |_| Ok(()))? {
        None => Ok(()),
        Some(()) => Err(NUMBER_BANNED.fault()),
    }
}
