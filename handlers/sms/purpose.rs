//! What a code by SMS is for. A code for one purpose proves nothing for another, and its message says what it is for:
//! who is talked into telling a code must be able to see what it does.

use engine::data::{Field, FieldError, Value, schema};
use schemars::Schema;

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Making an account, or whatever a page checks by `sms/validate`.
    Register,
    /// Logging in.
    Login,
    /// A new password in the place of a forgotten one.
    Reset,
    /// Another mobile number for an account: a code to the new one, and one to the old one.
    Change,
    /// Removing an account.
    Remove,
}

/// All of them.
const ALL: [Purpose; 5] =
    [Purpose::Register, Purpose::Login, Purpose::Reset, Purpose::Change, Purpose::Remove];

impl Purpose {
    /// Its name, on the wire and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Register => "register",
            Purpose::Login => "login",
            Purpose::Reset => "reset",
            Purpose::Change => "change",
            Purpose::Remove => "remove",
        }
    }

    /// As its message names it; `None` where the message has no name for it.
    pub const fn message(self) -> Option<engine::sms::Purpose> {
        let text = match self {
            Purpose::Register => return None,
            Purpose::Login => "登录",
            Purpose::Reset => "重置密码",
            Purpose::Change => "更换手机号",
            Purpose::Remove => "注销账号",
        };
        Some(engine::sms::Purpose { name: self.name(), text })
    }
}

impl Field for Purpose {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let name = String::read(value)?;
        ALL.into_iter()
            .find(|purpose| purpose.name() == name)
            .ok_or_else(|| FieldError::Value("register, login, reset, change or remove".into()))
    }

    fn schema() -> Schema {
        schema::one_of(&ALL.map(Purpose::name))
    }
}
