//! The commands of the store. What is written and when is decided by the core.

use crate::fault::{bad_url, broken, why};
use crate::lease::{Held, OUTLIVES};
use grantline_core::Snapshot;
use grantline_reqwest::{BoxFuture, Lease, Store, StoreError};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, Cmd, ConnectionInfo, FromRedisValue, IntoConnectionInfo, cmd};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A store in a Redis or Valkey server. Clones share its connection.
///
/// A record is a string with JSON at the prefix and the connection's key; `-lease` at its end names the key of the
/// right to renew. A lease that is dropped is given back in the background if a runtime is there, and otherwise ends
/// by itself.
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    /// Where the server is, for messages.
    server: Arc<str>,
    prefix: Arc<str>,
    keep_for: Option<Duration>,
}

impl RedisStore {
    /// Connects to the server at this URL, `redis://user:password@host:6379/0` or `redis+unix:///path?pass=...`.
    ///
    /// # Errors
    /// The URL is not readable, the server is out of reach, or it refuses the credentials. For a program that must
    /// start without Redis, give [`RedisStore::from_connection`] a manager that connects later.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let info = read(url).ok_or_else(|| bad_url(url))?;
        let server: Arc<str> = info.addr().to_string().into();
        let failed = |reason: &str| StoreError::new(format!("cannot connect to Redis at {server}: {reason}"));
        // The next command tries again anyway, so that nobody has to wait for a row of tries.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(0);
        let client = Client::open(info).map_err(|error| failed(&why(&error)))?;
        let connecting = ConnectionManager::new_with_config(client, config);
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(Ok(connection)) => Ok(Self { server, ..Self::from_connection(connection) }),
            Ok(Err(error)) => Err(failed(&why(&error))),
            Err(_) => Err(failed(SILENT)),
        }
    }

    /// A store that uses this connection.
    #[must_use]
    pub fn from_connection(connection: ConnectionManager) -> Self {
        Self { connection, server: "the given server".into(), prefix: "grantline:".into(), keep_for: None }
    }

    /// What all keys begin with; `grantline:` if nothing is said. Programs that share tokens use the same.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into().into();
        self
    }

    /// Lets records end so long after they were last written. If nothing is said, they stay.
    ///
    /// A record may be the only copy of a refresh token: take more than its life.
    #[must_use]
    pub const fn keep_for(mut self, duration: Duration) -> Self {
        self.keep_for = Some(duration);
        self
    }

    async fn read(&self, key: &str) -> Result<Option<Snapshot>, StoreError> {
        let key = format!("{}{key}", self.prefix);
        let Some(bytes) = self.ask::<Option<Vec<u8>>>("read", &key, cmd("GET").arg(&key)).await? else {
            return Ok(None);
        };
        let text = str::from_utf8(&bytes).map_err(|_| broken(&key, "it holds no text"))?;
        Snapshot::parse(text).map(Some).map_err(|error| broken(&key, &error.to_string()))
    }

    async fn write(&self, key: &str, record: &Snapshot, expected: u64) -> Result<bool, StoreError> {
        let key = format!("{}{key}", self.prefix);
        let text = serde_json::to_string(record).map_err(|error| broken(&key, &error.to_string()))?;
        let mut command = cmd("EVAL");
        command.arg(SAVE).arg(1).arg(&key).arg(expected).arg(text);
        command.arg(self.keep_for.map_or(0, millis));
        match self.ask("write", &key, &command).await? {
            1 => Ok(true),
            0 => Ok(false),
            _ => Err(broken(&key, "it holds no record that this version can read")),
        }
    }

    async fn take(&self, key: &str, hold: Duration) -> Result<Option<Box<dyn Lease>>, StoreError> {
        // Held from here on: if no answer comes, the lease may be ours all the same, and is given back.
        let mut held = Held::new(self.clone(), format!("{}{key}-lease", self.prefix))?;
        let mut command = cmd("SET");
        command.arg(held.key()).arg(held.owner()).arg("NX").arg("PX").arg(millis(hold.min(OUTLIVES)));
        if self.ask::<Option<String>>("lease", held.key(), &command).await?.is_none() {
            held.forget();
            return Ok(None);
        }
        held.keep(hold);
        Ok(Some(Box::new(held)))
    }

    pub(crate) async fn give_back(&self, key: &str, owner: &str) -> Result<(), StoreError> {
        self.ask::<i64>("release", key, cmd("EVAL").arg(RELEASE).arg(1).arg(key).arg(owner)).await.map(drop)
    }

    /// Whether the lease is still this owner's.
    pub(crate) async fn put_off(&self, key: &str, owner: &str, end: Duration) -> Result<bool, StoreError> {
        let mut command = cmd("EVAL");
        command.arg(PUT_OFF).arg(1).arg(key).arg(owner).arg(millis(end));
        self.ask::<i64>("lease", key, &command).await.map(|ours| ours == 1)
    }

    async fn ask<T: FromRedisValue>(&self, what: &str, key: &str, command: &Cmd) -> Result<T, StoreError> {
        let failed = |reason: &str| {
            StoreError::new(format!("cannot {what} the key {key} in Redis at {}: {reason}", self.server))
        };
        let mut connection = self.connection.clone();
        let asking = async {
            match command.query_async(&mut connection).await {
                // The connection was lost since the last command. A new one is made now, and reading does no harm.
                Err(error) if what == "read" && error.is_connection_dropped() => {
                    command.query_async(&mut connection).await
                }
                answer => answer,
            }
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(answer) => answer.map_err(|error| failed(&why(&error))),
            Err(_) => Err(failed(SILENT)),
        }
    }
}

impl Store for RedisStore {
    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        Box::pin(self.read(key))
    }

    fn lease<'a>(
        &'a self,
        key: &'a str,
        hold: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        Box::pin(self.take(key, hold))
    }

    fn save<'a>(
        &'a self,
        key: &'a str,
        record: &'a Snapshot,
        expected: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(self.write(key, record, expected))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("server", &self.server)
            .field("prefix", &self.prefix)
            .field("keep_for", &self.keep_for)
            .finish_non_exhaustive()
    }
}

/// Reads a URL whose parts are where they seem to be: a `/`, `?` or `#` in a password would make a host of its
/// beginning, and hosts are shown.
fn read(url: &str) -> Option<ConnectionInfo> {
    let (_, rest) = url.split_once("://")?;
    let host_ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if host_ends > 0 && rest[host_ends..].contains('@') {
        return None;
    }
    let info = url.into_connection_info().ok()?;
    let settings = TcpSettings::default().set_nodelay(true);
    // A server that vanished without a word: the connection is given up, and made again.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let settings = settings.set_user_timeout(PATIENCE);
    Some(info.set_tcp_settings(settings))
}

/// Redis takes no time of zero.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(2);
const SILENT: &str = "there was no answer within 2 seconds";

/// Writes a record over the expected revision: 1 if it did, 0 if another is there, -1 if what is there is no record,
/// or one of a newer version. The npm package runs the same scripts.
const SAVE: &str = include_str!("save.lua");

/// Deletes a lease if it is still its owner's.
const RELEASE: &str = include_str!("release.lua");

/// Puts off the end of a lease if it is still its owner's. It needs no right that the others do not need.
const PUT_OFF: &str = include_str!("put_off.lua");
