//! Changing a notice.

use super::Written;
use super::fields::{Filled, OptionalFilled, OptionalMaybeEmpty, seconds};
use super::indexed::Indexed;
use crate::handlers::moderation::reviews::{self, Kind};
use crate::handlers::moderation::words;
use engine::caller::Account;
use engine::clock::DateTime;
use engine::data::{IntBetween, Text};
use engine::db::{Tx, position};
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Write};
use engine::status::Status;
use engine::{args, data};

data! {
    /// Change one of the caller's notices. A key that is not sent keeps its value.
    pub struct Update {
        /// The notice's id.
        id: Filled<i64>,
        /// 1 lost, 2 found.
        r#type: OptionalFilled<IntBetween<1, 2>>,
        /// 0 going on, 1 ended.
        state: OptionalFilled<IntBetween<0, 1>>,
        /// Labels, joined by `|`.
        lab: OptionalFilled<Text<1, 50>>,
        /// The title.
        title: OptionalFilled<Text<1, 20>>,
        /// What the notice says.
        content: OptionalFilled<Text<1, 500>>,
        /// When it was lost or found, `YYYY-MM-DD HH:MM:SS`.
        occurrence_time: OptionalMaybeEmpty<DateTime>,
        /// The caller's id.
        user_id: OptionalMaybeEmpty<Text<1, 15>>,
        /// The name to ask for.
        user_name: OptionalFilled<Text<1, 10>>,
        /// A telephone number.
        user_phone: OptionalMaybeEmpty<Text<0, 15>>,
        /// A QQ number.
        user_qq: OptionalMaybeEmpty<Text<0, 15>>,
        /// Who answered the notice.
        user2_id: OptionalMaybeEmpty<Text<0, 15>>,
        /// The name of who answered.
        user2_name: OptionalMaybeEmpty<Text<0, 10>>,
        /// The telephone number of who answered.
        user2_phone: OptionalMaybeEmpty<Text<0, 15>>,
        /// The QQ number of who answered.
        user2_qq: OptionalMaybeEmpty<Text<0, 15>>,
        /// When it was changed; now where it is empty or absent.
        update_time: OptionalMaybeEmpty<DateTime>,
        /// How many pictures there are.
        pic_num: OptionalMaybeEmpty<IntBetween<0, 3>>,
        /// The first picture's address.
        pic_url1: OptionalMaybeEmpty<Text<0, 1024>>,
        /// The second picture's address.
        pic_url2: OptionalMaybeEmpty<Text<0, 1024>>,
        /// The third picture's address.
        pic_url3: OptionalMaybeEmpty<Text<0, 1024>>,
    }
}

impl Op for Update {
    const NAME: Name = ("property", "update");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotOwner];
    const EXAMPLE: &'static str = r#"{"id": 1, "state": 1}"#;
    type Caller = Account;
    type Lane = Write;
    type Reply = Written;

    fn status(fault: &Fault) -> Status {
        super::status(fault)
    }

    fn run(self, tx: &mut Tx, caller: Account) -> Result<Written, Fault> {
        if self.user_id.names_another_account(&caller) {
            return Err(Fault::NotOwner);
        }
        let Filled(uid) = self.id;
        let occurred_when_published =
            i64::from(matches!(self.occurrence_time, OptionalMaybeEmpty::Empty));
        let occurred = seconds(&tx.clock, "occurrence_time", self.occurrence_time.given())?;
        let updated = seconds(&tx.clock, "update_time", self.update_time.given())?;
        let updated = updated.unwrap_or_else(|| tx.clock.now());
        let lab = text(self.lab.0);
        let title = text(self.title.0);
        let content = text(self.content.0);
        let user_name = text(self.user_name.0);
        let user_phone = loose(self.user_phone);
        let user_qq = loose(self.user_qq);
        let user2_id = loose(self.user2_id);
        let user2_name = loose(self.user2_name);
        let user2_phone = loose(self.user2_phone);
        let user2_qq = loose(self.user2_qq);
        let url1 = loose(self.pic_url1);
        let url2 = loose(self.pic_url2);
        let url3 = loose(self.pic_url3);
        let given =
            [("lab", &lab), ("title", &title), ("content", &content), ("user_name", &user_name)];
        let given: Vec<_> =
            given.iter().filter_map(|(key, text)| Some((*key, text.as_deref()?))).collect();
        let held = words::check(tx, &given)?;
        // Another's notice and none at all are told alike.
        let old = Indexed::find(tx, uid, caller.id)?.ok_or(Fault::NotOwner)?;
        let place = position(updated, uid)?;
        let new = tx.one(
            "UPDATE property SET
                type = COALESCE($1, type),
                state = COALESCE($2, state),
                lab = COALESCE($3, lab),
                title = COALESCE($4, title),
                content = COALESCE($5, content),
                occurrence_time = CASE WHEN $6 = 1 THEN publish_time
                                       ELSE COALESCE($7, occurrence_time) END,
                user_name = COALESCE($8, user_name),
                user_phone = COALESCE($9, user_phone),
                user_qq = COALESCE($10, user_qq),
                user2_id = COALESCE($11, user2_id),
                user2_name = COALESCE($12, user2_name),
                user2_phone = COALESCE($13, user2_phone),
                user2_qq = COALESCE($14, user2_qq),
                update_time = $15,
                position = $16,
                pic_num = COALESCE($17, pic_num),
                pic_url1 = COALESCE($18, pic_url1),
                pic_url2 = COALESCE($19, pic_url2),
                pic_url3 = COALESCE($20, pic_url3)
              WHERE id = $21
              RETURNING type, position, lab, title, content",
            args![
                self.r#type.0.map(|number| number.0),
                self.state.0.map(|number| number.0),
                lab.as_ref(),
                title.as_ref(),
                content.as_ref(),
                occurred_when_published,
                occurred,
                user_name.as_ref(),
                user_phone.as_ref(),
                user_qq.as_ref(),
                user2_id.as_ref(),
                user2_name.as_ref(),
                user2_phone.as_ref(),
                user2_qq.as_ref(),
                updated,
                place,
                self.pic_num.or_empty(IntBetween(0)).map(|number| number.0),
                url1.as_ref(),
                url2.as_ref(),
                url3.as_ref(),
                uid,
            ],
            Indexed::read,
        )?;
        new.ok_or(Fault::NotOwner)?.replace(&old, tx, uid, caller.id);
        reviews::hold(tx, Kind::Notice, &uid.to_string(), held.as_deref())?;
        Ok(Written { uid })
    }
}

fn text<const MIN: usize, const MAX: usize>(given: Option<Text<MIN, MAX>>) -> Option<String> {
    given.map(|text| text.0)
}

fn loose<const MAX: usize>(given: OptionalMaybeEmpty<Text<0, MAX>>) -> Option<String> {
    text(given.or_empty(Text(String::new())))
}
