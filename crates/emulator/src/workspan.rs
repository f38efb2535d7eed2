//! WorkSpan: client credentials in a JSON or form body, environments, and tokens that can be deleted.
//!
//! Documented at developer.workspan.com and in WorkSpan's Power Platform connector. Decides, as documented:
//! paths, parameters, reply, `x-ws-env` in the header or the query, `DELETE /oauth/token`, the dummy
//! authorization code, the gateway's own error shape. Assumed, hence switches: everything in [`Settings`]
//! that says so. Also assumed: the body of a resource 401, that two different `x-ws-env` are refused, that
//! credentials in the query are not read, and that a token which cannot be deleted is answered with 403
//! whatever the reason, because no other refusal is declared there.

mod resource;
mod settings;

use serde::Serialize;
use serde_json::{Map, Value, json};

pub use self::resource::SUBSCRIPTION_KEY;
pub use self::settings::{Settings, UnknownEnvironment};
use crate::accounts::Account;
use crate::change::ControlError;
use crate::codec::{self, Media, Pairs};
use crate::http::{Response, Single};
use crate::jwt;
use crate::log::Kind;
use crate::secret::{Client, Mint, Secret};
use crate::service::{Call, Service, patched};
use crate::tokens::{Token, Tokens, Use};

const USER: &str = "WS-ApplicationUser_emulator-key-of-another-user";

#[derive(Clone)]
pub(crate) struct WorkSpan {
    pub(crate) settings: Settings,
    sandbox: bool,
    clients: Vec<Client>,
    tokens: Tokens,
    families: u64,
}

#[derive(Serialize)]
struct Reply {
    access_token: String,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// The claims of the vendor's sample, in its order: no issuer, and nothing that tells the time of issue.
#[derive(Serialize)]
struct Claims<'a> {
    iss: Option<&'a str>,
    par: Value,
    obj: String,
    usr: &'a str,
    exp: u64,
}

impl WorkSpan {
    pub(crate) fn production() -> Self {
        // The second pair is the one printed in the vendor's own introduction.
        let clients = vec![
            Client::new("WS-ApplicationUser_emulator", "emulator-secret-workspan-0001"),
            Client::new(
                "WS-ApplicationUser_ahFzfnZtd2FyZS1iaWctYmV0c3IZCxIPQXBwbGljYXRpb25Vc2VyGJHE9dwDDA",
                "cd3a1eaa3f5144a8a8494b2af1ef8b72e",
            ),
        ];
        let (settings, tokens) = (Settings::default(), Tokens::default());
        Self { settings, sandbox: false, clients, tokens, families: 0 }
    }

    pub(crate) fn sandbox() -> Self {
        let environments = ["uat.workspan.com", "pre-uat.workspan.app", "demo.workspan.com"];
        let environments = environments.map(str::to_owned).to_vec();
        let settings = Settings { environments, environment_required: true, ..Settings::default() };
        Self { settings, sandbox: true, ..Self::production() }
    }

    /// `POST /oauth/token`.
    fn token(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Result<Response, Response> {
        let environment = self.environment(call)?;
        let parameters = parameters(call).ok_or_else(|| oauth_error(400, "invalid_request"))?;
        let need = |name| codec::filled(&parameters, name).ok_or_else(|| oauth_error(400, "invalid_request"));
        let grant = need("grant_type")?;
        let refresh = grant == "refresh_token" && self.settings.refresh_grant;
        if grant != "client_credentials" && !refresh {
            return Err(oauth_error(400, "unsupported_grant_type"));
        }
        let (id, secret) = (need("client_id")?, need("client_secret")?);
        let refused = || oauth_error(self.settings.refused_client.status(), "invalid_client");
        let client = Client::authenticate(&self.clients, id, secret).ok_or_else(refused)?.id.clone();
        if refresh {
            let token = self.tokens.live(need("refresh_token")?, Use::Refresh, call.now_ms);
            token
                .ok()
                .filter(|token| token.client == client && token.environment == environment)
                .ok_or_else(|| oauth_error(400, "invalid_grant"))?;
        }
        Ok(self.issue(call, mint, &client, &environment))
    }

    fn issue(&mut self, call: &Call<'_>, mint: &mut Mint<'_>, client: &str, environment: &str) -> Response {
        let exp = call.now().saturating_add(self.settings.access_lifetime_seconds);
        self.families += 1;
        let mut make = |usage, kind: &str| {
            let obj = codec::base64url(format!("emulator/{kind}/{}", mint.opaque()).as_bytes());
            let claims = Claims { iss: None, par: json!({ "is_company_admin": false }), obj, usr: USER, exp };
            let text = jwt::hs256(&claims);
            let mut token = Token::new(usage, client, exp.saturating_mul(1000));
            token.environment = environment.into();
            token.family = self.families;
            self.tokens.add(&text, token, call.now_ms);
            text
        };
        let access_token = make(Use::Access, "AuthToken");
        let refresh_token = self.settings.refresh_token.then(|| make(Use::Refresh, "RefreshToken"));
        // One second less than the life: the vendor counts whole seconds that are left.
        let left = self.settings.access_lifetime_seconds.saturating_sub(1);
        let expires_in = self.settings.expires_in.then_some(left);
        Response::json(200, &Reply { access_token, token_type: "Bearer", expires_in, refresh_token })
            .uncached()
    }

    /// `DELETE /oauth/token`: the bearer is the token to end. The access token takes its refresh token
    /// along.
    fn invalidate(&mut self, call: &Call<'_>) -> Result<Response, Response> {
        let environment = self.environment(call)?;
        let token = codec::bearer(call.request)
            .and_then(|text| self.tokens.live(text, Use::Access, call.now_ms).ok());
        let token = token.filter(|token| token.environment == environment);
        let family = token.ok_or_else(|| oauth_error(403, "already invalidated or not found"))?.family;
        self.tokens.revoke_where(|token| token.family == family);
        Ok(Response::empty(200))
    }

    /// The environment of a request, named in the header, in the query, or in both alike.
    fn environment(&self, call: &Call<'_>) -> Result<String, Response> {
        let bad = || oauth_error(400, "invalid_request");
        let query = call.query.as_ref().map_err(|_| bad())?;
        let named = match (call.request.single("x-ws-env"), codec::value(query, "x-ws-env")) {
            (Single::Repeated, _) => return Err(bad()),
            (Single::One(header), Some(query)) if header != query => return Err(bad()),
            (Single::One(name), _) | (Single::Absent, Some(name)) => name,
            (Single::Absent, None) if self.settings.environment_required => return Err(bad()),
            (Single::Absent, None) => self.settings.environments.first().map_or("", String::as_str),
        };
        if self.settings.environments.iter().any(|known| known == named) {
            return Ok(named.into());
        }
        Err(match self.settings.unknown_environment {
            UnknownEnvironment::NotFound => oauth_error(404, "unknown_environment"),
            UnknownEnvironment::BadRequest => bad(),
            UnknownEnvironment::GatewayPage => Response::html(404, "No such host"),
        })
    }
}

impl Service for WorkSpan {
    fn kind(&self, call: &Call<'_>) -> Kind {
        if call.path.starts_with("/oauth/") { Kind::Token } else { Kind::Api }
    }

    fn answer(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Response {
        match (call.method(), call.path) {
            ("POST", "/oauth/token") => self.token(call, mint),
            ("DELETE", "/oauth/token") => self.invalidate(call),
            ("GET", "/oauth/authorize") => authorize(call),
            _ => self.resource(call),
        }
        .unwrap_or_else(|refusal| refusal)
    }

    fn failure(&self, kind: Kind, status: u16, message: &str) -> Response {
        match (status, kind) {
            // Limits and outages come from the gateway, which has its own shape.
            (429 | 503, _) => resource::gateway_error(status, message),
            (_, Kind::Token) => oauth_error(status, "server_error"),
            (_, Kind::Api) => Response::json(status, &json!({ "error": message })),
        }
    }

    fn account(&self, base_url: &str) -> Account {
        let Some(client) = self.clients.first() else { return Account::new(base_url, &[]) };
        let mut account =
            Account::new(base_url, &[("clientId", &client.id), ("clientSecret", client.secret.expose())]);
        if self.sandbox {
            let environment = self.settings.environments.first().cloned();
            account.parameters.insert("environment", environment.unwrap_or_default());
        }
        account
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

    fn set_lifetime(&mut self, access: Option<u64>, refresh: Option<u64>) -> Result<(), ControlError> {
        // Both tokens share one expiry, so there is no second life to set.
        if refresh.is_some() {
            return Err(ControlError::NotHere);
        }
        self.settings.access_lifetime_seconds = access.unwrap_or(self.settings.access_lifetime_seconds);
        Ok(())
    }

    fn secret_was_reset(&mut self, client: &str, _old: &Secret) {
        if self.settings.reset_revokes_tokens {
            self.tokens.revoke_where(|token| token.client == client);
        }
    }
}

/// The parameters of a token request: JSON, or a form as Power Automate sends it. Unknown names are
/// ignored, because that connector sends several.
fn parameters(call: &Call<'_>) -> Option<Pairs> {
    match codec::media(call.request) {
        Media::Json => codec::object(&call.request.body).ok().map(codec::strings),
        Media::Form => codec::form(&call.request.body).ok(),
        Media::Absent | Media::Other => None,
    }
}

/// `GET /oauth/authorize`: a dummy code, which exists so that Power Automate's code flow can run.
fn authorize(call: &Call<'_>) -> Result<Response, Response> {
    let bad = || oauth_error(400, "invalid_request");
    let query = call.query.as_ref().map_err(|_| bad())?;
    let target = codec::filled(query, "redirect_uri").ok_or_else(bad)?;
    let plain = target.bytes().all(|byte| byte.is_ascii_graphic()) && !target.contains('#');
    if !plain || !(target.starts_with("https://") || target.starts_with("http://")) {
        return Err(bad());
    }
    let separator = if target.contains('?') { '&' } else { '?' };
    let mut location = format!("{target}{separator}code=dummy");
    if let Some(state) = codec::value(query, "state") {
        location.push_str(&format!("&state={}", codec::percent_encode(state)));
    }
    Ok(Response::empty(302).with("location", location))
}

fn oauth_error(status: u16, code: &str) -> Response {
    Response::json(status, &json!({ "error": code })).uncached()
}
