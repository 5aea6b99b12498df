//! The picture store in a folder.

use super::*;
use std::fs::{self, File};

/// A store in a folder of its own, and the folder.
fn files(test: &str) -> (PictureStore, PathBuf) {
    let folder = std::env::temp_dir().join(format!("{test}-{:032x}", rand::random::<u128>()));
    (PictureStore::open(folder.clone()).unwrap(), folder)
}

/// Sets the modification time of a picture `age` back.
fn age(folder: &std::path::Path, name: &str, age: Duration) {
    let file = File::options().write(true).open(folder.join(name)).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

#[test]
fn picture_is_stored_under_new_name_until_removed() {
    let (files, folder) = files("kept");
    let name = files.put(b"bytes", "png").unwrap();
    assert!(is_name(&name), "{name}");
    assert_eq!(files.get(&name).unwrap().as_deref(), Some(&b"bytes"[..]));
    assert_eq!(files.names().unwrap(), [name.as_str()]);
    files.remove(&name);
    assert_eq!((files.get(&name).unwrap(), files.names().unwrap().len()), (None, 0));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn no_picture_name_escapes_the_folder() {
    let (files, folder) = files("inside");
    for name in ["../secret", "/etc/passwd", "", ".", &"a".repeat(32), "x.png"] {
        assert_eq!(files.get(name).unwrap(), None, "{name:?}");
        assert!(files.restore(name, b"bytes").is_err(), "{name:?}");
        files.remove(name);
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn restored_picture_equals_the_stored_one() {
    let (files, folder) = files("restored");
    let name = files.put(b"bytes", "gif").unwrap();
    files.remove(&name);
    files.restore(&name, b"bytes").unwrap();
    assert_eq!(files.get(&name).unwrap().as_deref(), Some(&b"bytes"[..]));
    assert!(files.check().unwrap().ends_with("can be written and read"));
    assert_eq!(files.names().unwrap(), [name]);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn only_old_orphaned_pictures_are_removed() {
    let (files, folder) = files("swept");
    let [used, young, old] = [b"1", b"2", b"3"].map(|bytes| files.put(bytes, "png").unwrap());
    for name in [&used, &old] {
        age(&folder, name, AGE + Duration::from_mins(1));
    }
    fs::write(folder.join("README"), b"an operator's note").unwrap();
    age(&folder, "README", 2 * AGE);
    assert_eq!(files.sweep(|| Ok([used.clone()].into())).unwrap(), 1);
    assert!(folder.join("README").exists());
    let mut left = [used, young.clone()];
    left.sort();
    assert_eq!(files.names().unwrap(), left);
    // Where it is not known what is used, nothing is removed.
    age(&folder, &young, 2 * AGE);
    assert!(files.sweep(|| Err(Cause::new("the database failed"))).is_err());
    assert_eq!(files.names().unwrap().len(), 2);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn pictures_of_another_database_are_not_removed() {
    let (files, folder) = files("another");
    let names = [b"1", b"2", b"3"].map(|bytes| files.put(bytes, "png").unwrap());
    names.iter().for_each(|name| age(&folder, name, 2 * AGE));
    // A new database names none of them, one that has just begun anew names others.
    for used in [HashSet::new(), [names[0].clone()].into()] {
        let refused = files.sweep(|| Ok(used)).unwrap_err().to_string();
        assert!(refused.contains("is this their database?"), "{refused}");
    }
    assert_eq!(files.names().unwrap().len(), 3);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn public_url_ends_in_the_picture_name() {
    let (files, folder) = files("seen");
    assert_eq!(files.public_url("1.png"), None);
    let files = files.seen_at(Some("https://img.example.com/a".into()));
    assert_eq!(files.public_url("1.png").unwrap(), "https://img.example.com/a/1.png");
    fs::remove_dir_all(&folder).unwrap();
}
