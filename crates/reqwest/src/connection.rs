//! The connection: what a program holds, clones and asks.

use crate::builder::Builder;
use crate::inner::Inner;
use crate::operation::OperationBuilder;
use crate::request::{self, RequestBuilder};
use grantline_core::error::{Denial, SettingsError};
use grantline_core::{Call, Connector, Error, Reconnect, Settings, Snapshot, Token, UnixTime};
use reqwest::Method;
use reqwest::header::HeaderValue;
use std::fmt;
use std::sync::Arc;

/// A connector, the values that a person gave, and the token that they lead to. Clones share the token; cloning is
/// cheap.
#[derive(Clone)]
pub struct Connection {
    pub(crate) inner: Arc<Inner>,
}

/// What came out of a test of a connection.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The status of the answer: 200 to 299.
    pub status: u16,
    /// How often the request was sent: twice, if the first token was refused.
    pub attempts: u32,
    /// When the token ends, if that is known.
    pub expires_at: Option<UnixTime>,
}

impl Connection {
    /// Begins a connection with this connector.
    pub fn builder(connector: Connector) -> Builder {
        Builder::new(connector)
    }

    /// The token, renewed if necessary.
    ///
    /// # Errors
    /// No token can be had, now ([`Error::retry_at`]) or without a person ([`Error::NeedsReconnect`]).
    pub async fn token(&self) -> Result<Arc<Token>, Error> {
        match self.inner.fresh(|seen| seen.token.clone()) {
            Some(token) => Ok(token),
            None => self.inner.authorize(None).await,
        }
    }

    /// Another token than this one, which the service has refused: for programs that send their requests
    /// themselves. Whoever else rejects the same token gets the same new one.
    ///
    /// # Errors
    /// As [`Connection::token`].
    pub async fn replace(&self, rejected: impl Into<Arc<Token>>) -> Result<Arc<Token>, Error> {
        self.inner.authorize(Some(rejected.into())).await
    }

    /// A new token now, whatever is at hand and whatever failure is remembered: for a person who has mended something
    /// at the service and does not want to wait. Programs that only need a token call [`Connection::token`].
    ///
    /// # Errors
    /// No new token can be had. One that served before still does.
    pub async fn renew(&self) -> Result<Arc<Token>, Error> {
        self.inner.renew().await
    }

    /// The value of the `Authorization` field, marked sensitive.
    ///
    /// # Errors
    /// As [`Connection::token`], or the connector sends its token in another place.
    pub async fn authorization(&self) -> Result<HeaderValue, Error> {
        if let Some(Some(header)) = self.inner.fresh(|seen| seen.header.clone()) {
            return Ok(header);
        }
        let token = self.token().await?;
        self.inner.header(&token)
    }

    /// Begins a GET request to a path below the connector's base URL, or to a URL that the connector allows.
    pub fn get(&self, target: impl Into<String>) -> RequestBuilder {
        self.request(Method::GET, target)
    }

    /// Begins a POST request; see [`Connection::get`].
    pub fn post(&self, target: impl Into<String>) -> RequestBuilder {
        self.request(Method::POST, target)
    }

    /// Begins a PUT request; see [`Connection::get`].
    pub fn put(&self, target: impl Into<String>) -> RequestBuilder {
        self.request(Method::PUT, target)
    }

    /// Begins a PATCH request; see [`Connection::get`].
    pub fn patch(&self, target: impl Into<String>) -> RequestBuilder {
        self.request(Method::PATCH, target)
    }

    /// Begins a DELETE request; see [`Connection::get`].
    pub fn delete(&self, target: impl Into<String>) -> RequestBuilder {
        self.request(Method::DELETE, target)
    }

    /// Begins a request with any method; see [`Connection::get`].
    pub fn request(&self, method: Method, target: impl Into<String>) -> RequestBuilder {
        RequestBuilder::new(self.clone(), method, target.into())
    }

    /// Begins the call of an operation that the connector names, such as `ListChannels`.
    pub fn call(&self, operation: impl Into<String>) -> OperationBuilder {
        OperationBuilder::new(self.clone(), operation.into())
    }

    /// Sends a request that was built elsewhere, with the token put on it.
    ///
    /// # Errors
    /// As [`RequestBuilder::send`].
    pub async fn execute(&self, request: reqwest::Request) -> Result<reqwest::Response, Error> {
        let target = request.url().as_str().to_owned();
        request::send(&self.inner, &target, request).await
    }

    /// Makes the connector's test request: a harmless one that proves that the credentials work.
    ///
    /// # Errors
    /// No token can be had, the answer is no success, or the connector names no test request.
    pub async fn test(&self) -> Result<Report, Error> {
        let call = Call::test(self.inner.settings.clone())?;
        let request = request::blank(&self.inner.api_clients.secure, call.method()).build();
        let (called, response) =
            request::run(&self.inner, call, request.map_err(request::unbuildable)?).await?;
        let request_id = response.headers().get("x-request-id");
        match called.status {
            200..300 => Ok(Report {
                status: called.status,
                attempts: called.attempts,
                expires_at: self.inner.published.load().as_ref().and_then(|seen| seen.token.expires_at),
            }),
            status @ (401 | 403) => {
                let request_id = request_id.and_then(|id| id.to_str().ok()).map(str::to_owned);
                let denial = Denial { status, code: None, message: None, request_id };
                Err(Error::Denied { denial, until: None })
            }
            status => {
                let problem = format!("was answered with status {status}; check the base URL, or try later");
                Err(SettingsError::Request { problem }.into())
            }
        }
    }

    /// Ends the token. Whether the server was told: some services have no way to, then it is only forgotten.
    ///
    /// The next caller gets a new token, if the connection can get one without a person.
    ///
    /// # Errors
    /// The server could not be told; the token lives on.
    pub async fn revoke(&self) -> Result<bool, Error> {
        self.inner.revoke().await
    }

    /// The state, for a host that keeps it itself; see [`Builder::restore`]. It holds tokens.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.inner.desk().grant.snapshot()
    }

    /// When a person must act, if the connection cannot live on by itself and its end is known.
    #[must_use]
    pub fn reconnect(&self) -> Option<Reconnect> {
        self.inner.desk().grant.reconnect()
    }

    /// Values that look like a slip: they are used as they are, but the person should know.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.inner.settings.warnings()
    }

    /// The connector and all that was checked when the connection was made.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}
