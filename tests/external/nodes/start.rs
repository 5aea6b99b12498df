//! What a start refuses.

use super::*;

#[test]
fn clock_that_is_an_hour_off_is_refused() {
    if !crate::common::has("faketime") {
        return;
    }
    let Some(nodes) = Nodes::start(0, "") else { return };
    let folder = place(&nodes.url);
    for offset in ["+1h", "-1h"] {
        let done = std::process::Command::new("faketime")
            .args(["-f", offset])
            .arg(crate::common::binary())
            .args(["-c", "guichet.toml"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8(done.stderr).unwrap();
        let is_said = (3_599..=3_601).any(|seconds| {
            told.contains(&format!("this machine's clock and that of the database are {seconds} s"))
        });
        assert!(!done.status.success() && is_said, "{told}");
    }
}

#[test]
fn certificate_of_the_database_is_verified() {
    let Some(nodes) = Nodes::start(0, "") else { return };
    let ca = format!("{}/tests/common/tls/ca.pem", env!("CARGO_MANIFEST_DIR"));
    let url = format!("{}&sslmode=require", nodes.url);
    let check = |url: &str, ca_file: &str| {
        let folder = place(url);
        let file = folder.path().join("guichet.toml");
        let config = fs::read_to_string(&file).unwrap();
        fs::write(&file, config.replace("[store]", &format!("{ca_file}\n[store]"))).unwrap();
        let told = crate::common::command(folder.path()).arg("check").output().unwrap();
        let text = [told.stdout, told.stderr].concat();
        (told.status.code(), String::from_utf8(text).unwrap())
    };
    let by_ours = format!("ca_file = {ca:?}");
    let (code, told) = check(&url, &by_ours);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = check(&url, "");
    assert!(code == Some(1) && told.contains("invalid peer certificate: UnknownIssuer"), "{told}");
    let (code, told) = check(&url.replace("127.0.0.1", "127.0.0.2"), &by_ours);
    assert!(code == Some(1) && told.contains("not valid for name"), "{told}");
}

#[test]
fn unreachable_database_is_told_in_one_line() {
    let folder = Folder::new();
    fs::write(
        folder.path().join("guichet.toml"),
        "listen = \"127.0.0.1:0\"\ndata_dir = \"data\"\n[database]\n\
         url = \"postgres://nobody:secret-7@127.0.0.1:1/none\"\n[store]\nshared = true\n",
    )
    .unwrap();
    let told = crate::common::command(folder.path()).output().unwrap();
    let text = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.status.code(), Some(2), "{text}");
    assert!(text.starts_with("guichet: database.url: error connecting to server"), "{text}");
    assert!(text.lines().count() == 1 && !text.contains("secret-7"), "{text}");
}
