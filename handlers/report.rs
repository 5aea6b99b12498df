//! `report/add`: an account reports what others publish.

use super::moderation::reviews::{self, Kind};
use super::visible_text::VisibleText;
use crate::handlers::EmptyReply;
use engine::caller::Account;
use engine::data;
use engine::data::IntOrText;
use engine::db::Tx;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, RegisteredTwice, Registry, Write};
use engine::quota::Quota;

/// How many reports one account makes, `moderation.reports_per_day`.
const REPORTS: Quota = Quota { name: "moderation.reports_per_day", window: 86_400 };

data! {
    /// Report a notice, a shop or an account: the people who look after the server will look at it.
    struct Add {
        /// The id of a notice.
        notice: Option<IntOrText>,
        /// The id of a shop.
        shop: Option<IntOrText>,
        /// The id of an account.
        account: Option<IntOrText>,
        /// What is wrong with it.
        reason: VisibleText<200>,
    }
}

impl Op for Add {
    const NAME: Name = ("report", "add");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound, FaultKind::LimitReached];
    const EXAMPLE: &'static str = r#"{"notice": 1, "reason": "sells what it did not find"}"#;
    type Caller = Account;
    type Lane = Write;
    type Reply = EmptyReply;

    fn run(self, tx: &mut Tx, caller: Account) -> Result<EmptyReply, Fault> {
        let named =
            [(Kind::Notice, self.notice), (Kind::Shop, self.shop), (Kind::Account, self.account)];
        let mut named = named.into_iter().filter_map(|(kind, id)| Some((kind, id?.0)));
        let (Some((kind, id)), None) = (named.next(), named.next()) else {
            return Err(Fault::value("notice", "name one notice, shop or account"));
        };
        let (limit, key) = (tx.config.moderation.reports_per_day, caller.id.to_string());
        if limit == 0 {
            return Err(Fault::LimitReached("report: this server takes none"));
        }
        REPORTS.check(tx, &key, limit.into())?;
        let most = i64::from(tx.config.moderation.max_open_reports);
        if reviews::open_reviews(tx, most)? >= most {
            return Err(Fault::LimitReached("report: too many are open"));
        }
        let target = id.to_string();
        if reviews::title(tx, kind, &target)?.is_none() {
            return Err(Fault::NotFound(kind.name().into()));
        }
        REPORTS.add(tx, &key, 1)?;
        reviews::add(tx, kind, &target, caller.id, &self.reason.0)?;
        Ok(EmptyReply {})
    }
}

/// Its operation.
pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Add>()?;
    Ok(())
}
