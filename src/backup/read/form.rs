//! Variations of the archive format: what other programs add when they pack it again, and how to
//! recognize a file that is not a plain tar.

use super::super::contents::PICTURES;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;
use tar::{EntryType, PaxExtensions};

/// The longest extended header that is read, in bytes. Our archives have none; other programs store
/// dates in them.
const EXTENDED: u64 = 64 << 10;

/// The first bytes of compressed files, and which program unpacks them.
const PACKED: [(&[u8], &str, &str); 6] = [
    (b"\x1f\x8b", "gzip", "gunzip"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
    (b"\xfd7zXZ\0", "xz", "unxz"),
    (b"BZh", "bzip2", "bunzip2"),
    (b"PK\x03\x04", "zip", "unzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip", "7z x"),
];

/// If the file at `path` is compressed: why it is not a plain tar, and how to unpack it.
pub(super) fn packed(path: &Path) -> io::Result<Option<String>> {
    let mut first = Vec::new();
    File::open(path)?.take(8).read_to_end(&mut first)?;
    let found = PACKED.iter().find(|(magic, ..)| first.starts_with(magic));
    Ok(found.map(|(_, what, how)| format!("it is packed with {what}; unpack it first ({how})")))
}

/// The name without the leading `./` that some programs write.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
}

/// Is it one of the folders that an archive has?
pub(super) fn is_folder(name: &str) -> bool {
    matches!(name, "" | "." | "./") || name.trim_end_matches('/') == PICTURES.trim_end_matches('/')
}

/// Refuse an extended header (pax) that sets more than dates, owners and the like. Its path or size
/// would override the header.
pub(super) fn harmless(from: &mut dyn Read, bytes: u64) -> Result<(), String> {
    let mut text = Vec::new();
    let read = from.take(EXTENDED).read_to_end(&mut text);
    if bytes > EXTENDED || read.is_err() || text.len() as u64 != bytes {
        return Err("it has an extended header that is too long or cut off".to_owned());
    }
    let decides = |key: &str| {
        matches!(key, "path" | "size" | "linkpath" | "hdrcharset") || key.starts_with("GNU.sparse")
    };
    for record in PaxExtensions::new(&text) {
        match record.as_ref().map(|record| record.key()) {
            Ok(Ok(key)) if !decides(key) => {}
            Ok(Ok(key)) => {
                return Err(format!("it has an extended header with {key:?}; pack it as ustar"));
            }
            _ => return Err("it has an extended header that can't be read".to_owned()),
        }
    }
    Ok(())
}

/// Why an entry of this type cannot be part of an archive.
pub(super) fn odd(kind: EntryType) -> &'static str {
    match kind {
        EntryType::GNUSparse => "it holds a file with holes; pack it without --sparse",
        EntryType::GNULongName | EntryType::GNULongLink => "it holds a name that is too long",
        EntryType::Directory => "it holds a folder that is no part of one",
        _ => "it holds something that is no file",
    }
}

/// Are there only zeros from offset `start` on?
pub(super) fn is_blank(path: &Path, start: u64) -> io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut buffer = [0; 32 << 10];
    loop {
        let count = file.read(&mut buffer)?;
        match buffer.get(..count).unwrap_or_default() {
            [] => return Ok(true),
            some if some.iter().any(|byte| *byte != 0) => return Ok(false),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str, value: &str) -> String {
        // The length counts itself.
        let rest = key.len() + value.len() + 3;
        let length = rest + (rest + 2).to_string().len();
        format!("{length} {key}={value}\n")
    }

    #[test]
    fn pax_header_may_hold_only_dates_and_owners() {
        for key in ["mtime", "atime", "ctime", "uid", "gid", "uname", "comment", "LIBARCHIVE.x"] {
            let text = record(key, "1700000000.5");
            assert_eq!(harmless(&mut text.as_bytes(), text.len() as u64), Ok(()), "{key}");
        }
        for key in ["path", "size", "linkpath", "hdrcharset", "GNU.sparse.name"] {
            let text = record("mtime", "1") + &record(key, "1");
            let told = harmless(&mut text.as_bytes(), text.len() as u64).unwrap_err();
            assert!(told.contains(key), "{told}");
        }
        for (text, length) in [("x", 1), ("9 a=1\n", 6), ("", 70_000), ("12 mtime=1\n", 20)] {
            assert!(harmless(&mut text.as_bytes(), length).is_err(), "{text}");
        }
        assert_eq!(harmless(&mut &b""[..], 0), Ok(()));
    }

    #[test]
    fn entry_names_with_dot_slash_are_accepted() {
        assert_eq!((plain("./guichet.db"), plain("guichet.db")), ("guichet.db", "guichet.db"));
        assert_eq!((plain("../x"), plain(".//x")), ("../x", "/x"));
        for name in ["", ".", "./", "pictures", "pictures/"] {
            assert!(is_folder(plain(name)), "{name}");
        }
        for name in ["..", "/", "pictures/a", "picture", "/pictures"] {
            assert!(!is_folder(plain(name)), "{name}");
        }
    }
}
