//! Keys in the keyring of the operating system: Keychain on macOS, Credential Manager on Windows, elsewhere the Secret
//! Service of the desktop session.
//!
//! It is asked on a thread of its own, because it may wait for a person who unlocks it; nobody waits for ever.

use super::{StoreError, StoreKeys};
use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;
use zeroize::Zeroizing;

impl StoreKeys {
    /// The keys in the keyring's entry of this service and account, in the form that [`StoreKeys::parse`] reads.
    ///
    /// # Errors
    /// There is no keyring, no such entry, or no key in it, or nobody unlocked it within a minute.
    pub async fn from_keyring(service: &str, account: &str) -> Result<Self, StoreError> {
        let place = Place::new(service, account);
        within(PATIENCE, move || place.read(&*native()?)).await
    }

    /// A new key, which is put into the keyring as the entry of this service and account.
    ///
    /// # Errors
    /// There is no keyring, it has that entry already, or nobody unlocked it within a minute.
    pub async fn create_in_keyring(service: &str, account: &str) -> Result<Self, StoreError> {
        let place = Place::new(service, account);
        within(PATIENCE, move || place.create(&*native()?)).await
    }
}

/// The store of this system.
fn native() -> Result<Arc<CredentialStore>, StoreError> {
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new();
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new();
    #[cfg(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android"))))]
    let store = zbus_secret_service_keyring_store::Store::new();
    #[cfg(any(target_os = "ios", target_os = "android", not(any(unix, windows))))]
    let store: Result<Arc<keyring_core::mock::Store>, _> = Err(Error::NoDefaultStore);
    match store {
        Ok(store) => Ok(store),
        Err(error) => Err(absent(&why(&error))),
    }
}

/// An entry of a keyring.
struct Place {
    service: String,
    account: String,
}

impl Place {
    fn new(service: &str, account: &str) -> Self {
        Self { service: service.to_owned(), account: account.to_owned() }
    }

    fn entry(&self, store: &CredentialStore) -> Result<Entry, StoreError> {
        store.build(&self.service, &self.account, None).map_err(|error| self.failed(&why(&error)))
    }

    fn read(&self, store: &CredentialStore) -> Result<StoreKeys, StoreError> {
        match self.entry(store)?.get_secret().map(Zeroizing::new) {
            Ok(bytes) => {
                let text = core::str::from_utf8(&bytes).unwrap_or("?");
                StoreKeys::parse(text).map_err(|error| self.failed(&error.to_string()))
            }
            Err(Error::NoEntry) => {
                Err(self.failed("there is none; make one with StoreKeys::create_in_keyring"))
            }
            Err(error) => Err(self.failed(&why(&error))),
        }
    }

    fn create(&self, store: &CredentialStore) -> Result<StoreKeys, StoreError> {
        let entry = self.entry(store)?;
        match entry.get_secret().map(Zeroizing::new) {
            Err(Error::NoEntry) => {}
            Ok(_) => return Err(self.failed("it is there already; read it with StoreKeys::from_keyring")),
            Err(error) => return Err(self.failed(&why(&error))),
        }
        // The entry takes the text, so that a person can put one there by hand.
        let text = StoreKeys::generate()?;
        entry.set_secret(text.expose().as_bytes()).map_err(|error| self.failed(&why(&error)))?;
        self.read(store)
    }

    fn failed(&self, why: &str) -> StoreError {
        StoreError::new(format!("the keyring's entry '{}' of '{}': {why}", self.account, self.service))
    }
}

fn absent(why: &str) -> StoreError {
    let variable = StoreKeys::VARIABLE;
    StoreError::new(format!(
        "the keyring of this system is not available: {why}; unlock or start it, or take the key from elsewhere (StoreKeys::from_env reads {variable})"
    ))
}

/// In words of a line, and never with the bytes that some errors carry.
fn why(error: &Error) -> String {
    match error {
        Error::PlatformFailure(error) | Error::NoStorageAccess(error) => error.to_string().replace('\n', " "),
        Error::NoEntry => "there is none".to_owned(),
        Error::Invalid(what, why) => format!("'{what}' is invalid: {why}"),
        Error::TooLong(what, most) => format!("'{what}' is longer than {most} characters"),
        Error::Ambiguous(_) => "there are several; delete all but one".to_owned(),
        Error::NoDefaultStore => "it has none that is known here".to_owned(),
        _ => "it cannot be read".to_owned(),
    }
}

async fn within(
    patience: Duration,
    work: impl FnOnce() -> Result<StoreKeys, StoreError> + Send + 'static,
) -> Result<StoreKeys, StoreError> {
    let (done, outcome) = oneshot::channel();
    // Not one of the runtime's threads: those hold up its end.
    let thread = thread::Builder::new().name("keyring".to_owned());
    // Who has stopped waiting needs no answer.
    let started = thread.spawn(move || drop(done.send(work())));
    started.map_err(|error| absent(&error.to_string()))?;
    match timeout(patience, outcome).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(absent("it broke down")),
        Err(_) => Err(absent("it gave no answer in time")),
    }
}

/// Long enough for a person who types a password.
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use keyring_core::mock;
    use std::sync::mpsc;

    fn place() -> Place {
        Place::new("grantline", "store")
    }

    /// A keyring that keeps things only as long as someone holds the entry.
    fn keyring() -> (Arc<CredentialStore>, Entry) {
        let store: Arc<CredentialStore> = mock::Store::new().unwrap();
        let entry = place().entry(&*store).unwrap();
        (store, entry)
    }

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let (store, entry) = keyring();
        let missing = place().read(&*store).unwrap_err().to_string();
        assert!(missing.contains("'store' of 'grantline': there is none"), "{missing}");
        let made = place().create(&*store).unwrap();
        assert_eq!(format!("{made:?}"), format!("{:?}", place().read(&*store).unwrap()));
        let kept = entry.get_secret().unwrap();
        let again = place().create(&*store).unwrap_err().to_string();
        assert!(again.contains("it is there already"), "{again}");
        assert_eq!(entry.get_secret().unwrap(), kept, "a key is never written over");
    }

    #[test]
    fn an_entry_that_is_no_key_is_told_and_not_shown() {
        let (store, entry) = keyring();
        for content in [&b"hunter2"[..], b"\xff\xfe", b""] {
            entry.set_secret(content).unwrap();
            let error = place().read(&*store).unwrap_err().to_string();
            assert!(error.contains("no key") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_keyring_that_fails_says_why_and_nothing_else() {
        let (store, entry) = keyring();
        let fail = |error| {
            entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
            place().read(&*store).unwrap_err().to_string()
        };
        let locked = fail(Error::NoStorageAccess("the collection is locked".into()));
        assert!(locked.contains("the collection is locked"), "{locked}");
        let broken = fail(Error::BadDataFormat(b"hunter2".to_vec(), "hunter2".into()));
        assert!(broken.contains("cannot be read") && !broken.contains("hunter2"), "{broken}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_keyring_that_never_answers_holds_nobody_up() {
        let (end, ended) = mpsc::channel::<()>();
        let hang = move || {
            let _ = ended.recv();
            Err(StoreError::new("too late"))
        };
        let error = within(PATIENCE, hang).await.unwrap_err().to_string();
        assert!(error.contains("no answer in time") && error.contains(StoreKeys::VARIABLE), "{error}");
        drop(end);
    }

    #[tokio::test]
    async fn a_keyring_that_breaks_down_is_told() {
        let error = within(PATIENCE, || std::panic::resume_unwind(Box::new(()))).await.unwrap_err();
        assert!(error.to_string().contains("broke down"), "{error}");
    }
}
