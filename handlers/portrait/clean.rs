//! Pictures of earlier versions were kept with what a camera wrote into them. After an upgrade each
//! is read once, measured, and replaced where there is something to cut off.
//!
//! A picture that changes gets a new name, because a name stands for one content for ever. Rows tell
//! what is left to do (`size` is -1), so a restart goes on where the last one stopped, and rows from
//! an older backup or export are cleaned as well.

use super::NOT_STORED;
use super::Stored;
use super::limits::add_open;
use engine::engine::Engine;
use engine::fault::Fault;
use engine::image_check::{ImageKind, strip};
use engine::{args, db};
use std::borrow::Cow;
use std::sync::Arc;

/// A column that names pictures.
struct Source {
    next: &'static str,
    set: &'static str,
    /// Does a row without an owner count in the total size of open portraits?
    is_portrait: bool,
}

const SOURCES: [Source; 2] = [
    Source {
        next: "SELECT id, file, owner FROM portrait WHERE size = -1 ORDER BY id LIMIT 1",
        set: "UPDATE portrait SET file = $1, size = $2 WHERE id = $3 AND file = $4 AND size = -1",
        is_portrait: true,
    },
    Source {
        next: "SELECT id, avatar, id FROM account WHERE avatar_size = -1 AND avatar <> ''
                ORDER BY id LIMIT 1",
        set: "UPDATE account SET avatar = $1, avatar_size = $2
               WHERE id = $3 AND avatar = $4 AND avatar_size = -1",
        is_portrait: false,
    },
];

/// Clean one picture. True if there may be more.
pub fn step(engine: &Arc<Engine>) -> Result<bool, Fault> {
    for source in &SOURCES {
        let next = engine.db.view().one(source.next, args![], |row| {
            Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<Option<i64>>(2)?))
        })?;
        if let Some((id, file, owner)) = next {
            return clean(engine, source, id, file, owner).map(|()| true);
        }
    }
    Ok(false)
}

fn clean(
    engine: &Arc<Engine>,
    source: &'static Source,
    id: i64,
    file: String,
    owner: Option<i64>,
) -> Result<(), Fault> {
    let services = &engine.services;
    let bytes = services.pictures.get(&file).map_err(|cause| NOT_STORED.caused_by(cause))?;
    // One that is gone takes no room.
    let bytes = bytes.unwrap_or_default();
    let kind = ImageKind::sniff(&bytes);
    let cut = kind.and_then(|kind| match strip(&bytes, kind) {
        Ok(Cow::Owned(cut)) => Some((cut, kind)),
        Ok(Cow::Borrowed(_)) => None,
        Err(refusal) => {
            tracing::warn!(file, %refusal, "a stored picture can't be cleaned; it stays as it is");
            None
        }
    });
    let new = match &cut {
        None => None,
        Some((cut, kind)) => {
            services.disk.check()?;
            let name = services
                .pictures
                .put(cut, kind.extension())
                .map_err(|cause| NOT_STORED.caused_by(cause))?;
            Some(Stored::new(Arc::clone(services), name, cut.len()))
        }
    };
    let size = i64::try_from(cut.map_or(bytes.len(), |(cut, _)| cut.len())).unwrap_or(i64::MAX);
    let stored = new.clone();
    let write = move |tx: &mut db::Tx| {
        let name = new.as_ref().map_or(file.as_str(), Stored::name);
        if tx.execute(source.set, args![name, size, id, &file])? == 0 {
            // Replaced meanwhile: the new one is clean. Ours is removed with `new`.
            return Ok(());
        }
        if source.is_portrait && owner.is_none() {
            add_open(tx, size)?;
        }
        if let Some(new) = new {
            new.keep(tx, Some(file));
        }
        Ok(())
    };
    match stored {
        Some(stored) => stored.write_row(|| engine.db.write(write)),
        None => engine.db.write(write),
    }
}
