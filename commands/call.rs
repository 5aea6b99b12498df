//! `guichet call`: one operation of a running server, by envelope.

use super::{error_text, output};
use clap::Args;
use engine::config::Config;
use engine::hex;
use engine::http_client::HttpClient;
use engine::signature::sign;
use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::error::Error;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// How long an answer may take: longer than any that a server gives.
const TIMEOUT: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "\
Examples:
  guichet call shop list '{\"limit\":2}'
  guichet call user login @login.json
  GUICHET_TOKEN=0123456789abcdef0123456789abcdef guichet call user info
  guichet call --url https://www.example.com score top '{\"app\":\"lamps\"}'
  guichet call --sign lamps score post '{\"app\":\"lamps\",\"openid\":\"p1\",\"score\":5}'

guichet routes lists the operations with their keys.";

/// Call an operation of a running server, and print the answer
///
/// The server is that of the configuration, or of --url. Ends with status 0 if the answer's status
/// is 0, and with 1 if it is a fault.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Call {
    /// The operation's type, for example shop
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Its subtype, for example list
    subtype: String,
    /// Its data in JSON; @FILE takes it from a file, - from the standard input
    #[arg(default_value = "{}")]
    data: String,
    /// Another server: http://HOST:PORT, or the whole address of its endpoint
    #[arg(long)]
    url: Option<String>,
    /// Who calls: the token that a login answered
    ///
    /// Everybody on this machine can read a command line. What stands in the variable they can't.
    #[arg(long, env = "GUICHET_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Sign the request with the secret that the configuration has for this game (score.secrets)
    ///
    /// The server must see the path that is called: one behind a proxy that changes it finds the
    /// signature wrong.
    #[arg(long, value_name = "APP")]
    sign: Option<String>,
}

/// Call it; whether it was done.
pub fn run(config: impl FnOnce() -> Result<Config, String>, task: &Call) -> Result<bool, String> {
    let Call { kind, subtype, data, url, token, sign } = task;
    let config = if url.is_none() || sign.is_some() { config()? } else { Config::default() };
    let url = match url {
        Some(url) => parse(url)?,
        None => endpoint(&config)
            .ok_or("listen has port 0, so the address is known to the server alone; give --url")?,
    };
    let data = read(data)?;
    let data = data.trim_start_matches('\u{feff}').trim();
    serde_json::from_str::<IgnoredAny>(data).map_err(|error| format!("DATA: {error}"))?;
    // As it was written: no number of it is rounded on its way.
    let body = format!(
        r#"{{"id":1,"status":0,"type":{},"subtype":{},"data":{}}}"#,
        json!(kind),
        json!(subtype),
        data
    );
    let token = token.as_deref().filter(|token| !token.is_empty());
    let signed = sign.as_ref().map(|app| signed(&config, app, &url, &body)).transpose()?;
    let answer = post(&url, body, token, &signed.unwrap_or_default(), TIMEOUT)?;
    let mut text = serde_json::to_string_pretty(&answer).map_err(error_text)?;
    text.push('\n');
    output::print(&text)?;
    Ok(answer["status"] == 0)
}

/// The headers of a request that is signed for a game.
fn signed(
    config: &Config,
    app: &str,
    url: &Url,
    body: &str,
) -> Result<Vec<(&'static str, String)>, String> {
    let secret = config.score.secrets.get(app);
    let secret = secret.ok_or_else(|| format!("--sign: score.secrets has no secret for {app}"))?;
    let timestamp = Timestamp::now().as_second().to_string();
    let nonce = hex::encode(&rand::random::<[u8; 16]>());
    let signature =
        sign(secret.as_bytes(), "POST", url.path(), &timestamp, &nonce, body.as_bytes());
    Ok(vec![("X-Timestamp", timestamp), ("X-Nonce", nonce), ("X-Signature", signature)])
}

/// The data itself.
fn read(data: &str) -> Result<String, String> {
    if let Some(file) = data.strip_prefix('@') {
        return std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"));
    }
    if data != "-" {
        return Ok(data.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("stdin: {error}"))?;
    Ok(text)
}

fn parse(url: &str) -> Result<Url, String> {
    let mut parsed = Url::parse(url).map_err(|error| format!("--url: {url}: {error}"))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(format!("--url: {url}: expected http://HOST:PORT"));
    }
    if parsed.path() == "/" {
        parsed.set_path("/api");
    }
    Ok(parsed)
}

/// Where a server that listens on an address is asked on this machine; `None` where the port is not
/// known.
pub fn endpoint(config: &Config) -> Option<Url> {
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    let listen = config.listen;
    let address = match listen.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    let url = format!("{scheme}://{}/api", SocketAddr::new(address, listen.port()));
    Url::parse(&url).ok().filter(|_| listen.port() != 0)
}

/// Post an envelope; the answer, or why there is none.
pub fn post(
    url: &Url,
    body: String,
    token: Option<&str>,
    headers: &[(&'static str, String)],
    patience: Duration,
) -> Result<Value, String> {
    // A proxy of the environment is for what is elsewhere.
    let is_here = url.host_str().is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    });
    let http_client = if is_here { HttpClient::to_this_machine() } else { HttpClient::new() }
        .map_err(error_text)?;
    let mut request = http_client
        .client()
        .post(url.clone())
        .timeout(patience)
        .header(CONTENT_TYPE, "application/json")
        .body(body);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let answer = http_client.wait(async {
        let answer = request.send().await?;
        let status = answer.status();
        Ok::<_, reqwest::Error>((status, answer.text().await?))
    });
    let (status, text) = answer.map_err(|error| explain(url, &error))?;
    match serde_json::from_str::<Value>(&text) {
        Ok(answer) if answer["status"].is_i64() => Ok(answer),
        _ => Err(format!(
            "{url}: no answer of guichet's, but HTTP {status}; is it the right address?"
        )),
    }
}

/// Why nobody answered, in words.
fn explain(url: &Url, error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("{url}: no answer in time");
    }
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_connect() {
        return format!("{url}: nobody answers there: {cause}; is the server running?");
    }
    format!("{url}: {cause}")
}
