//! The resources of Workstream, its rate limit, and the console.

use serde_json::json;

use super::parameters::known;
use super::{Workstream, console_token, problem};
use crate::change::{Changed, Console, ControlError};
use crate::codec::{self, base64url};
use crate::http::Response;
use crate::secret::Secret;
use crate::service::Call;
use crate::tokens::Use;

/// How many positions and employees there are.
const ALL: usize = 120;

impl Workstream {
    /// `GET /positions` and `GET /employees`.
    pub(super) fn resource(&mut self, call: &Call<'_>) -> Result<Response, Response> {
        let scope = match (call.method(), call.path) {
            ("GET", "/positions") => "positions",
            ("GET", "/employees") => "employees",
            _ => return Err(problem(404, "there is no such resource")),
        };
        let refused = || problem(401, "the token is missing, invalid, expired or revoked");
        let text = codec::bearer(call.request).ok_or_else(refused)?;
        let token = self.tokens.live(text, Use::Access, call.now_ms).map_err(|_| refused())?;
        let (owner, allowed) = (token.client.clone(), token.scopes.iter().any(|s| s == scope));
        self.count(&owner, call.now_ms)?;
        if !allowed {
            return Err(problem(403, "the token does not give access to this data"));
        }
        let bad = |_| self.invalid("page or per_page");
        let (page, size) = (call.number("page", 1).map_err(bad)?, call.number("per_page", 25).map_err(bad)?);
        if page == 0 || !(1..=100).contains(&size) {
            return Err(self.invalid("page or per_page"));
        }
        let first = (page - 1).saturating_mul(size);
        let item = |n: usize| json!({ "id": format!("{scope}-{n}"), "name": format!("{scope} {n}") });
        let data: Vec<_> = (1..=ALL).skip(first).take(size).map(item).collect();
        let pages = ALL.div_ceil(size);
        let next = (page < pages).then_some(page + 1);
        let meta =
            json!({ "total_count": ALL, "current_page": page, "next_page": next, "total_pages": pages });
        Ok(Response::json(200, &json!({ "data": data, "meta": meta })))
    }

    /// Counts a call, or refuses it; a refused call does not count.
    fn count(&mut self, owner: &str, now_ms: u64) -> Result<(), Response> {
        let limit = self.settings.rate_limit;
        if limit == 0 {
            return Ok(());
        }
        let seconds = self.settings.rate_window_seconds;
        let span = seconds.saturating_mul(1000);
        let window = self.windows.entry(owner.into()).or_default();
        while window.front().is_some_and(|at| at.saturating_add(span) <= now_ms) {
            window.pop_front();
        }
        if window.len() < limit {
            window.push_back(now_ms);
            return Ok(());
        }
        let response =
            problem(429, &format!("the limit of {limit} requests in {seconds} seconds is reached"));
        let oldest = window.front().copied().unwrap_or(now_ms);
        let wait = oldest.saturating_add(span).saturating_sub(now_ms).div_ceil(1000);
        Err(if self.settings.retry_after { response.with("retry-after", wait.to_string()) } else { response })
    }

    /// What a Super Admin does.
    pub(super) fn act(&mut self, action: &Console) -> Result<Changed, ControlError> {
        match action {
            Console::Refresh { token } => {
                let text = self.chosen(token.as_deref());
                let old = self.tokens.find_mut(&text).filter(|token| !token.revoked);
                let old = old.ok_or(ControlError::UnknownToken)?;
                old.revoked = true;
                let mut fresh = console_token(old.scopes.clone());
                (fresh.name, fresh.client) = (old.name.clone(), old.client.clone());
                self.console_serial += 1;
                let new =
                    base64url(&hmac_sha256::HMAC::mac(self.console_serial.to_be_bytes(), text.as_bytes()));
                self.tokens.add(&new, fresh, 0);
                self.unstarted.push(Secret::new(&new));
                if self.console.matches(&text) {
                    self.console = Secret::new(&new);
                }
                return Ok(Changed { token: Some(new) });
            }
            Console::EditScopes { scopes, .. } if !known(scopes) => return Err(ControlError::UnknownScope),
            Console::EditScopes { token, scopes } => {
                let text = self.chosen(token.as_deref());
                self.tokens.find_mut(&text).ok_or(ControlError::UnknownToken)?.scopes.clone_from(scopes);
            }
            Console::Delete { token } => {
                let text = self.chosen(token.as_deref());
                if !self.tokens.revoke(&text) {
                    return Err(ControlError::UnknownToken);
                }
            }
            Console::Start { at_ms } => {
                let life = self.settings.access_lifetime_seconds.saturating_mul(1000);
                let token = self.tokens.find_mut(self.console.expose()).ok_or(ControlError::UnknownToken)?;
                token.expires_ms = Some(at_ms.saturating_add(life));
            }
        }
        Ok(Changed::default())
    }

    fn chosen(&self, token: Option<&str>) -> String {
        token.unwrap_or_else(|| self.console.expose()).to_owned()
    }
}
