//! The legacy login of a person, whose session is used with the scheme `HZN`.
//!
//! Observed in public clients. Assumed: a session lives as long as an access token.

use serde_json::{Value, json};

use super::{WorkspaceOne, resource};
use crate::codec::{self, Media};
use crate::http::Response;
use crate::secret::Mint;
use crate::service::Call;
use crate::tokens::{Token, Use};

impl WorkspaceOne {
    /// `POST /SAAS/API/1.0/REST/auth/system/login`, the legacy way to a session for `HZN`.
    pub(super) fn login(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Result<Response, Response> {
        let bad = || resource::error(400, "the login is not valid");
        if codec::media(call.request) != Media::Json {
            return Err(resource::error(415, "the body must be JSON"));
        }
        let members = codec::object(&call.request.body).map_err(|_| bad())?;
        if !members.contains(&("issueToken".into(), Value::Bool(true))) {
            return Err(bad());
        }
        let members = codec::strings(members);
        let name = codec::filled(&members, "username").ok_or_else(bad)?;
        let password = codec::filled(&members, "password").ok_or_else(bad)?;
        if name != self.user.id || !self.user.secret.matches(password) {
            return Err(resource::error(401, "user name or password is wrong"));
        }
        let session = mint.opaque();
        let expires = call.now_ms.saturating_add(self.settings.access_lifetime_seconds.saturating_mul(1000));
        self.tokens.add(&session, Token::new(Use::Session, name, expires), call.now_ms);
        Ok(Response::json(200, &json!({ "admin": true, "sessionToken": session })).uncached())
    }
}
