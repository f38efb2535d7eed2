//! What lies on the disk, and who may touch it.

#![cfg(unix)]

use crate::support::{Reply, Server, TestClock, workspan};
use grantline_reqwest::{FileStore, Store};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::time::Duration;

const KEY: &str = "workspan-0123456789abcdef0123456789abcdef";
const DIRECTORY: &str = "GRANTLINE_TEST_DIRECTORY";
const SECOND: Duration = Duration::from_secs(1);

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn files_are_for_their_owner_and_replaced_as_a_whole() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("state/grantline");
    let store = FileStore::at(&directory).unwrap();
    let server = Server::start(|_, before| Reply::token(before, 20));
    let clock = TestClock::new();
    let connection = workspan(&server, &clock).store(store.clone()).build().unwrap();
    connection.token().await.unwrap();
    let path = store.path(&format!("workspan-{}", connection.settings().key()));
    let name = path.file_name().unwrap().to_str().unwrap();
    assert_eq!(name, format!("workspan-{}.json", &connection.settings().key()[..16]));
    assert_eq!((mode(&directory), mode(&path), mode(&path.with_extension("lock"))), (0o700, 0o600, 0o600));
    let (first, kept) = (fs::metadata(&path).unwrap().ino(), fs::File::open(&path).unwrap());
    clock.pass_secs(20);
    connection.token().await.unwrap();
    assert_ne!(fs::metadata(&path).unwrap().ino(), first, "the old file is never written into");
    let old = std::io::read_to_string(kept).unwrap();
    assert!(old.contains("t0ken-0") && fs::read_to_string(&path).unwrap().contains("t0ken-1"));
    let mut names: Vec<_> =
        fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names.len(), 2, "no temporary file stays: {names:?}");
}

#[tokio::test]
async fn a_link_or_a_pipe_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::at(directory.path()).unwrap();
    let elsewhere = directory.path().join("elsewhere");
    fs::write(&elsewhere, "{}").unwrap();
    symlink(&elsewhere, store.path(KEY)).unwrap();
    let error = store.load(KEY).await.unwrap_err().to_string();
    assert!(error.contains("is a symbolic link"), "{error}");
    symlink(&elsewhere, store.path(KEY).with_extension("lock")).unwrap();
    assert!(store.lease(KEY, SECOND).await.is_err());
    fs::remove_file(store.path(KEY)).unwrap();
    assert!(Command::new("mkfifo").arg(store.path(KEY)).status().unwrap().success());
    let error = store.load(KEY).await.unwrap_err().to_string();
    assert!(error.contains("is no file"), "{error}");
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "{}");
}

/// A program that was built without encryption still says what it found.
#[cfg(not(feature = "encrypt"))]
#[tokio::test]
async fn an_encrypted_record_is_told_where_it_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::at(directory.path()).unwrap();
    let text = r#"{"format":"grantline-encrypted-record","version":1,"cipher":"xchacha20-poly1305","key":"0123456789abcdef","nonce":"AAAA","record":"AAAA"}"#;
    fs::write(store.path(KEY), text).unwrap();
    let error = store.load(KEY).await.unwrap_err().to_string();
    assert!(error.contains("key 0123456789abcdef") && error.contains("the feature `encrypt`"), "{error}");
    assert_eq!(fs::read_to_string(store.path(KEY)).unwrap(), text);
}

#[tokio::test]
async fn another_process_holds_the_lease_until_it_dies() {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::at(directory.path()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "files::holds_the_lease_for_another_process", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("leased")));
    assert!(store.lease(KEY, SECOND).await.unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(store.lease(KEY, SECOND).await.unwrap().is_some());
}

#[test]
fn the_default_is_the_state_directory_of_the_user() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "files::shows_the_default", "--ignored", "--nocapture"])
        .env("XDG_STATE_HOME", home.path())
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let expected = home.path().join("grantline/workspan-0123456789abcdef.json");
    assert!(cfg!(target_os = "macos") || shown.contains(expected.to_str().unwrap()), "{shown}");
}

#[test]
#[ignore = "the other process of the test above"]
fn shows_the_default() {
    println!("{}", FileStore::default().unwrap().path(KEY).display());
}

#[tokio::test]
#[ignore = "the other process of a test above"]
async fn holds_the_lease_for_another_process() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let lease = FileStore::at(directory).unwrap().lease(KEY, SECOND).await.unwrap();
    println!("leased {}", lease.is_some());
    std::io::stdout().flush().unwrap();
    // Until it is killed, or its parent is gone.
    let _ = std::io::read_to_string(std::io::stdin());
    drop(lease);
}
