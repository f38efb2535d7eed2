//! The switches of Appspace: what its documents leave open, and what a test wants otherwise.

use serde::{Deserialize, Serialize};

use crate::change::Refusal;
use crate::refresh::Rotation;

/// The switches of Appspace.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The cloud instance that answers here. The default account was made in `emulator`; under another
    /// name its tokens are refused, as documented.
    pub instance: String,
    /// Life of an access token. Documented: usually one hour.
    pub access_lifetime_seconds: u64,
    /// The life of the refresh token that the reply states. Observed: 365 days.
    pub refresh_lifetime_seconds: u64,
    /// Its real life since it was first used, if shorter than stated. Observed for console sessions.
    pub refresh_dies_after_seconds: Option<u64>,
    /// What becomes of a refresh token that was used. Observed: the same one comes back.
    pub rotation: Rotation,
    /// Send both lives as strings, as the documentation prints them. Observed: numbers.
    pub lifetimes_as_strings: bool,
    /// Send `tokenType`. Observed in one client's model; undocumented, hence off.
    pub token_type: bool,
    /// The answer to unknown credentials. Assumed 401.
    pub refused_client: Refusal,
    /// Whether deleting the integration also ends its access tokens. Assumed: yes.
    pub deletion_ends_access: bool,
    /// Whether the user of the integration may list users; if not, 403. Observed as a status.
    pub user_is_admin: bool,
    /// Whether the API key option of the integration is on.
    pub api_key_enabled: bool,
    /// The header of the API key. The vendor does not publish it; this is a guess.
    pub api_key_header: String,
    /// Send `limit` of a list as a string. One public client converts it, hence a switch.
    pub limit_as_string: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            instance: "emulator".into(),
            access_lifetime_seconds: 3_600,
            refresh_lifetime_seconds: 31_536_000,
            refresh_dies_after_seconds: None,
            rotation: Rotation::Same,
            lifetimes_as_strings: false,
            token_type: false,
            refused_client: Refusal::Unauthorized,
            deletion_ends_access: true,
            user_is_admin: true,
            api_key_enabled: true,
            api_key_header: "x-api-key".into(),
            limit_as_string: false,
        }
    }
}
