//! Records as files: one for each connection, readable by their owner only.
//!
//! A record is replaced as a whole (written beside the old one, synced, renamed), and the right to renew is an
//! advisory lock on a file next to it, held by an open handle: it ends with its holder, however that ends. Lock files
//! stay, because removing one would let two processes hold locks on two files of the same name.

#[cfg(feature = "encrypt")]
use super::keys::StoreKeys;
use super::record::Codec;
use super::{Lease, Store, StoreError};
use crate::clock::BoxFuture;
use etcetera::BaseStrategy;
use grantline_core::Snapshot;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// A larger file is no record.
const LARGEST: u64 = 1 << 21;
/// So much of the fingerprint stands in a file's name; the record holds all of it, and the core compares it.
const NAMED_DIGITS: usize = 16;

/// A store in a directory of a local disk, shared by all processes of its owner. Clones share it, too.
///
/// A record that cannot be read is an error and stays as it is: it may be the only copy of a refresh token.
#[cfg_attr(
    feature = "encrypt",
    doc = "\n[`FileStore::encrypted`] keeps tokens from whoever gets hold of the files."
)]
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: Arc<Path>,
    codec: Codec,
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
        Ok(Self { directory: directory.into(), codec: Codec::default() })
    }

    /// Encrypts all records with the first of these keys, and reads those of any of them.
    ///
    /// A plain record that is already there is read, and encrypted when it is next written. An encrypted one whose key
    /// is not among these is an error that names the key, and stays as it is.
    ///
    /// It protects files that are copied, backed up or left on a disk. It does not protect from who can read the
    /// memory or the environment of this program, nor from who can write the directory: they could put an older record
    /// of the same connection, or a plain one, in the place of a record.
    #[cfg(feature = "encrypt")]
    #[must_use]
    pub fn encrypted(mut self, keys: StoreKeys) -> Self {
        self.codec.keys = Some(keys);
        self
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
        let (store, path, key) = (self.clone(), self.path(key), key.to_owned());
        blocking(move || store.read(&path, &key))
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
        let (store, path, key, record) = (self.clone(), self.path(key), key.to_owned(), record.clone());
        blocking(move || store.write(&path, &key, &record, expected))
    }
}

impl FileStore {
    /// The caller holds the lease, so nobody writes between the look and the write.
    fn write(&self, path: &Path, key: &str, record: &Snapshot, expected: u64) -> Result<bool, StoreError> {
        if self.read(path, key)?.map_or(0, |record| record.revision()) != expected {
            return Ok(false);
        }
        let told = |trouble| StoreError::new(format!("{}: {trouble}", path.display()));
        let text = self.codec.write(key, record).map_err(told)?;
        self.replace(path, &text).map_err(|error| failed("write", path, &error))?;
        Ok(true)
    }

    fn read(&self, path: &Path, key: &str) -> Result<Option<Snapshot>, StoreError> {
        let file = match private().read(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("open", path, &error)),
        };
        check_owner(&file, path)?;
        let mut text = Zeroizing::new(String::new());
        file.take(LARGEST).read_to_string(&mut text).map_err(|error| failed("read", path, &error))?;
        let told = |trouble| StoreError::new(format!("{}: {trouble}", path.display()));
        self.codec.read(key, &text).map(Some).map_err(told)
    }

    fn replace(&self, path: &Path, text: &[u8]) -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".").suffix(".tmp");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600));
        let mut file = builder.tempfile_in(&self.directory)?;
        file.write_all(text)?;
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
