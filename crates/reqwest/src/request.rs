//! API requests: the caller's own, with the token put on them.

use crate::connection::Connection;
use crate::driver::{Wire, drive};
use crate::flight::entropy;
use crate::inner::Inner;
use crate::peek;
use crate::transport::{self, Clients};
use grantline_core::error::SettingsError;
use grantline_core::{Ambient, Call, Called, Error, Event, Fault, Flow, Request, Response};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Body, Client, Method};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Stands where the core's URL will stand.
const NOWHERE: &str = "http://grantline.invalid/";
const MOST_REDIRECTS: u32 = 10;

/// An API request in the making. Its methods are those of [`reqwest::RequestBuilder`].
#[must_use = "nothing is sent before `send` is awaited"]
pub struct RequestBuilder {
    connection: Connection,
    target: String,
    inner: reqwest::RequestBuilder,
}

impl RequestBuilder {
    pub(crate) fn new(connection: Connection, method: Method, target: String) -> Self {
        let inner = connection.inner.api_clients.secure.request(method, NOWHERE);
        Self { connection, target, inner }
    }

    /// Whatever else reqwest can set: `map(|request| request.version(..))`, or a multipart form.
    pub fn map(self, change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        Self { inner: change(self.inner), ..self }
    }

    /// Adds a header field. One that carries the token is replaced when the request is sent.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        HeaderName: TryFrom<N, Error: Into<http::Error>>,
        HeaderValue: TryFrom<V, Error: Into<http::Error>>,
    {
        self.map(|inner| inner.header(name, value))
    }

    /// Sets header fields.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.map(|inner| inner.headers(headers))
    }

    /// Adds to the query.
    pub fn query<T: Serialize + ?Sized>(self, query: &T) -> Self {
        self.map(|inner| inner.query(query))
    }

    /// Sets the body to JSON.
    pub fn json<T: Serialize + ?Sized>(self, json: &T) -> Self {
        self.map(|inner| inner.json(json))
    }

    /// Sets the body to a form.
    pub fn form<T: Serialize + ?Sized>(self, form: &T) -> Self {
        self.map(|inner| inner.form(form))
    }

    /// Sets the body. A streaming one is sent once: after a 401 it cannot be repeated, and the caller gets the 401 while
    /// the token is renewed for the next request.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.map(|inner| inner.body(body))
    }

    /// Gives up after so long, each time the request is sent. There is no limit otherwise.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|inner| inner.timeout(timeout))
    }

    /// Sends the request. An answer is an answer, whatever its status; its body is not yet read.
    ///
    /// # Errors
    /// The request cannot be built or may not be sent there, no token can be had, or no answer came.
    pub async fn send(self) -> Result<reqwest::Response, Error> {
        let request = self.inner.build().map_err(unbuildable)?;
        let mut target = self.target;
        if let Some(query) = request.url().query() {
            target.truncate(target.find('#').unwrap_or(target.len()));
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(query);
        }
        send(&self.connection.inner, &target, request).await
    }
}

impl fmt::Debug for RequestBuilder {
    /// Without query, header values and body: only the caller knows what is in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split(['?', '#']).next().unwrap_or_default();
        f.debug_struct("RequestBuilder").field("target", &path).finish_non_exhaustive()
    }
}

/// A request without a URL of its own.
pub(crate) fn blank(client: &Client, method: &str) -> reqwest::RequestBuilder {
    // The core knows five methods; all of them are reqwest's.
    client.request(Method::from_bytes(method.as_bytes()).unwrap_or_default(), NOWHERE)
}

/// Sends a request to `target`; the URL that it has itself does not matter.
pub(crate) async fn send(
    inner: &Arc<Inner>,
    target: &str,
    request: reqwest::Request,
) -> Result<reqwest::Response, Error> {
    let replayable = request.body().is_none_or(|body| body.as_bytes().is_some());
    let call = Call::new(inner.settings.clone(), request.method().as_str(), target, replayable)?;
    run(inner, call, request).await.map(|(_, response)| response)
}

/// Runs a call to its end.
pub(crate) async fn run(
    inner: &Arc<Inner>,
    mut call: Call,
    request: reqwest::Request,
) -> Result<(Called, reqwest::Response), Error> {
    let mut wire = ApiWire { clients: inner.api_clients.clone(), request: Some(request), response: None };
    let step = call.advance(Event::START, &Ambient::default())?;
    // A request may carry the time, or a text that stands in no other.
    let now = || Ambient::new(inner.clock.now(), entropy());
    let called = drive(inner, &mut wire, step, |event| call.advance(event, &now())).await?;
    let response = wire.response.ok_or(Error::Misuse { state: "sending", event: "done" })?;
    Ok((called, response))
}

/// Sends API requests and keeps the last answer, whose body is not the core's business.
struct ApiWire {
    clients: Clients,
    request: Option<reqwest::Request>,
    response: Option<reqwest::Response>,
}

impl Wire for ApiWire {
    async fn send(&mut self, request: &Request) -> Event {
        match self.exchange(request).await {
            Ok(response) => {
                let (status, headers) = (response.status().as_u16(), transport::headers(response.headers()));
                let (seen, response) = match peek::peek(request, response).await {
                    Ok(peeked) => peeked,
                    Err(fault) => return Event::Failed(fault),
                };
                self.response = Some(response);
                Event::Response(Response::new(status, headers, &seen))
            }
            Err(fault) => Event::Failed(fault),
        }
    }
}

impl ApiWire {
    async fn exchange(&mut self, request: &Request) -> Result<reqwest::Response, Fault> {
        // A refused answer holds a connection for as long as it lives.
        self.response = None;
        let spare = self.request.as_ref().and_then(reqwest::Request::try_clone);
        // The core repeats only what was said to be replayable.
        let lost = || Fault::new(grantline_core::FaultKind::Lost, "the body cannot be sent twice");
        let mut outgoing = std::mem::replace(&mut self.request, spare).ok_or_else(lost)?;
        *outgoing.url_mut() = transport::url(request)?;
        transport::set_headers(request, outgoing.headers_mut())?;
        if let Some(body) = &request.body {
            *outgoing.body_mut() = Some(body.clone().into());
        }
        // Where the core follows redirects, it decides about each of them.
        let mut hops = if request.follow_redirects { MOST_REDIRECTS } else { 0 };
        loop {
            let again = outgoing.try_clone().filter(|_| hops < MOST_REDIRECTS);
            let response =
                self.clients.of(outgoing.url()).execute(outgoing).await.map_err(transport::fault)?;
            match again.and_then(|again| redirected(again, &response)) {
                Some(next) => outgoing = next,
                None => return Ok(response),
            }
            hops += 1;
        }
    }
}

/// The request that follows a redirect, if it only reads and stays on the same server. The client follows none: it
/// would take header fields of a connector to other servers, and repeat what is not to be repeated.
fn redirected(mut request: reqwest::Request, response: &reqwest::Response) -> Option<reqwest::Request> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD) && request.body().is_none();
    let moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION).filter(|_| reads && moved)?.to_str().ok()?;
    let next = response.url().join(location).ok()?;
    let stays = next.origin() == request.url().origin();
    *request.url_mut() = next;
    stays.then_some(request)
}

/// The caller's request has a fault that reqwest found.
pub(crate) fn unbuildable(error: reqwest::Error) -> Error {
    let reason = transport::root(&error.without_url());
    SettingsError::Request { problem: format!("cannot be built: {reason}") }.into()
}
