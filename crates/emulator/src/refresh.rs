//! Refresh tokens that live apart from access tokens, and what happens to them when used.
//!
//! Decides: rotation, reuse detection, idle and absolute life. Neither Appspace nor Omnissa says whether
//! a refresh token rotates, so the way is a switch. RFC 9700 section 4.14.2 describes the rotating ways.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::tokens::digest;

const CROWDED: usize = 50_000;

/// What a system does with a refresh token when it is used.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The reply carries no refresh token; the old one stays good.
    None,
    /// The reply repeats the one that was sent.
    Same,
    /// The reply carries a new one; the old one is refused from then on.
    Rotate,
    /// As `Rotate`, and use of an old one also revokes everything that came from it.
    RotateRevokeFamily,
    /// As `Rotate`, but the one just replaced returns the same new pair again for some time.
    GraceReplay {
        /// How long.
        seconds: u64,
    },
}

/// A chain of refresh tokens with one origin.
#[derive(Clone, Debug)]
struct Family {
    client: String,
    expires_ms: u64,
    /// Refused when not used before this time, if the system has an idle limit.
    idle_ms: u64,
    dead: bool,
    current: [u8; 32],
    replay: Option<Replay>,
}

#[derive(Clone)]
struct Replay {
    old: [u8; 32],
    until_ms: u64,
    body: Vec<u8>,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("until_ms", &self.until_ms).finish_non_exhaustive()
    }
}

/// The life of a refresh token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) seconds: u64,
    pub(crate) idle_seconds: Option<u64>,
}

/// What came of a refresh token that was presented.
#[derive(Debug)]
pub(crate) enum Presented {
    /// It is the present one of this family.
    Current(u64),
    /// It was replaced a moment ago: send this body again.
    Replay(Vec<u8>),
    /// Its reuse has revoked this family.
    Reused(u64),
    /// Unknown, another client's, dead, idle too long or expired.
    Refused,
}

/// All refresh tokens of a system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Families {
    by_token: BTreeMap<[u8; 32], u64>,
    by_id: BTreeMap<u64, Family>,
    next: u64,
}

impl Families {
    /// Starts a family and returns its id, which is never 0.
    pub(crate) fn start(&mut self, client: &str, token: &str, life: Life, now_ms: u64) -> u64 {
        if self.by_id.len() >= CROWDED {
            self.by_id.retain(|_, family| !family.dead && family.expires_ms > now_ms);
            self.by_token.retain(|_, id| self.by_id.contains_key(id));
        }
        self.next += 1;
        let family = Family {
            client: client.into(),
            expires_ms: now_ms.saturating_add(life.seconds.saturating_mul(1000)),
            idle_ms: idle(life, now_ms),
            dead: false,
            current: digest(token),
            replay: None,
        };
        self.by_token.insert(family.current, self.next);
        self.by_id.insert(self.next, family);
        self.next
    }

    /// The family of a token.
    pub(crate) fn of(&self, token: &str) -> Option<u64> {
        self.by_token.get(&digest(token)).copied()
    }

    /// Judges a refresh token; a reused one may kill its family.
    pub(crate) fn present(
        &mut self,
        client: &str,
        token: &str,
        rotation: Rotation,
        now_ms: u64,
    ) -> Presented {
        let key = digest(token);
        let Some(&id) = self.by_token.get(&key) else { return Presented::Refused };
        let Some(family) = self.by_id.get_mut(&id) else { return Presented::Refused };
        let spent = family.dead || family.expires_ms <= now_ms || family.idle_ms <= now_ms;
        if family.client != client || spent {
            return Presented::Refused;
        }
        if family.current == key {
            return Presented::Current(id);
        }
        match (rotation, &family.replay) {
            (Rotation::GraceReplay { .. }, Some(replay)) if replay.old == key && now_ms < replay.until_ms => {
                Presented::Replay(replay.body.clone())
            }
            (Rotation::RotateRevokeFamily, _) => {
                family.dead = true;
                Presented::Reused(id)
            }
            _ => Presented::Refused,
        }
    }

    /// Notes that the present token was used, which starts its idle time again.
    pub(crate) fn touch(&mut self, id: u64, life: Life, now_ms: u64) {
        if let Some(family) = self.by_id.get_mut(&id) {
            family.idle_ms = idle(life, now_ms);
        }
    }

    /// Replaces the present token of a family.
    pub(crate) fn rotate(&mut self, id: u64, token: &str, rotation: Rotation, now_ms: u64, body: &[u8]) {
        let Some(family) = self.by_id.get_mut(&id) else { return };
        if let Rotation::GraceReplay { seconds } = rotation {
            let until_ms = now_ms.saturating_add(seconds.saturating_mul(1000));
            family.replay = Some(Replay { old: family.current, until_ms, body: body.to_vec() });
        }
        family.current = digest(token);
        self.by_token.insert(family.current, id);
    }

    /// Kills the family of a token; false if there is none, or it was dead.
    pub(crate) fn kill(&mut self, token: &str) -> bool {
        let family = self.by_token.get(&digest(token)).and_then(|id| self.by_id.get_mut(id));
        family.is_some_and(|family| !std::mem::replace(&mut family.dead, true))
    }

    pub(crate) fn kill_client(&mut self, client: &str) {
        self.by_id.values_mut().filter(|f| f.client == client).for_each(|f| f.dead = true);
    }

    pub(crate) fn kill_all(&mut self) {
        self.by_id.values_mut().for_each(|family| family.dead = true);
    }

    pub(crate) fn expire_all(&mut self) {
        self.by_id.values_mut().for_each(|family| family.expires_ms = 0);
    }
}

fn idle(life: Life, now_ms: u64) -> u64 {
    life.idle_seconds.map_or(u64::MAX, |seconds| now_ms.saturating_add(seconds.saturating_mul(1000)))
}
