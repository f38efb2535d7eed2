//! What a server said or did that kept us from a token.

use super::RequestId;
use crate::http::{Fault, FaultKind};
use crate::names::words;
use core::fmt;

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

impl Denial {
    /// What was refused, and what to look at.
    pub(super) const fn what(&self) -> (&'static str, &'static str) {
        match self.status {
            404 | 405 | 410 | 415 | 444 => {
                ("the request", "where it goes: the base URL, the tenant, the environment")
            }
            _ => ("the credentials", "them"),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        // Gateways repeat the status as their code.
        let code = self.code.iter().filter(|code| **code != self.status.to_string());
        code.into_iter().try_for_each(|code| write!(f, ", {code}"))?;
        self.message.iter().try_for_each(|message| write!(f, ", \"{message}\""))?;
        RequestId(self.request_id.as_deref()).fmt(f)
    }
}

words! {
    /// A rule that an answer broke.
    pub enum Violation {
        /// A redirect.
        Redirect = "redirect",
        /// Larger than a token answer may be.
        TooLarge = "too_large",
        /// Not JSON.
        NotJson = "not_json",
        /// No token where the connector says that it stands.
        NoToken = "no_token",
        /// Not all that the connector captures.
        NoCapture = "no_capture",
        /// An address that an answer names, on a host that gets no secrets.
        ForeignHost = "foreign_host",
        /// A token that is empty, or has characters that no header may carry.
        BadToken = "bad_token",
        /// The token that the API has just refused.
        SameToken = "same_token",
    }
}

impl Violation {
    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::SameToken => "check that the base URL and the credentials belong to one account",
            Self::ForeignHost => {
                "check the base URL; if the address is right, 'hosts' of the connector must name it"
            }
            _ => "this is no answer of a token endpoint; check the base URL",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect => "the token endpoint redirects, which is never followed with a secret",
            Self::TooLarge => "the answer is larger than a token answer may be",
            Self::NotJson => "the answer is not the JSON that was asked for",
            Self::NoToken => "the answer holds no token",
            Self::ForeignHost => "the answer names an address to which this connector sends no secrets",
            Self::NoCapture => "the answer does not hold what the next request needs",
            Self::SameToken => "the server gave the token again that the API has just refused",
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

words! {
    /// Why a person must act.
    pub enum Reason {
        /// The token that a person pasted has come to its end.
        Expired = "expired",
        /// The API no longer takes the token, and there is no way to renew it.
        Rejected = "rejected",
        /// The server refused to renew the token.
        RenewalRefused = "renewal_refused",
        /// The refresh token has come to its end.
        RefreshExpired = "refresh_expired",
        /// The answer to a renewal was lost, and it is not safe to ask again.
        InDoubt = "in_doubt",
        /// The token was revoked.
        Revoked = "revoked",
        /// The service says that a person must act.
        Asked = "asked",
    }
}

impl Reason {
    pub(super) const fn remedy(self) -> &'static str {
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
            Self::Asked => "the service asks for a person",
        })
    }
}
