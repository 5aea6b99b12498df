//! Multipart bodies (RFC 7578), read as they come: no more of one is held than the parts that are wanted.
//!
//! Nothing is looked at that does not matter: of a part's head its field's name, and whether it is a file. Line
//! ends may be CRLF or LF; what stands before the first part, behind the last and behind a boundary in its
//! line is skipped.

mod head;
mod parameters;

use bytes::Bytes;
use head::Head;
use memchr::memmem::Finder;
use std::fmt;

pub(crate) use parameters::parameters;

/// The most parts of a body, wanted or not: no operation has as many fields, and each costs a little.
const PARTS: usize = 256;

/// The longest head of a part, in bytes. A file's name has at most some hundred characters; clients that send
/// its path, in two encodings, stay below a few thousand bytes.
const HEAD: usize = 16 * 1024;

/// The most blanks between a boundary and the end of its line.
const PADDING: usize = 128;

/// One part of a multipart body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A file.
    File(Bytes),
    /// The value of any other field, in whatever encoding.
    Text(Vec<u8>),
}

/// What is wrong with a multipart body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MultipartError {
    /// It ends before its last boundary, or has none.
    Incomplete,
    /// It ends within the part of this name.
    IncompletePart(String),
    /// A part's head is longer than [`HEAD`].
    LongHead,
    /// There are more than [`PARTS`] parts.
    ManyParts,
}

impl fmt::Display for MultipartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let readable = "the multipart body is not readable";
        match self {
            MultipartError::Incomplete => write!(f, "{readable}: incomplete multipart stream"),
            MultipartError::IncompletePart(name) => {
                write!(f, "{readable}: field {name:?} received with incomplete data")
            }
            MultipartError::LongHead => {
                write!(f, "{readable}: a part's head is longer than {HEAD} bytes")
            }
            MultipartError::ManyParts => f.write_str("more fields than any operation has"),
        }
    }
}

/// Reads a multipart body piece by piece.
pub(crate) struct Reader<K> {
    /// A line end and the boundary behind it, with its two hyphens.
    delimiter: Finder<'static>,
    /// Which names of parts are wanted.
    is_wanted: K,
    /// Bytes that arrived and have not been assigned to a part yet.
    buffer: Vec<u8>,
    place: Position,
    /// Does the buffer begin where a line begins?
    is_line_start: bool,
    /// Does the first boundary's line end in CRLF? Then a CR before a later boundary belongs to it.
    has_cr: bool,
    /// Is everything so far white space?
    is_blank: bool,
    count: usize,
    parts: Vec<(String, Part)>,
}

/// Where in a body the buffer begins.
enum Position {
    /// Before the first boundary.
    Preamble,
    /// In a part's head.
    Head,
    /// In the content of a part.
    Part(Head, Vec<u8>),
    /// Behind the last boundary.
    End,
}

/// The result of one step.
enum Step {
    /// This many bytes are consumed, and another step follows.
    On(usize),
    /// This many bytes are consumed, and more input is needed.
    Wait(usize),
}

/// The result of a search for the next boundary.
enum Found {
    /// What stands before it ends at the first index, and what follows its line begins at the second.
    Boundary { end: usize, next: usize, is_last: bool },
    /// No boundary was found. This many bytes are certainly not part of one.
    No(usize),
}

/// The rest of a boundary's line.
enum Rest {
    /// Only blanks: the line ends after this many bytes.
    Open(usize),
    /// Two hyphens: it is the last one.
    Last,
    /// More input is needed to decide.
    Short,
    /// Something else, so this is not a boundary.
    Other,
}

impl<K: Fn(&str) -> bool> Reader<K> {
    /// Read a body with this boundary, and keep the parts that `is_wanted`.
    pub(crate) fn new(boundary: &[u8], is_wanted: K) -> Self {
        Reader {
            delimiter: Finder::new(&[b"\n--", boundary].concat()).into_owned(),
            is_wanted,
            buffer: Vec::new(),
            place: Position::Preamble,
            is_line_start: true,
            has_cr: true,
            is_blank: true,
            count: 0,
            parts: Vec::new(),
        }
    }

    /// Take the next piece of the body.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), MultipartError> {
        self.is_blank = self.is_blank && piece.trim_ascii().is_empty();
        self.buffer.extend_from_slice(piece);
        self.run(false)
    }

    /// The parts, at the body's end.
    pub(crate) fn finish(mut self) -> Result<Vec<(String, Part)>, MultipartError> {
        self.run(true)?;
        match self.place {
            Position::End => Ok(self.parts),
            // A request that sends no fields at all.
            Position::Preamble if self.is_blank => Ok(self.parts),
            // Some clients leave out the last boundary's hyphens.
            Position::Head if self.buffer.trim_ascii().is_empty() => Ok(self.parts),
            Position::Preamble | Position::Head => Err(MultipartError::Incomplete),
            Position::Part(head, _) => {
                Err(MultipartError::IncompletePart(head.name.unwrap_or_default()))
            }
        }
    }

    fn run(&mut self, is_end: bool) -> Result<(), MultipartError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut done = 0;
        loop {
            match self.step(buffer.get(done..).unwrap_or_default(), is_end)? {
                Step::On(bytes) => done += bytes,
                Step::Wait(bytes) => {
                    done += bytes;
                    break;
                }
            }
        }
        buffer.drain(..done);
        self.buffer = buffer;
        Ok(())
    }

    fn step(&mut self, text: &[u8], is_end: bool) -> Result<Step, MultipartError> {
        match self.place {
            Position::End => Ok(Step::Wait(text.len())),
            Position::Head => self.head(text),
            Position::Preamble => Ok(match self.find(text, is_end) {
                Found::Boundary { next, is_last, .. } => {
                    self.has_cr = text.get(..next).is_some_and(|line| line.ends_with(b"\r\n"));
                    self.place = if is_last { Position::End } else { Position::Head };
                    Step::On(next)
                }
                Found::No(bytes) => self.wait(bytes),
            }),
            Position::Part(..) => {
                let found = self.find(text, is_end);
                let end = match found {
                    Found::Boundary { end, .. } | Found::No(end) => end,
                };
                if let Position::Part(head, held) = &mut self.place
                    && head.is_wanted
                {
                    held.extend_from_slice(text.get(..end).unwrap_or_default());
                }
                Ok(match found {
                    Found::No(bytes) => self.wait(bytes),
                    Found::Boundary { next, is_last, .. } => {
                        let place = if is_last { Position::End } else { Position::Head };
                        if let Position::Part(head, held) =
                            std::mem::replace(&mut self.place, place)
                        {
                            self.parts.extend(head.part(held));
                        }
                        Step::On(next)
                    }
                })
            }
        }
    }

    fn wait(&mut self, bytes: usize) -> Step {
        self.is_line_start &= bytes == 0;
        Step::Wait(bytes)
    }

    /// Read a part's head, once all of it is there.
    fn head(&mut self, text: &[u8]) -> Result<Step, MultipartError> {
        let Some((head, next)) = head::split(text) else {
            return if text.len() > HEAD {
                Err(MultipartError::LongHead)
            } else {
                Ok(Step::Wait(0))
            };
        };
        if head.len() > HEAD {
            return Err(MultipartError::LongHead);
        }
        self.count += 1;
        if self.count > PARTS {
            return Err(MultipartError::ManyParts);
        }
        let mut head = Head::read(head);
        head.is_wanted = head.name.as_deref().is_some_and(|name| (self.is_wanted)(name));
        self.place = Position::Part(head, Vec::new());
        self.is_line_start = true;
        Ok(Step::On(next))
    }

    /// Look for the next boundary.
    fn find(&self, text: &[u8], is_end: bool) -> Found {
        let needle = self.delimiter.needle();
        if self.is_line_start {
            // A byte order mark may stand before the first boundary.
            let start = match self.place {
                Position::Preamble => text.len() - crate::data::encoding::without_bom(text).len(),
                _ => 0,
            };
            let line = text.get(start..).unwrap_or_default();
            let boundary = needle.get(1..).unwrap_or_default();
            if let Some(behind) = line.strip_prefix(boundary) {
                match rest(behind, is_end) {
                    Rest::Short => return Found::No(0),
                    Rest::Other => {}
                    Rest::Last => {
                        return Found::Boundary { end: 0, next: text.len(), is_last: true };
                    }
                    Rest::Open(bytes) => {
                        let next = start + boundary.len() + bytes;
                        return Found::Boundary { end: 0, next, is_last: false };
                    }
                }
            } else if !is_end && boundary.starts_with(line) {
                return Found::No(0);
            }
        }
        let mut from = 0;
        while let Some(offset) = text.get(from..).and_then(|text| self.delimiter.find(text)) {
            let line_end = from + offset;
            let before = text.get(..line_end).unwrap_or_default();
            let has_cr = self.has_cr && before.ends_with(b"\r");
            let end = if has_cr { line_end - 1 } else { line_end };
            let behind = line_end + needle.len();
            match rest(text.get(behind..).unwrap_or_default(), is_end) {
                Rest::Open(bytes) => {
                    return Found::Boundary { end, next: behind + bytes, is_last: false };
                }
                Rest::Last => return Found::Boundary { end, next: text.len(), is_last: true },
                Rest::Short => return Found::No(line_end.saturating_sub(1)),
                Rest::Other => from = line_end + 1,
            }
        }
        // The end may be a line end and the first bytes of a boundary.
        Found::No(text.len().saturating_sub(needle.len()))
    }
}

/// What stands behind a boundary.
fn rest(text: &[u8], is_end: bool) -> Rest {
    if let Some(behind) = text.strip_prefix(b"--") {
        return match behind.first() {
            None if is_end => Rest::Last,
            None => Rest::Short,
            Some(b' ' | b'\t' | b'\r' | b'\n') => Rest::Last,
            Some(_) => Rest::Other,
        };
    }
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if blanks > PADDING {
        return Rest::Other;
    }
    match text.get(blanks..).unwrap_or_default() {
        [b'\n', ..] => Rest::Open(blanks + 1),
        [b'\r', b'\n', ..] => Rest::Open(blanks + 2),
        // Some clients leave out the last boundary's hyphens.
        [] | [b'\r'] if is_end => Rest::Last,
        [] | [b'\r'] | [b'-'] if !is_end => Rest::Short,
        _ => Rest::Other,
    }
}

#[cfg(fuzzing)]
pub(crate) fn fuzz_head(text: &[u8]) {
    let mut head = Head::read(text);
    head.is_wanted = true;
    let _ = head.part(text.to_vec());
}

#[cfg(test)]
mod tests;
