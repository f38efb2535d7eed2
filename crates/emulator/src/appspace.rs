//! Appspace API v3: a subject id and a long-lived refresh token in a JSON body give an access token.
//!
//! Documented on Appspace's page on API authentication. Decides, as documented: endpoint, parameters, the
//! five fields of the reply, a JWT with `iat` and `exp`, one hour. As observed in public clients: numbers
//! for both lives, an indented reply with `accessToken` first, no rotation, null members are accepted,
//! paths ignore case, `start` and `limit`. The error bodies are not published: `{"message": ..}` is assumed.
//! The API key's header is not published either; see [`Settings::api_key_header`]. Also assumed: a form is
//! answered with 415, other mistakes with 400, unknown members that are not null with 400, and `size` of a
//! list is the number of all items.

mod resource;
mod settings;

use serde::Serialize;
use serde_json::{Map, Value, json};

pub use self::settings::Settings;
use crate::accounts::Account;
use crate::change::ControlError;
use crate::codec::{self, Media};
use crate::http::Response;
use crate::jwt;
use crate::log::Kind;
use crate::refresh::{Families, Life, Presented, Rotation};
use crate::secret::{Client, Mint, Secret};
use crate::service::{Call, Service, patched};
use crate::tokens::{Token, Tokens, Use};

const API_KEY: &str = "emulator-api-key-appspace-0001";

#[derive(Clone)]
pub(crate) struct Appspace {
    pub(crate) settings: Settings,
    home: String,
    api_key: Secret,
    clients: Vec<Client>,
    tokens: Tokens,
    families: Families,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    id_token: String,
    expires_in: Value,
    refresh_token_expires_in: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    sub: &'a str,
    iss: &'static str,
    jti: String,
    source_id: String,
    iat: u64,
    exp: u64,
}

/// Subject id and refresh token of a request that is well made.
struct Asked {
    subject: String,
    refresh: String,
}

impl Appspace {
    pub(crate) fn new() -> Self {
        let subject = "e3a17000-0000-4000-8000-000000000001";
        let refresh = "e3a17000-0000-4000-8000-0000000000aa";
        Self {
            settings: Settings::default(),
            home: Settings::default().instance,
            api_key: Secret::new(API_KEY),
            clients: vec![Client::new(subject, refresh)],
            tokens: Tokens::default(),
            families: Families::default(),
        }
    }

    /// `POST /api/v3/authorization/token`.
    fn token(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Result<Response, Response> {
        let Asked { subject, refresh } = self.asked(call)?;
        let refused = failure(self.settings.refused_client.status(), "The credentials are not valid.");
        let Some(client) = self.clients.iter().find(|client| client.id == subject) else {
            return Err(refused);
        };
        if self.settings.instance != self.home {
            return Err(refused);
        }
        let life = self.life();
        if client.secret.matches(&refresh) && self.families.of(&refresh).is_none() {
            self.families.start(&subject, &refresh, life, call.now_ms);
        }
        let rotation = self.settings.rotation;
        let id = match self.families.present(&subject, &refresh, rotation, call.now_ms) {
            Presented::Current(id) => id,
            Presented::Replay(body) => return Ok(reply(body)),
            Presented::Reused(_) => {
                self.tokens.revoke_where(|token| token.client == subject);
                return Err(refused);
            }
            Presented::Refused => return Err(refused),
        };
        self.families.touch(id, life, call.now_ms);
        let next = match rotation {
            Rotation::None => None,
            Rotation::Same => Some(refresh),
            _ => Some(mint.uuid()),
        };
        let body = self.issue(call, mint, &subject, next.clone());
        if let (Some(next), false) = (next, rotation == Rotation::Same) {
            self.families.rotate(id, &next, rotation, call.now_ms, &body);
            self.clients.iter_mut().filter(|c| c.id == subject).for_each(|c| c.secret = Secret::new(&next));
        }
        Ok(reply(body))
    }

    fn asked(&self, call: &Call<'_>) -> Result<Asked, Response> {
        const NAMES: [&str; 4] = ["subjectType", "subjectId", "grantType", "refreshToken"];
        if codec::media(call.request) != Media::Json {
            return Err(failure(415, "The body must be JSON."));
        }
        let bad = || failure(400, "The request is not valid.");
        let members = codec::object(&call.request.body).map_err(|_| bad())?;
        if members.iter().any(|(name, value)| !value.is_null() && !NAMES.contains(&name.as_str())) {
            return Err(bad());
        }
        let members = codec::strings(members);
        let need = |name| codec::filled(&members, name).ok_or_else(bad);
        if need("subjectType")? != "Application" || need("grantType")? != "refreshToken" {
            return Err(bad());
        }
        Ok(Asked { subject: need("subjectId")?.into(), refresh: need("refreshToken")?.into() })
    }

    fn issue(
        &mut self,
        call: &Call<'_>,
        mint: &mut Mint<'_>,
        subject: &str,
        refresh: Option<String>,
    ) -> Vec<u8> {
        let (iat, life) = (call.now(), self.settings.access_lifetime_seconds);
        let exp = iat.saturating_add(life);
        let mut make = || {
            let (jti, source_id) = (mint.uuid(), mint.uuid());
            jwt::hs256(&Claims { sub: subject, iss: "appspace-emulator", jti, source_id, iat, exp })
        };
        let (access_token, id_token) = (make(), make());
        let mut token = Token::new(Use::Access, subject, exp.saturating_mul(1000));
        token.environment.clone_from(&self.settings.instance);
        self.tokens.add(&access_token, token, call.now_ms);
        let number =
            |n: u64| if self.settings.lifetimes_as_strings { json!(n.to_string()) } else { json!(n) };
        let body = Reply {
            access_token,
            refresh_token: refresh,
            id_token,
            expires_in: number(life),
            refresh_token_expires_in: number(self.settings.refresh_lifetime_seconds),
            token_type: self.settings.token_type.then_some("Bearer"),
        };
        Response::pretty_json(200, &body).body
    }

    fn life(&self) -> Life {
        let stated = self.settings.refresh_lifetime_seconds;
        Life { seconds: self.settings.refresh_dies_after_seconds.unwrap_or(stated), idle_seconds: None }
    }
}

impl Service for Appspace {
    fn kind(&self, call: &Call<'_>) -> Kind {
        let token = call.path.eq_ignore_ascii_case("/api/v3/authorization/token");
        if token { Kind::Token } else { Kind::Api }
    }

    fn answer(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Response {
        let path = call.path.to_ascii_lowercase();
        match (call.method(), path.as_str()) {
            ("POST", "/api/v3/authorization/token") => self.token(call, mint),
            _ => self.resource(call, &path),
        }
        .unwrap_or_else(|refusal| refusal)
    }

    fn failure(&self, _kind: Kind, status: u16, message: &str) -> Response {
        failure(status, message)
    }

    fn account(&self, base_url: &str) -> Account {
        let Some(client) = self.clients.first() else { return Account::new(base_url, &[]) };
        let parameters = [("subjectId", client.id.as_str()), ("refreshToken", client.secret.expose())];
        let account = Account::new(base_url, &parameters);
        let api_key_header = Some(self.settings.api_key_header.clone());
        Account { api_key: Some(self.api_key.expose().into()), api_key_header, ..account }
    }

    fn settings(&self) -> Value {
        json!(self.settings)
    }

    fn patch(&mut self, changes: &Map<String, Value>) -> Result<(), ControlError> {
        self.settings = patched(&self.settings, changes)?;
        Ok(())
    }

    fn clients(&mut self) -> &mut Vec<Client> {
        &mut self.clients
    }

    fn tokens(&mut self) -> &mut Tokens {
        &mut self.tokens
    }

    fn families(&mut self) -> Option<&mut Families> {
        Some(&mut self.families)
    }

    fn revoke(&mut self, token: &str) -> bool {
        // The refresh token of an account is unknown to the families until it is first used.
        let owner = self.clients.iter().find(|client| client.secret.matches(token));
        if let (Some(owner), None) = (owner, self.families.of(token)) {
            self.families.start(&owner.id, token, self.life(), 0);
        }
        self.tokens.revoke(token) || self.families.kill(token)
    }

    // The refresh token is the account's credential, so it survives the end of all tokens.
    fn revoke_all(&mut self) {
        self.tokens.revoke_where(|_| true);
    }

    fn expire_all(&mut self) {
        self.tokens.expire_all();
    }

    fn set_lifetime(&mut self, access: Option<u64>, refresh: Option<u64>) -> Result<(), ControlError> {
        let settings = &mut self.settings;
        settings.access_lifetime_seconds = access.unwrap_or(settings.access_lifetime_seconds);
        settings.refresh_lifetime_seconds = refresh.unwrap_or(settings.refresh_lifetime_seconds);
        Ok(())
    }

    fn set_api_key(&mut self, key: &str) -> Result<(), ControlError> {
        self.api_key = Secret::new(key);
        Ok(())
    }

    fn secret_was_reset(&mut self, _client: &str, old: &Secret) {
        self.families.kill(old.expose());
    }

    fn client_was_deleted(&mut self, client: &str) {
        self.families.kill_client(client);
        if self.settings.deletion_ends_access {
            self.tokens.revoke_where(|token| token.client == client);
        }
    }
}

fn failure(status: u16, message: &str) -> Response {
    Response::json(status, &json!({ "message": message }))
}

fn reply(body: Vec<u8>) -> Response {
    Response::typed(200, "application/json; charset=utf-8", body).uncached()
}
