//! What an answer of the API says.

use super::super::http_poster::{Failure, GatewayReply};
use super::super::{DeliveryOutcome, SendError, codes as integers};
use super::codes;
use serde::Deserialize;
use std::fmt;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    response: Response,
}

/// An answer that ends well in the API's sense has no `error`, and an entry for each number, which
/// may still say that nothing was sent.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    error: Option<Coded>,
    #[serde(default)]
    send_status_set: Vec<Coded>,
    #[serde(default)]
    request_id: String,
}

/// A code. The message beside it is left alone: it may tell the telephone number.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Coded {
    code: String,
}

/// What became of the message, or of the request as a whole. Shown, it is for the log, and so says
/// nothing that does not look like what it should be: who knows who answered.
pub struct Verdict {
    code: String,
    request_id: String,
}

impl Verdict {
    /// Read it. What can't be read may be the answer to a message that was sent.
    pub fn read(answer: &GatewayReply) -> Result<Self, Failure> {
        let status = answer.status;
        // The API itself answers 200 whatever it says. A 4xx is of something before it.
        let outcome = if status.is_client_error() {
            DeliveryOutcome::Unreached
        } else {
            DeliveryOutcome::Unknown
        };
        let unknown = |what: &str| {
            let cause = format!("HTTP {}, and {what}", status.as_u16());
            Failure::Final(SendError::new(integers::OTHER, outcome, cause))
        };
        let Envelope { response } = serde_json::from_slice(&answer.body)
            .map_err(|_| unknown("the body is no answer of the API"))?;
        let Response { error, send_status_set, request_id } = response;
        let coded = error.or_else(|| send_status_set.into_iter().next());
        let code = coded.ok_or_else(|| unknown("no code"))?.code;
        Ok(Verdict { code, request_id })
    }

    /// Was the message taken?
    pub fn taken(self) -> Result<(), Failure> {
        if self.code == codes::TAKEN {
            return Ok(());
        }
        let (code, outcome) = (codes::integer(&self.code), codes::outcome(&self.code));
        let send_error = SendError::new(code, outcome, self.to_string());
        if codes::is_too_fast(&self.code) {
            Err(Failure::Again(send_error))
        } else {
            Err(Failure::Final(send_error))
        }
    }

    /// After a message to no number: what has to be mended, if anything.
    pub fn hint(&self) -> Option<&'static str> {
        match codes::integer(&self.code) {
            // The number is what is wrong, as it has to be.
            1004 | integers::PHONE => None,
            1001 => Some("look at sms.tencent.secret_id and secret_key"),
            1006 => Some("the key may not send messages: give its account the right to SendSms"),
            1009 => Some("this machine's address is not among those that may ask"),
            1012 => Some("look at sms.tencent.sign_name"),
            1013 => Some("too many requests at the moment"),
            1014 => Some("look at sms.tencent.template_id and params"),
            1019 | 1020 => Some("look at sms.tencent.sdk_app_id"),
            1021 => Some("this machine's clock is wrong"),
            1031 | 1033 => Some("the account has no messages left"),
            _ => Some("no message would be sent"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let is_code = |text: &str| {
            text.len() <= 100 && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'.')
        };
        let is_id = |text: &str| {
            text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
        };
        to.write_str(if is_code(&self.code) { &self.code } else { "a code that is none" })?;
        if is_id(&self.request_id) {
            write!(to, ", request {}", self.request_id)?;
        }
        Ok(())
    }
}
