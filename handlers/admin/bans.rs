//! Bans of addresses, networks and mobile numbers.

use super::done;
use crate::handlers::EmptyReply;
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::bans::{self, Listed, Target};
use engine::caller::{Admin, Moderator, Viewer};
use engine::config;
use engine::data;
use engine::data::Text;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Scan, Work, WorkContext};
use schemars::JsonSchema;
use serde::Serialize;

/// How long a ban lasts unless a time is given.
const TIME: &str = "7d";

data! {
    /// List bans that have not ended, the newest first.
    pub struct Bans;
}

/// Bans.
#[derive(Serialize, JsonSchema)]
pub struct BanList {
    /// The bans, the newest first.
    bans: Vec<Listed>,
}

impl Op for Bans {
    const NAME: Name = ("admin", "bans");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = BanList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<BanList, Fault> {
        Ok(BanList { bans: bans::list(context.db())? })
    }
}

data! {
    /// Ban an address, a network or a mobile number for a time. A ban that is there already is replaced.
    pub struct AddBan {
        /// An address, a network (`10.0.0.0/8`) or a mobile number.
        value: Text<1, 64>,
        /// For how long: `30d`, `12h`, `5m` or `90s`. Default `7d`.
        time: Option<String>,
        /// Why, for the list.
        reason: Option<Text<0, 256>>,
    }
}

impl Op for AddBan {
    const NAME: Name = ("admin", "add_ban");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str =
        r#"{"value": "192.0.2.7", "time": "7d", "reason": "junk notices"}"#;
    type Caller = Admin<Moderator>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;

    fn run(self, context: &WorkContext, caller: Admin<Moderator>) -> Result<EmptyReply, Fault> {
        let wrong =
            |key: &'static str| move |why: String| Fault::WrongValue(key.into(), why.into());
        let target = Target::read(self.value.0.trim()).map_err(wrong("value"))?;
        let time = config::duration(self.time.as_deref().unwrap_or(TIME)).map_err(wrong("time"))?;
        let reason = self.reason.map(|reason| reason.0).unwrap_or_default();
        bans::add(context.db(), &By::admin(&caller), target, time, &reason)
            .map_err(wrong("value"))?;
        bans::apply(context.db())?;
        Ok(EmptyReply {})
    }
}

data! {
    /// End a ban.
    pub struct RemoveBan {
        /// What was banned, as the list has it.
        value: Text<1, 64>,
    }
}

impl Op for RemoveBan {
    const NAME: Name = ("admin", "remove_ban");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"value": "192.0.2.7"}"#;
    type Caller = Admin<Moderator>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Moderator>) -> Result<EmptyReply, Fault> {
        let target = Target::read(&self.value.0)
            .map_err(|why| Fault::WrongValue("value".into(), why.into()))?;
        done(bans::remove(context.db(), &By::admin(&caller), target), "value")?;
        bans::apply(context.db())?;
        Ok(EmptyReply {})
    }
}
