//! Workstream: client credentials in the query, opaque tokens of seven days, tokens made in a console.
//!
//! Documented in the vendor's OpenAPI file and help pages. Decides, as documented: paths, parameters, the
//! five fields of the reply, `{"error_code", "message"}` under `application/problem+json`, the OAuth shape of
//! a refused revocation, 100 requests in 60 seconds, what the console does. As observed: JSON and form
//! bodies, lists in `data` with `meta`, a missing scope is 403. Assumed: the client is checked before the
//! other parameters, a parameter in both query and body is refused, in a form `scopes` is one value or a
//! repeated `scopes[]`, the limit counts each client by itself and only calls with a good token, a page of more
//! than 100 is refused, an unknown token is revoked with 200 (RFC 7009 section 2.2).

mod parameters;
mod resource;
mod settings;

use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};

use self::parameters::SCOPES;
pub use self::settings::{Settings, TokenField};
use crate::accounts::Account;
use crate::change::{Changed, Console, ControlError};
use crate::codec::{self, Pairs};
use crate::http::Response;
use crate::log::Kind;
use crate::secret::{Client, Mint, Secret};
use crate::service::{Call, Service, patched};
use crate::time::timestamp;
use crate::tokens::{Token, Tokens, Use};

const CONSOLE_TOKEN: &str = "emulator-console-token-workstream-000000001";
/// The owner of tokens made in the console; no client can have this id, because it is not base64url.
const CONSOLE: &str = "(console)";

#[derive(Clone)]
pub(crate) struct Workstream {
    pub(crate) settings: Settings,
    clients: Vec<Client>,
    tokens: Tokens,
    console: Secret,
    console_serial: u64,
    /// Tokens of the console whose days begin with the next request.
    unstarted: Vec<Secret>,
    windows: BTreeMap<String, VecDeque<u64>>,
}

#[derive(Serialize)]
struct Reply<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<&'a str>,
    created_at: String,
    expires_in: u64,
    scopes: &'a [String],
}

fn problem(status: u16, message: &str) -> Response {
    let body = json!({ "error_code": 13_000 + u32::from(status), "message": message });
    let body = serde_json::to_vec(&body).expect("keys are strings");
    Response::typed(status, "application/problem+json", body)
}

impl Workstream {
    pub(crate) fn new() -> Self {
        let mut tokens = Tokens::default();
        tokens.add(CONSOLE_TOKEN, console_token(SCOPES.map(str::to_owned).to_vec()), 0);
        Self {
            settings: Settings::default(),
            clients: vec![Client::new(
                "emulator-client-id-workstream-0000000000001",
                "emulator-secret-workstream-0001",
            )],
            tokens,
            console: Secret::new(CONSOLE_TOKEN),
            console_serial: 0,
            unstarted: vec![Secret::new(CONSOLE_TOKEN)],
            windows: BTreeMap::new(),
        }
    }

    /// `POST /tokens`.
    fn token(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Result<Response, Response> {
        let parameters = parameters::read(call).map_err(|_| problem(400, "the parameters cannot be read"))?;
        let client = self.client(&parameters)?;
        self.grant_type(&parameters)?;
        let name = codec::filled(&parameters, "name").ok_or_else(|| self.invalid("name"))?;
        let scopes = parameters::scopes(&parameters).ok_or_else(|| self.invalid("scopes"))?;
        Ok(self.issue(call, mint, &client, name, scopes))
    }

    /// `POST /tokens/refresh_token`: the present token for a new one.
    fn refresh(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Result<Response, Response> {
        let parameters = parameters::read(call).map_err(|_| problem(400, "the parameters cannot be read"))?;
        let client = self.client(&parameters)?;
        self.grant_type(&parameters)?;
        let text = codec::filled(&parameters, "token").ok_or_else(|| self.invalid("token"))?;
        let refused = || problem(401, "the token is unknown or revoked");
        let token = self.tokens.find(text).filter(|token| token.client == client && !token.revoked);
        let token = token.ok_or_else(refused)?.clone();
        if let (true, Some(refusal)) = (token.expired(call.now_ms), self.settings.refresh_of_expired) {
            return Err(problem(refusal.status(), "the token has expired"));
        }
        if self.settings.refresh_ends_old {
            self.tokens.revoke(text);
        }
        Ok(self.issue(call, mint, &client, &token.name, token.scopes))
    }

    /// `POST /revoke`. Its refusal alone has the OAuth shape.
    fn revoke(&mut self, call: &Call<'_>) -> Result<Response, Response> {
        let refused = || {
            let description = "the client may not revoke this token";
            let body = json!({ "error": "unauthorized_client", "error_description": description });
            let body = serde_json::to_vec(&body).expect("keys are strings");
            Response::typed(403, "application/problem+json", body)
        };
        let parameters = parameters::read(call).map_err(|_| problem(400, "the parameters cannot be read"))?;
        let client = self.client(&parameters).map_err(|_| refused())?;
        let text = codec::filled(&parameters, "token").ok_or_else(|| self.invalid("token"))?;
        if self.tokens.find(text).is_some_and(|token| token.client != client) {
            return Err(refused());
        }
        self.tokens.revoke(text);
        Ok(Response::json(200, &json!({})))
    }

    fn issue(
        &mut self,
        call: &Call<'_>,
        mint: &mut Mint<'_>,
        client: &str,
        name: &str,
        scopes: Vec<String>,
    ) -> Response {
        let text = mint.opaque();
        let expires_in = self.settings.access_lifetime_seconds;
        let expires_ms = call.now_ms.saturating_add(expires_in.saturating_mul(1000));
        let field = |wanted| (self.settings.token_field == wanted).then_some(text.as_str());
        let (token, access_token) = (field(TokenField::Token), field(TokenField::AccessToken));
        let created_at = timestamp(call.now_ms);
        let reply = Reply { name, token, access_token, created_at, expires_in, scopes: &scopes };
        let response = Response::json(200, &reply).uncached();
        let mut token = Token::new(Use::Access, client, expires_ms);
        (token.name, token.scopes) = (name.into(), scopes);
        self.tokens.add(&text, token, call.now_ms);
        response
    }

    fn client(&self, parameters: &Pairs) -> Result<String, Response> {
        let id = codec::value(parameters, "client_id").unwrap_or_default();
        let secret = codec::value(parameters, "client_secret").unwrap_or_default();
        let found = Client::authenticate(&self.clients, id, secret);
        let refused = || problem(401, "the client is unknown or did not prove who it is");
        Ok(found.ok_or_else(refused)?.id.clone())
    }

    fn grant_type(&self, parameters: &Pairs) -> Result<(), Response> {
        let right = codec::value(parameters, "grant_type") == Some("client_credentials");
        right.then_some(()).ok_or_else(|| self.invalid("grant_type"))
    }

    fn invalid(&self, name: &str) -> Response {
        let status = if self.settings.invalid_is_422 { 422 } else { 400 };
        problem(status, &format!("{name} is missing or invalid"))
    }

    /// Starts the seven days of the tokens that the console has made since the last request.
    fn start_console(&mut self, now_ms: u64) {
        let expires_ms = now_ms.saturating_add(self.settings.access_lifetime_seconds.saturating_mul(1000));
        for text in std::mem::take(&mut self.unstarted) {
            if let Some(token) = self.tokens.find_mut(text.expose()) {
                token.expires_ms.get_or_insert(expires_ms);
            }
        }
    }
}

impl Service for Workstream {
    fn kind(&self, call: &Call<'_>) -> Kind {
        let token = matches!(call.path, "/tokens" | "/tokens/refresh_token" | "/revoke");
        if token { Kind::Token } else { Kind::Api }
    }

    fn answer(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Response {
        self.start_console(call.now_ms);
        let response = match (call.method(), call.path) {
            ("POST", "/tokens") => self.token(call, mint),
            ("POST", "/tokens/refresh_token") => self.refresh(call, mint),
            ("POST", "/revoke") => self.revoke(call),
            _ => self.resource(call),
        };
        let id = mint.uuid();
        match response {
            Ok(response) if self.kind(call) == Kind::Token => response,
            Err(refusal) if !self.settings.request_id_on_errors => refusal,
            Ok(response) | Err(response) => response.with("x-request-id", id),
        }
    }

    fn failure(&self, _kind: Kind, status: u16, message: &str) -> Response {
        problem(status, message)
    }

    fn account(&self, base_url: &str) -> Account {
        let Some(client) = self.clients.first() else { return Account::new(base_url, &[]) };
        let scopes = SCOPES.join(" ");
        let parameters = [
            ("clientId", client.id.as_str()),
            ("clientSecret", client.secret.expose()),
            ("name", "Grantline emulator"),
            ("scopes", &scopes),
        ];
        let console_token = Some(self.console.expose().into());
        Account { console_token, ..Account::new(base_url, &parameters) }
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
        // There are no refresh tokens.
        if refresh.is_some() {
            return Err(ControlError::NotHere);
        }
        self.settings.access_lifetime_seconds = access.unwrap_or(self.settings.access_lifetime_seconds);
        Ok(())
    }

    fn console(&mut self, action: &Console) -> Result<Changed, ControlError> {
        self.act(action)
    }
}

fn console_token(scopes: Vec<String>) -> Token {
    let mut token = Token::new(Use::Access, CONSOLE, 0);
    (token.name, token.scopes, token.expires_ms) = ("Console".into(), scopes, None);
    token
}
