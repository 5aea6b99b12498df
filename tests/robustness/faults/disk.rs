//! Simulates disks after a power cut: all synced data, and any part of the rest, torn at any place
//! and in any order.

use super::trace::{Change, Kind, Trace};
use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use std::collections::BTreeMap;
use std::fs;
use std::iter::once;
use std::ops::Range;
use std::path::Path;

/// A disk writes a sector completely or not at all; SQLite assumes only that bytes which were not
/// written stay unchanged.
const SECTOR: usize = 512;

/// The files in a data folder.
#[derive(Default)]
pub struct Disk(BTreeMap<String, Vec<u8>>);

impl Disk {
    /// A possible disk after a power cut at this line.
    pub fn after_cut(trace: &Trace, cut: usize, rng: &mut SmallRng) -> Self {
        let mut disk = Disk::default();
        // From none of the unsynced data to all of it: both ends are the most likely in practice.
        let share = f64::from(rng.random_range(0..=4_u32)) / 4.0;
        let mut last = BTreeMap::new();
        let begun = || trace.changes.iter().enumerate().filter(|(_, change)| change.begin < cut);
        for (nth, change) in begun().filter(|(_, change)| change.durable < cut) {
            last.insert(&change.path, nth);
        }
        // Data of a failed sync is never durable, but can't overwrite data that was synced later.
        let (settled, mut rest): (Vec<_>, Vec<_>) = begun()
            .partition(|(nth, change)| last.get(&change.path).is_some_and(|last| nth <= last));
        for (_, change) in settled {
            if change.durable < cut {
                disk.apply(change, &Torn::Whole);
            } else if rng.random_bool(share) {
                disk.apply(change, &Torn::random(rng));
            }
        }
        rest.shuffle(rng);
        for (_, change) in rest {
            if rng.random_bool(share) {
                disk.apply(change, &Torn::random(rng));
            }
        }
        disk
    }

    /// Applies a change; of a write only the part that arrived.
    fn apply(&mut self, change: &Change, torn: &Torn) {
        let files = &mut self.0;
        match &change.kind {
            Kind::Create => drop(files.entry(change.path.clone()).or_default()),
            Kind::Unlink => drop(files.remove(&change.path)),
            Kind::Rename(to) => {
                if let Some(bytes) = files.remove(&change.path) {
                    files.insert(to.clone(), bytes);
                }
            }
            Kind::Truncate(length) => {
                if let Some(file) = files.get_mut(&change.path) {
                    file.resize(usize::try_from(*length).unwrap(), 0);
                }
            }
            Kind::Write(at, bytes) => {
                let Some(file) = files.get_mut(&change.path) else { return };
                let at = usize::try_from(*at).unwrap();
                for piece in torn.pieces(at, at + bytes.len()) {
                    if piece.end > file.len() {
                        file.resize(piece.end, 0);
                    }
                    let written = &bytes[piece.start - at..piece.end - at];
                    file[piece].copy_from_slice(written);
                }
            }
        }
    }

    /// Put the files into a folder.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder.join("pictures")).unwrap();
        for (path, bytes) in &self.0 {
            fs::write(folder.join(path), bytes).unwrap();
        }
    }
}

/// Which part of a write arrived.
enum Torn {
    Whole,
    /// This share of it, in thousandths.
    Until(usize),
    /// The sectors whose bit is set, repeating.
    Sectors(u64),
}

impl Torn {
    fn random(rng: &mut SmallRng) -> Self {
        match rng.random_range(0..4) {
            0 => Torn::Until(rng.random_range(0..1000)),
            1 => Torn::Sectors(rng.random()),
            _ => Torn::Whole,
        }
    }

    /// The ranges that arrived of a write to these positions.
    fn pieces(&self, start: usize, end: usize) -> Vec<Range<usize>> {
        match self {
            Torn::Whole => once(start..end).collect(),
            Torn::Until(thousandths) => {
                let until = start + (end - start) * thousandths / 1000;
                once(start..until).collect()
            }
            Torn::Sectors(kept) => (start / SECTOR..end.div_ceil(SECTOR))
                .filter(|sector| kept >> (sector % 64) & 1 == 1)
                .map(|sector| start.max(sector * SECTOR)..end.min((sector + 1) * SECTOR))
                .collect(),
        }
    }
}
