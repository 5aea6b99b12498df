//! Changing the password.

use super::proof::PasswordProof;
use super::{GivenPassword, Known, NewPassword};
use crate::handlers::EmptyReply;
use engine::caller::Account;
use engine::db::Tx;
use engine::fault::{Fault, FaultKind};
use engine::op::{Hash, Name, Op, Work, WorkContext};
use engine::{args, data};

data! {
    /// Change the caller's password. All sessions of the account end.
    pub struct ChangePassword {
        old_password: GivenPassword,
        new_password: NewPassword,
    }
}

impl Op for ChangePassword {
    const NAME: Name = ("user", "password");
    const FAULTS: &'static [FaultKind] = &[FaultKind::Password];
    const EXAMPLE: &'static str =
        r#"{"old_password": "correct horse", "new_password": "battery staple"}"#;
    type Caller = Account;
    type Lane = Work<Hash>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Account) -> Result<EmptyReply, Fault> {
        let known =
            context.read(|view| Known::by_id(view, caller.id)?.ok_or(Fault::AccountGone))?;
        let (client, session) = (caller.client, Some(caller.session));
        let old = PasswordProof::check(context, client, session, &known, &self.old_password)?;
        // A wrong guess is not worth a second hash.
        let password = if old.is_right() { self.new_password.0.hash()? } else { String::new() };
        context.write(move |tx| {
            old.decide(tx)?;
            // Of two changes at once the second proved an old password that is no longer it.
            match set(tx, known.id, known.password_count, &password)? {
                true => Ok(EmptyReply {}),
                false => Err(Fault::Password),
            }
        })
    }
}

/// Store a new password's hash and make every session stale, unless the password was changed since
/// its count was `count`.
pub fn set(tx: &mut Tx, account: i64, count: i64, password: &str) -> Result<bool, Fault> {
    let changed = tx.execute(
        "UPDATE account SET password = $1, password_count = password_count + 1
          WHERE id = $2 AND password_count = $3",
        args![password, account, count],
    )?;
    Ok(changed == 1)
}
