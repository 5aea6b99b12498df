//! Parses strace output: changes of files in the data folder, and times of acknowledgements. A
//! moment is a line of the output.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The system calls that change files or answer clients.
pub const CALLS: &str = "trace=openat,pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync,\
                         ftruncate,rename,renameat,renameat2,unlink,unlinkat";

/// One change of a file in the data folder.
#[derive(Debug)]
pub struct Change {
    pub path: String,
    pub kind: Kind,
    /// The call began and ended in these lines.
    pub begin: usize,
    end: usize,
    /// From this line on a power cut does not undo it.
    pub durable: usize,
}

#[derive(Debug)]
pub enum Kind {
    Create,
    Write(u64, Vec<u8>),
    Truncate(u64),
    Rename(String),
    Unlink,
}

#[derive(Default)]
pub struct Trace {
    pub changes: Vec<Change>,
    /// When the successful answer to the envelope with this `id` began to be sent.
    pub acknowledged: BTreeMap<i64, usize>,
    pub lines: usize,
    /// Successful syncs, with their lines.
    syncs: Vec<(String, usize, usize)>,
    /// Failed syncs.
    pub failed: Vec<(String, usize, usize)>,
    /// The existing files and their lengths.
    lengths: BTreeMap<String, u64>,
}

/// A complete system call.
struct Call<'a> {
    name: &'a str,
    args: &'a str,
    result: i64,
    begin: usize,
    end: usize,
}

impl Trace {
    /// Reads the record of a server whose data folder is in a folder of this name.
    pub fn read(file: &Path, folder: &str) -> Self {
        let inside = format!("/{folder}/data");
        let mut trace = Trace::default();
        // Calls interrupted by calls of other threads: they are recorded in two halves.
        let mut halves: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for (at, line) in BufReader::new(File::open(file).unwrap()).lines().enumerate() {
            let line = line.unwrap();
            trace.lines = at + 1;
            let Some((pid, call)) = line.split_once(' ') else { continue };
            let call = call.trim_start();
            if let Some(half) = call.strip_suffix(" <unfinished ...>") {
                halves.insert(pid.to_owned(), (at, half.to_owned()));
            } else if let Some(rest) = call.strip_prefix("<... ") {
                let Some((begin, half)) = halves.remove(pid) else { continue };
                let rest = rest.split_once(" resumed>").unwrap().1;
                trace.note(&inside, &(half + rest), begin, at);
            } else {
                trace.note(&inside, call, at, at);
            }
        }
        trace.apply_sync();
        trace
    }

    fn note(&mut self, inside: &str, text: &str, begin: usize, end: usize) {
        let Some((call, result)) = text.rsplit_once(" = ") else { return };
        let Some((name, args)) = call.split_once('(') else { return };
        let result = result.split(['<', ' ']).next().unwrap_or_default().parse().unwrap_or(-1);
        let call = Call { name, args, result, begin, end };
        if result < 0 && !name.ends_with("sync") {
            return;
        }
        let file = if matches!(
            name,
            "openat" | "rename" | "renameat" | "renameat2" | "unlink" | "unlinkat"
        ) {
            strings(args).next().unwrap_or_default()
        } else {
            let handle = args.split_once('<').map_or("", |(_, rest)| rest);
            if handle.starts_with("TCP") {
                return self.answer(&call);
            }
            // Only a path is written in hex.
            if !handle.starts_with('\\') {
                return;
            }
            decode_hex(handle.split('>').next().unwrap_or_default())
        };
        let file = String::from_utf8_lossy(&file).into_owned();
        let Some((_, path)) = file.split_once(inside) else { return };
        let path = path.trim_start_matches('/').to_owned();
        // The lock file has no content, and the WAL index is in memory: it is rebuilt on opening.
        if !path.ends_with(".lock") && !path.ends_with("-shm") {
            self.change(&call, inside, path);
        }
    }

    /// Records the ids that a sent answer acknowledges.
    fn answer(&mut self, call: &Call<'_>) {
        let sent: Vec<u8> = strings(call.args).flatten().collect();
        let sent = String::from_utf8_lossy(&sent);
        for answer in sent.split("{\"id\":").skip(1) {
            if let Some((id, rest)) = answer.split_once(',')
                && rest.starts_with("\"status\":0,")
            {
                self.acknowledged.insert(id.parse().unwrap(), call.begin);
            }
        }
    }

    fn change(&mut self, call: &Call<'_>, inside: &str, path: String) {
        let length = self.lengths.get(&path).copied();
        let kind = match call.name {
            "fsync" | "fdatasync" => {
                let syncs = if call.result < 0 { &mut self.failed } else { &mut self.syncs };
                syncs.push((path, call.begin, call.end));
                return;
            }
            "openat" if call.args.contains("O_CREAT") && length.is_none() => {
                self.lengths.insert(path.clone(), 0);
                Kind::Create
            }
            "openat" => {
                assert!(!call.args.contains("O_TRUNC"), "{path} is truncated as it is opened");
                return;
            }
            "pwrite64" | "write" => {
                let mut bytes = strings(call.args).next().unwrap_or_default();
                bytes.truncate(usize::try_from(call.result).unwrap());
                let at = match call.name {
                    "pwrite64" => numbers(call.args).next_back().unwrap(),
                    // Files written by these calls are written from the beginning, or appended to.
                    _ => length.unwrap_or_default(),
                };
                let end = at + bytes.len() as u64;
                self.lengths.insert(path.clone(), length.unwrap_or_default().max(end));
                Kind::Write(at, bytes)
            }
            "ftruncate" => {
                let length = numbers(call.args).next_back().unwrap();
                self.lengths.insert(path.clone(), length);
                Kind::Truncate(length)
            }
            "unlink" | "unlinkat" => {
                self.lengths.remove(&path);
                Kind::Unlink
            }
            name if name.starts_with("rename") => {
                let to = String::from_utf8(strings(call.args).nth(1).unwrap()).unwrap();
                let to = to.split_once(inside).unwrap().1.trim_start_matches('/').to_owned();
                let length = self.lengths.remove(&path).unwrap();
                self.lengths.insert(to.clone(), length);
                Kind::Rename(to)
            }
            other => panic!("{other} on {path}: not a way to write that this knows"),
        };
        let Call { begin, end, .. } = *call;
        self.changes.push(Change { path, kind, begin, end, durable: usize::MAX });
    }

    /// A file's content is durable after a sync that began after the write. So is the directory
    /// entry of a new file, after a sync of the file or of the folder, as on ext4, xfs and btrfs;
    /// that of a renamed or removed file only after a sync of the folder. The folders themselves
    /// exist from the beginning. Data whose sync failed may be lost for ever, because Linux does
    /// not retry.
    fn apply_sync(&mut self) {
        for change in &mut self.changes {
            let folder = change.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let settles = |synced: &str| match change.kind {
                Kind::Write(..) | Kind::Truncate(_) => synced == change.path,
                Kind::Create => synced == change.path || synced == folder,
                Kind::Rename(_) | Kind::Unlink => synced == folder,
            };
            let next = |syncs: &[(String, usize, usize)]| {
                let later = |(path, begin, _): &&(String, usize, usize)| {
                    *begin > change.end && settles(path)
                };
                syncs.iter().filter(later).map(|(_, _, end)| *end).min().unwrap_or(usize::MAX)
            };
            let (synced, failed) = (next(&self.syncs), next(&self.failed));
            if synced < failed {
                change.durable = synced;
            }
        }
    }
}

/// The texts between quotes: strace was told to write all bytes in hex, so none has a quote in it.
fn strings(args: &str) -> impl Iterator<Item = Vec<u8>> {
    args.split('"').skip(1).step_by(2).map(decode_hex)
}

/// The plain numbers among the arguments.
fn numbers(args: &str) -> impl DoubleEndedIterator<Item = u64> {
    args.split([',', ' ', ')']).filter_map(|word| word.parse().ok())
}

fn decode_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        other => panic!("{other} is no digit"),
    };
    let escaped = text.as_bytes().chunks_exact(4);
    escaped.map(|escaped| digit(escaped[2]) << 4 | digit(escaped[3])).collect()
}
