//! How a connection is made.

use crate::connection::Connection;
use crate::host;
use crate::pattern;
use crate::store::{Keeper, Shelf, Signer};
use crate::transport::Transport;
use core::fmt;
use grantline_core::error::SettingsError;
use grantline_core::{Connector, Error, Grant, Notice, Options, Secret, Snapshot, UnixTime};
use std::sync::Arc;

pub(crate) type Clock = Box<dyn Fn() -> UnixTime>;
pub(crate) type Listener = Box<dyn Fn(&Notice)>;

/// A connection that is being described.
pub struct Builder {
    connector: Connector,
    values: Vec<(String, Secret)>,
    options: Options,
    shared: bool,
    keeper: Option<Keeper>,
    signer: Option<Signer>,
    transport: Transport,
    clock: Clock,
    listener: Option<Listener>,
    snapshot: Option<Snapshot>,
}

impl Builder {
    pub(crate) fn new(connector: Connector) -> Self {
        Self {
            connector,
            values: Vec::new(),
            options: Options { matches: Some(pattern::matches), ..Options::default() },
            shared: false,
            keeper: None,
            signer: None,
            transport: Transport::default(),
            clock: Box::new(host::now),
            listener: None,
            snapshot: None,
        }
    }

    /// Sets a connection parameter.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }

    /// Names the way to authenticate, where the parameters alone do not tell.
    #[must_use]
    pub fn parameter_set(mut self, name: impl Into<String>) -> Self {
        self.options.parameter_set = Some(name.into());
        self
    }

    /// Whether http to this machine is allowed: for emulators and tests.
    #[must_use]
    pub const fn allow_loopback(mut self, allow: bool) -> Self {
        self.options.allow_loopback = allow;
        self
    }

    /// Another clock than the host's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> UnixTime + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Another transport than the host's `fetch`, for token requests.
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Hears what the connection does. No notice holds a secret.
    #[must_use]
    pub fn on_notice(mut self, listener: impl Fn(&Notice) + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Begins with a state that was kept.
    #[must_use]
    pub fn restore(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// Keeps the token in a store, and so beyond this page or process, and shared with all connections of the same
    /// parameters there. A run step by step ([`Connection::start`]) leaves the steps of the store to its host.
    #[must_use]
    pub fn store(mut self, keeper: Keeper) -> Self {
        self.keeper = Some(keeper);
        self
    }

    /// Signs in another way than by the host's WebCrypto.
    #[must_use]
    pub fn signer(mut self, signer: Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Whether a run step by step ([`Connection::start`]) gives the steps of a shared store although none was given
    /// here. Runs that the connection makes by itself then know no store and go on without it.
    #[must_use]
    pub const fn shared(mut self, shared: bool) -> Self {
        self.shared = shared;
        self
    }

    /// Checks everything and makes the connection. Nothing is sent yet.
    ///
    /// # Errors
    /// A parameter that is missing, unknown or unusable; a pattern that cannot be read; a client certificate, which no
    /// platform lets a script send; a snapshot of another connection.
    // Not inlined: that costs the module more than the call.
    #[inline(never)]
    pub fn build(self) -> Result<Connection, Error> {
        pattern::check(self.connector.manifest())?;
        let settings = Arc::new(self.connector.settings(self.values, &self.options)?);
        if settings.client_certificate().is_some() {
            return Err(SettingsError::Request { problem: NO_CERTIFICATE.to_owned() }.into());
        }
        let key = format!("{}-{}", self.connector.manifest().id, settings.key());
        let shelf = self.keeper.map(|keeper| Shelf { keeper, key });
        let mut grant =
            if self.shared || shelf.is_some() { Grant::shared(settings) } else { Grant::new(settings) };
        if let Some(snapshot) = self.snapshot {
            grant.restore(snapshot)?;
        }
        Ok(Connection::new(grant, self.transport, shelf, self.signer, self.clock, self.listener))
    }
}

const NO_CERTIFICATE: &str =
    "needs a client certificate, which this platform cannot send: run this connector natively";

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("connector", &self.connector.manifest().id).finish_non_exhaustive()
    }
}
