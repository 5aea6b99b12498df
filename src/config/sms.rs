//! `[sms]`: telephone codes, and who delivers them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::endpoint::Endpoint;
use super::fault::KeyError;
use super::fields::text;
use super::units;
use super::values::Secret;

/// Codes by SMS. Each message costs money, hence the limits; in all of them 0 is no limit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sms {
    /// Who delivers. Default `outbox`.
    pub gateway: SmsGateway,
    /// How long a gateway may take for a message, a second try included; from `1s` to `7s`, so that
    /// a server that is told to end can wait for it. Default `5s`.
    #[serde(deserialize_with = "timeout")]
    pub timeout: Duration,
    /// How long a code is good, a duration. Default `3m`.
    #[serde(deserialize_with = "units::duration")]
    pub ttl: Duration,
    /// Messages to one number in 30 seconds. Default 1.
    pub per_30_seconds: u32,
    /// Messages to one number in an hour. Default 5.
    pub per_hour: u32,
    /// Messages to one number in a day. Default 10.
    pub per_day: u32,
    /// Messages for one client address in a day. Default 100.
    pub per_day_per_address: u32,
    /// Messages in a day, all together. Default 1000. A fifth of them is kept for numbers that have an
    /// account, and no address may have more than a fifth.
    pub per_day_in_all: u32,
    /// What a message costs, such as `0.045`: the console tells what a day costs. Default 0, it tells nothing.
    #[serde(deserialize_with = "price")]
    pub price: f64,
    /// `[sms.tencent]`: an account at Tencent Cloud.
    pub tencent: Tencent,
    /// `[sms.webhook]`: a server of one's own.
    pub webhook: Webhook,
}

/// Who delivers SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsGateway {
    /// Nobody: a line of JSON is appended to `outbox.jsonl` in `data_dir`.
    #[default]
    Outbox,
    /// Tencent Cloud, by the account in `[sms.tencent]`.
    Tencent,
    /// Whoever listens at the address in `[sms.webhook]`.
    Webhook,
}

/// An account at Tencent Cloud. What has no default is needed where this is the gateway.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tencent {
    /// The name of the API key, `AKID…`.
    #[serde(deserialize_with = "secret_word")]
    pub secret_id: Option<Secret>,
    /// The API key.
    #[serde(deserialize_with = "secret")]
    pub secret_key: Option<Secret>,
    /// The id of the application, digits as text.
    #[serde(deserialize_with = "filled")]
    pub sdk_app_id: Option<String>,
    /// The approved signature, without brackets.
    #[serde(deserialize_with = "filled")]
    pub sign_name: Option<String>,
    /// The id of the approved template, digits as text.
    #[serde(deserialize_with = "filled")]
    pub template_id: Option<String>,
    /// What stands for `{1}`, `{2}`… of the template: texts in which `{code}` is the code and
    /// `{minutes}` how long it is good, and `{purpose}` what it is for. Default `["{code}", "{minutes}"]`.
    #[serde(deserialize_with = "template_params")]
    pub params: Vec<String>,
    /// The region of the request. Default `ap-guangzhou`.
    #[serde(deserialize_with = "word")]
    pub region: String,
    /// The address of the API. Default `https://sms.tencentcloudapi.com`.
    #[serde(deserialize_with = "api_endpoint")]
    pub endpoint: Endpoint,
}

/// A server of one's own that passes messages on. Both are needed where this is the gateway.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhook {
    /// Where messages are posted.
    pub url: Option<Endpoint>,
    /// The key of the signature: a text, or `whsec_` and Base64.
    #[serde(deserialize_with = "webhook_secret")]
    pub secret: Option<Secret>,
}

impl Default for Sms {
    fn default() -> Sms {
        Sms {
            gateway: SmsGateway::Outbox,
            timeout: Duration::from_secs(5),
            ttl: Duration::from_mins(3),
            per_30_seconds: 1,
            per_hour: 5,
            per_day: 10,
            per_day_per_address: 100,
            per_day_in_all: 1000,
            price: 0.0,
            tencent: Tencent::default(),
            webhook: Webhook::default(),
        }
    }
}

impl Default for Tencent {
    fn default() -> Tencent {
        Tencent {
            secret_id: None,
            secret_key: None,
            sdk_app_id: None,
            sign_name: None,
            template_id: None,
            params: vec!["{code}".to_owned(), "{minutes}".to_owned()],
            region: "ap-guangzhou".to_owned(),
            endpoint: Endpoint::tencent(),
        }
    }
}

impl Sms {
    /// The chosen gateway has all that it needs.
    pub(super) fn check(&self) -> Result<(), KeyError> {
        let Sms { tencent, webhook, .. } = self;
        let (section, needs) = match self.gateway {
            SmsGateway::Outbox => return Ok(()),
            SmsGateway::Tencent => (
                "tencent",
                vec![
                    ("secret_id", tencent.secret_id.is_some()),
                    ("secret_key", tencent.secret_key.is_some()),
                    ("sdk_app_id", tencent.sdk_app_id.is_some()),
                    ("sign_name", tencent.sign_name.is_some()),
                    ("template_id", tencent.template_id.is_some()),
                ],
            ),
            SmsGateway::Webhook => (
                "webhook",
                vec![("url", webhook.url.is_some()), ("secret", webhook.secret.is_some())],
            ),
        };
        match needs.iter().find(|(_, is_there)| !is_there) {
            None => Ok(()),
            Some((key, _)) => Err(KeyError {
                path: ["sms", section, key].map(str::to_owned).to_vec(),
                message: format!("missing; sms.gateway = \"{section}\" needs it"),
            }),
        }
    }
}

fn timeout<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let timeout = units::duration(from)?;
    // One second less than a server waits for its requests when it is told to end (`server/accept.rs`).
    if timeout > Duration::from_secs(7) {
        return Err(D::Error::custom(format!("{}s is longer than 7s", timeout.as_secs())));
    }
    Ok(timeout)
}

fn filled<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, |text| {
        (!text.trim().is_empty()).then(|| Some(text.to_owned())).ok_or_else(|| "empty".to_owned())
    })
}

/// What may stand in a header.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

fn word<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    text(from, |text| {
        let word = is_word(text).then(|| text.to_owned());
        word.ok_or_else(|| format!("{text:?} is not a word of ASCII"))
    })
}

/// The usual messages would show what was written: perhaps a secret.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(from).map_err(|_| D::Error::custom("a secret is a text"))?;
    Secret::try_from(text).map(Some).map_err(D::Error::custom)
}

fn secret_word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let secret = secret(from)?;
    match &secret {
        Some(secret) if !is_word(secret.as_str()) => Err(D::Error::custom("not a word of ASCII")),
        _ => Ok(secret),
    }
}

fn webhook_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let secret = secret(from)?;
    let encoded = secret.as_ref().and_then(|secret| secret.as_str().strip_prefix("whsec_"));
    if encoded.is_some_and(|encoded| STANDARD.decode(encoded).is_err()) {
        return Err(D::Error::custom("what is behind whsec_ is not Base64"));
    }
    Ok(secret)
}

fn api_endpoint<'de, D: Deserializer<'de>>(from: D) -> Result<Endpoint, D::Error> {
    let endpoint = Endpoint::deserialize(from)?;
    // The signature is of the path `/`.
    if !endpoint.is_root() {
        return Err(D::Error::custom("write the address of the host alone, without a path"));
    }
    Ok(endpoint)
}

fn template_params<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let params = Vec::<String>::deserialize(from)?;
    let known = ["{code}", "{minutes}", "{purpose}"];
    let rest = |text: &String| known.iter().fold(text.clone(), |text, name| text.replace(name, ""));
    if let Some(odd) = params.iter().find(|text| rest(text).contains(['{', '}'])) {
        return Err(D::Error::custom(format!(
            "{odd:?}: only {{code}}, {{minutes}} and {{purpose}} are known"
        )));
    }
    if !params.iter().any(|text| text.contains("{code}")) {
        return Err(D::Error::custom("{code} is in none of them"));
    }
    Ok(params)
}

fn price<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let price = f64::deserialize(from)?;
    let is_good = price.is_finite() && (0.0..=1_000.0).contains(&price);
    if is_good { Ok(price) } else { Err(D::Error::custom("a number from 0 to 1000")) }
}
