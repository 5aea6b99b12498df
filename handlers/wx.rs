//! `wx/login`: players of WeChat's mini-programs prove who they are (WeChat's documentation, `code2Session`).

use super::game::{AppName, is_openid};
use super::identity;
use engine::caller::Anyone;
use engine::config::WxApp;
use engine::data;
use engine::data::Text;
use engine::fault::{Cause, Class, Declared, Fault, FaultKind};
use engine::http_client::HttpClient;
use engine::op::{Gateway, Name, Op, RegisteredTwice, Registry, Work, WorkContext};
use engine::quota::Quota;
use engine::status::{WRONG_PROOF, WRONG_VALUE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long WeChat may take to answer.
const TIME: Duration = Duration::from_secs(4);

/// How long an answer may be, in bytes.
const LONGEST: usize = 16 * 1024;

/// Logins of an address in an hour. Each asks WeChat, which bounds how often a mini-program may ask.
const LOGINS: Quota = Quota { name: "wx/login", window: 3_600 };
const LOGINS_PER_HOUR: u64 = 600;

/// WeChat does not know the code, or no longer.
static CODE: Declared = Declared {
    name: "wx_code_wrong",
    class: Class::Proof,
    status: WRONG_PROOF,
    detail: "the code is wrong, was used, or is older than five minutes",
};

/// WeChat gave no answer.
static NO_ANSWER: Declared = Declared {
    name: "wx_no_answer",
    class: Class::Peer,
    status: WRONG_VALUE,
    detail: "WeChat can't be asked at the moment",
};

data! {
    /// Log in as a player of a mini-program of `[wx]`, by the code of `wx.login`. A player has no account.
    struct Login {
        app: AppName,
        /// What `wx.login` gave: good once, for five minutes.
        code: Text<1, 256>,
    }
}

/// A player's session.
#[derive(Serialize, JsonSchema)]
struct Session {
    /// The token, for posts and requests of this player. It is good for 180 days.
    token: String,
    /// The player's openid.
    openid: String,
}

impl Op for Login {
    const NAME: Name = ("wx", "login");
    const FAULTS: &'static [FaultKind] =
        &[FaultKind::NotFound, FaultKind::Declared(&CODE), FaultKind::Declared(&NO_ANSWER)];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "code": "0a1b2c"}"#;
    type Caller = Anyone;
    type Lane = Work<Gateway>;
    type Reply = Session;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<Session, Fault> {
        let app = self.app.name().to_owned();
        let services = context.services();
        let Some(program) = services.config.wx.apps.get(&app) else {
            return Err(Fault::NotFound("app".into()));
        };
        let client = caller.client();
        context.write(move |tx| {
            LOGINS.check_client(tx, &client, LOGINS_PER_HOUR)?;
            LOGINS.add_client(tx, &client, 1)
        })?;
        let requests = services.http_client.get().map_err(Fault::unknown)?;
        let endpoint = services.config.wx.endpoint.url();
        let openid = openid(&requests, endpoint, program, &self.code.0)?;
        context.write(move |tx| {
            let token = identity::begin(tx, &app, &openid)?;
            Ok(Session { token, openid })
        })
    }
}

/// What WeChat answers: an openid, or an `errcode`. The `session_key` is not read: it must not leave a server, and nothing
/// here needs it.
#[derive(Deserialize)]
struct Answer {
    openid: Option<String>,
    #[serde(default)]
    errcode: i64,
}

/// The openid that a code stands for. WeChat says -1 where it is busy; then it is asked once more.
fn openid(
    requests: &HttpClient,
    endpoint: &str,
    program: &WxApp,
    code: &str,
) -> Result<String, Fault> {
    let mut answer = ask(requests, endpoint, program, code)?;
    if answer.errcode == -1 {
        answer = ask(requests, endpoint, program, code)?;
    }
    match answer {
        // No more than an openid of ours may be.
        Answer { openid: Some(openid), errcode: 0 } if is_openid(&openid) => Ok(openid),
        // 40029: no such code; 40163: it was used; 40226: the user is blocked; 41008: no code.
        Answer { errcode: 40029 | 40163 | 40226 | 41008, .. } => Err(CODE.fault()),
        Answer { errcode, .. } => {
            Err(NO_ANSWER
                .caused_by(Cause::new(std::io::Error::other(format!("errcode {errcode}")))))
        }
    }
}

fn ask(
    requests: &HttpClient,
    endpoint: &str,
    program: &WxApp,
    code: &str,
) -> Result<Answer, Fault> {
    let failed = |error: &dyn std::fmt::Display| {
        NO_ANSWER.caused_by(Cause::new(std::io::Error::other(error.to_string())))
    };
    let query = [
        ("appid", program.appid.as_str()),
        ("secret", program.secret.expose()),
        ("js_code", code),
        ("grant_type", "authorization_code"),
    ];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let url = format!("{}/sns/jscode2session?{query}", endpoint.trim_end_matches('/'));
    let request = requests.client().get(url).timeout(TIME);
    let text = requests.short_answer(request, LONGEST).map_err(|error| failed(&error))?;
    serde_json::from_slice(&text).map_err(|error| failed(&error))
}

/// Its operation.
pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Login>()?;
    Ok(())
}
