//! Pictures that people have uploaded: look at them, hide them, remove them, several at once.

use crate::handlers::EmptyReply;
use crate::handlers::moderation::audit::By;
use crate::handlers::portrait;
use crate::handlers::user::avatar;
use engine::caller::{Admin, Moderator, Viewer};
use engine::data::{Field, FieldError, IntOrText, Value, schema};
use engine::fault::{Fault, FaultKind};
use engine::op::{File, Name, Op, Scan, Store, Work, WorkContext};
use engine::{args, data};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::json;
use std::str::FromStr;

/// The most pictures of a page.
const ROWS: i64 = 48;

/// The most pictures that are changed at once.
const MOST: usize = 200;

/// A picture: a portrait by its number, or an account's avatar by the account's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Picture {
    Portrait(i64),
    Avatar(i64),
}

impl FromStr for Picture {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (kind, id) = text.split_once(' ').ok_or(())?;
        let id = id.parse().map_err(drop)?;
        match kind {
            "portrait" => Ok(Picture::Portrait(id)),
            "avatar" => Ok(Picture::Avatar(id)),
            _ => Err(()),
        }
    }
}

impl Field for Picture {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let wrong = |()| {
            FieldError::Value("a picture such as \"portrait 100001\" or \"avatar 100001\"".into())
        };
        String::read(value)?.parse().map_err(wrong)
    }

    fn schema() -> Schema {
        schema::pattern("^(portrait|avatar) [0-9]{1,19}$")
    }
}

/// Some pictures: a list, or with commas between them.
#[derive(Clone)]
struct Pictures(Vec<Picture>);

impl Field for Pictures {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let wrong = || FieldError::Value("1 to 200 pictures such as \"portrait 100001\"".into());
        let texts: Vec<String> = match value {
            Value::List(values) => values
                .into_iter()
                .map(String::read)
                .collect::<Result<_, _>>()
                .map_err(|_| wrong())?,
            value => String::read(value)?.split(',').map(str::to_owned).collect(),
        };
        if !(1..=MOST).contains(&texts.len()) {
            return Err(wrong());
        }
        let pictures = texts.iter().map(|text| text.trim().parse()).collect::<Result<_, _>>();
        pictures.map(Pictures).map_err(|()| wrong())
    }

    fn schema() -> Schema {
        schema::schema(json!({
            "anyOf": [
                {"type": "string"},
                {"type": "array", "maxItems": MOST, "items": {"type": "string"}},
            ]
        }))
    }
}

data! {
    /// List pictures, the newest portraits or the avatars of the newest accounts first, 48 at most.
    pub struct ListPictures {
        /// `portrait` or `avatar`; portraits where it is absent.
        kind: Option<String>,
        /// Only those behind this one.
        after: Option<IntOrText>,
    }
}

/// Pictures.
#[derive(Serialize, JsonSchema)]
pub struct PictureList {
    /// `portrait` or `avatar`.
    kind: &'static str,
    /// The pictures.
    pictures: Vec<Listed>,
}

/// A picture.
#[derive(Serialize, JsonSchema)]
pub struct Listed {
    /// What other operations call it: `portrait` or `avatar`, and the number.
    picture: String,
    /// The portrait's number, or the account's id.
    id: i64,
    /// The account that it belongs to; `null` if it belongs to none.
    owner: Option<i64>,
    /// Its size in bytes; -1 if it was not measured yet.
    bytes: i64,
    /// Whether the default picture is shown in its place.
    hidden: bool,
}

impl Op for ListPictures {
    const NAME: Name = ("admin", "pictures");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"kind": "portrait"}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = PictureList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<PictureList, Fault> {
        let after = self.after.map_or(i64::MAX, |after| after.0);
        let kind = match self.kind.as_deref() {
            None | Some("" | "portrait") => "portrait",
            Some("avatar") => "avatar",
            Some(_) => return Err(Fault::value("kind", "portrait or avatar")),
        };
        let sql = match kind {
            "portrait" => {
                "SELECT id, owner, size, hidden FROM portrait WHERE id < $1 ORDER BY id DESC LIMIT $2"
            }
            _ => {
                "SELECT id, id, avatar_size, 0 FROM account WHERE avatar <> '' AND id < $1
                  ORDER BY id DESC LIMIT $2"
            }
        };
        let pictures = context.read(|view| {
            view.all(sql, args![after, ROWS], |row| {
                let id: i64 = row.get(0)?;
                Ok(Listed {
                    picture: format!("{kind} {id}"),
                    id,
                    owner: row.get(1)?,
                    bytes: row.get(2)?,
                    hidden: row.get::<i64>(3)? != 0,
                })
            })
        })?;
        Ok(PictureList { kind, pictures })
    }
}

data! {
    /// Look at a picture, also at one that is hidden.
    pub struct ShowPicture {
        /// Which: `portrait` or `avatar`, and the number.
        picture: Picture,
    }
}

impl Op for ShowPicture {
    const NAME: Name = ("admin", "picture");
    const FAULTS: &'static [FaultKind] =
        &[FaultKind::NotFound, FaultKind::Declared(&portrait::NOT_STORED)];
    const EXAMPLE: &'static str = r#"{"picture": "portrait 100001"}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Store>;
    type Reply = File;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<File, Fault> {
        let (sql, id) = match self.picture {
            Picture::Portrait(id) => ("SELECT file FROM portrait WHERE id = $1", id),
            Picture::Avatar(id) => {
                ("SELECT avatar FROM account WHERE id = $1 AND avatar <> ''", id)
            }
        };
        let file = context.read(|view| view.one(sql, args![id], |row| row.get::<String>(0)))?;
        let unknown = || Fault::NotFound("picture".into());
        let file = portrait::read(context, &file.ok_or_else(unknown)?)?.ok_or_else(unknown)?;
        // What is shown here may be gone a moment later.
        Ok(File { tag: "".into(), ..file })
    }
}

/// An operation on some pictures: `$run` does it for portraits and for avatars.
macro_rules! on_pictures {
    ($(#[doc = $doc:literal])* $name:ident, $subtype:literal, $run:path) => {
        data! {
            $(#[doc = $doc])*
            pub struct $name {
                /// Which: each `portrait` or `avatar`, and the number.
                pictures: Pictures,
            }
        }

        impl Op for $name {
            const NAME: Name = ("admin", $subtype);
            const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
            const EXAMPLE: &'static str = r#"{"pictures": ["portrait 100001"]}"#;
            type Caller = Admin<Moderator>;
            type Lane = Work<Scan>;
            type Reply = EmptyReply;
            const NEEDS_SPACE: bool = false;

            fn run(
                self,
                context: &WorkContext,
                caller: Admin<Moderator>,
            ) -> Result<EmptyReply, Fault> {
                let changed = $run(context, &By::admin(&caller), &self.pictures)?;
                super::done(Ok(changed > 0), "pictures")
            }
        }
    };
}

impl Pictures {
    fn portraits(&self) -> Vec<i64> {
        let portrait = |picture: &Picture| match picture {
            Picture::Portrait(id) => Some(*id),
            Picture::Avatar(_) => None,
        };
        self.0.iter().filter_map(portrait).collect()
    }
}

fn remove(context: &WorkContext, by: &By, pictures: &Pictures) -> Result<usize, Fault> {
    let mut removed = portrait::admin::remove_all(context.db(), by, &pictures.portraits())?;
    for picture in &pictures.0 {
        if let Picture::Avatar(account) = picture {
            removed += usize::from(avatar::remove(context.db(), by, *account)?);
        }
    }
    Ok(removed)
}

fn hide(context: &WorkContext, by: &By, pictures: &Pictures) -> Result<usize, Fault> {
    portrait::admin::set_hidden(context.db(), by, &pictures.portraits(), true)
}

fn unhide(context: &WorkContext, by: &By, pictures: &Pictures) -> Result<usize, Fault> {
    portrait::admin::set_hidden(context.db(), by, &pictures.portraits(), false)
}

on_pictures! {
    /// Remove portraits and avatars; their files go with them.
    RemovePictures, "remove_pictures", remove
}

on_pictures! {
    /// Show the default picture in the place of portraits. An avatar can only be removed.
    HidePictures, "hide_pictures", hide
}

on_pictures! {
    /// Show portraits again that were hidden.
    UnhidePictures, "unhide_pictures", unhide
}
