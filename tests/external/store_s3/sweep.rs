//! Only objects that no row refers to are removed.

use super::s3::S3;
use super::setup;
use super::uploads::upload;
use crate::common::Folder;
use crate::common::web::{GIF, PNG};
use std::time::Duration;

const OLD: Duration = Duration::from_hours(2);
const YOUNG: Duration = Duration::from_mins(30);

/// A valid picture name.
fn name(digit: char) -> String {
    format!("{}.png", digit.to_string().repeat(32))
}

#[test]
fn start_removes_old_orphans_but_no_foreign_objects() {
    let store = S3::start();
    let server = store.server("prefix = \"p\"");
    upload(&server, "5", "gif", GIF);
    upload(&server, "6", "png", PNG);
    let used = store.wait_for_keys(2);
    used.iter().for_each(|key| store.age(key, OLD));
    let folder = server.into_folder();
    store.put(&format!("p/{}", name('a')), OLD);
    store.put(&format!("p/{}", name('b')), OLD);
    let stay = [
        // Another process may be about to refer to it.
        (format!("p/{}", name('c')), YOUNG),
        // Not a name that the server makes.
        (format!("p/{}.part", name('d')), OLD),
        (format!("p/X{}", &name('e')[1..]), OLD),
        ("p/README.txt".to_owned(), OLD),
        // Of another prefix, and of another product.
        (name('f'), OLD),
        (format!("p/below/{}", name('0')), OLD),
        (format!("pp/{}", name('1')), OLD),
        ("p-notes/minutes.txt".to_owned(), OLD),
    ];
    for (key, age) in &stay {
        store.put(key, *age);
    }
    let server = setup::start_in(folder, &store.config("prefix = \"p\""));
    setup::wait_for_log(&server, "unused pictures were removed removed=2");
    let mut left: Vec<String> = stay.iter().map(|(key, _)| key.clone()).chain(used).collect();
    left.sort();
    assert_eq!(store.wait_for_keys(left.len()), left);
}

#[test]
fn database_naming_few_pictures_removes_none() {
    let store = S3::start();
    for digit in ['a', 'b', 'c'] {
        store.put(&name(digit), OLD);
    }
    // Its data folder is empty: it was lost or mistyped.
    let server = store.server("");
    setup::wait_for_log(
        &server,
        "no row names 3 of the pictures that are kept, and only 0 are named",
    );
    assert_eq!(store.wait_for_keys(3).len(), 3);
}

#[test]
fn pictures_are_listed_over_many_pages() {
    let store = S3::start();
    let mut names: Vec<String> = (0..1_100).map(|number| format!("{number:032x}.webp")).collect();
    for name in &names {
        store.put(&format!("p/{name}"), YOUNG);
    }
    store.put("p/below/README", YOUNG);
    let folder = Folder::new();
    let files = setup::files(&folder, &store.config("prefix = \"p/\""));
    assert!(files.names().unwrap() == names);
    // Those in the folder stay too.
    let on_disk = name('f');
    std::fs::write(folder.path().join("pictures").join(&on_disk), PNG).unwrap();
    names.push(on_disk);
    assert!(files.names().unwrap() == names);
    assert_eq!(files.sweep(|| Ok(names.iter().cloned().collect())).unwrap(), 0);
}
