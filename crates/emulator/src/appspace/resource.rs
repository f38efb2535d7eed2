//! The resources of Appspace: the user, users, the channel directory.
//!
//! Decides: an access token or the API key opens them, and how a list is paged.

use serde_json::{Value, json};

use super::{Appspace, failure};
use crate::codec;
use crate::http::{Response, Single};
use crate::service::Call;
use crate::tokens::Use;

const CHANNELS: usize = 45;

impl Appspace {
    pub(super) fn resource(&self, call: &Call<'_>, path: &str) -> Result<Response, Response> {
        match (call.method(), path) {
            ("GET", "/api/v3/users/me") => self.authorized(call).map(|subject| {
                Response::json(200, &json!({ "id": subject, "name": "Emulated User", "role": "Publisher" }))
            }),
            ("GET", "/api/v3/users") => match self.authorized(call)? {
                _ if !self.settings.user_is_admin => Err(failure(403, "The user lacks the role for this.")),
                subject => self.list(call, 1, |_| json!({ "id": subject, "name": "Emulated User" })),
            },
            ("GET", "/api/v3/channeldirectory") => {
                self.authorized(call)?;
                self.list(
                    call,
                    CHANNELS,
                    |n| json!({ "id": format!("channel-{n}"), "name": format!("Channel {n}") }),
                )
            }
            (_, "/api/v3/users/me" | "/api/v3/users" | "/api/v3/channeldirectory") => {
                Err(failure(405, "The method is not allowed here.").with("allow", "GET"))
            }
            (_, "/api/v3/authorization/token") => {
                Err(failure(405, "The method is not allowed here.").with("allow", "POST"))
            }
            _ => Err(failure(404, "There is no such resource.")),
        }
    }

    /// The subject of an access token or of the API key; a token that is sent is judged even beside a key.
    fn authorized(&self, call: &Call<'_>) -> Result<String, Response> {
        let refused = || failure(401, "The access token is missing, expired or revoked.");
        let key = call.request.single(&self.settings.api_key_header);
        if let (Single::Absent, Single::One(key)) = (call.request.single("authorization"), key) {
            let known = self.settings.api_key_enabled && self.api_key.matches(key);
            let owner = self.clients.first().filter(|_| known && self.settings.instance == self.home);
            return owner.map(|client| client.id.clone()).ok_or_else(refused);
        }
        let text = codec::bearer(call.request).ok_or_else(refused)?;
        let token = self.tokens.live(text, Use::Access, call.now_ms).map_err(|_| refused())?;
        if token.environment != self.settings.instance {
            return Err(refused());
        }
        Ok(token.client.clone())
    }

    fn list(&self, call: &Call<'_>, all: usize, item: impl Fn(usize) -> Value) -> Result<Response, Response> {
        let bad = |_| failure(400, "The page is not valid.");
        let (start, limit) = (call.number("start", 0).map_err(bad)?, call.number("limit", 20).map_err(bad)?);
        let items: Vec<_> = (0..all).skip(start).take(limit).map(item).collect();
        let limit = if self.settings.limit_as_string { json!(limit.to_string()) } else { json!(limit) };
        Ok(Response::json(200, &json!({ "items": items, "size": all, "limit": limit })))
    }
}
