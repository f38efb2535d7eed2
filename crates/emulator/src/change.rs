//! What a person or a test may do to a system behind the back of its clients.
//!
//! Decides: one `Change` type for Rust and for the HTTP admin API. Printing one shows its name only,
//! because secrets and tokens are among its values.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fault::Fault;

/// A change of one system.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Sets the named switches of the system's `Settings`; the others stay. Unknown names are refused.
    Settings {
        /// Name to value, as in the JSON form of the system's `Settings`.
        settings: Map<String, Value>,
    },
    /// Gives an account a new secret (Appspace: a new refresh token). The old one is refused at once, the
    /// id stays, and tokens that were given out live on, unless a switch of the system says otherwise.
    ResetSecret {
        /// The account; the default one when absent.
        #[serde(default)]
        client_id: Option<String>,
        /// The new secret.
        secret: String,
    },
    /// Gives Appspace's integration a new API key. Other systems refuse it.
    ApiKey {
        /// The new key.
        key: String,
    },
    /// Deletes an account, with its tokens unless a switch of the system says otherwise.
    DeleteClient {
        /// The account; the default one when absent.
        #[serde(default)]
        client_id: Option<String>,
    },
    /// Ends one access, refresh or session token.
    Revoke {
        /// Its text.
        token: String,
    },
    /// Ends every token given out so far. Appspace's refresh token is a credential and stays good.
    RevokeAll,
    /// Makes every token given out so far expired, at whatever time it is; Appspace's refresh token stays
    /// good here as well.
    ExpireAll,
    /// Changes the life of tokens made from now on.
    Lifetime {
        /// Of access tokens.
        #[serde(default)]
        access_seconds: Option<u64>,
        /// Of refresh tokens, where they have a life of their own.
        #[serde(default)]
        refresh_seconds: Option<u64>,
    },
    /// Adds a fault.
    Fault {
        /// The fault.
        fault: Fault,
    },
    /// Removes all faults.
    ClearFaults,
    /// Whether pages of any origin may call this system. On at first; none of the real systems is known
    /// to allow it.
    Cors {
        /// Answer preflights and send `Access-Control-Allow-Origin`.
        allowed: bool,
    },
    /// Something that a Super Admin of Workstream does in its console. Other systems refuse it.
    Console {
        /// What.
        action: Console,
    },
}

impl Change {
    /// The name of the change in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Settings { .. } => "settings",
            Self::ResetSecret { .. } => "reset_secret",
            Self::ApiKey { .. } => "api_key",
            Self::DeleteClient { .. } => "delete_client",
            Self::Revoke { .. } => "revoke",
            Self::RevokeAll => "revoke_all",
            Self::ExpireAll => "expire_all",
            Self::Lifetime { .. } => "lifetime",
            Self::Fault { .. } => "fault",
            Self::ClearFaults => "clear_faults",
            Self::Cors { .. } => "cors",
            Self::Console { .. } => "console",
        }
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An action in Workstream's console. Without a token it concerns the token that was made in the console.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Console {
    /// Replaces the text of a token: the old text is refused, 7 days begin again.
    Refresh {
        /// The token.
        #[serde(default)]
        token: Option<String>,
    },
    /// Changes what a token may read, in place.
    EditScopes {
        /// The token.
        #[serde(default)]
        token: Option<String>,
        /// The new data accesses.
        scopes: Vec<String>,
    },
    /// Ends a token.
    Delete {
        /// The token.
        #[serde(default)]
        token: Option<String>,
    },
    /// Sets when the token of the console was made. Without it, its 7 days begin with the first request
    /// that the system sees, because the emulator has no clock of its own.
    Start {
        /// Unix time in milliseconds.
        at_ms: u64,
    },
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Console(..)")
    }
}

/// What a change has made.
#[derive(Clone, Default, Eq, PartialEq, Serialize)]
pub struct Changed {
    /// The new token of a console refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl fmt::Debug for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changed").field("token", &self.token.is_some()).finish()
    }
}

/// A change that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The system has nothing of the kind.
    #[error("this system has no such change")]
    NotHere,
    /// No such account.
    #[error("no account has this id")]
    UnknownClient,
    /// No such token.
    #[error("no such token was given out")]
    UnknownToken,
    /// No such data access.
    #[error("no data access has this name")]
    UnknownScope,
    /// A switch has no such name or value.
    #[error("these settings do not fit")]
    Settings(#[source] serde_json::Error),
}

/// How a system answers a client it does not know, where its documents leave that open.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// 400.
    BadRequest,
    /// 401.
    Unauthorized,
}

impl Refusal {
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
        }
    }
}
