//! VMware / Omnissa Workspace ONE Access: HTTP Basic and a form, opaque refresh tokens, vendor media types.
//!
//! Documented in the vendor's API specification and on developer.omnissa.com. Decides, as documented:
//! endpoint and its method, parameters in form or query, Basic or parameters for the client, the statuses
//! 400, 401, 405 and 500, `expires_in` with its special values, two lives of refresh tokens, 444 for a
//! wrong `Host`. As observed: the older and newer path of the endpoint, the claims, `HZN` for sessions. The
//! texts of `error_description` are not published and are the emulator's own. Assumed: the client is
//! checked before the grant type, both ways of client authentication at once are refused (RFC 6749
//! section 2.3), a parameter in both form and query is refused, other documented grant types are
//! `unauthorized_client` for a service client, `Accept` is judged on resources.

mod claims;
mod login;
mod resource;
mod settings;

use serde::Serialize;
use serde_json::{Map, Value, json};

use self::claims::Claims;
pub use self::settings::{ExpiresIn, MediaTypes, Settings};
use crate::accounts::Account;
use crate::change::ControlError;
use crate::codec::{self, Media, Pairs};
use crate::http::{Response, Single};
use crate::jwt;
use crate::log::Kind;
use crate::refresh::{Families, Life, Presented, Rotation};
use crate::secret::{Client, Mint};
use crate::service::{Call, Service, patched};
use crate::tokens::{Token, Tokens, Use};

/// The person who can log in the legacy way.
pub const USERNAME: &str = "emulator_admin";
/// The password of that person.
pub const PASSWORD: &str = "emulator-password-workspace-one-0001";

#[derive(Clone)]
pub(crate) struct WorkspaceOne {
    pub(crate) settings: Settings,
    clients: Vec<Client>,
    user: Client,
    tokens: Tokens,
    families: Families,
}

#[derive(Serialize)]
struct Reply {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: &'static str,
}

fn oauth_error(status: u16, code: &str, description: &str) -> Response {
    Response::json(status, &json!({ "error": code, "error_description": description })).uncached()
}

fn invalid_request() -> Response {
    oauth_error(400, "invalid_request", "a parameter is missing, repeated or malformed")
}

impl WorkspaceOne {
    pub(crate) fn new() -> Self {
        // The last two pairs are those of the vendor's own instructions.
        let clients = vec![
            Client::new("emulator_client", "emulator-secret-workspace-one-0001"),
            Client::new("my_client", "fFjs8tGiloQD5ze4pL42EV6s0mufGrOG"),
            Client::new("curl", "fFjs8tGiloQD5ze4pL42EV6s0mufGrOG"),
        ];
        Self {
            settings: Settings::default(),
            clients,
            user: Client::new(USERNAME, PASSWORD),
            tokens: Tokens::default(),
            families: Families::default(),
        }
    }

    /// `POST /SAAS/auth/oauthtoken` and its aliases.
    fn token(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Result<Response, Response> {
        let parameters = self.parameters(call)?;
        let client = self.client(call, &parameters)?;
        let scope = codec::filled(&parameters, "scope").unwrap_or("admin");
        match codec::filled(&parameters, "grant_type") {
            Some("client_credentials" | "refresh_token") if scope != "admin" => {
                Err(oauth_error(400, "invalid_scope", "the client has the scope admin only"))
            }
            // A refresh token beside this grant, as in the vendor's shell sample, is ignored.
            Some("client_credentials") => {
                let refresh = self.settings.issue_refresh_token.then(|| refresh_token(call, mint));
                if let Some(token) = &refresh {
                    self.families.start(&client, token, self.life(), call.now_ms);
                }
                Ok(reply(self.issue(call, mint, &client, 0, refresh)))
            }
            Some("refresh_token") => self.refresh(call, mint, &client, &parameters),
            Some("authorization_code" | "password" | "urn:ietf:params:oauth:grant-type:jwt-bearer") => {
                Err(oauth_error(400, "unauthorized_client", "the client may not use this grant"))
            }
            _ => Err(oauth_error(500, "server_error", "grant_type is incorrect or absent")),
        }
    }

    fn refresh(
        &mut self,
        call: &Call<'_>,
        mint: &mut Mint<'_>,
        client: &str,
        parameters: &Pairs,
    ) -> Result<Response, Response> {
        let token = codec::filled(parameters, "refresh_token").ok_or_else(invalid_request)?;
        let refused =
            || oauth_error(400, "invalid_grant", "the refresh token is unknown, expired or used up");
        let rotation = self.settings.rotation;
        let id = match self.families.present(client, token, rotation, call.now_ms) {
            Presented::Current(id) => id,
            Presented::Replay(body) => return Ok(reply(body)),
            Presented::Reused(id) => {
                self.tokens.revoke_where(|token| token.family == id);
                return Err(refused());
            }
            Presented::Refused => return Err(refused()),
        };
        self.families.touch(id, self.life(), call.now_ms);
        let next = match rotation {
            Rotation::None => None,
            Rotation::Same => Some(token.to_owned()),
            _ => Some(refresh_token(call, mint)),
        };
        let body = self.issue(call, mint, client, id, next.clone());
        if let (Some(next), false) = (next, rotation == Rotation::Same) {
            self.families.rotate(id, &next, rotation, call.now_ms, &body);
        }
        Ok(reply(body))
    }

    /// Form and query together. A body that is not a form is refused even when it could be read.
    fn parameters(&self, call: &Call<'_>) -> Result<Pairs, Response> {
        let query = call.query.clone().map_err(|_| invalid_request())?;
        if call.request.body.is_empty() {
            return Ok(query);
        }
        if codec::media(call.request) != Media::Form {
            let status = if self.settings.json_is_415 { 415 } else { 400 };
            return Err(oauth_error(status, "invalid_request", "the body must be a form"));
        }
        let form = codec::form(&call.request.body).map_err(|_| invalid_request())?;
        codec::merge(query, form).map_err(|_| invalid_request())
    }

    /// The client, by Basic or by parameters, not by both.
    fn client(&self, call: &Call<'_>, parameters: &Pairs) -> Result<String, Response> {
        let refused = |status| oauth_error(status, "invalid_client", "client authentication failed");
        let named = codec::value(parameters, "client_id");
        let secret = codec::value(parameters, "client_secret");
        let (id, secret) = match (call.request.single("authorization"), named, secret) {
            (Single::Absent, Some(id), secret) => (id.to_owned(), secret.unwrap_or_default().to_owned()),
            (Single::Absent, None, _) | (Single::Repeated, ..) => return Err(refused(401)),
            (Single::One(_), None, None) => {
                let basic = codec::authorization(call.request).filter(|(scheme, _)| scheme == "basic");
                basic.and_then(|(_, text)| codec::basic(text)).ok_or_else(|| refused(401))?
            }
            (Single::One(_), ..) => return Err(invalid_request()),
        };
        let found = Client::authenticate(&self.clients, &id, &secret);
        Ok(found.ok_or_else(|| refused(self.settings.refused_client.status()))?.id.clone())
    }

    fn issue(
        &mut self,
        call: &Call<'_>,
        mint: &mut Mint<'_>,
        client: &str,
        family: u64,
        refresh_token: Option<String>,
    ) -> Vec<u8> {
        let family = refresh_token.as_deref().and_then(|t| self.families.of(t)).unwrap_or(family);
        let life = self.settings.access_lifetime_seconds;
        let (life, expires_in) = match self.settings.expires_in {
            ExpiresIn::Remaining => (life, i64::try_from(life).unwrap_or(i64::MAX).saturating_sub(1)),
            ExpiresIn::Expired => (0, 0),
            ExpiresIn::Unknown => (life, -1),
        };
        let exp = call.now().saturating_add(life);
        let access_token = jwt::rs256_lookalike(&Claims::new(call, mint, client, exp));
        let mut token = Token::new(Use::Access, client, exp.saturating_mul(1000));
        token.family = family;
        self.tokens.add(&access_token, token, call.now_ms);
        Response::json(
            200,
            &Reply { access_token, token_type: "Bearer", expires_in, refresh_token, scope: "admin" },
        )
        .body
    }

    const fn life(&self) -> Life {
        let idle_seconds = Some(self.settings.refresh_idle_seconds);
        Life { seconds: self.settings.refresh_lifetime_seconds, idle_seconds }
    }
}

impl Service for WorkspaceOne {
    fn kind(&self, call: &Call<'_>) -> Kind {
        if is_token_endpoint(call.path) { Kind::Token } else { Kind::Api }
    }

    fn answer(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Response {
        let host = call.request.single("host");
        if self.settings.host.as_ref().is_some_and(|name| host != Single::One(name)) {
            return Response::empty(444);
        }
        match (call.method(), call.path) {
            ("POST", path) if is_token_endpoint(path) => self.token(call, mint),
            (_, path) if is_token_endpoint(path) => {
                Err(oauth_error(405, "invalid_request", "the method must be POST").with("allow", "POST"))
            }
            ("POST", "/SAAS/API/1.0/REST/auth/system/login") => self.login(call, mint),
            _ => self.resource(call),
        }
        .unwrap_or_else(|refusal| refusal)
    }

    fn failure(&self, kind: Kind, status: u16, message: &str) -> Response {
        match kind {
            Kind::Token => oauth_error(status, "temporarily_unavailable", message),
            Kind::Api => resource::error(status, message),
        }
    }

    fn account(&self, base_url: &str) -> Account {
        let Some(client) = self.clients.first() else { return Account::new(base_url, &[]) };
        Account::new(base_url, &[("clientId", &client.id), ("clientSecret", client.secret.expose())])
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

    fn set_lifetime(&mut self, access: Option<u64>, refresh: Option<u64>) -> Result<(), ControlError> {
        let settings = &mut self.settings;
        settings.access_lifetime_seconds = access.unwrap_or(settings.access_lifetime_seconds);
        settings.refresh_lifetime_seconds = refresh.unwrap_or(settings.refresh_lifetime_seconds);
        Ok(())
    }
}

/// The documented path, and two others that public clients and the discovery document name.
fn is_token_endpoint(path: &str) -> bool {
    matches!(path, "/SAAS/auth/oauthtoken" | "/SAAS/API/1.0/oauth2/token" | "/acs/token")
}

/// Opaque text in the observed form: `uuid#secret#time of issue` in base64url.
fn refresh_token(call: &Call<'_>, mint: &mut Mint<'_>) -> String {
    codec::base64url(format!("{}#{}#{}", mint.uuid(), mint.opaque(), call.now_ms).as_bytes())
}

fn reply(body: Vec<u8>) -> Response {
    Response::typed(200, "application/json;charset=UTF-8", body).uncached()
}
