//! The resources of WorkSpan behind its gateway: the company, and a marketplace the user may not see.
//!
//! Decides: the gateway's own checks and its error shape, which differs from the application's.

use serde::Serialize;
use serde_json::json;

use super::WorkSpan;
use crate::codec;
use crate::http::{Response, Single};
use crate::log::Kind;
use crate::secret::Secret;
use crate::service::{Call, Service as _};
use crate::tokens::Use;

/// The subscription key that the gateway knows, in `Ocp-Apim-Subscription-Key` or `subscription-key`.
pub const SUBSCRIPTION_KEY: &str = "emulator-subscription-key";

impl WorkSpan {
    pub(super) fn resource(&self, call: &Call<'_>) -> Result<Response, Response> {
        if !matches!((call.method(), call.path), ("GET", "/app/v1/company" | "/app/v1/marketplace")) {
            return Err(gateway_error(404, "Resource not found"));
        }
        let environment = self.environment(call)?;
        self.subscription(call)?;
        let unauthorized = || self.failure(Kind::Api, 401, "Authorization Error");
        let text = codec::bearer(call.request).ok_or_else(unauthorized)?;
        let token = self.tokens.live(text, Use::Access, call.now_ms).map_err(|_| unauthorized())?;
        if token.environment != environment {
            return Err(unauthorized());
        }
        match call.path {
            "/app/v1/company" => {
                let company = json!({ "id": "emulated-company", "name": "Emulated Company", "environment": environment });
                Ok(Response::json(200, &company))
            }
            // The documented refusal of an Application User without the marketplace profile.
            _ => Err(self.failure(Kind::Api, 403, "Application User lacks MARKETPLACE_ACTIONS")),
        }
    }

    fn subscription(&self, call: &Call<'_>) -> Result<(), Response> {
        if !self.settings.subscription_key_required {
            return Ok(());
        }
        let query = call.query.as_ref().ok().and_then(|pairs| codec::value(pairs, "subscription-key"));
        let key = match call.request.single("ocp-apim-subscription-key") {
            Single::One(key) => Some(key),
            Single::Absent | Single::Repeated => query,
        };
        match key {
            Some(key) if Secret::new(SUBSCRIPTION_KEY).matches(key) => Ok(()),
            Some(_) => Err(gateway_error(401, "Access denied due to invalid subscription key.")),
            None => Err(gateway_error(401, "Access denied due to missing subscription key.")),
        }
    }
}

/// The body that Azure API Management makes itself.
pub(super) fn gateway_error(status: u16, message: &str) -> Response {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Gateway<'a> {
        status_code: u16,
        message: &'a str,
    }
    Response::json(status, &Gateway { status_code: status, message })
}
