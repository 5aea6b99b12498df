//! Publishing a notice.

use super::Written;
use super::fields::{Filled, MaybeEmpty, OptionalMaybeEmpty, seconds};
use super::indexed::index;
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

// The fields stand in the contract's order, which is the order in which faults are told.
data! {
    /// Publish a notice of something that was lost or found.
    pub struct Add {
        /// 1 lost, 2 found.
        r#type: Filled<IntBetween<1, 2>>,
        /// 0 going on, 1 ended.
        state: OptionalMaybeEmpty<IntBetween<0, 1>>,
        /// Labels, joined by `|`.
        lab: Filled<Text<1, 50>>,
        /// The title.
        title: Filled<Text<1, 20>>,
        /// What the notice says.
        content: Filled<Text<1, 500>>,
        /// When it was lost or found, `YYYY-MM-DD HH:MM:SS`.
        occurrence_time: MaybeEmpty<DateTime>,
        /// The caller's id.
        user_id: OptionalMaybeEmpty<Text<1, 15>>,
        /// The name to ask for.
        user_name: Filled<Text<1, 10>>,
        /// A telephone number.
        user_phone: MaybeEmpty<Text<0, 15>>,
        /// A QQ number.
        user_qq: MaybeEmpty<Text<0, 15>>,
        /// When it is published; now where it is empty or absent.
        publish_time: OptionalMaybeEmpty<DateTime>,
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

impl Op for Add {
    const NAME: Name = ("property", "add");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"type": 1, "lab": "card", "title": "Lost a card", "content": "In the canteen.", "occurrence_time": "", "user_name": "Omar", "user_phone": "", "user_qq": ""}"#;
    type Caller = Account;
    type Lane = Write;
    type Reply = Written;

    fn status(fault: &Fault) -> Status {
        super::status(fault)
    }

    fn run(self, tx: &mut Tx, caller: Account) -> Result<Written, Fault> {
        if self.user_id.names_another_account(&caller) {
            return Err(Fault::value("user_id", "must be the caller's"));
        }
        let held = words::check(
            tx,
            &[
                ("lab", &self.lab.0.0),
                ("title", &self.title.0.0),
                ("content", &self.content.0.0),
                ("user_name", &self.user_name.0.0),
            ],
        )?;
        let occurred = seconds(&tx.clock, "occurrence_time", self.occurrence_time.0)?;
        let published = seconds(&tx.clock, "publish_time", self.publish_time.given())?;
        let published = published.unwrap_or_else(|| tx.clock.now());
        let occurred = occurred.unwrap_or(published);
        let uid = tx.next_id("property")?;
        let number = |given: Option<i64>| given.unwrap_or(0);
        let url = |given: OptionalMaybeEmpty<Text<0, 1024>>| {
            given.given().map_or_else(String::new, |url| url.0)
        };
        let (url1, url2, url3) = (url(self.pic_url1), url(self.pic_url2), url(self.pic_url3));
        let contact =
            |given: MaybeEmpty<Text<0, 15>>| given.0.map_or_else(String::new, |text| text.0);
        let (phone, qq) = (contact(self.user_phone), contact(self.user_qq));
        let place = position(published, uid)?;
        tx.execute(
            "INSERT INTO property (id, type, state, lab, title, content, occurrence_time, user_id,
                                   user_name, user_phone, user_qq, publish_time, update_time,
                                   position, pic_num, pic_url1, pic_url2, pic_url3)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15, $16,
                     $17)",
            args![
                uid,
                self.r#type.0.0,
                number(self.state.given().map(|state| state.0)),
                &self.lab.0.0,
                &self.title.0.0,
                &self.content.0.0,
                occurred,
                caller.id,
                &self.user_name.0.0,
                &phone,
                &qq,
                published,
                place,
                number(self.pic_num.given().map(|number| number.0)),
                &url1,
                &url2,
                &url3,
            ],
        )?;
        let texts = [&*self.lab.0, &*self.title.0, &*self.content.0];
        index(tx, (self.r#type.0.0, place), texts, uid, caller.id);
        reviews::hold(tx, Kind::Notice, &uid.to_string(), held.as_deref())?;
        Ok(Written { uid })
    }
}
