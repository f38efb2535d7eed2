//! What every system has in common: it answers calls, and it can be changed from outside.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::accounts::Account;
use crate::change::{Change, Changed, Console, ControlError};
use crate::codec::{self, Malformed, Pairs};
use crate::http::{Request, Response};
use crate::log::Kind;
use crate::refresh::Families;
use crate::secret::{Client, Mint, Secret};
use crate::tokens::Tokens;

/// A request as the system sees it.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    /// Without the system's prefix and without the query.
    pub(crate) path: &'a str,
    pub(crate) query: Result<Pairs, Malformed>,
    pub(crate) now_ms: u64,
}

impl<'a> Call<'a> {
    pub(crate) fn new(request: &'a Request, path: &'a str, now_ms: u64) -> Self {
        Self { request, path, query: codec::pairs(request.query()), now_ms }
    }

    pub(crate) fn method(&self) -> &'a str {
        &self.request.method
    }

    pub(crate) const fn now(&self) -> u64 {
        self.now_ms / 1000
    }

    /// A number of the query, or the default if it is absent.
    pub(crate) fn number(&self, name: &str, default: usize) -> Result<usize, Malformed> {
        let pairs = self.query.as_ref().map_err(|malformed| *malformed)?;
        codec::value(pairs, name).map_or(Ok(default), |text| text.parse().map_err(|_| Malformed))
    }
}

/// One emulated system.
pub(crate) trait Service {
    /// What the call is for.
    fn kind(&self, call: &Call<'_>) -> Kind;
    /// The one entry for calls.
    fn answer(&mut self, call: &Call<'_>, mint: &mut Mint<'_>) -> Response;
    /// A failure in the shape that the system has for requests of this kind.
    fn failure(&self, kind: Kind, status: u16, message: &str) -> Response;
    /// What a client needs.
    fn account(&self, base_url: &str) -> Account;
    /// The switches as JSON; none of them is a secret.
    fn settings(&self) -> Value;
    /// Sets some switches.
    fn patch(&mut self, changes: &Map<String, Value>) -> Result<(), ControlError>;
    fn clients(&mut self) -> &mut Vec<Client>;
    fn tokens(&mut self) -> &mut Tokens;
    /// Refresh tokens that live apart from access tokens.
    fn families(&mut self) -> Option<&mut Families> {
        None
    }
    /// Ends one token; false if there is none, or it was ended before.
    fn revoke(&mut self, token: &str) -> bool {
        let family = self.families().is_some_and(|families| families.kill(token));
        self.tokens().revoke(token) || family
    }
    fn revoke_all(&mut self) {
        self.tokens().revoke_where(|_| true);
        self.families().into_iter().for_each(Families::kill_all);
    }
    fn expire_all(&mut self) {
        self.tokens().expire_all();
        self.families().into_iter().for_each(Families::expire_all);
    }
    fn set_lifetime(&mut self, access: Option<u64>, refresh: Option<u64>) -> Result<(), ControlError>;
    /// Replaces the API key.
    fn set_api_key(&mut self, _key: &str) -> Result<(), ControlError> {
        Err(ControlError::NotHere)
    }
    /// Called after the secret of an account was replaced.
    fn secret_was_reset(&mut self, _client: &str, _old: &Secret) {}
    /// Called after an account was deleted.
    fn client_was_deleted(&mut self, client: &str) {
        self.tokens().revoke_where(|token| token.client == client);
        if let Some(families) = self.families() {
            families.kill_client(client);
        }
    }
    /// Does what an administrator does in the console.
    fn console(&mut self, _action: &Console) -> Result<Changed, ControlError> {
        Err(ControlError::NotHere)
    }
}

/// Makes a change that concerns the system itself.
pub(crate) fn change(service: &mut dyn Service, change: &Change) -> Result<Changed, ControlError> {
    match change {
        Change::Settings { settings } => service.patch(settings)?,
        Change::ResetSecret { client_id, secret } => {
            let index = client(service, client_id.as_deref())?;
            let client = &mut service.clients()[index];
            let (id, old) = (client.id.clone(), std::mem::replace(&mut client.secret, Secret::new(secret)));
            service.secret_was_reset(&id, &old);
        }
        Change::ApiKey { key } => service.set_api_key(key)?,
        Change::DeleteClient { client_id } => {
            let index = client(service, client_id.as_deref())?;
            let id = service.clients().remove(index).id;
            service.client_was_deleted(&id);
        }
        Change::Revoke { token } => {
            if !service.revoke(token) {
                return Err(ControlError::UnknownToken);
            }
        }
        Change::RevokeAll => service.revoke_all(),
        Change::ExpireAll => service.expire_all(),
        Change::Lifetime { access_seconds, refresh_seconds } => {
            service.set_lifetime(*access_seconds, *refresh_seconds)?;
        }
        Change::Console { action } => return service.console(action),
        // These belong to the gate before the system, which has dealt with them.
        Change::Fault { .. } | Change::ClearFaults | Change::Cors { .. } => {}
    }
    Ok(Changed::default())
}

fn client(service: &mut dyn Service, id: Option<&str>) -> Result<usize, ControlError> {
    let found = service.clients().iter().position(|client| id.is_none_or(|id| client.id == id));
    found.ok_or(ControlError::UnknownClient)
}

/// Lays some switches over the present ones.
pub(crate) fn patched<S: DeserializeOwned + Serialize>(
    present: &S,
    changes: &Map<String, Value>,
) -> Result<S, ControlError> {
    let mut all = serde_json::to_value(present).map_err(ControlError::Settings)?;
    if let Value::Object(all) = &mut all {
        all.extend(changes.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    serde_json::from_value(all).map_err(ControlError::Settings)
}
