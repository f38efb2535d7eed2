//! What can go wrong, sorted by whose fault it is. No message holds a secret or a body.

use crate::http::{Fault, FaultKind};
pub use crate::manifest::ConnectorError;
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
    #[error("the server refused the credentials: {denial}; check them{}", Until(*.until))]
    Denied {
        /// What the server said.
        denial: Denial,
        /// Until when the refusal is remembered, and no further request is made.
        until: Option<UnixTime>,
    },
    /// The server broke the rules of HTTP, of OAuth or of the connector.
    #[error("{violation}{}: this is no answer of a token endpoint; check the base URL{}", Answer(*.status, .request_id.as_deref()), Until(*.until))]
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
    pub const CODES: [&'static str; 21] = [
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
                Violation::NoToken | Violation::BadToken => "no_token",
            },
            Self::Exhausted { .. } => "exhausted",
            Self::NeedsReconnect { .. } => "needs_reconnect",
            Self::Misuse { .. } => "misuse",
        }
    }

    /// When it makes sense to try again, where that is known.
    #[must_use]
    pub const fn retry_at(&self) -> Option<UnixTime> {
        match self {
            Self::Exhausted { retry_at, .. } => Some(*retry_at),
            Self::Denied { until, .. } | Self::Protocol { until, .. } => *until,
            _ => None,
        }
    }

    /// What the server said, where it said something.
    #[must_use]
    pub const fn denial(&self) -> Option<&Denial> {
        match self {
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
        map.serialize_entry("needsReconnect", &matches!(self, Self::NeedsReconnect { .. }))?;
        map.end()
    }
}

/// A fault in what the person gave.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SettingsError {
    /// No connector has this name.
    #[error("there is no connector '{name}'{}", DidYouMean(.nearest.as_deref()))]
    NoConnector {
        /// The name given.
        name: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// A required parameter has no value.
    #[error("parameter '{parameter}' ({title}) is missing")]
    Missing {
        /// Its name.
        parameter: String,
        /// Its label.
        title: String,
    },
    /// The connector has no such parameter.
    #[error("this connector has no parameter '{parameter}'{}", DidYouMean(.nearest.as_deref()))]
    Unknown {
        /// The name given.
        parameter: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// The parameter belongs to another way to authenticate than the one that the other values choose.
    #[error(
        "parameter '{parameter}' belongs to '{other}', but the other values to '{chosen}': give those of one way to authenticate"
    )]
    OtherSet {
        /// The name given.
        parameter: String,
        /// The parameter set that has it.
        other: String,
        /// The parameter set that was chosen.
        chosen: String,
    },
    /// The connector has no such way to authenticate.
    #[error("this connector has no parameter set '{set}'{}", DidYouMean(.nearest.as_deref()))]
    UnknownSet {
        /// The name given.
        set: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// A value cannot be used. The value itself is never quoted.
    #[error("parameter '{parameter}' {problem}")]
    Invalid {
        /// The parameter's name.
        parameter: String,
        /// What is wrong with the value.
        problem: String,
    },
    /// A URL without TLS.
    #[error("parameter '{parameter}' is an http URL: secrets are only sent over https{}", if *.loopback { "; to use a server on this machine, allow loopback (--allow-loopback, allow_loopback(), allowInsecureLoopback)" } else { "" })]
    Insecure {
        /// The parameter's name.
        parameter: String,
        /// Whether it is this machine.
        loopback: bool,
    },
    /// A host that the connector does not know.
    #[error("host '{host}' is not one that this connector sends secrets to ({allowed})")]
    Host {
        /// The host.
        host: String,
        /// The hosts that are allowed.
        allowed: String,
    },
    /// An API request that cannot be made.
    #[error("the request {problem}")]
    Request {
        /// What is wrong with it.
        problem: String,
    },
    /// A snapshot that does not belong here.
    #[error("the snapshot {problem}; start without it")]
    Snapshot {
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl SettingsError {
    const fn code(&self) -> &'static str {
        match self {
            Self::NoConnector { .. } => "unknown_connector",
            Self::Missing { .. } => "missing_parameter",
            Self::Unknown { .. } | Self::OtherSet { .. } | Self::UnknownSet { .. } => "unknown_parameter",
            Self::Invalid { .. } => "invalid_parameter",
            Self::Insecure { .. } => "insecure_url",
            Self::Host { .. } => "host_not_allowed",
            Self::Request { .. } => "invalid_request",
            Self::Snapshot { .. } => "invalid_snapshot",
        }
    }

    /// The parameter at fault.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Missing { parameter, .. }
            | Self::Unknown { parameter, .. }
            | Self::OtherSet { parameter, .. }
            | Self::Invalid { parameter, .. }
            | Self::Insecure { parameter, .. } => Some(parameter),
            Self::NoConnector { .. }
            | Self::UnknownSet { .. }
            | Self::Host { .. }
            | Self::Request { .. }
            | Self::Snapshot { .. } => None,
        }
    }
}

/// A refusal in the server's words, shortened and free of secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Denial {
    /// The status of the answer.
    pub status: u16,
    /// The server's error code (`invalid_client`, `13401`).
    pub code: Option<String>,
    /// The server's message.
    pub message: Option<String>,
    /// The server's name for the request, for its support.
    pub request_id: Option<String>,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        self.code.iter().try_for_each(|code| write!(f, ", {code}"))?;
        self.message.iter().try_for_each(|message| write!(f, ", \"{message}\""))?;
        RequestId(self.request_id.as_deref()).fmt(f)
    }
}

/// A rule that an answer broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Violation {
    /// A redirect.
    Redirect,
    /// Larger than a token answer may be.
    TooLarge,
    /// Not JSON.
    NotJson,
    /// No token where the connector says that it stands.
    NoToken,
    /// A token that is empty, or has characters that no header may carry.
    BadToken,
}

impl Violation {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Redirect, "redirect"),
        (Self::TooLarge, "too_large"),
        (Self::NotJson, "not_json"),
        (Self::NoToken, "no_token"),
        (Self::BadToken, "bad_token"),
    ];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(violation, _)| *violation == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(violation, _)| violation)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect => "the token endpoint redirects, which is never followed with a secret",
            Self::TooLarge => "the answer is larger than a token answer may be",
            Self::NotJson => "the answer is not the JSON that was asked for",
            Self::NoToken => "the answer holds no token",
            Self::BadToken => "the token in the answer is empty or has characters that no token may have",
        })
    }
}

/// The last failure before the tries were used up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Cause {
    /// The server asked to wait, or was not able to answer.
    Server(Denial),
    /// The network.
    Network(Fault),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(denial) => write!(f, "the server cannot give a token now: {denial}"),
            Self::Network(fault) if fault.kind == FaultKind::Unreachable => {
                write!(f, "{fault}: check the base URL and the network")
            }
            Self::Network(fault) => fault.fmt(f),
        }
    }
}

/// Why a person must act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The token that a person pasted has come to its end.
    Expired,
    /// The API no longer takes the token, and there is no way to renew it.
    Rejected,
    /// The server refused to renew the token.
    RenewalRefused,
    /// The refresh token has come to its end.
    RefreshExpired,
    /// The answer to a renewal was lost, and it is not safe to ask again.
    InDoubt,
    /// The token was revoked.
    Revoked,
}

impl Reason {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Expired, "expired"),
        (Self::Rejected, "rejected"),
        (Self::RenewalRefused, "renewal_refused"),
        (Self::RefreshExpired, "refresh_expired"),
        (Self::InDoubt, "in_doubt"),
        (Self::Revoked, "revoked"),
    ];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(reason, _)| *reason == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(reason, _)| reason)
    }

    const fn remedy(self) -> &'static str {
        match self {
            Self::Expired | Self::Rejected | Self::Revoked => {
                "make a new token and give it to the connection"
            }
            _ => "sign in or make a new token at the service, then give it to the connection",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "its token has expired and cannot be renewed",
            Self::Rejected => "the service no longer takes its token, which cannot be renewed",
            Self::RenewalRefused => "the server refused to renew the token",
            Self::RefreshExpired => "its refresh token has expired",
            Self::InDoubt => "the answer to a renewal was lost, and asking again could end the whole grant",
            Self::Revoked => "its token was revoked",
        })
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
