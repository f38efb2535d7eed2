//! Making a connection.

use crate::clock::{Clock, SystemClock};
use crate::connection::Connection;
use crate::flight::Desk;
use crate::inner::{Inner, Observer};
use crate::pattern;
use crate::store::Store;
use crate::tls::Tls;
use crate::transport::Clients;
use arc_swap::ArcSwapOption;
use grantline_core::error::SettingsError;
use grantline_core::{Connector, Error, Grant, Notice, Options, Secret, Snapshot};
use reqwest::{Client, ClientBuilder};
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

/// A connection in the making; see [`Connection::builder`].
#[must_use = "a connection begins with `build`"]
pub struct Builder {
    connector: Connector,
    values: Vec<(String, Secret)>,
    options: Options,
    client: Option<Client>,
    client_builder: Option<ClientBuilder>,
    roots: Vec<Vec<u8>>,
    clock: Arc<dyn Clock>,
    store: Option<Arc<dyn Store>>,
    observer: Option<Box<Observer>>,
    snapshot: Option<Snapshot>,
}

impl Builder {
    pub(crate) fn new(connector: Connector) -> Self {
        Self {
            connector,
            values: Vec::new(),
            options: Options { matches: Some(pattern::matches), ..Options::default() },
            client: None,
            client_builder: None,
            roots: Vec::new(),
            clock: Arc::new(SystemClock),
            store: None,
            observer: None,
            snapshot: None,
        }
    }

    /// Gives a parameter its value. The last value counts; an empty one is none.
    pub fn parameter(self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.parameters([(name, value)])
    }

    /// Gives many parameters their values.
    pub fn parameters<N: Into<String>, V: Into<Secret>>(
        mut self,
        values: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        for (name, value) in values {
            let (name, value) = (name.into(), value.into());
            self.values.retain(|(known, _)| *known != name);
            self.values.push((name, value));
        }
        self
    }

    /// Chooses the way to authenticate, where the parameters alone do not tell.
    pub fn parameter_set(mut self, name: impl Into<String>) -> Self {
        self.options.parameter_set = Some(name.into());
        self
    }

    /// Allows http to this machine, and this machine as a host: for emulators and tests. Such requests go past the
    /// proxies of the environment, unless you bring a client of your own.
    pub const fn allow_loopback(mut self) -> Self {
        self.options.allow_loopback = true;
        self
    }

    /// Keeps the token in a store, so that it outlives the process and others can share it.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Sends all requests with a client made of this: for a proxy, certificates, timeouts. Redirects are not left
    /// to it: token requests follow none, and API requests only those of GET and HEAD on the same server.
    ///
    /// Without it, one client for the whole process is used.
    pub fn client_builder(mut self, builder: ClientBuilder) -> Self {
        self.client_builder = Some(builder);
        self
    }

    /// Sends API requests with this client, to share its connections and settings.
    ///
    /// Token requests never go through it, because nobody can tell whether it follows redirects; if they need its
    /// settings, too, use [`Builder::client_builder`]. API requests follow the redirects that it follows: reqwest then
    /// takes `Authorization` off on the way to another server, but no other header. With
    /// [`reqwest::redirect::Policy::none`] they follow what they follow without it.
    ///
    /// A connector with a client certificate does not go together with it, for no certificate can be put into a client
    /// that is made: there, too, [`Builder::client_builder`] is the way.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Trusts the certificates in this PEM text beside those of the system: for a company's own authority, such as that of
    /// a proxy that looks into TLS. A client of [`Builder::client`] keeps its own settings.
    #[cfg(feature = "rustls")]
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Exchanges the clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Tells of every request and its outcome, of every token that came or was refused, and of every failure: for
    /// logs and counters. It is called in the middle of the work, so it should be quick.
    pub fn on_notice(mut self, observer: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Begins with a state that [`Connection::snapshot`] gave.
    pub fn restore(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// Checks everything and makes the connection. No request is sent yet.
    ///
    /// # Errors
    /// A parameter or a certificate is missing, unknown or unusable; a pattern of the connector cannot be read; the
    /// snapshot belongs to another connection; there is no client.
    pub fn build(self) -> Result<Connection, Error> {
        pattern::check(self.connector.manifest())?;
        let settings = Arc::new(self.connector.settings(self.values, &self.options)?);
        let grant = if self.store.is_some() { Grant::shared } else { Grant::new };
        let mut grant = grant(settings.clone());
        if let Some(snapshot) = self.snapshot {
            grant.restore(snapshot)?;
        }
        let tls = Tls::trusting(&self.roots)?.identified(&settings)?;
        if self.client.is_some() && settings.client_certificate().is_some() {
            return Err(SettingsError::Request { problem: OWN_CLIENT.to_owned() }.into());
        }
        let token_clients = tls.clients(self.client_builder)?;
        let inner = Inner {
            key: format!("{}-{}", settings.connector().manifest().id, settings.key()),
            settings,
            api_clients: self.client.map_or_else(|| token_clients.clone(), Clients::from),
            token_clients,
            clock: self.clock,
            store: self.store,
            observer: self.observer,
            published: ArcSwapOption::empty(),
            latest: AtomicU64::new(0),
            desk: Mutex::new(Desk::new(grant)),
        };
        inner.publish(&inner.desk(), inner.clock.now());
        Ok(Connection { inner: Arc::new(inner) })
    }
}

const OWN_CLIENT: &str = "cannot be sent by a client of the program's own: this connector needs a client certificate, \
    and only `client_builder` can be given one";

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.values.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Builder")
            .field("connector", &self.connector.manifest().id)
            .field("parameters", &names)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
