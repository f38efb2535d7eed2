//! The switches of Workspace ONE Access: what its documents leave open, and what a test wants otherwise.

use serde::{Deserialize, Serialize};

use crate::change::Refusal;
use crate::refresh::Rotation;

/// The switches of Workspace ONE Access.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The name that `Host` must carry; any other is answered with 444 and no body, as documented for
    /// the Identity Service. Unset, every name is right.
    pub host: Option<String>,
    /// Life of an access token. Documented default: 3 hours.
    pub access_lifetime_seconds: u64,
    /// Life of a refresh token. Documented example: 3 months.
    pub refresh_lifetime_seconds: u64,
    /// A refresh token unused for so long is refused. Documented example: 7 days.
    pub refresh_idle_seconds: u64,
    /// Whether the client gets refresh tokens. Documented: a choice of the administrator.
    pub issue_refresh_token: bool,
    /// What becomes of a refresh token that was used. Not published; the same one comes back.
    pub rotation: Rotation,
    /// What `expires_in` says.
    pub expires_in: ExpiresIn,
    /// The answer to a wrong client. Both are documented.
    pub refused_client: Refusal,
    /// Whether a JSON body at the token endpoint gets 415; otherwise 400. Assumed.
    pub json_is_415: bool,
    /// The vendor name in media types, which is about to change. Compared without regard to case.
    pub media_types: MediaTypes,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: None,
            access_lifetime_seconds: 10_800,
            refresh_lifetime_seconds: 7_776_000,
            refresh_idle_seconds: 604_800,
            issue_refresh_token: true,
            rotation: Rotation::Same,
            expires_in: ExpiresIn::Remaining,
            refused_client: Refusal::Unauthorized,
            json_is_415: true,
            media_types: MediaTypes::Vmware,
        }
    }
}

/// The documented meanings of `expires_in`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiresIn {
    /// The seconds that are left: one less than the life.
    Remaining,
    /// 0: the token has expired already, and it has.
    Expired,
    /// -1: it cannot be told. The token still expires, as its `exp` says.
    Unknown,
}

/// The vendor name in media types.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaTypes {
    /// `application/vnd.vmware.horizon.manager.{type}+json`
    Vmware,
    /// `application/vnd.Omnissa.horizon.manager.{type}+json`
    Omnissa,
}
