//! Between the core's plain requests and reqwest: clients, limits and faults.

use grantline_core::{Error, Event, Fault, FaultKind, Headers, Request, Response};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method, Url};
use std::error;
use std::sync::LazyLock;
use std::time::Duration;

const USER_AGENT: &str = concat!("grantline/", env!("CARGO_PKG_VERSION"));
/// A server that does not even accept a connection in this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Who sends a connection's requests.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) secure: Client,
    /// For http, which the core allows to this machine only.
    local: Client,
}

impl Clients {
    /// Those of all connections that bring none and need nothing of their own.
    pub(crate) fn shared() -> Result<Self, Error> {
        static SHARED: LazyLock<Result<Clients, Error>> = LazyLock::new(|| Clients::own(|builder| builder));
        SHARED.clone()
    }

    /// Those of one connection that needs another TLS than the rest.
    pub(crate) fn own(tls: impl Fn(ClientBuilder) -> ClientBuilder) -> Result<Self, Error> {
        let builder = || Client::builder().user_agent(USER_AGENT).connect_timeout(CONNECT_TIMEOUT);
        // What is meant for this machine must not leave it in clear text for a proxy of the environment.
        Ok(Self { secure: build(tls(builder()))?, local: build(builder().no_proxy())? })
    }

    /// Those that a program's own builder makes.
    pub(crate) fn build(builder: ClientBuilder) -> Result<Self, Error> {
        build(builder).map(Self::from)
    }

    pub(crate) fn of(&self, url: &Url) -> &Client {
        if url.scheme() == "http" { &self.local } else { &self.secure }
    }
}

impl From<Client> for Clients {
    fn from(client: Client) -> Self {
        Self { secure: client.clone(), local: client }
    }
}

/// A client that follows no redirect, whatever its builder says: a secret must stay where it was sent.
fn build(builder: ClientBuilder) -> Result<Client, Error> {
    builder.redirect(Policy::none()).build().map_err(|error| Error::Transport(fault(error)))
}

/// Sends a token request and reads its answer within the limits that the request states.
pub(crate) async fn exchange(clients: &Clients, request: &Request) -> Event {
    attempt(clients, request).await.map_or_else(Event::Failed, Event::Response)
}

async fn attempt(clients: &Clients, request: &Request) -> Result<Response, Fault> {
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| unsendable("method"))?;
    let mut outgoing = reqwest::Request::new(method, url(request)?);
    set_headers(request, outgoing.headers_mut())?;
    if request.timeout_ms > 0 {
        *outgoing.timeout_mut() = Some(Duration::from_millis(request.timeout_ms.into()));
    }
    *outgoing.body_mut() = request.body.clone().map(Into::into);
    let mut response = clients.of(outgoing.url()).execute(outgoing).await.map_err(fault)?;

    let (status, headers) = (response.status().as_u16(), headers(response.headers()));
    let limit = u64::from(request.max_body);
    let mut body = Vec::new();
    // What the server announces is looked at before anything is read.
    let mut length = response.content_length().unwrap_or_default();
    while length <= limit {
        let Some(chunk) = response.chunk().await.map_err(fault)? else {
            return Ok(Response::new(status, headers, &body));
        };
        body.extend_from_slice(&chunk);
        length = body.len() as u64;
    }
    Err(Fault::new(FaultKind::TooLarge, ""))
}

/// The core's URL; it has been checked, so this fails only where two parsers differ.
pub(crate) fn url(request: &Request) -> Result<Url, Fault> {
    Url::parse(&request.url).map_err(|_| unsendable("URL"))
}

/// Puts the core's header fields in the place of those that are there. All are marked sensitive: which of them carry
/// a secret is the connector's business.
pub(crate) fn set_headers(request: &Request, headers: &mut HeaderMap) -> Result<(), Fault> {
    for (name, value) in request.headers.iter() {
        let name: HeaderName = name.parse().map_err(|_| unsendable("header name"))?;
        let mut value: HeaderValue = value.parse().map_err(|_| unsendable("header value"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}

/// Header fields as the core reads them.
pub(crate) fn headers(headers: &HeaderMap) -> Headers {
    let mut all = Headers::default();
    for (name, value) in headers {
        all.append(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    all
}

fn unsendable(what: &str) -> Fault {
    Fault::new(FaultKind::Unreachable, format!("the {what} cannot be sent"))
}

/// What went wrong, in the core's terms. Only what surely was not sent is called unreachable.
pub(crate) fn fault(error: reqwest::Error) -> Fault {
    let kind = if error.is_connect() || error.is_builder() {
        FaultKind::Unreachable
    } else if error.is_timeout() {
        FaultKind::Timeout
    } else {
        FaultKind::Lost
    };
    Fault::new(kind, root(&error.without_url()))
}

/// The innermost reason: the outer ones only say that a request was sent, and inner ones know no URL.
pub(crate) fn root(error: &(dyn error::Error + 'static)) -> String {
    let mut reason = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    reason.to_string()
}
