//! Encryption of single values of rows, with a key that is kept outside of the database.
//!
//! A value is kept as text, `x1.KEY.DATA`: the form, the key's id, and in base64 a random nonce and what
//! XChaCha20-Poly1305 makes of the value. The column and the id of the row's owner are authenticated with
//! it, so that a value can't be moved to another row or column.
//!
//! The key is a file of 64 hex digits (`privacy.key_file`). It is made where no encrypted value exists,
//! and never replaced. Without it, or with another one, encrypted values can't be read or written;
//! everything else works.

use crate::config::Config;
use crate::fault::{Cause, Fault};
use crate::hex;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, PoisonError, RwLock};

/// The prefix of an encrypted value. The number is the version of the format.
const FORM: &str = "x1.";

/// The bytes of a nonce.
const NONCE: usize = 24;

/// The characters of a key's id.
const ID: usize = 16;

/// The key of the encrypted columns, if there is a usable one.
pub struct Vault {
    path: PathBuf,
    key: OnceLock<Key>,
    /// Why the key can't be used; `None` if it can.
    problem: RwLock<Option<String>>,
}

struct Key {
    bytes: [u8; 32],
    id: String,
}

impl Key {
    fn new(bytes: [u8; 32]) -> Self {
        let mut id = hex::encode(&mac(&bytes, "id", ""));
        id.truncate(ID);
        Key { bytes, id }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.bytes.into())
    }
}

impl Vault {
    /// The vault of a configuration. Reads the key file if it is there; makes nothing.
    pub fn open(config: &Config) -> Self {
        let vault = Vault {
            path: config.key_file(),
            key: OnceLock::new(),
            problem: RwLock::new(Some("it is not there".to_owned())),
        };
        vault.load();
        vault
    }

    /// Where the key is kept.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key's id, if there is a usable key.
    pub fn id(&self) -> Option<&str> {
        self.key.get().filter(|_| self.problem().is_none()).map(|key| key.id.as_str())
    }

    /// Why encrypted values can't be read, if so: one line that begins with the key file's path.
    pub fn problem(&self) -> Option<String> {
        let problem = self.problem.read().unwrap_or_else(PoisonError::into_inner);
        problem.as_ref().map(|problem| format!("{}: {problem}", self.path.display()))
    }

    /// Compare the key with an encrypted `value` of the database, if there is one. Where there is neither
    /// a value nor a key file, and `may_make` says so, the key is made.
    pub fn prepare(&self, value: Option<&str>, may_make: bool) {
        match (self.key.get(), value.and_then(key_of)) {
            (Some(key), Some(id)) if key.id != id => self.set_problem(Some(format!(
                "it is the key {}, and the database was encrypted with the key {id}; put that key \
                 back",
                key.id
            ))),
            (None, Some(id)) => self.set_problem(Some(format!(
                "the key {id}, with which the database was encrypted, is not there; put it back"
            ))),
            (None, None) if may_make && !self.path.exists() => match make(&self.path) {
                Ok(()) => {
                    self.load();
                    tracing::info!(path = %self.path.display(), "the key of encrypted columns was made; \
                        keep a copy of it apart from the backups");
                }
                Err(error) => self.set_problem(Some(format!(
                    "it can't be made: {error}; name another place in privacy.key_file, or let the \
                     server's user write there"
                ))),
            },
            _ => {}
        }
    }

    /// Encrypt `text` for the column `column` of the row of `owner`.
    pub fn seal(&self, owner: i64, column: &str, text: &str) -> Result<String, Fault> {
        let key = self.key()?;
        let nonce: [u8; NONCE] = rand::random();
        let aad = aad(owner, column);
        let payload = Payload { msg: text.as_bytes(), aad: aad.as_bytes() };
        let sealed = key
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Fault::database("a value can't be encrypted"))?;
        let data = STANDARD_NO_PAD.encode([&nonce[..], &sealed].concat());
        Ok(format!("{FORM}{}.{data}", key.id))
    }

    /// Decrypt what [`Vault::seal`] made for the same column and owner.
    pub fn unseal(&self, owner: i64, column: &str, sealed: &str) -> Result<String, Fault> {
        let key = self.key()?;
        let refused = |why: &str| Fault::database(format_args!("{column} of {owner}: {why}"));
        if key_of(sealed) != Some(&key.id) {
            return Err(refused("it was encrypted with another key, or not at all"));
        }
        let data = sealed.rsplit_once('.').map_or("", |(_, data)| data);
        let data = STANDARD_NO_PAD.decode(data).map_err(|_| refused("it is damaged"))?;
        let (nonce, data) =
            data.split_first_chunk::<NONCE>().ok_or_else(|| refused("it is damaged"))?;
        let aad = aad(owner, column);
        let text = key
            .cipher()
            .decrypt(&XNonce::from(*nonce), Payload { msg: data, aad: aad.as_bytes() })
            .map_err(|_| refused("it is damaged, or another row's"))?;
        String::from_utf8(text).map_err(|_| refused("it is no text"))
    }

    /// A keyed hash of `text`, in hex; another one for each `purpose`. `None` without a key.
    pub fn hash(&self, purpose: &str, text: &str) -> Option<String> {
        self.id()?;
        self.key.get().map(|key| hex::encode(&mac(&key.bytes, purpose, text)))
    }

    fn key(&self) -> Result<&Key, Fault> {
        match (self.key.get(), self.problem()) {
            (Some(key), None) => Ok(key),
            (_, problem) => Err(Fault::Database(Cause::new(format_args!(
                "privacy.key_file: {}",
                problem.unwrap_or_default()
            )))),
        }
    }

    fn load(&self) {
        match read(&self.path) {
            Ok(Some(key)) => {
                let _ = self.key.set(Key::new(key));
                self.set_problem(None);
            }
            Ok(None) => {}
            Err(problem) => self.set_problem(Some(problem)),
        }
    }

    fn set_problem(&self, problem: Option<String>) {
        *self.problem.write().unwrap_or_else(PoisonError::into_inner) = problem;
    }
}

/// Is it an encrypted value?
pub fn is_sealed(value: &str) -> bool {
    key_of(value).is_some()
}

/// The id of the key that a value was encrypted with; `None` if it is no encrypted value.
pub fn key_of(value: &str) -> Option<&str> {
    let (id, data) = value.strip_prefix(FORM)?.split_once('.')?;
    let is_id = id.len() == ID && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_id && !data.is_empty()).then_some(id)
}

fn aad(owner: i64, column: &str) -> String {
    format!("{column} {owner}")
}

fn mac(key: &[u8; 32], purpose: &str, text: &str) -> Vec<u8> {
    // No key is refused: RFC 2104 hashes a long one and fills up a short one.
    let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Read a key file; `None` if there is none.
fn read(path: &Path) -> Result<Option<[u8; 32]>, String> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| error.to_string())?,
    };
    let key = hex::decode(text.trim_start_matches('\u{feff}').trim())
        .and_then(|bytes| bytes.try_into().ok());
    key.map(Some).ok_or_else(|| "it is no key: expected 64 hex digits".to_owned())
}

/// Make a key file with a new key, durably. One that is there is never replaced.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    crate::folder::make(folder)?;
    let half = folder.join(format!(".key-{:032x}", rand::random::<u128>()));
    let key: [u8; 32] = rand::random();
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
        writeln!(file, "{}", hex::encode(&key))?;
        file.sync_all()?;
        // Unlike a rename, a link replaces nothing. Some file systems know no links.
        match fs::hard_link(&half, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !path.exists() => {
                fs::rename(&half, path)
            }
            linked => linked,
        }
    };
    let made = write();
    let _ = fs::remove_file(&half);
    made?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vault() -> (PathBuf, Vault) {
        let folder = std::env::temp_dir().join(format!("vault-{:032x}", rand::random::<u128>()));
        let mut config = Config { data_dir: folder.join("data"), ..Config::default() };
        config.privacy.key_file = Some(folder.join("key"));
        let vault = Vault::open(&config);
        vault.prepare(None, true);
        assert_eq!(vault.problem(), None);
        (folder, vault)
    }

    proptest! {
        #[test]
        fn encrypted_text_opens_only_in_its_own_row(text in "\\PC{0,40}", owner in any::<i64>()) {
            let (folder, vault) = vault();
            let sealed = vault.seal(owner, "name", &text).unwrap();
            prop_assert_eq!(vault.unseal(owner, "name", &sealed).unwrap(), text.as_str());
            prop_assert!(vault.unseal(owner, "card", &sealed).is_err());
            prop_assert!(vault.unseal(owner.wrapping_add(1), "name", &sealed).is_err());
            prop_assert!(sealed != vault.seal(owner, "name", &text).unwrap());
            fs::remove_dir_all(folder).unwrap();
        }

        #[test]
        fn changed_ciphertext_is_refused(at in 0_usize..60, bit in 0_u8..7) {
            let (folder, vault) = vault();
            let sealed = vault.seal(1, "name", "a real name").unwrap();
            let mut bytes = sealed.into_bytes();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                prop_assert!(vault.unseal(1, "name", &changed).is_err(), "{changed}");
            }
            fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn existing_key_file_is_never_replaced() {
        let (folder, vault) = vault();
        let sealed = vault.seal(1, "name", "nora").unwrap();
        let before = fs::read(vault.path()).unwrap();
        assert!(make(vault.path()).is_err());
        assert_eq!(fs::read(vault.path()).unwrap(), before);
        fs::remove_file(vault.path()).unwrap();
        let mut config = Config::default();
        config.privacy.key_file = Some(vault.path().to_owned());
        let lost = Vault::open(&config);
        lost.prepare(Some(&sealed), true);
        assert!(lost.problem().unwrap().contains("is not there") && !lost.path().exists());
        make(lost.path()).unwrap();
        let other = Vault::open(&config);
        other.prepare(Some(&sealed), true);
        assert!(other.problem().unwrap().contains("put that key back"));
        assert!(other.seal(1, "name", "x").is_err() && other.hash("a", "b").is_none());
        fs::remove_dir_all(folder).unwrap();
    }
}
