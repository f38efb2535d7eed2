//! What a grant holds: when it was granted, what is in doubt, and what is left when a token is gone.

use super::policy::LONGEST_SETBACK;
use crate::error::{Reason, SettingsError};
use crate::render::{self, Values};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::snapshot::{Held, Refresh, Setback};
use crate::template::Template;
use crate::time::UnixTime;
use crate::token::{Captures, Token};
use core::time::Duration;
use std::sync::Arc;

impl Held {
    /// The failure that still keeps us from asking. One that lies further ahead than any may is from a clock that
    /// was wrong.
    pub(super) fn setback(&self, now: UnixTime) -> Option<&Setback> {
        let wait = |setback: &&Setback| now < setback.until && setback.until.since(now) <= LONGEST_SETBACK;
        self.setback.as_ref().filter(wait)
    }

    /// The end of a new token. If the server does not tell it any more, it is as long as the last one was.
    pub(super) fn end(&self, told: Option<UnixTime>, sent_at: UnixTime) -> Option<UnixTime> {
        told.or_else(|| self.last_lifetime().map(|lifetime| sent_at.after(lifetime)))
    }

    /// When the last grant was asked for. Of two records that are both said to be the newest, the later is.
    pub(super) fn granted_at(&self) -> Option<UnixTime> {
        self.access.as_ref().map(|token| token.obtained_at).max(self.granted_at)
    }

    /// Takes off marks that mean nothing. Whether there was one.
    pub(super) fn lift(&mut self, void: &[UnixTime]) -> bool {
        let count = self.in_doubt.len();
        self.in_doubt.retain(|since| !void.contains(since));
        self.in_doubt.len() < count
    }

    pub(super) fn refresh_value(&self) -> Option<&Secret> {
        self.refresh.as_ref().map(|refresh| &refresh.value)
    }

    /// What was captured with the last token.
    pub(super) fn captures(&self) -> Option<&Captures> {
        Some(self.access.as_ref().map_or(&self.captures, |token| &token.captures))
    }

    fn last_lifetime(&self) -> Option<Duration> {
        let of = |token: &Arc<Token>| Some(token.expires_at?.since(token.obtained_at));
        self.access.as_ref().and_then(of).filter(|life| !life.is_zero()).or(self.lifetime)
    }

    /// Drops the access token if it is this one.
    pub(super) fn forget(&mut self, token: &Token) -> bool {
        let same = self.access.as_ref().is_some_and(|held| held.value == token.value);
        if same {
            (self.lifetime, self.granted_at) = (self.last_lifetime(), self.granted_at());
            self.captures = self.captures().cloned().unwrap_or_default();
            (self.access, self.lost) = (None, Some(Reason::Rejected));
        }
        same
    }

    /// Takes in the tokens that the person brought, once. Whether that must be written down: only if their life
    /// counts from now.
    pub(super) fn seed(&mut self, settings: &Settings, now: UnixTime) -> Result<bool, SettingsError> {
        let Some(seed) = settings.auth().seed.as_ref().filter(|_| !self.seeded) else { return Ok(false) };
        self.seeded = true;
        let mut counts_from_now = false;
        let made = render::seed_values(settings)?;
        let values = Values { made: &made, ..Values::of(settings) };
        let text = |template: &Option<Template>| {
            template.as_ref().map_or(Ok(None), |template| render::text(template, &values))
        };
        if let Some(value) = text(&seed.access_token)? {
            let issued = render::issued_at(settings)?;
            counts_from_now = issued.is_none() && seed.lifetime_seconds.is_some();
            let issued = issued.unwrap_or(now);
            let end = seed.lifetime_seconds.map(|seconds| issued.after(Duration::from_secs(seconds)));
            // Where nothing renews it, it serves until its end.
            let auth = settings.auth();
            let margin = if auth.renew.is_empty() { Duration::ZERO } else { auth.margin() };
            self.access = Some(Arc::new(Token::new(value.into(), issued, end, margin, &[0; 32])));
        }
        if let Some(value) = text(&seed.refresh_token)? {
            self.refresh = Some(Refresh { value: value.into(), expires_at: None });
        }
        Ok(counts_from_now)
    }

    pub(super) fn revoke(&mut self) {
        *self = Self {
            revision: self.revision,
            seeded: self.seeded,
            lost: Some(Reason::Revoked),
            granted_at: self.granted_at(),
            ..Self::default()
        };
    }

    /// The tokens, so that nothing that is shown repeats them.
    pub(super) fn secrets(&self) -> Vec<&Secret> {
        let access = self.access.iter().map(|token| &token.value);
        access.chain(self.refresh.iter().map(|refresh| &refresh.value)).collect()
    }
}
