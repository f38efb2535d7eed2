//! What can go wrong, sorted by whose fault it is. No message holds a secret or a body.

mod server;
mod settings;

pub use crate::manifest::ConnectorError;
pub use server::{Cause, Denial, Reason, Violation};
pub use settings::SettingsError;

use crate::http::{Fault, FaultKind};
use crate::time::UnixTime;
use core::fmt;
use serde::ser::{Serialize, SerializeMap, Serializer};
use thiserror::Error;

/// A failure of a flow or of the making of a connection.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The person's: a parameter or an option of the connection.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The author's of a connector file.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    /// The network's.
    #[error("{0}: check the base URL and the network, then try again")]
    Transport(Fault),
    /// The server said no, and will say it again: the credentials are at fault.
    #[error("the server refused {}: {denial}; check {}{}", .denial.what().0, .denial.what().1, Until(*.until))]
    Denied {
        /// What the server said.
        denial: Denial,
        /// Until when the refusal is remembered, and no further request is made.
        until: Option<UnixTime>,
    },
    /// The server broke the rules of HTTP, of OAuth or of the connector.
    #[error("{violation}{}: {}{}", Answer(*.status, .request_id.as_deref()), .violation.remedy(), Until(*.until))]
    Protocol {
        /// Which rule.
        violation: Violation,
        /// The status of the answer; zero if the platform hides it.
        status: u16,
        /// The server's name for the request, for its support.
        request_id: Option<String>,
        /// Until when no further request is made.
        until: Option<UnixTime>,
    },
    /// All tries are used up; later it may work.
    #[error("{cause}; the tries for now are used up{}", Until(Some(*.retry_at)))]
    Exhausted {
        /// When to try again. Until then no request is made.
        retry_at: UnixTime,
        /// The last failure.
        cause: Cause,
    },
    /// A person must act: no machine can get a token any more.
    #[error("this connection needs a person: {reason}{}; {}", Said(.denial.as_ref()), .reason.remedy())]
    NeedsReconnect {
        /// Why.
        reason: Reason,
        /// What the server said last.
        denial: Option<Denial>,
    },
    /// The API answered an operation with a status that is none of success.
    #[error("operation '{operation}' failed: {denial}{}", Until(*.retry_at))]
    Operation {
        /// The operation.
        operation: String,
        /// What the API said.
        denial: Box<Denial>,
        /// When the API wants to be asked again, if it said so.
        retry_at: Option<UnixTime>,
    },
    /// The pages of an operation cannot be followed.
    #[error("the pages of '{operation}' cannot be followed: {problem}")]
    Pages {
        /// The operation.
        operation: String,
        /// What is wrong.
        problem: String,
    },
    /// The adapter's: an event that does not fit the state of the flow.
    #[error("event '{event}' does not fit the state '{state}': this is a bug of the adapter")]
    Misuse {
        /// The state of the flow.
        state: &'static str,
        /// The event.
        event: &'static str,
    },
}

impl Error {
    /// Every code there is, as `code()` gives it.
    pub const CODES: [&'static str; 25] = [
        "invalid_connector",
        "unknown_connector",
        "missing_parameter",
        "unknown_parameter",
        "invalid_parameter",
        "insecure_url",
        "host_not_allowed",
        "invalid_request",
        "invalid_snapshot",
        "unreachable",
        "timeout",
        "connection_lost",
        "store",
        "denied",
        "redirected",
        "too_large",
        "not_json",
        "no_token",
        "exhausted",
        "needs_reconnect",
        "unknown_operation",
        "invalid_argument",
        "operation_failed",
        "invalid_pages",
        "misuse",
    ];

    /// A stable name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Settings(error) => error.code(),
            Self::Connector(_) => "invalid_connector",
            Self::Transport(fault) => match fault.kind {
                FaultKind::Unreachable => "unreachable",
                FaultKind::Store => "store",
                FaultKind::Signing => "invalid_parameter",
                FaultKind::Timeout => "timeout",
                FaultKind::Lost => "connection_lost",
                FaultKind::TooLarge => "too_large",
                FaultKind::Redirected => "redirected",
            },
            Self::Denied { .. } => "denied",
            Self::Protocol { violation, .. } => match violation {
                Violation::Redirect => "redirected",
                Violation::TooLarge => "too_large",
                Violation::NotJson => "not_json",
                Violation::ForeignHost => "host_not_allowed",
                Violation::NoToken | Violation::NoCapture | Violation::BadToken | Violation::SameToken => {
                    "no_token"
                }
            },
            Self::Exhausted { .. } => "exhausted",
            Self::NeedsReconnect { .. } => "needs_reconnect",
            Self::Operation { .. } => "operation_failed",
            Self::Pages { .. } => "invalid_pages",
            Self::Misuse { .. } => "misuse",
        }
    }

    /// When it makes sense to try again, where that is known.
    #[must_use]
    pub const fn retry_at(&self) -> Option<UnixTime> {
        match self {
            Self::Exhausted { retry_at, .. } => Some(*retry_at),
            Self::Denied { until, .. } | Self::Protocol { until, .. } => *until,
            Self::Operation { retry_at, .. } => *retry_at,
            _ => None,
        }
    }

    /// What the server said, where it said something.
    #[must_use]
    pub const fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Operation { denial, .. } => Some(&**denial),
            Self::Denied { denial, .. }
            | Self::NeedsReconnect { denial: Some(denial), .. }
            | Self::Exhausted { cause: Cause::Server(denial), .. } => Some(denial),
            _ => None,
        }
    }
}

impl Serialize for Error {
    /// `{ code, message, parameter?, status?, serverCode?, requestId?, fault?, retryAt?, needsReconnect }`
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entries(&mut map)?;
        map.end()
    }
}

impl Error {
    pub(crate) fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("code", self.code())?;
        map.serialize_entry("message", &self.to_string())?;
        if let Self::Settings(error) = self
            && let Some(parameter) = error.parameter()
        {
            map.serialize_entry("parameter", parameter)?;
        }
        if let Self::Protocol { status, request_id, .. } = self {
            if *status > 0 {
                map.serialize_entry("status", status)?;
            }
            request_id.iter().try_for_each(|id| map.serialize_entry("requestId", id))?;
        }
        if let Some(denial) = self.denial() {
            map.serialize_entry("status", &denial.status)?;
            denial.code.iter().try_for_each(|code| map.serialize_entry("serverCode", code))?;
            denial.request_id.iter().try_for_each(|id| map.serialize_entry("requestId", id))?;
        }
        if let Self::Exhausted { cause: Cause::Network(fault), .. } = self {
            map.serialize_entry("fault", fault.kind.name())?;
        }
        if let Some(time) = self.retry_at() {
            map.serialize_entry("retryAt", &time)?;
        }
        map.serialize_entry("needsReconnect", &matches!(self, Self::NeedsReconnect { .. }))
    }
}

struct Until(Option<UnixTime>);

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|time| write!(f, " (next try not before {time})"))
    }
}

struct Answer<'a>(u16, Option<&'a str>);

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 { write!(f, " (status {}{})", self.0, RequestId(self.1)) } else { Ok(()) }
    }
}

struct RequestId<'a>(Option<&'a str>);

impl fmt::Display for RequestId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|id| write!(f, ", request id {id}"))
    }
}

struct Said<'a>(Option<&'a Denial>);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|denial| write!(f, " ({denial})"))
    }
}

pub(crate) struct DidYouMean<'a>(pub(crate) Option<&'a str>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|name| write!(f, "; did you mean '{name}'?"))
    }
}
