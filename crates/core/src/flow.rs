//! The contract between the core and whoever does the I/O: one event in, one step out.
//!
//! An adapter needs nothing but this page. It creates a flow, gives it [`Event::Start`], and then, for each
//! [`Step`], does the one thing that the step says and reports the outcome as the next event, until
//! [`Step::Done`] or an error ends the flow:
//!
//! | step | what the adapter does | events that answer it |
//! | --- | --- | --- |
//! | [`Step::Send`] | sends the request, follows no redirect | [`Event::Response`], [`Event::Failed`] |
//! | [`Step::Sleep`] | waits | [`Event::Woke`] |
//! | [`Step::Authorize`] | runs the connection's grant with `Start { rejected }` | [`Event::Token`] |
//! | [`Step::Load`] | reads the connection's record from the store | [`Event::Loaded`], [`Event::Failed`] |
//! | [`Step::Lease`] | tries, without waiting, to get the exclusive right to renew | [`Event::Leased`], [`Event::Failed`] |
//! | [`Step::Save`] | writes the record if the stored revision is `expected` | [`Event::Saved`], [`Event::Failed`] |
//! | [`Step::Sign`] | signs the data with the key | [`Event::Signed`], [`Event::Failed`] |
//! | [`Step::Release`] | gives the lease back, if it is still its own | [`Event::Released`], [`Event::Failed`] |
//!
//! `Start`, `Renew` and `Revoke` are legal in every state: an adapter may be dropped half-way, and the next caller begins
//! afresh. An event that does not fit is [`Error::Misuse`] and changes nothing.

use crate::derive::Signing;
use crate::error::Error;
use crate::http::{Fault, Headers, Request, Response};
use crate::json::Json;
use crate::snapshot::Snapshot;
use crate::time::UnixTime;
use crate::token::Token;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::sync::Arc;

/// A machine that takes one event and returns one step.
pub trait Flow {
    /// What it ends with.
    type Output;

    /// Takes one event and says what to do next.
    ///
    /// # Errors
    /// The end of the flow, or [`Error::Misuse`] for an event that does not fit.
    fn advance(&mut self, event: Event, ambient: &Ambient) -> Result<Step<Self::Output>, Error>;
}

/// All that a pure function cannot know.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ambient {
    /// The wall clock.
    pub now: UnixTime,
    /// Fresh random bytes.
    pub entropy: [u8; 32],
}

impl Ambient {
    /// A time and random bytes.
    #[must_use]
    pub const fn new(now: UnixTime, entropy: [u8; 32]) -> Self {
        Self { now, entropy }
    }
}

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// Someone wants the outcome: a token, or an API answer.
    Start {
        /// The token that the API has just refused. It is forgotten, if it is still the current one.
        rejected: Option<Arc<Token>>,
    },
    /// A person wants a new token now, whatever is at hand and whatever failure is remembered.
    Renew,
    /// Someone wants the token to end.
    Revoke,
    /// The answer to a request.
    Response(Response),
    /// The network or the store failed.
    Failed(Fault),
    /// The time to sleep is over.
    Woke,
    /// The token that was asked for.
    Token(Arc<Token>),
    /// The stored record, if there is one.
    Loaded(Option<Box<Snapshot>>),
    /// Whether the lease was given.
    Leased(bool),
    /// Whether the record was written; `false` if another revision is stored.
    Saved(bool),
    /// The lease is given back.
    Released,
    /// The signature, in base64url without padding, as a JSON Web Token has it.
    Signed(String),
}

impl Event {
    /// `Start` without a rejected token.
    pub const START: Self = Self::Start { rejected: None };

    /// The stable name, as in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Renew => "renew",
            Self::Revoke => "revoke",
            Self::Response(_) => "response",
            Self::Failed(_) => "failed",
            Self::Woke => "woke",
            Self::Token(_) => "token",
            Self::Loaded(_) => "loaded",
            Self::Leased(_) => "leased",
            Self::Saved(_) => "saved",
            Self::Released => "released",
            Self::Signed(_) => "signed",
        }
    }

    /// Reads the message form: `{ "kind": "response", "status": 200, "headers": {}, "body": "" }`.
    ///
    /// # Errors
    /// [`Error::Misuse`] for anything that is no event.
    pub fn from_json(json: &Json) -> Result<Self, Error> {
        Self::read(json).ok_or(Error::Misuse { state: "any", event: "unreadable" })
    }

    fn read(json: &Json) -> Option<Self> {
        let yes = |name: &str| match json.get(name)? {
            Json::Bool(value) => Some(*value),
            _ => None,
        };
        Some(match json.get("kind")?.as_str()? {
            "start" => {
                Self::Start { rejected: optional(json.get("rejected"), Token::from_json)?.map(Arc::new) }
            }
            "renew" => Self::Renew,
            "revoke" => Self::Revoke,
            "response" => Self::Response(Response {
                status: u16::try_from(json.get("status")?.as_u64()?).ok()?,
                headers: headers(json.get("headers"))?,
                body: optional(json.get("body"), |body| body.as_str().map(without_mark))?.unwrap_or_default(),
            }),
            "failed" => Self::Failed(Fault::from_json(json)?),
            "woke" => Self::Woke,
            "token" => Self::Token(Arc::new(Token::from_json(json.get("token")?)?)),
            "loaded" => Self::Loaded(
                optional(json.get("record"), |record| Snapshot::from_json(record).ok())?.map(Box::new),
            ),
            "leased" => Self::Leased(yes("granted")?),
            "saved" => Self::Saved(yes("written")?),
            "released" => Self::Released,
            "signed" => {
                Self::Signed(json.get("signature")?.as_str().filter(|text| is_base64url(text))?.to_owned())
            }
            _ => return None,
        })
    }
}

fn is_base64url(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// Absent and `null` are nothing; anything else must be readable.
pub(crate) fn optional<T>(json: Option<&Json>, read: impl Fn(&Json) -> Option<T>) -> Option<Option<T>> {
    match json {
        None | Some(Json::Null) => Some(None),
        Some(value) => read(value).map(Some),
    }
}

/// A byte order mark says nothing (RFC 8259, section 8.1).
fn without_mark(body: &str) -> String {
    body.strip_prefix('\u{feff}').unwrap_or(body).to_owned()
}

fn headers(json: Option<&Json>) -> Option<Headers> {
    let fields = json.map(Json::members).unwrap_or_default();
    fields.iter().map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<T> {
    /// Send this request and report its answer.
    Send(Request),
    /// Wait so many milliseconds.
    Sleep {
        /// How long.
        millis: u64,
    },
    /// Get the connection's token.
    Authorize {
        /// The token that the API has just refused.
        rejected: Option<Arc<Token>>,
    },
    /// Read the record of this connection.
    Load,
    /// Try to get the exclusive right to renew, for at most so long.
    Lease {
        /// How long the lease holds if it is not given back.
        millis: u64,
    },
    /// Write the record.
    Save {
        /// What to write.
        record: Box<Snapshot>,
        /// The revision that must be stored now; zero if there must be none.
        expected: u64,
    },
    /// Give the lease back.
    Release,
    /// Sign something with a private key.
    Sign(Signing),
    /// The flow has ended well.
    Done {
        /// Its outcome.
        output: T,
    },
}

/// Written by hand: a derived form would carry a second copy of everything that a step contains.
impl<T: Serialize> Serialize for Step<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let kind = match self {
            Self::Send(_) => "send",
            Self::Sleep { .. } => "sleep",
            Self::Authorize { .. } => "authorize",
            Self::Load => "load",
            Self::Lease { .. } => "lease",
            Self::Save { .. } => "save",
            Self::Release => "release",
            Self::Sign(_) => "sign",
            Self::Done { .. } => "done",
        };
        map.serialize_entry("kind", kind)?;
        match self {
            Self::Send(request) => request.entries(&mut map)?,
            Self::Sign(signing) => signing.entries(&mut map)?,
            Self::Sleep { millis } | Self::Lease { millis } => map.serialize_entry("millis", millis)?,
            Self::Authorize { rejected } => {
                rejected.iter().try_for_each(|token| map.serialize_entry("rejected", token))?;
            }
            Self::Save { record, expected } => {
                map.serialize_entry("record", record)?;
                map.serialize_entry("expected", expected)?;
            }
            Self::Done { output } => map.serialize_entry("output", output)?,
            Self::Load | Self::Release => {}
        }
        map.end()
    }
}

/// The message form of whatever a flow answers: a step, or `{ "kind": "error", ... }`.
pub fn message<T: Serialize>(outcome: &Result<Step<T>, Error>) -> impl Serialize + '_ {
    Message(outcome)
}

struct Message<'a, T>(&'a Result<Step<T>, Error>);

impl<T: Serialize> Serialize for Message<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Ok(step) => step.serialize(serializer),
            Err(error) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("kind", "error")?;
                error.entries(&mut map)?;
                map.end()
            }
        }
    }
}
