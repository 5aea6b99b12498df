//! The address: free for a server to listen on, or answered by ours.

use super::Findings;
use crate::commands::call;
use engine::config::Config;
use engine::db;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::{Duration, Instant};

const SUBJECT: &str = "listen";

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A call that reads from the database and needs no login.
const CALL: &str = r#"{"id":1,"status":0,"type":"shop","subtype":"list","data":{"limit":1}}"#;

pub fn check(config: &Config, findings: &mut Findings) {
    let address = config.listen;
    let is_held = db::is_held(config).unwrap_or(false);
    let Some(url) = call::endpoint(config) else {
        return findings.ok(SUBJECT, format_args!("{address}: any port that is free"));
    };
    match TcpListener::bind(address).map_err(|error| (error.kind(), error)) {
        Ok(_) if is_held => {
            let text = format!(
                "{address}: nobody listens, but a server holds the database; was it started with \
                 another configuration?"
            );
            return findings.warning(SUBJECT, text);
        }
        Ok(_) => return findings.ok(SUBJECT, format_args!("{address} is free")),
        Err((ErrorKind::AddrInUse, _)) => {}
        Err((kind, error)) => {
            let mend = match kind {
                ErrorKind::PermissionDenied => {
                    "listen on a port from 1024 up, and let a proxy have the other"
                }
                _ => "choose an address of this machine",
            };
            return findings.wrong(SUBJECT, format_args!("{address}: {error}; {mend}"));
        }
    }
    let begun = Instant::now();
    match call::post(&url, CALL.to_owned(), None, &[], TIMEOUT) {
        Ok(answer) if answer["status"] == 0 && is_held => {
            let text = format!("{address}: our server answers in {:.0?}", begun.elapsed());
            findings.ok(SUBJECT, text);
        }
        Ok(answer) if answer["status"] == 0 => {
            let text = format!(
                "{address}: a guichet answers, but from another database; choose another address \
                 or stop it"
            );
            findings.wrong(SUBJECT, text);
        }
        Ok(answer) => {
            let text = format!("{address}: our server answers {answer}; look into its log");
            findings.wrong(SUBJECT, text);
        }
        Err(error) if is_held => {
            findings.wrong(SUBJECT, format_args!("{error}; look into the log"))
        }
        Err(_) => {
            let text =
                format!("{address}: another program listens there; stop it, or choose another");
            findings.wrong(SUBJECT, text);
        }
    }
}
