//! Tencent Cloud: `SendSms` of API 3.0, version 2021-01-11
//! (<https://cloud.tencent.com/document/api/382/55981>).

mod answer;
mod codes;
mod sign;

use super::http_poster::{HttpPoster, Request};
use super::{DeliveryOutcome, Gateway, Message, OpenError, SendError};
use crate::config::{self, Endpoint, Secret};
use answer::Verdict;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use sign::Signing;
use std::time::{SystemTime, UNIX_EPOCH};

const ACTION: HeaderName = HeaderName::from_static("x-tc-action");
const VERSION: HeaderName = HeaderName::from_static("x-tc-version");
const REGION: HeaderName = HeaderName::from_static("x-tc-region");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-tc-timestamp");

/// Sends by an account at Tencent Cloud.
pub struct Tencent {
    poster: HttpPoster,
    endpoint: Endpoint,
    region: String,
    secret_id: Secret,
    secret_key: Secret,
    sdk_app_id: String,
    sign_name: String,
    template_id: String,
    params: Vec<String>,
}

impl Tencent {
    /// By the account that `config` tells; nobody is asked anything yet.
    pub fn new(config: &config::Tencent, poster: HttpPoster) -> Result<Self, OpenError> {
        fn have<T: Clone>(value: &Option<T>, key: &'static str) -> Result<T, OpenError> {
            value.clone().ok_or(OpenError::Missing(key))
        }
        Ok(Tencent {
            poster,
            endpoint: config.endpoint.clone(),
            region: config.region.clone(),
            secret_id: have(&config.secret_id, "sms.tencent.secret_id")?,
            secret_key: have(&config.secret_key, "sms.tencent.secret_key")?,
            sdk_app_id: have(&config.sdk_app_id, "sms.tencent.sdk_app_id")?,
            sign_name: have(&config.sign_name, "sms.tencent.sign_name")?,
            template_id: have(&config.template_id, "sms.tencent.template_id")?,
            params: config.params.clone(),
        })
    }

    /// A request to send to these numbers, signed now.
    fn request(&self, numbers: &[String], params: &[String]) -> Result<Request<'_>, SendError> {
        let body = json!({
            "PhoneNumberSet": numbers,
            "SmsSdkAppId": self.sdk_app_id,
            "TemplateId": self.template_id,
            "SignName": self.sign_name,
            "TemplateParamSet": params,
        });
        let body = body.to_string().into_bytes();
        // The clock that people set: Tencent goes by it too.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let host = self.endpoint.authority();
        let signing = Signing { service: "sms", host, body: &body, seconds };
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (CONTENT_TYPE, sign::CONTENT_TYPE),
            (HOST, host),
            (ACTION, "SendSms"),
            (VERSION, "2021-01-11"),
            (REGION, &self.region),
            (TIMESTAMP, &seconds.to_string()),
            (AUTHORIZATION, &signing.authorization(&self.secret_id, &self.secret_key)),
        ] {
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                let cause = format!("{name}: not the text of a header");
                SendError::new(super::codes::OTHER, DeliveryOutcome::Unreached, cause)
            })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(Request { url: self.endpoint.url(), headers, body })
    }
}

impl Gateway for Tencent {
    fn send(&self, message: Message<'_>) -> Result<(), SendError> {
        let minutes = message.minutes.to_string();
        let purpose = message.purpose.map_or("验证", |purpose| purpose.text);
        let fill = |param: &String| {
            let param = param.replace("{minutes}", &minutes).replace("{purpose}", purpose);
            param.replace("{code}", message.code)
        };
        let params: Vec<String> = self.params.iter().map(fill).collect();
        let request = self.request(&[format!("+86{}", message.phone)], &params)?;
        self.poster.post(&request, |answer| Verdict::read(&answer)?.taken())
    }

    /// A message to no number: it can reach nobody, and is signed, so a wrong key is found out.
    fn check(&self) -> Result<String, String> {
        let at = &self.endpoint;
        let asked = self.request(&[], &[]).and_then(|request| {
            let answer = self.poster.probe(Method::POST, &request)?;
            Verdict::read(&answer).map_err(SendError::from)
        });
        let verdict = asked.map_err(|send_error| format!("tencent: {at}: {}", send_error.cause))?;
        match verdict.hint() {
            Some(hint) => Err(format!("tencent: {at} answers {verdict}: {hint}")),
            None => Ok(format!(
                "tencent: {at} takes the key; whether signature and template are approved is told \
                 by the first message"
            )),
        }
    }
}
