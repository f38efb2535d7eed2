//! Encrypted records: who can read them, and what is said to everyone else.

#![cfg(feature = "encrypt")]

use crate::support::{Notices, Reply, Server, TestClock, workspan};
use grantline_core::json::Json;
use grantline_reqwest::{Connection, FileStore, Notice, Snapshot, Store, StoreKeys};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const ONE: &str = "workspan-00000000000000010000000000000000";
const TWO: &str = "workspan-00000000000000020000000000000000";
const TOKEN: &str = "t0ken-of-a-file";
const REFRESH: &str = "r3fresh-of-a-file";

fn record(key: &str, revision: u64) -> Snapshot {
    Snapshot::parse(&format!(
        r#"{{"version":1,"key":"{key}","revision":{revision},"access":{{"value":"{TOKEN}","obtainedAt":1}},"refresh":{{"value":"{REFRESH}"}}}}"#
    ))
    .unwrap()
}

fn keys(byte: u8) -> StoreKeys {
    StoreKeys::from_bytes([byte; 32])
}

fn store(directory: &Path, keys: &StoreKeys) -> FileStore {
    FileStore::at(directory).unwrap().encrypted(keys.clone())
}

/// An error that says all of these words, and that nobody took for a reason to touch the file.
async fn refused(store: &FileStore, words: &[&str]) {
    let before = fs::read(store.path(ONE)).unwrap();
    let errors = [
        store.load(ONE).await.unwrap_err().to_string(),
        store.save(ONE, &record(ONE, 8), 7).await.unwrap_err().to_string(),
    ];
    for error in errors {
        assert!(error.starts_with(store.path(ONE).to_str().unwrap()), "{error}");
        words.iter().for_each(|words| assert!(error.contains(words), "{words:?} is not in: {error}"));
        assert!(!error.contains(TOKEN) && !error.contains(REFRESH), "{error}");
    }
    assert_eq!(fs::read(store.path(ONE)).unwrap(), before, "it may be the only copy of a refresh token");
}

/// The member of an encrypted record.
fn member(store: &FileStore, name: &str) -> String {
    let json = Json::parse(&fs::read_to_string(store.path(ONE)).unwrap()).unwrap();
    json.get(name).and_then(Json::as_str).unwrap().to_owned()
}

#[tokio::test]
async fn a_record_comes_back_and_nothing_of_it_can_be_read_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path(), &keys(1));
    assert!(store.load(ONE).await.unwrap().is_none());
    assert!(store.save(ONE, &record(ONE, 7), 0).await.unwrap());
    assert!(!store.save(ONE, &record(ONE, 8), 6).await.unwrap(), "another revision is stored");
    assert_eq!(store.load(ONE).await.unwrap().unwrap(), record(ONE, 7));
    let text = fs::read_to_string(store.path(ONE)).unwrap();
    for word in [TOKEN, REFRESH, "access", "refresh", "revision", "workspan", &TOKEN[2..8]] {
        assert!(!text.contains(word), "{word} is in {text}");
    }
    assert_eq!(member(&store, "format"), "grantline-encrypted-record");
    let (nonce, sealed) = (member(&store, "nonce"), member(&store, "record"));
    assert!(store.save(ONE, &record(ONE, 7), 7).await.unwrap());
    assert_ne!(member(&store, "nonce"), nonce, "each write has a nonce of its own");
    assert_ne!(member(&store, "record"), sealed);
}

#[cfg(unix)]
#[tokio::test]
async fn an_encrypted_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let store = store(&parent.path().join("state"), &keys(1));
    assert!(store.save(ONE, &record(ONE, 7), 0).await.unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = store.path(ONE);
    assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o700, 0o600));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_told_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let right = store(directory.path(), &keys(1));
    assert!(right.save(ONE, &record(ONE, 7), 0).await.unwrap());
    let name = member(&right, "key");
    let wrong = store(directory.path(), &keys(2));
    refused(&wrong, &["encrypted with the key", &name, "this store has", "GRANTLINE_STORE_KEY"]).await;
    let plain = FileStore::at(directory.path()).unwrap();
    refused(&plain, &["encrypted with the key", &name, "has no key", "FileStore::encrypted"]).await;
    assert_eq!(right.load(ONE).await.unwrap().unwrap(), record(ONE, 7));
}

#[tokio::test]
async fn a_record_is_worth_nothing_in_the_place_of_another() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path(), &keys(1));
    assert!(store.save(TWO, &record(TWO, 7), 0).await.unwrap());
    fs::rename(store.path(TWO), store.path(ONE)).unwrap();
    refused(&store, &["belongs to another connection", "move the file away"]).await;
}

#[tokio::test]
async fn a_changed_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path(), &keys(1));
    assert!(store.save(ONE, &record(ONE, 7), 0).await.unwrap());
    let path = store.path(ONE);
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        for bit in [0, 3] {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            fs::write(&path, &changed).unwrap();
            assert!(store.load(ONE).await.is_err(), "bit {bit} of byte {at} does not matter");
        }
        fs::write(&path, &whole[..at]).unwrap();
        assert!(store.load(ONE).await.is_err(), "{at} bytes are enough");
    }
    // A whole tag less, or a record of nothing.
    for sealed in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA=="] {
        let text = String::from_utf8(whole.clone()).unwrap().replace(&sealed_of(&whole), sealed);
        fs::write(&path, text).unwrap();
        refused(&store, &["cannot be decrypted", "move the file away"]).await;
    }
    for (member, word) in [("\"version\":1", "\"version\":2"), ("xchacha20-poly1305", "aes-256-gcm")] {
        fs::write(&path, String::from_utf8(whole.clone()).unwrap().replace(member, word)).unwrap();
        assert!(store.load(ONE).await.is_err());
    }
    fs::write(&path, String::from_utf8(whole.clone()).unwrap().replace("\"version\":1", "\"version\":2"))
        .unwrap();
    refused(&store, &["by a newer version"]).await;
    fs::write(&path, &whole).unwrap();
    assert_eq!(store.load(ONE).await.unwrap().unwrap(), record(ONE, 7));
}

fn sealed_of(file: &[u8]) -> String {
    let json = Json::parse(core::str::from_utf8(file).unwrap()).unwrap();
    json.get("record").and_then(Json::as_str).unwrap().to_owned()
}

#[tokio::test]
async fn a_plain_record_is_read_and_encrypted_at_the_next_write() {
    let directory = tempfile::tempdir().unwrap();
    let plain = FileStore::at(directory.path()).unwrap();
    assert!(plain.save(ONE, &record(ONE, 7), 0).await.unwrap());
    let store = store(directory.path(), &keys(1));
    assert_eq!(store.load(ONE).await.unwrap().unwrap(), record(ONE, 7));
    assert!(fs::read_to_string(store.path(ONE)).unwrap().contains(TOKEN), "reading changes nothing");
    assert!(store.save(ONE, &record(ONE, 8), 7).await.unwrap());
    assert!(!fs::read_to_string(store.path(ONE)).unwrap().contains(TOKEN));
    assert_eq!(store.load(ONE).await.unwrap().unwrap(), record(ONE, 8));
}

#[tokio::test]
async fn keys_are_changed_without_losing_a_record() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (keys(1), keys(2));
    assert!(store(directory.path(), &old).save(ONE, &record(ONE, 7), 0).await.unwrap());
    let both = store(directory.path(), &new.clone().and_old(&old));
    let name = member(&both, "key");
    assert_eq!(both.load(ONE).await.unwrap().unwrap(), record(ONE, 7));
    assert!(both.save(ONE, &record(ONE, 8), 7).await.unwrap());
    assert_ne!(member(&both, "key"), name);
    assert_eq!(store(directory.path(), &new).load(ONE).await.unwrap().unwrap(), record(ONE, 8));
    refused(&store(directory.path(), &old), &["encrypted with the key"]).await;
}

#[tokio::test]
async fn a_connection_works_on_and_tells_when_the_key_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let (clock, notices) = (TestClock::new(), Notices::default());
    let connect = |store: FileStore| -> Connection {
        notices.listen(workspan(&server, &clock).store(store)).build().unwrap()
    };
    connect(store(directory.path(), &keys(1))).token().await.unwrap();
    let again = connect(store(directory.path(), &keys(1))).token().await.unwrap();
    assert_eq!((again.value.expose(), server.tokens()), ("t0ken-0", 1), "the record served");
    assert_eq!(notices.count(|notice| matches!(notice, Notice::Failed { .. })), 0);
    let wrong = connect(store(directory.path(), &keys(2)));
    assert_eq!(wrong.token().await.unwrap().value.expose(), "t0ken-1");
    let told = |notice: &Notice| matches!(notice, Notice::Failed { message, harmless: true, .. } if message.contains("encrypted with the key"));
    assert_eq!(notices.count(told), 1, "{:?}", notices.all());
}

#[test]
fn keys_are_read_as_people_write_them_and_never_shown() {
    let bytes: [u8; 32] = core::array::from_fn(|at| u8::try_from(at * 7 + 3).unwrap());
    let name = format!("{:?}", StoreKeys::from_bytes(bytes));
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let plain = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
    for text in
        [hex.clone(), hex.to_uppercase(), plain.to_owned(), plain.replace('=', ""), format!(" {plain}\n")]
    {
        assert_eq!(format!("{:?}", StoreKeys::parse(&text).unwrap()), name, "{text}");
    }
    assert!(StoreKeys::parse(&"_-".repeat(21).replace("_-_-", "__--")).is_err(), "42 characters");
    let urls = StoreKeys::parse(&format!("{}8=", "_".repeat(42))).unwrap();
    assert_eq!(
        format!("{urls:?}"),
        format!("{:?}", StoreKeys::parse(&format!("{}8", "/".repeat(42))).unwrap())
    );
    let two = StoreKeys::parse(&format!("{plain},{}", "00".repeat(32))).unwrap();
    assert!(format!("{two:?}").starts_with(&name[..name.len() - 1]));
    for part in [&hex[..8], &plain[..8]] {
        assert!(!format!("{two:?}").contains(part));
    }
    let generated = StoreKeys::generate().unwrap();
    assert!(StoreKeys::parse(generated.expose()).is_ok() && generated != StoreKeys::generate().unwrap());
}

#[test]
fn what_is_no_key_is_refused_and_not_repeated() {
    let short = "ab".repeat(31);
    let bad_digit = format!("{}g", &"ab".repeat(32)[..63]);
    let plus = "+f".repeat(32);
    let long = format!("{}A", "A".repeat(44));
    let loose = format!("{}B", "A".repeat(42));
    for text in ["hunter2", &short, &bad_digit, &plus, &long, &loose, "é", "A=A"] {
        let error = StoreKeys::parse(text).unwrap_err().to_string();
        assert!(error.contains("it is no key") && error.contains("openssl rand -base64 32"), "{error}");
        assert!(!error.contains(text), "{error}");
    }
    for text in ["", " \n", ",", ", ,"] {
        assert!(StoreKeys::parse(text).unwrap_err().to_string().contains("there is no key in it"));
    }
    let second = StoreKeys::parse(&format!("{} hunter2", "ab".repeat(32))).unwrap_err().to_string();
    assert!(second.starts_with("number 2 of 2 is no key") && !second.contains("hunter2"), "{second}");
}

/// Two processes with one encrypted store: the other one writes, this one reads.
#[tokio::test]
async fn another_process_with_the_key_shares_the_records() {
    let directory = tempfile::tempdir().unwrap();
    let key = StoreKeys::generate().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "encrypted::writes_for_another_process", "--ignored", "--nocapture"])
        .env("GRANTLINE_TEST_DIRECTORY", directory.path())
        .env(StoreKeys::VARIABLE, key.expose())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let store = store(directory.path(), &StoreKeys::parse(key.expose()).unwrap());
    assert_eq!(store.load(ONE).await.unwrap().unwrap(), record(ONE, 7));
    assert!(store.save(ONE, &record(ONE, 8), 7).await.unwrap());
    assert!(!fs::read_to_string(store.path(ONE)).unwrap().contains(TOKEN));
    refused(&FileStore::at(directory.path()).unwrap(), &["encrypted with the key"]).await;
}

#[tokio::test]
#[ignore = "the other process of the test above"]
async fn writes_for_another_process() {
    let Ok(directory) = std::env::var("GRANTLINE_TEST_DIRECTORY") else { return };
    let keys = StoreKeys::from_env().unwrap().unwrap();
    let store: Arc<dyn Store> = Arc::new(FileStore::at(directory).unwrap().encrypted(keys));
    assert!(store.save(ONE, &record(ONE, 7), 0).await.unwrap());
}

/// On a machine without a desktop session, a server for one, there is none.
#[cfg(all(feature = "keyring", target_os = "linux"))]
#[test]
fn a_machine_without_a_keyring_is_told() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "encrypted::asks_the_keyring", "--ignored", "--nocapture"])
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    for words in ["the keyring of this system is not available", "GRANTLINE_STORE_KEY"] {
        assert!(said.contains(words), "{words:?} is not in: {said}");
    }
}

#[cfg(feature = "keyring")]
#[tokio::test]
#[ignore = "the other process of the test above"]
async fn asks_the_keyring() {
    match StoreKeys::from_keyring("grantline-test", "nobody").await {
        Ok(_) => println!("a key"),
        Err(error) => println!("{error}"),
    }
}

#[cfg(feature = "keyring")]
#[tokio::test]
#[ignore = "needs a desktop session, or `dbus-run-session` with an unlocked `gnome-keyring-daemon`"]
async fn the_keyring_of_this_system_keeps_a_key() {
    let account = format!("test-{}", std::process::id());
    let made = StoreKeys::create_in_keyring("grantline-test", &account).await.unwrap();
    let read = StoreKeys::from_keyring("grantline-test", &account).await.unwrap();
    assert_eq!(format!("{made:?}"), format!("{read:?}"));
    assert!(StoreKeys::create_in_keyring("grantline-test", &account).await.is_err());
    assert!(StoreKeys::from_keyring("grantline-test", "nobody").await.is_err());
}
