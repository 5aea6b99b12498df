//! Searching notices, by keyword or by their fields.

use super::fields::seconds;
use super::indexed::{INDEXED, NOTICES};
use super::notice::Notice;
use engine::caller::Account;
use engine::clock::{Clock, DateTime};
use engine::data::schema::FieldSchema;
use engine::data::{Data, FieldError, FieldErrors, Fields, IntBetween};
use engine::db::{ListQuery, Rows, Search};
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Scan, Work, WorkContext};
use engine::status::Status;

/// The most rows of an answer, and how many there are unless fewer are asked for.
const ROWS: i64 = 1000;

/// The longest `key`, in characters: what a search costs grows with it.
const KEY: usize = 64;

/// The longest text of a filter, in characters: a picture's address may be looked for.
const FILTER: usize = 256;

/// Filters that a row matches where it contains their text.
const TEXTS: [&str; 14] = [
    "lab",
    "title",
    "content",
    "user_id",
    "user_name",
    "user_phone",
    "user_qq",
    "user2_id",
    "user2_name",
    "user2_phone",
    "user2_qq",
    "pic_url1",
    "pic_url2",
    "pic_url3",
];

/// Filters that a row matches exactly: integers.
const INTEGERS: [&str; 3] = ["id", "state", "pic_num"];

/// Filters that a row matches exactly: date-times.
const TIMES: [&str; 3] = ["occurrence_time", "publish_time", "update_time"];

/// Parameters that are no filters, so that a keyword goes with them.
const OTHERS: [&str; 5] = ["token", "type", "key", "limit", "before"];

/// Search notices of one type, newest change first.
#[derive(Clone)]
pub struct Query {
    r#type: i64,
    key: Option<Search<KEY>>,
    filters: Vec<(&'static str, Filter)>,
    limit: i64,
    before: Option<i64>,
}

#[derive(Clone)]
enum Filter {
    Exact(i64),
    At(DateTime),
    Contains(Search<FILTER>),
}

impl Data for Query {
    const FIELDS: &'static [&'static [&'static str]] = &[&OTHERS, &INTEGERS, &TIMES, &TEXTS];

    const REFUSES_UNKNOWN: bool = true;

    fn description() -> String {
        "Search the notices of one type. The latest change comes first. A search by `key` takes no other filter.".into()
    }

    fn shapes() -> Vec<Vec<FieldSchema>> {
        let exactly = "Exactly this.";
        let any = "Any part of the text.";
        let mut shape = vec![
            FieldSchema::of::<Option<String>>(
                "token",
                &[Some("The token, if it comes in no header.")],
            ),
            FieldSchema::of::<IntBetween<1, 2>>("type", &[Some("1 lost, 2 found.")]),
            FieldSchema::of::<Option<Search<KEY>>>(
                "key",
                &[Some("Any part of labels, title or content, or the whole id or user_id.")],
            ),
            FieldSchema::of::<Option<IntBetween<1, ROWS>>>("limit", &[Some("The most rows.")]),
            FieldSchema::of::<Option<i64>>("before", &[Some("Only rows after this row's id.")]),
        ];
        shape.extend(INTEGERS.map(|key| FieldSchema::of::<Option<i64>>(key, &[Some(exactly)])));
        shape.extend(TIMES.map(|key| FieldSchema::of::<Option<DateTime>>(key, &[Some(exactly)])));
        shape.extend(TEXTS.map(|key| FieldSchema::of::<Option<Search<FILTER>>>(key, &[Some(any)])));
        vec![shape]
    }

    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        let mut field_errors = FieldErrors::default();
        let known = |key: &str| {
            [&TEXTS[..], &INTEGERS, &TIMES, &OTHERS].iter().any(|keys| keys.contains(&key))
        };
        if let Some(key) = fields.keys().find(|key| !known(key)) {
            field_errors.note(key.to_owned().into(), FieldError::Unknown);
        }
        let filter = fields.keys().find(|key| !OTHERS.contains(key) && fields.is_given(key));
        if let (true, Some(filter)) = (fields.is_given("key"), filter) {
            field_errors.note(filter.to_owned().into(), FieldError::Conflict("key"));
        }
        let kind = field_errors.read::<IntBetween<1, 2>>(fields, "type");
        let key = field_errors.read(fields, "key");
        let limit = field_errors.read::<Option<IntBetween<1, ROWS>>>(fields, "limit");
        let before = field_errors.read(fields, "before");
        let mut filters = Vec::new();
        for key in INTEGERS {
            let found = field_errors.read::<Option<i64>>(fields, key).flatten();
            filters.extend(found.map(|number| (key, Filter::Exact(number))));
        }
        for key in TIMES {
            let found = field_errors.read::<Option<DateTime>>(fields, key).flatten();
            filters.extend(found.map(|at| (key, Filter::At(at))));
        }
        for key in TEXTS {
            let found = field_errors.read::<Option<Search<FILTER>>>(fields, key).flatten();
            filters.extend(found.map(|text| (key, Filter::Contains(text))));
        }
        field_errors.check()?;
        match (kind, key, limit, before) {
            (Some(IntBetween(kind)), Some(key), Some(limit), Some(before)) => {
                let limit = limit.map_or(ROWS, |limit| limit.0);
                Ok(Query { r#type: kind, key, filters, limit, before })
            }
            _ => Err(field_errors.fault()),
        }
    }
}

impl Op for Query {
    const NAME: Name = ("property", "query");
    const EMPTY_DATA: &'static str = "[]";
    const FAULTS: &'static [FaultKind] = &[FaultKind::Conflict];
    const EXAMPLE: &'static str = r#"{"type": 1, "key": "card"}"#;
    type Caller = Account;
    type Lane = Work<Scan>;
    type Reply = Rows<Notice>;
    const NEEDS_SPACE: bool = false;

    /// A query has a table of its own (page `faults.md`, "property/query").
    fn status(fault: &Fault) -> Status {
        let (code, message) = match fault {
            Fault::UnknownParameter(_) => (-100, "Args Error"),
            Fault::WrongType(..) => (-101, "Args Type Error"),
            Fault::Conflict(..) => (-103, "Args conflict"),
            Fault::NoCredentials | Fault::Missing(_) => (-104, "Missing necessary args"),
            Fault::BadToken | Fault::StaleToken | Fault::AccountGone => (-105, "Error token"),
            Fault::Empty(_) | Fault::WrongValue(..) | Fault::Repeated(_) => (-106, "Args Error"),
            fault => return engine::status::status(fault),
        };
        Status { code, message }
    }

    fn run(self, context: &WorkContext, caller: Account) -> Result<Rows<Notice>, Fault> {
        let mut listing = self.listing(&context.clock)?;
        listing.with(" AND (hidden = 0 OR user_id = ?)", caller.id);
        context.read(|view| view.list(&listing))
    }
}

impl Query {
    fn listing(self, clock: &Clock) -> Result<ListQuery<Notice>, Fault> {
        let mut listing = ListQuery::new(&NOTICES, self.r#type, self.limit);
        if let Some(key) = self.key {
            listing.wanted().text(key.text());
            listing.with(
                " AND (contains(lab, ?) OR contains(title, ?) OR contains(content, ?)",
                key.needle(),
            );
            // A whole id, as a row shows it: `007` is no id's text.
            if let Some(id) =
                key.text().parse::<i64>().ok().filter(|id| id.to_string() == key.text())
            {
                listing.wanted().or_word(key.text());
                listing.with(" OR id = ? OR user_id = ?", id);
            }
            listing.text(")");
        }
        // One row needs no index but its own.
        let by_id = self.filters.iter().any(|(column, _)| *column == "id");
        for (column, filter) in self.filters {
            match filter {
                Filter::Exact(number) => {
                    listing.with(&format!(" AND {column} = ?"), number);
                }
                Filter::At(at) => {
                    if let Some(at) = seconds(clock, column, Some(at))? {
                        listing.with(&format!(" AND {column} = ?"), at);
                    }
                }
                Filter::Contains(text) => {
                    if !by_id && INDEXED.contains(&column) {
                        listing.wanted().text(text.text());
                    }
                    let column = match column {
                        "user_id" => "CAST(user_id AS TEXT)",
                        column => column,
                    };
                    listing.with(&format!(" AND contains({column}, ?)"), text.needle());
                }
            }
        }
        if let Some(before) = self.before {
            listing.before(before);
        }
        Ok(listing)
    }
}
