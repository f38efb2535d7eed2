//! What a clock that was set back means for what is held.
//!
//! A time that lies before one that was seen, or before the moment at which the token was asked for, tells that the
//! clock was wrong then or is wrong now. Which of both is not known, but time has not gone back: whatever was over is
//! over, and what is left of a token is not more than it was. So the token's times move back with the clock.
//!
//! Where a token cannot be replaced without a person it stays as it is: an early end would cost more than a refusal.

use super::{Grant, policy};
use crate::time::UnixTime;
use crate::token::Token;
use core::time::Duration;
use std::sync::Arc;

/// Clocks of several hosts differ by so much, and one that is corrected jumps by so much, without a word about it.
pub(super) const TOLERANCE: Duration = Duration::from_secs(10);

/// A failure that lies further ahead than clocks may differ is none of this time.
const AHEAD: Duration = Duration::from_secs(300);

impl Grant {
    /// Tells the latest time that a reader saw and the time now. For adapters whose readers take the token from a copy,
    /// so that what they saw is not lost.
    pub fn observe(&mut self, latest: UnixTime, now: UnixTime) {
        self.latest = self.latest.max(latest);
        self.look(now);
    }

    /// The time at which what is held must be judged: never an earlier one than was seen.
    pub(super) fn settled(&self, now: UnixTime) -> UnixTime {
        now.max(self.seen())
    }

    /// Notices a clock that was set back, and a pause that comes from a clock which was ahead, perhaps that of another
    /// process.
    pub(super) fn look(&mut self, now: UnixTime) {
        let (own, back) = (self.latest.since(now), self.seen().since(now));
        if own > TOLERANCE {
            self.latest = now;
            if let Some(setback) = &mut self.held.setback {
                setback.at = setback.at.map(|at| at.before(own));
                setback.until = setback.until.before(own);
            }
        }
        if back > TOLERANCE {
            self.move_back(back);
        }
        self.latest = self.latest.max(now);
        self.held.setback.take_if(|setback| {
            let ahead = setback.at.is_some_and(|at| at.since(now) > AHEAD);
            ahead || setback.until.since(now) > policy::LONGEST_SETBACK
        });
    }

    fn move_back(&mut self, back: Duration) {
        if self.is_replaceable()
            && let Some(token) = &mut self.held.access
        {
            *token = Arc::new(Token {
                value: token.value.clone(),
                captures: token.captures.clone(),
                obtained_at: token.obtained_at.before(back),
                expires_at: token.expires_at.map(|end| end.before(back)),
                renew_at: token.renew_at.map(|due| due.before(back)),
            });
        }
    }

    fn seen(&self) -> UnixTime {
        let asked =
            self.held.access.as_ref().filter(|_| self.is_replaceable()).map(|token| token.obtained_at);
        self.latest.max(asked.unwrap_or_default())
    }

    fn is_replaceable(&self) -> bool {
        let auth = self.settings.auth();
        auth.acquires() || (!auth.renew.is_empty() && self.held.refresh.is_some())
    }
}
