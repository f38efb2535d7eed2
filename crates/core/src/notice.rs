//! What an adapter tells its host while it works: never a secret, and the same words on every platform.
//!
//! An adapter makes a notice of each exchange ([`Notice::sent`]), of each token that the API refused
//! ([`Notice::Rejected`]), of the end of each grant ([`Notice::ended`]) and of a warning
//! ([`crate::Grant::warning`]), and passes it on.

use crate::error::Error;
use crate::flow::Event;
use crate::grant::{Granted, Source};
use crate::http::{Purpose, Request};
use crate::time::UnixTime;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Something that a host may want to log, count or show.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// A request was sent, and answered or not.
    Sent {
        /// What it was for.
        purpose: Purpose,
        /// The request in one line, its secrets masked.
        request: String,
        /// The status of the answer.
        status: Option<u16>,
        /// The name of the fault, if no answer came.
        fault: Option<&'static str>,
        /// How long it took.
        millis: u64,
    },
    /// A first grant gave a token.
    Acquired {
        /// When it ends.
        expires_at: Option<UnixTime>,
    },
    /// A renewal gave a token.
    Renewed {
        /// When it ends.
        expires_at: Option<UnixTime>,
    },
    /// No token could be had, or an early renewal failed that does no harm yet.
    Failed {
        /// [`Error::code`].
        code: &'static str,
        /// What to do about it.
        message: String,
        /// Whether the callers still have a token.
        harmless: bool,
    },
    /// The API refused the token.
    Rejected,
    /// The token has ended at our own wish.
    Revoked,
    /// A person must act soon: the connection will end without them.
    NeedsReconnectSoon {
        /// When it ends.
        at: UnixTime,
    },
    /// A person must act.
    NeedsReconnect {
        /// Why, and what to do.
        message: String,
    },
}

/// Written by hand as a map: a derived form would bring a table of names into the wasm module.
impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind())?;
        match self {
            Self::Sent { purpose, request, status, fault, millis } => {
                map.serialize_entry("purpose", purpose)?;
                map.serialize_entry("request", request)?;
                status.iter().try_for_each(|status| map.serialize_entry("status", status))?;
                fault.iter().try_for_each(|fault| map.serialize_entry("fault", fault))?;
                map.serialize_entry("millis", millis)?;
            }
            Self::Acquired { expires_at } | Self::Renewed { expires_at } => {
                expires_at.iter().try_for_each(|time| map.serialize_entry("expiresAt", time))?;
            }
            Self::Failed { code, message, harmless } => {
                map.serialize_entry("code", code)?;
                map.serialize_entry("message", message)?;
                map.serialize_entry("harmless", harmless)?;
            }
            Self::NeedsReconnectSoon { at } => map.serialize_entry("at", at)?,
            Self::NeedsReconnect { message } => map.serialize_entry("message", message)?,
            Self::Rejected | Self::Revoked => {}
        }
        map.end()
    }
}

impl Notice {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Sent { .. } => "sent",
            Self::Acquired { .. } => "acquired",
            Self::Renewed { .. } => "renewed",
            Self::Failed { .. } => "failed",
            Self::Rejected => "rejected",
            Self::Revoked => "revoked",
            Self::NeedsReconnectSoon { .. } => "needs_reconnect_soon",
            Self::NeedsReconnect { .. } => "needs_reconnect",
        }
    }

    /// The notice of a request and of the event that answered it.
    #[must_use]
    pub fn sent(request: &Request, answer: &Event, millis: u64) -> Self {
        let (status, fault) = match answer {
            Event::Response(response) => (Some(response.status), None),
            Event::Failed(fault) => (None, Some(fault.kind.name())),
            _ => (None, None),
        };
        Self::Sent { purpose: request.purpose, request: request.shown().to_string(), status, fault, millis }
    }

    /// The notice of how a grant ended, if it did more than serve what was at hand.
    #[must_use]
    pub fn ended(outcome: &Result<Granted, Error>) -> Option<Self> {
        let failed = |error: &Error, harmless| match error {
            Error::NeedsReconnect { .. } => Self::NeedsReconnect { message: error.to_string() },
            _ => Self::Failed { code: error.code(), message: error.to_string(), harmless },
        };
        match outcome {
            Ok(Granted::Token { token, source: Source::Acquired, .. }) => {
                Some(Self::Acquired { expires_at: token.expires_at })
            }
            Ok(Granted::Token { token, source: Source::Renewed, .. }) => {
                Some(Self::Renewed { expires_at: token.expires_at })
            }
            Ok(Granted::Token { setback, .. }) => setback.as_deref().map(|error| failed(error, true)),
            Ok(Granted::Revoked { .. }) => Some(Self::Revoked),
            Err(error) => Some(failed(error, false)),
        }
    }
}
