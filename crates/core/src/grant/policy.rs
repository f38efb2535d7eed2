//! What a grant does next, and how long it waits: every number of the token's life is here.

use super::clock::TOLERANCE;
use super::{Advance, Flight, Grant, Mark, State};
use crate::error::{Cause, Error, Reason, SettingsError};
use crate::flow::{Ambient, Step};
use crate::http::{Fault, FaultKind, Purpose};
use crate::manifest::{Auth, Replay, RequestTemplate};
use crate::notice::Notice;
use crate::render::{self, Values};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::snapshot::{Held, Refresh, Setback, Why};
use crate::template::Template;
use crate::time::UnixTime;
use crate::token::{Captures, Token};
use core::time::Duration;
use std::sync::Arc;

/// How long the right to renew is held at most. Longer than an exchange, so that none outlives it; short enough that
/// those who wait for a process that died outlive it.
pub(super) const LEASE: Duration = Duration::from_secs(60);
/// What must be left of it when a request is sent: the time in which the request is given up, and some for the store.
pub(super) const EXCHANGE: Duration = Duration::from_millis(render::TOKEN_TIMEOUT_MS as u64 + 10_000);
/// How often one flight asks for the right to renew again: a store that takes minutes for it is none.
pub(super) const MOST_YIELDS: u32 = 4;
/// Tries of one exchange within one flight.
const MOST_TRIES: u32 = 3;
/// The first pause between tries; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A server that asks for more patience than this gets it, but no caller waits for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long after a failed flight the next one may begin; it doubles with each failure in a row, up to a limit.
pub(super) const LATER: Duration = Duration::from_secs(5);
pub(super) const LONGEST_LATER: Duration = Duration::from_secs(300);
/// The same after a refusal.
const REFUSED: Duration = Duration::from_secs(30);
/// No failure keeps a connection quiet for longer, whatever the server asks for.
pub(super) const LONGEST_SETBACK: Duration = Duration::from_secs(3600);
/// How often one flight writes its record when another process keeps writing, too.
pub(super) const MOST_WRITES: u32 = 4;
/// For how long a flight finds the lease taken before it gives up: longer than a lease; and how often, whatever the
/// clock says.
const LONGEST_QUEUE: Duration = Duration::from_secs(90);
const MOST_QUEUED: u32 = 360;
const RENEW_BEFORE: Duration = Duration::from_secs(300);
const WARN_BEFORE: Duration = Duration::from_secs(86_400);

impl Auth {
    pub(super) fn margin(&self) -> Duration {
        self.renew_before_seconds.map_or(RENEW_BEFORE, Duration::from_secs)
    }
}

/// When a person must act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reconnect {
    /// When the connection ends without them.
    pub at: UnixTime,
    /// From when on they are warned.
    pub warn_at: UnixTime,
}

impl Grant {
    /// When a person must act, if the connection cannot live on by itself and its end is known.
    #[must_use]
    pub fn reconnect(&self) -> Option<Reconnect> {
        let auth = self.settings.auth();
        if auth.acquires() {
            return None;
        }
        let at = match &self.held.refresh {
            Some(refresh) if !auth.renew.is_empty() => refresh.expires_at,
            _ if !self.held.seeded => self.seed_end(),
            _ => self.held.access.as_ref().and_then(|token| token.expires_at),
        }?;
        let warning = auth.warn_before_seconds.map_or(WARN_BEFORE, Duration::from_secs);
        Some(Reconnect { at, warn_at: at.before(warning) })
    }

    /// Until when the token at hand needs no second thought: neither renewal nor warning. For ever, if nothing is known
    /// to end it; nothing, if there is none. For adapters whose readers take the token from a copy.
    #[must_use]
    pub fn settled_until(&self) -> Option<UnixTime> {
        let token = self.held.access.as_ref()?;
        let warning = self.reconnect().filter(|end| self.warned != Some(end.at)).map(|end| end.warn_at);
        [token.renew_at, token.expires_at, warning, self.unsaved]
            .into_iter()
            .flatten()
            .min()
            .or(Some(UnixTime::MAX))
    }

    /// The warning that a person must act soon, once for each end: for whoever tells notices, at every chance.
    pub fn warning(&mut self, now: UnixTime) -> Option<Notice> {
        let Reconnect { at, warn_at } = self.reconnect()?;
        let told = self.warned == Some(at) || now < warn_at || at <= now;
        (!told).then(|| {
            self.warned = Some(at);
            Notice::NeedsReconnectSoon { at }
        })
    }

    /// The end of a pasted token that has not been used yet, if the person said when it was made.
    fn seed_end(&self) -> Option<UnixTime> {
        let lifetime = Duration::from_secs(self.settings.auth().seed.as_ref()?.lifetime_seconds?);
        Some(render::issued_at(&self.settings).ok()??.after(lifetime))
    }

    /// Which exchange gives a token, or why none can.
    pub(super) fn choose(&self, flight: &Flight, now: UnixTime) -> Result<Purpose, Why> {
        let auth = self.settings.auth();
        let obstacle = if auth.renew.is_empty() {
            Some(self.held.lost.unwrap_or(Reason::Expired))
        } else {
            self.obstacle(flight, now)
        };
        // Without its store nobody knows who else has used a token that works once.
        let stranded = self.shared && flight.alone && auth.replay == Replay::Unsafe;
        match (obstacle, auth.acquires()) {
            (None, false) if stranded => Err(Why::Exhausted({
                let detail = "without it, a refresh token that may be used once is not sent";
                Cause::Network(Fault::new(FaultKind::Store, detail))
            })),
            (None, true) if stranded => Ok(Purpose::Acquire),
            (None, _) => Ok(Purpose::Renew),
            (Some(_), true) => Ok(Purpose::Acquire),
            (Some(reason), false) => {
                let denial = flight.refused.as_ref().map(|(_, denial)| denial.clone());
                Err(Why::Refused(reason, denial))
            }
        }
    }

    /// Whether a renewal may have spent the refresh token, and it may not be sent again.
    pub(super) fn is_in_doubt(&self, now: UnixTime) -> bool {
        self.held.in_doubt.is_some_and(|since| self.is_doubtful(since, now))
    }

    /// The same of one that was sent at `since`. Marks are moved a little, so that they differ.
    pub(super) fn is_doubtful(&self, since: UnixTime, now: UnixTime) -> bool {
        let auth = self.settings.auth();
        let sane = since <= now.after(TOLERANCE);
        let within = |grace: u64| sane && now.since(since) < Duration::from_secs(grace);
        auth.replay == Replay::Unsafe && !auth.grace_seconds.is_some_and(within)
    }

    /// What stands in the way of a renewal.
    fn obstacle(&self, flight: &Flight, now: UnixTime) -> Option<Reason> {
        let refused = |secret: &Secret| flight.refused.as_ref().is_some_and(|(refused, _)| refused == secret);
        // A person who has no other way may try what no machine should.
        let auth = self.settings.auth();
        let dared = flight.anew.is_some() && !auth.acquires();
        if self.is_in_doubt(now) && !dared {
            return Some(Reason::InDoubt);
        }
        if self.settings.renews_with("refreshToken") {
            match &self.held.refresh {
                None => return Some(self.held.lost.unwrap_or(Reason::Expired)),
                Some(refresh) if refused(&refresh.value) => return Some(Reason::RenewalRefused),
                Some(refresh) if refresh.expires_at.is_some_and(|end| end <= now) => {
                    return Some(Reason::RefreshExpired);
                }
                Some(_) => {}
            }
        }
        if self.settings.renews_with("accessToken") {
            match &self.held.access {
                None => return Some(self.held.lost.unwrap_or(Reason::Expired)),
                Some(token) if refused(&token.value) => return Some(Reason::RenewalRefused),
                Some(_) => {}
            }
        }
        None
    }

    /// It may work later: pause and try again, or give up for now.
    pub(super) fn later(
        &mut self,
        mut flight: Flight,
        cause: Cause,
        retry_at: Option<UnixTime>,
        ambient: &Ambient,
    ) -> Advance {
        flight.tries += 1;
        let asked = retry_at.map(|time| time.since(ambient.now));
        let pause = asked.unwrap_or_else(|| jitter(FIRST_PAUSE * 2u32.pow(flight.tries.min(8) - 1), ambient));
        let serves = !flight.revoking
            && self.held.access.as_ref().is_some_and(|token| token.is_alive(self.settled(ambient.now)));
        // With a living token nobody needs to wait here.
        if flight.tries < MOST_TRIES && pause <= LONGEST_PAUSE && !serves {
            let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            return self.go(State::Pausing(flight), Step::Sleep { millis });
        }
        if flight.revoking {
            let retry_at = ambient.now.after(pause);
            return self.finish(flight, Err(Error::Exhausted { retry_at, cause }), ambient);
        }
        let until = asked.map(|asked| ambient.now.after(asked.min(LONGEST_SETBACK)));
        self.remember(flight, Why::Exhausted(cause), [LATER, LONGEST_LATER], until, ambient)
    }

    /// It will not work again soon: remember that, so that nobody repeats the request.
    pub(super) fn set_back(&mut self, flight: Flight, why: Why, ambient: &Ambient) -> Advance {
        // No request was made, and none can be: there is nothing to remember.
        let error = match why {
            Why::Refused(reason, None) => Error::NeedsReconnect { reason, denial: None },
            Why::Exhausted(cause) => Error::Exhausted { retry_at: ambient.now.after(LATER), cause },
            why => return self.remember(flight, why, [REFUSED, LONGEST_SETBACK], None, ambient),
        };
        self.finish(flight, Err(error), ambient)
    }

    pub(super) fn remember(
        &mut self,
        mut flight: Flight,
        why: Why,
        [first, longest]: [Duration; 2],
        until: Option<UnixTime>,
        ambient: &Ambient,
    ) -> Advance {
        let count = self.held.setback.as_ref().map_or(0, |setback| setback.count) + 1;
        let doubled = first.saturating_mul(1 << count.min(16).saturating_sub(1)).min(longest);
        let own = ambient.now.after(doubled - jitter(doubled / 4, ambient));
        let at = Some(ambient.now);
        let setback = Setback { at, until: until.map_or(own, |until| until.max(own)), count, why };
        let error = setback.error();
        self.held.setback = Some(setback);
        flight.dirty = true;
        self.finish(flight, Err(error), ambient)
    }
}

/// How long to wait for the process that holds the lease.
pub(super) fn queue_pause(queued: u32, waited: Duration, ambient: &Ambient) -> Option<u64> {
    (queued <= MOST_QUEUED && waited <= LONGEST_QUEUE).then(|| 250 + u64::from(ambient.entropy[3]))
}

/// A random part of a duration.
fn jitter(whole: Duration, ambient: &Ambient) -> Duration {
    whole * u32::from(ambient.entropy[2]) / 255
}

impl Settings {
    /// Whether a placeholder of this name stands anywhere in a renewal.
    pub(super) fn renews_with(&self, wanted: &str) -> bool {
        let auth = self.auth();
        let values = auth.values.iter().flat_map(|(_, derived)| (self.able().parts)(derived));
        let templates = auth.renew.iter().flat_map(RequestTemplate::templates).chain(values);
        templates.flat_map(Template::names).any(|name| name == wanted)
    }
}

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

    /// What the record says of a renewal that is under way.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.in_doubt.map(|since| (since, self.refresh_value().cloned()))
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
