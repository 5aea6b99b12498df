//! Removing a notice.

use super::Written;
use super::fields::{Filled, OptionalMaybeEmpty};
use super::indexed::NOTICES;
use engine::caller::Account;
use engine::data::Text;
use engine::db::Tx;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Write};
use engine::status::Status;
use engine::{args, data};

data! {
    /// Remove one of the caller's notices.
    pub struct Delete {
        /// The notice's id.
        id: Filled<i64>,
        /// The caller's id.
        user_id: OptionalMaybeEmpty<Text<1, 15>>,
    }
}

impl Op for Delete {
    const NAME: Name = ("property", "delete");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotOwner];
    const EXAMPLE: &'static str = r#"{"id": 1}"#;
    type Caller = Account;
    type Lane = Write;
    type Reply = Written;
    const NEEDS_SPACE: bool = false;

    fn status(fault: &Fault) -> Status {
        super::status(fault)
    }

    fn run(self, tx: &mut Tx, caller: Account) -> Result<Written, Fault> {
        if self.user_id.names_another_account(&caller) {
            return Err(Fault::NotOwner);
        }
        let Filled(uid) = self.id;
        let place = tx.one(
            "DELETE FROM property WHERE id = $1 AND user_id = $2 RETURNING position",
            args![uid, caller.id],
            |row| row.get(0),
        )?;
        tx.unindex(&NOTICES, place.ok_or(Fault::NotOwner)?);
        Ok(Written { uid })
    }
}
