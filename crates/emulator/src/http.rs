//! The messages that go into and come out of the pure function.
//!
//! Decides: their shape, and that printing one never prints a header value, a query or a body, because
//! those carry credentials. Does not decide how bytes reach a socket; a driver does that.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One HTTP request as it arrived.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Request {
    /// Method, in upper case as on the wire.
    pub method: String,
    /// Path and query as on the wire: `/workspan/oauth/token?x-ws-env=..`.
    pub target: String,
    /// Headers in order, repeated ones included.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// The header of a name that must occur once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Single<'a> {
    Absent,
    One(&'a str),
    Repeated,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: impl Into<String>, target: impl Into<String>) -> Self {
        Self { method: method.into(), target: target.into(), ..Self::default() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    pub(crate) fn single(&self, name: &str) -> Single<'_> {
        let mut found = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (None, _) => Single::Absent,
            (Some((_, value)), None) => Single::One(value.trim_matches([' ', '\t'])),
            (Some(_), Some(_)) => Single::Repeated,
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("headers", &Names(&self.headers))
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// One HTTP response, to be sent as it is.
#[derive(Clone, Eq, PartialEq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers in order, names in lower case. The driver adds the content length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name, compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        Self::typed(status, "application/json", serde_json::to_vec(body).expect("keys are strings"))
    }

    pub(crate) fn pretty_json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec_pretty(body).expect("keys are strings");
        Self::typed(status, "application/json; charset=utf-8", body)
    }

    pub(crate) fn html(status: u16, title: &str) -> Self {
        let page =
            format!("<!doctype html><html><head><title>{title}</title></head><body>{title}</body></html>");
        Self::typed(status, "text/html; charset=utf-8", page.into_bytes())
    }

    pub(crate) fn typed(status: u16, media_type: &str, body: Vec<u8>) -> Self {
        Self { status, headers: vec![("content-type".into(), media_type.into())], body }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.into(), value.into()));
    }

    /// RFC 6749 section 5.1: a reply with a token must not be cached.
    pub(crate) fn uncached(self) -> Self {
        self.with("cache-control", "no-store").with("pragma", "no-cache")
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &Names(&self.headers))
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// What the driver must do for one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The response.
    pub response: Response,
    /// Wait this long before the first byte, or before the cut.
    pub delay_ms: u64,
    /// Break the connection, and where.
    pub cut: Option<Cut>,
    /// So many spaces follow the body. The driver makes them, so an endless body needs no memory here;
    /// spaces, so that the JSON before them stays valid for a client that reads all of it.
    pub padding: u64,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, delay_ms: 0, cut: None, padding: 0 }
    }
}

/// Where the connection breaks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// Reset before the request was processed: nothing changed in the emulator.
    BeforeRead,
    /// Reset after the request was processed: the state changed, the reply is lost.
    AfterRead,
    /// The head promises more bytes than are sent, then the connection closes.
    Truncated,
}

struct Names<'a>(&'a [(String, String)]);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
