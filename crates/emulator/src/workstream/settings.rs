//! The switches of Workstream: what its documents leave open, and what a test wants otherwise.

use serde::{Deserialize, Serialize};

use crate::change::Refusal;

/// The switches of Workstream.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Life of a token. Documented: 7 days.
    pub access_lifetime_seconds: u64,
    /// Whether a missing or unknown parameter gets 422; otherwise 400. Assumed 422.
    pub invalid_is_422: bool,
    /// Whether a refresh through the API ends the old token. Documented for the console, assumed here.
    pub refresh_ends_old: bool,
    /// The answer to the refresh of an expired token: success when unset. Assumed.
    pub refresh_of_expired: Option<Refusal>,
    /// Under which name the token is sent. Documented: `token`.
    pub token_field: TokenField,
    /// How many resource calls a client may make in the window; 0 is without limit. Documented: 100.
    pub rate_limit: usize,
    /// The window. Documented: 60 seconds.
    pub rate_window_seconds: u64,
    /// Whether a 429 carries `Retry-After`. Observed; not in the specification.
    pub retry_after: bool,
    /// Whether errors carry `X-Request-ID`. Documented for replies of resources only; assumed.
    pub request_id_on_errors: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_lifetime_seconds: 604_800,
            invalid_is_422: true,
            refresh_ends_old: true,
            refresh_of_expired: None,
            token_field: TokenField::Token,
            rate_limit: 100,
            rate_window_seconds: 60,
            retry_after: true,
            request_id_on_errors: true,
        }
    }
}

/// The name of the token in the reply.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenField {
    /// `token`, as documented.
    Token,
    /// `access_token`, as some public clients expect.
    AccessToken,
    /// None at all.
    Absent,
}
