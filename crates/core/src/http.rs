//! Requests and answers as plain values, and how a request is shown without its secrets.
//!
//! Nothing here sends anything. A [`Request`] remembers which bytes of it came from a secret, so that showing
//! it needs no guessing: `Debug`, [`Request::shown`] and every log line mask exactly those bytes.

use crate::json::Json;
use crate::names::words;
use crate::secret::MASK;
use core::fmt;
use core::ops::Range;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// What a request is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// The first grant: credentials for a token.
    Acquire,
    /// A renewal: a refresh token, or the present token, for a new one.
    Renew,
    /// The end of a token.
    Revoke,
    /// A request of the API itself.
    Call,
}

impl Serialize for Purpose {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Acquire => "acquire",
            Self::Renew => "renew",
            Self::Revoke => "revoke",
            Self::Call => "call",
        })
    }
}

/// Header fields by lower-case name. A name stands once: values that arrive twice are joined with a comma, as
/// RFC 9110, section 5.2, says.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Adds a field; to one that is there already, its value is joined.
    pub fn append(&mut self, name: &str, value: &str) {
        let name = name.to_ascii_lowercase();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, joined)) => {
                joined.push_str(", ");
                joined.push_str(value);
            }
            None => self.0.push((name, value.to_owned())),
        }
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(fields: I) -> Self {
        let mut headers = Self::default();
        fields.into_iter().for_each(|(name, value)| headers.append(name, value));
        headers
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Where in a request some bytes stand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    Url,
    Header(usize),
    Body,
}

/// One HTTP request, with the limits under which it must be sent. Redirects are never followed.
#[derive(Clone, Eq, PartialEq)]
pub struct Request {
    /// What it is for.
    pub purpose: Purpose,
    /// The method, in capitals.
    pub method: String,
    /// The absolute URL.
    pub url: String,
    /// The header fields to set; for a call they are added to the caller's own.
    pub headers: Headers,
    /// The body. A call of a person's own has none here: its body stays with the adapter.
    pub body: Option<String>,
    /// After how long to give up, in milliseconds; zero leaves it to the caller of an API.
    pub timeout_ms: u32,
    /// How many bytes of the answer's body the core wants to see; a token answer that is longer is refused.
    pub max_body: u32,
    /// For a call: with which statuses the body of the answer is wanted at all. A longer one is left out.
    pub body_statuses: Vec<u16>,
    /// For a call: whether the core itself follows redirects, so that the adapter must not, and tells where they lead.
    pub follow_redirects: bool,
    pub(crate) masks: Vec<(Part, Range<usize>)>,
}

impl Request {
    pub(crate) const fn new(purpose: Purpose, method: String) -> Self {
        Self {
            purpose,
            method,
            url: String::new(),
            headers: Headers(Vec::new()),
            body: None,
            timeout_ms: 0,
            max_body: 0,
            body_statuses: Vec::new(),
            follow_redirects: false,
            masks: Vec::new(),
        }
    }

    /// Sends it elsewhere: where an answer said. What it says after a '?' is not shown.
    pub(crate) fn go_to(&mut self, url: String) {
        self.masks.retain(|(part, _)| *part != Part::Url);
        if let Some(query) = url.find('?') {
            self.masks.push((Part::Url, query + 1..url.len()));
        }
        self.url = url;
    }

    /// Leaves the body out, and what is said of it.
    pub(crate) fn without_body(&mut self) {
        self.body = None;
        self.masks.retain(|(part, _)| *part != Part::Body);
        if let Some(index) = self.headers.0.iter().position(|(name, _)| name == "content-type") {
            self.headers.0.remove(index);
            self.masks.retain(|(part, _)| *part != Part::Header(index));
            for (part, _) in &mut self.masks {
                if let Part::Header(at) = part {
                    *at -= usize::from(*at > index);
                }
            }
        }
    }

    /// Adds a header whose secret bytes are at `masks`; the name is lower case already.
    pub(crate) fn push_header(&mut self, name: &str, value: String, masks: Vec<Range<usize>>) {
        let index = self.headers.0.len();
        self.masks.extend(masks.into_iter().map(|range| (Part::Header(index), range)));
        self.headers.0.push((name.to_owned(), value));
    }

    /// Whether a secret stands in the URL, which proxies and servers like to write down.
    #[must_use]
    pub fn secret_url(&self) -> bool {
        self.masks.iter().any(|(part, _)| *part == Part::Url)
    }

    /// The same request with every secret masked, for people to see.
    #[must_use]
    pub fn shown(&self) -> Shown {
        let masked =
            |wanted: Part, text: &str| mask(text, self.masks.iter().filter(|(part, _)| *part == wanted));
        Shown {
            method: self.method.clone(),
            url: masked(Part::Url, &self.url),
            headers: (self.headers.iter().enumerate())
                .map(|(index, (name, value))| (name.to_owned(), masked(Part::Header(index), value)))
                .collect(),
            body: self.body.as_deref().map(|body| masked(Part::Body, body)),
        }
    }
}

fn mask<'a>(text: &str, masks: impl Iterator<Item = &'a (Part, Range<usize>)>) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for (_, range) in masks {
        shown.push_str(text.get(end..range.start).unwrap_or_default());
        shown.push_str(MASK);
        end = range.end;
    }
    shown.push_str(text.get(end..).unwrap_or_default());
    shown
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown().fmt(f)
    }
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entries(&mut map)?;
        map.end()
    }
}

impl Request {
    /// The message for whoever sends it: it must hold the secrets.
    pub(crate) fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("purpose", &self.purpose)?;
        map.serialize_entry("method", &self.method)?;
        map.serialize_entry("url", &self.url)?;
        map.serialize_entry("headers", &self.headers)?;
        if let Some(body) = &self.body {
            map.serialize_entry("body", body)?;
        }
        map.serialize_entry("timeoutMs", &self.timeout_ms)?;
        map.serialize_entry("maxBody", &self.max_body)?;
        if !self.body_statuses.is_empty() {
            map.serialize_entry("bodyStatuses", &self.body_statuses)?;
        }
        if self.follow_redirects {
            map.serialize_entry("followRedirects", &true)?;
        }
        map.serialize_entry("secretUrl", &self.secret_url())
    }
}

/// A request as it may be shown: secrets are masked. `Display` is one line.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Shown {
    /// The method.
    pub method: String,
    /// The URL, masked.
    pub url: String,
    /// The header fields, masked.
    pub headers: Vec<(String, String)>,
    /// The body, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        for (name, value) in
            self.headers.iter().filter(|(name, _)| name != "accept" && name != "content-type")
        {
            write!(f, "  {name}: {value}")?;
        }
        self.body.iter().try_for_each(|body| write!(f, "  {body}"))
    }
}

/// The answer to a request, as far as the core sees it.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
    /// The body, at most as long as the request allowed; of a call, only what the request wants to see.
    pub body: String,
}

impl Response {
    /// An answer from what came over the wire. A byte order mark is dropped, and bytes that are not UTF-8 are
    /// replaced: a token has none of them, so such an answer fails where it is read.
    #[must_use]
    pub fn new(status: u16, headers: Headers, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).into_owned();
        Self { status, headers, body }
    }
}

impl fmt::Debug for Response {
    /// Neither body nor header values: both may hold tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response {{ status: {}, body: {} bytes }}", self.status, self.body.len())
    }
}

words! {
    /// Why no answer came.
    pub enum FaultKind {
        /// No connection: name, address, refusal, TLS. The request was not sent.
        Unreachable = "unreachable",
        /// No answer in time. The request may have been carried out.
        Timeout = "timeout",
        /// The connection broke. The request may have been carried out.
        Lost = "lost",
        /// The answer is longer than [`Request::max_body`].
        TooLarge = "too_large",
        /// A redirect that the platform hides (an opaque one in a browser).
        Redirected = "redirected",
        /// The store for shared tokens does not answer.
        Store = "store",
        /// The key cannot sign, or the platform cannot sign with it.
        Signing = "signing",
    }
}

/// A failure of the network or of the store, told to the core by the adapter.
#[derive(Clone, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// What happened.
    #[serde(rename = "fault")]
    pub kind: FaultKind,
    /// The platform's own words, for people; they are scrubbed of secrets before anyone sees them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Fault {
    /// A fault, with the platform's own words for it.
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let kind = FaultKind::from_name(json.get("fault")?.as_str()?)?;
        Some(Self::new(kind, json.get("detail").and_then(Json::as_str).unwrap_or_default()))
    }
}

impl fmt::Debug for Fault {
    /// Not the platform's words: before they are scrubbed they may quote the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault {{ kind: {:?}, detail: {} bytes }}", self.kind, self.detail.len())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FaultKind::Unreachable => "the server cannot be reached",
            FaultKind::Timeout => "the server did not answer in time",
            FaultKind::Lost => "the connection broke before the answer came",
            FaultKind::TooLarge => "the answer is larger than a token answer may be",
            FaultKind::Redirected => {
                "the server answered with a redirect, which is never followed with a secret"
            }
            FaultKind::Store => "the store for shared tokens does not answer",
            FaultKind::Signing => "nothing can be signed with the private key",
        })?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}
