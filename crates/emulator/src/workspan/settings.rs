//! The switches of WorkSpan: what its documents leave open, and what a test wants otherwise.

use serde::{Deserialize, Serialize};

use crate::change::Refusal;

/// The switches of WorkSpan; production and sandbox base have their own.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The environments behind this base; the first is meant when none is named. The sandbox names are
    /// documented, and so is `app.workspan.com` for production.
    pub environments: Vec<String>,
    /// Whether a request must name its environment. Assumed: yes on the sandbox, no on production.
    pub environment_required: bool,
    /// The answer to an unknown environment. Assumed.
    pub unknown_environment: UnknownEnvironment,
    /// The answer to a wrong id or secret. Assumed 400, the only declared failure.
    pub refused_client: Refusal,
    /// Life of both tokens. 864000 s (ten days) in the vendor's sample.
    pub access_lifetime_seconds: u64,
    /// Whether the reply carries a refresh token. Documented: yes.
    pub refresh_token: bool,
    /// Whether the reply carries `expires_in`. Documented: yes.
    pub expires_in: bool,
    /// Whether `grant_type=refresh_token` works. Undocumented, hence off.
    pub refresh_grant: bool,
    /// Whether the gateway wants a subscription key on resource calls. The specifications make it
    /// optional, hence off.
    pub subscription_key_required: bool,
    /// Whether a new secret also ends the tokens made with the old one. Assumed: no.
    pub reset_revokes_tokens: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            environments: vec!["app.workspan.com".into()],
            environment_required: false,
            unknown_environment: UnknownEnvironment::NotFound,
            refused_client: Refusal::BadRequest,
            access_lifetime_seconds: 864_000,
            refresh_token: true,
            expires_in: true,
            refresh_grant: false,
            subscription_key_required: false,
            reset_revokes_tokens: false,
        }
    }
}

/// The answer to an unknown `x-ws-env`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownEnvironment {
    /// 404 with a JSON body.
    NotFound,
    /// 400 with a JSON body.
    BadRequest,
    /// 404 with a page of a gateway.
    GatewayPage,
}
