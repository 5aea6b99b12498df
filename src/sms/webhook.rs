//! Any other provider: a server of the operator's own takes the message by POST and passes it on.
//!
//! Signed as all requests to the operator's servers are ([`crate::webhook`]).

use super::http_poster::{Failure, GatewayReply, HttpPoster, Request};
use super::{DeliveryOutcome, Gateway, Message, OpenError, SendError, codes};
use crate::config::{self, Endpoint};
use crate::{hex, webhook};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;

/// Posts `{phone, code, text}` and perhaps `purpose` to an address.
pub struct Webhook {
    poster: HttpPoster,
    url: Endpoint,
    key: Vec<u8>,
}

/// What an answer may say: a code of the table, or 0. All else in it is the receiver's own.
#[derive(Deserialize)]
struct Coded {
    code: i64,
}

impl Webhook {
    /// By the address and the key in `config`; nobody is asked anything yet.
    pub fn new(config: &config::Webhook, poster: HttpPoster) -> Result<Self, OpenError> {
        let url = config.url.clone().ok_or(OpenError::Missing("sms.webhook.url"))?;
        let secret = config.secret.as_ref().ok_or(OpenError::Missing("sms.webhook.secret"))?;
        Ok(Webhook { poster, url, key: webhook::key(secret) })
    }
}

impl Gateway for Webhook {
    fn send(&self, message: Message<'_>) -> Result<(), SendError> {
        let Message { phone, code, purpose, .. } = message;
        let mut body = json!({ "phone": phone, "code": code, "text": message.text() });
        if let Some(purpose) = purpose {
            body["purpose"] = purpose.name.into();
        }
        let body = body.to_string().into_bytes();
        // One id for both tries, so that the receiver knows the second for what it is.
        let id = format!("msg_{}", hex::encode(&rand::random::<[u8; 16]>()));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in webhook::headers(&self.key, &id, &body) {
            let name = HeaderName::from_static(name);
            let value = HeaderValue::try_from(value).map_err(|_| {
                let cause = format!("{name}: not the text of a header");
                SendError::new(codes::OTHER, DeliveryOutcome::Unreached, cause)
            })?;
            headers.insert(name, value);
        }
        let request = Request { url: self.url.url(), headers, body };
        self.poster.post(&request, |answer| taken(&answer))
    }

    fn check(&self) -> Result<String, String> {
        let at = &self.url;
        let request = Request { url: self.url.url(), headers: HeaderMap::new(), body: Vec::new() };
        match self.poster.probe(Method::HEAD, &request) {
            Ok(answer) => Ok(format!(
                "webhook: {at} answers (HTTP {} to a HEAD); whether it takes the signature is told \
                 by the first message",
                answer.status.as_u16()
            )),
            Err(send_error) => Err(format!("webhook: {at}: {}", send_error.cause)),
        }
    }
}

/// A code in the answer says most; without one, the status does.
fn taken(answer: &GatewayReply) -> Result<(), Failure> {
    let status = answer.status;
    let told = serde_json::from_slice(&answer.body).map(|Coded { code }| code).unwrap_or(0);
    let (code, outcome) = match told {
        0 if status.is_success() => return Ok(()),
        // It failed, and may have done so after it had passed the message on.
        0 if status.is_server_error() => (codes::OTHER, DeliveryOutcome::Unknown),
        // It did not hear itself what became of the message.
        codes::TIME_OUT | codes::NOT_DONE_IN_TIME => (told, DeliveryOutcome::Unknown),
        _ if codes::is_known(told) => (told, DeliveryOutcome::Refused),
        _ => (codes::OTHER, DeliveryOutcome::Refused),
    };
    Err(Failure::Final(SendError::new(code, outcome, format!("HTTP {}", status.as_u16()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;

    #[test]
    fn reply_code_counts_before_http_status() {
        for (status, body, expected) in [
            (200, "", None),
            (204, "", None),
            (202, "queued", None),
            (200, r#"{"code":0}"#, None),
            // No integer, so none of ours: an echo of the message, say.
            (200, r#"{"code":"123456"}"#, None),
            (200, r#"{"code":1016,"more":[]}"#, Some((1016, DeliveryOutcome::Refused))),
            (400, r#"{"code":1015}"#, Some((1015, DeliveryOutcome::Refused))),
            (503, r#"{"code":1013}"#, Some((1013, DeliveryOutcome::Refused))),
            (200, r#"{"code":1007}"#, Some((1007, DeliveryOutcome::Refused))),
            (200, r#"{"code":123456}"#, Some((1007, DeliveryOutcome::Refused))),
            (200, r#"{"code":1008}"#, Some((1008, DeliveryOutcome::Unknown))),
            (200, r#"{"code":60008}"#, Some((60008, DeliveryOutcome::Unknown))),
            (302, "", Some((1007, DeliveryOutcome::Refused))),
            (401, "", Some((1007, DeliveryOutcome::Refused))),
            (500, "", Some((1007, DeliveryOutcome::Unknown))),
            (502, r#"{"code":0}"#, Some((1007, DeliveryOutcome::Unknown))),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = GatewayReply { status, body: body.as_bytes().to_vec() };
            let send_error = taken(&answer).map_err(SendError::from).err();
            let read = send_error.map(|send_error| (send_error.code, send_error.outcome));
            assert_eq!(read, expected, "{status} {body}");
        }
    }
}
