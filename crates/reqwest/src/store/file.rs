//! Records as files: one for each connection, readable by their owner only.
//!
//! A record is replaced as a whole (written beside the old one, synced, renamed), and the right to renew is an
//! advisory lock on a file next to it, held by an open handle: it ends with its holder, however that ends. Lock files
//! stay, because removing one would let two processes hold locks on two files of the same name.

use super::{Lease, Store, StoreError};
use crate::clock::BoxFuture;
use etcetera::BaseStrategy;
use grantline_core::Snapshot;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A larger file is no record.
const LARGEST: u64 = 1 << 20;
/// So much of the fingerprint stands in a file's name; the record holds all of it, and the core compares it.
const NAMED_DIGITS: usize = 16;

/// A store in a directory of a local disk, shared by all processes of its owner. Clones share it, too.
///
/// A record that cannot be read is an error and stays as it is: it may be the only copy of a refresh token.
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: Arc<Path>,
}

impl FileStore {
    /// The store in the user's state directory: `$XDG_STATE_HOME/grantline` or `~/.local/state/grantline`, on macOS
    /// `~/Library/Application Support/grantline`, on Windows `%LOCALAPPDATA%\grantline`.
    ///
    /// # Errors
    /// The user has no home, or the directory cannot be made.
    #[expect(clippy::should_implement_trait, reason = "the trait's method cannot fail")]
    pub fn default() -> Result<Self, StoreError> {
        let home = |error| StoreError::new(format!("{error}; name a directory with FileStore::at"));
        let places = etcetera::base_strategy::choose_native_strategy().map_err(home)?;
        // Windows: what is called a cache here is the local data directory, and tokens should not roam.
        let fallback = || if cfg!(windows) { places.cache_dir() } else { places.data_dir() };
        Self::at(places.state_dir().unwrap_or_else(fallback).join("grantline"))
    }

    /// The store in this directory, which is made if it is not there, for its owner only.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn at(directory: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let directory = directory.into();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory).map_err(|error| failed("make", &directory, &error))?;
        Ok(Self { directory: directory.into() })
    }

    /// The file of a connection with this key.
    #[must_use]
    pub fn path(&self, key: &str) -> PathBuf {
        self.file(key, "json")
    }

    fn file(&self, key: &str, extension: &str) -> PathBuf {
        let (id, digits) = key.rsplit_once('-').unwrap_or(("", key));
        let short: String = digits.chars().take(NAMED_DIGITS).collect();
        // Keys of connections have no other characters; whoever calls the store with another gets a plain name, too.
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let stem: String = format!("{id}-{short}").chars().map(plain).collect();
        self.directory.join(format!("{stem}.{extension}"))
    }
}

impl Store for FileStore {
    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        let path = self.path(key);
        blocking(move || read(&path))
    }

    fn lease<'a>(
        &'a self,
        key: &'a str,
        _: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        let path = self.file(key, "lock");
        blocking(move || lock(&path))
    }

    fn save<'a>(
        &'a self,
        key: &'a str,
        record: &'a Snapshot,
        expected: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let (store, path, record) = (self.clone(), self.path(key), record.clone());
        blocking(move || store.write(&path, &record, expected))
    }
}

impl FileStore {
    /// The caller holds the lease, so nobody writes between the look and the write.
    fn write(&self, path: &Path, record: &Snapshot, expected: u64) -> Result<bool, StoreError> {
        if read(path)?.map_or(0, |record| record.revision()) != expected {
            return Ok(false);
        }
        self.replace(path, record).map_err(|error| failed("write", path, &error))?;
        Ok(true)
    }

    fn replace(&self, path: &Path, record: &Snapshot) -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".").suffix(".tmp");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600));
        let mut file = builder.tempfile_in(&self.directory)?;
        serde_json::to_writer(&mut file, record)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The new name lasts only with its directory. Where that cannot be synced, the record is in place all the same.
        #[cfg(unix)]
        let _ = File::open(&self.directory).and_then(|directory| directory.sync_all());
        Ok(())
    }
}

/// An open and locked file; closing it unlocks it.
struct Locked(File);

impl Lease for Locked {
    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            // At once: Windows unlocks a closed file only when it has time.
            self.0.unlock().map_err(|error| StoreError::new(format!("cannot unlock a lock file: {error}")))
        })
    }
}

fn lock(path: &Path) -> Result<Option<Box<dyn Lease>>, StoreError> {
    let mut options = private();
    let file = options.read(true).write(true).create(true).truncate(false).open(path);
    let file = file.map_err(|error| failed("open", path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Box::new(Locked(file)))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed("lock", path, &error)),
    }
}

fn read(path: &Path) -> Result<Option<Snapshot>, StoreError> {
    let file = match private().read(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("open", path, &error)),
    };
    check_owner(&file, path)?;
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text).map_err(|error| failed("read", path, &error))?;
    let broken =
        |error| StoreError::new(format!("{}: {error} (move the file away, or delete it)", path.display()));
    Snapshot::parse(&text).map(Some).map_err(broken)
}

/// How files are opened here: for their owner, and never through a symbolic link that someone else may have put
/// there.
fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has more to say"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a pipe would otherwise wait for its writer.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        options.mode(0o600).custom_flags(flags.cast_signed());
    }
    options
}

#[cfg(unix)]
fn check_owner(file: &File, path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt;
    let about = file.metadata().map_err(|error| failed("read", path, &error))?;
    let strange = if !about.is_file() {
        "is no file"
    } else if about.uid() != rustix::process::geteuid().as_raw() {
        "belongs to another user"
    } else {
        return Ok(());
    };
    Err(StoreError::new(format!("{} {strange}; remove it, or use another directory", path.display())))
}

#[cfg(not(unix))]
fn check_owner(_: &File, _: &Path) -> Result<(), StoreError> {
    Ok(())
}

fn failed(what: &str, path: &Path, error: &io::Error) -> StoreError {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        let path = path.display();
        return StoreError::new(format!("{path} is a symbolic link; remove it, or use another directory"));
    }
    StoreError::new(format!("cannot {what} {}: {error}", path.display()))
}

/// Syncing a file can take long, so all work on files is done where it may block.
fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> BoxFuture<'static, Result<T, StoreError>> {
    Box::pin(async move {
        let ended = tokio::task::spawn_blocking(work).await;
        ended.unwrap_or_else(|_| Err(StoreError::new("the runtime ended before the store did its work")))
    })
}
