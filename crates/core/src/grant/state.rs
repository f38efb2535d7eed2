//! Where a flight is, and what it knows.

use super::Outcome;
use crate::error::Denial;
use crate::flow::Ambient;
use crate::http::Purpose;
use crate::redirect::Redirect;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::token::{Captures, Token};
use std::sync::Arc;

#[derive(Debug)]
pub(super) enum State {
    Idle,
    Loading(Flight),
    Leasing(Flight),
    Queueing(Flight),
    Marking(Flight),
    Signing(Flight),
    Exchanging(Flight),
    Pausing(Flight),
    Yielding(Flight),
    Storing(Flight, Outcome),
    Merging(Flight, Outcome),
    Releasing(Outcome),
}

impl State {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Loading(_) => "loading",
            Self::Leasing(_) => "leasing",
            Self::Queueing(_) => "queueing",
            Self::Marking(_) => "marking",
            Self::Signing(_) => "signing",
            Self::Exchanging(_) => "exchanging",
            Self::Pausing(_) => "pausing",
            Self::Yielding(_) => "yielding",
            Self::Storing(..) => "storing",
            Self::Merging(..) => "merging",
            Self::Releasing(_) => "releasing",
        }
    }

    /// Whether a flight that is dropped here knows what the store does not.
    pub(super) const fn owes(&self) -> bool {
        match self {
            Self::Idle | Self::Releasing(_) => false,
            Self::Marking(_) => true,
            Self::Signing(flight) => flight.dirty || flight.mark.is_some(),
            Self::Loading(flight)
            | Self::Leasing(flight)
            | Self::Queueing(flight)
            | Self::Exchanging(flight)
            | Self::Pausing(flight)
            | Self::Yielding(flight)
            | Self::Storing(flight, _)
            | Self::Merging(flight, _) => flight.dirty,
        }
    }
}

/// One run from `Start` or `Revoke` to its end.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) revoking: bool,
    /// The token that the API refused: it must not be served again, wherever it turns up.
    pub(super) rejected: Option<Arc<Token>>,
    /// What the present exchange is for, and when its request was sent.
    pub(super) purpose: Purpose,
    pub(super) sent_at: UnixTime,
    /// Which of its requests is made, and for what came of those before it.
    pub(super) step: usize,
    pub(super) captures: Captures,
    /// What the values of that request are made from, and the signatures that are there already.
    pub(super) moment: Option<Ambient>,
    pub(super) signatures: Vec<String>,
    /// Where the request went: a secret may stand in it.
    pub(super) url: Secret,
    /// Where a redirect leads, and how many there were.
    pub(super) redirect: Option<Redirect>,
    pub(super) redirects: u32,
    /// What was made from secrets for the request that is out.
    pub(super) made: Vec<Secret>,
    /// The mark under which it is made.
    pub(super) mark: Option<UnixTime>,
    pub(super) tries: u32,
    /// Whether the store is out of reach, or there is none.
    pub(super) alone: bool,
    /// Until when the right to renew is held, if it is.
    pub(super) leased: Option<UnixTime>,
    /// How often it was given back to be asked for again.
    pub(super) yields: u32,
    /// When a person asked for a new token: an older one does not do.
    pub(super) anew: Option<UnixTime>,
    /// Whether what is held differs from what is stored.
    pub(super) dirty: bool,
    pub(super) writes: u32,
    /// The token whose renewal the server refused, and its words.
    pub(super) refused: Option<(Secret, Denial)>,
    /// How often the lease was found taken, and when first.
    pub(super) queued: u32,
    pub(super) queued_since: UnixTime,
}

impl Flight {
    pub(super) fn new(revoking: bool, rejected: Option<Arc<Token>>, alone: bool) -> Self {
        Self {
            revoking,
            rejected,
            purpose: Purpose::Acquire,
            sent_at: UnixTime::from_millis(0),
            step: 0,
            captures: Captures::default(),
            moment: None,
            signatures: Vec::new(),
            url: String::new().into(),
            redirect: None,
            redirects: 0,
            made: Vec::new(),
            mark: None,
            tries: 0,
            alone,
            leased: None,
            yields: 0,
            anew: None,
            dirty: false,
            writes: 0,
            refused: None,
            queued: 0,
            queued_since: UnixTime::from_millis(0),
        }
    }
}
