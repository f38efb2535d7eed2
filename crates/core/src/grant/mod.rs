//! The machine that gets, keeps, renews and gives up the token of one connection.
//!
//! ```text
//!            Start, Renew, Revoke (from any state)
//!                 |                                   a token that serves: Done
//!                 v                                          ^
//!   with store: Loading --Loaded--> decide ------------------+
//!                 ^                  |   \ (no lease yet)
//!        Woke     |                  |    v
//!   Queueing <----|--- Leased(no) - Leasing --Leased(yes)--> Loading
//!                 |                  |
//!                 |                  v            Failed, 429, 5xx
//!                 |  (single use)  Marking --Saved--> Exchanging ----> Pausing
//!                 |                                   |    ^             | Woke
//!                 |                                   |    +-------------+
//!                 +---- renewal refused: re-read -----+
//!                                                     | Response
//!                                                     v
//!                   with store: Storing --Saved(no)--> Merging --> Storing
//!                                  |
//!                                  v
//!                               Releasing --> Done, or an error
//! ```
//!
//! A request with a signature in it waits in Signing before it is sent. Where several requests lead to a token, Exchanging
//! leads to Exchanging; whatever fails on the way begins with the first of them again.
//!
//! Before anything is sent under a lease that is about to end, the lease is given back and asked for again:
//! Exchanging and Pausing lead to Yielding, and `Released` from there to Loading. A mark that was written too late for
//! its lease is taken off first: Marking leads to Unmarking, and from there to Yielding.
//!
//! This file holds the states and the one `match`; `flight`, `store` and `exchange` what is done in each state,
//! `policy` which way to a token is taken and how long to wait, `clock` what a clock that was set back means.

mod clock;
mod exchange;
mod flight;
mod policy;
mod store;

pub use policy::Reconnect;

use crate::error::{Denial, Error, SettingsError};
use crate::flow::{Ambient, Event, Flow, Step};
use crate::http::Purpose;
use crate::redirect::Redirect;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::snapshot::{Held, Snapshot};
use crate::time::UnixTime;
use crate::token::{Captures, Token};
use core::mem;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::sync::Arc;

/// The grant of one connection.
#[derive(Debug)]
pub struct Grant {
    settings: Arc<Settings>,
    /// Whether a store keeps the record for other processes.
    shared: bool,
    held: Held,
    state: State,
    /// The latest time that was seen, by which a clock that was set back is noticed.
    latest: UnixTime,
    /// The end of which a person was warned already.
    warned: Option<UnixTime>,
    /// When to try again to write down what the store did not take.
    unsaved: Option<UnixTime>,
    /// A mark that may stand in the store although it is known here what became of its renewal.
    known: Option<Mark>,
}

/// What a record says before a refresh token is used that may be used once: since when it is in doubt, and which.
type Mark = (UnixTime, Option<Secret>);

/// What a grant ends with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Granted {
    /// A token.
    Token {
        /// The token.
        token: Arc<Token>,
        /// Where it comes from.
        source: Source,
        /// The failure of an early renewal, which does the caller no harm.
        setback: Option<Box<Error>>,
    },
    /// The token has ended.
    Revoked {
        /// Whether the server was told; if not, the token is only forgotten.
        revoked: bool,
    },
}

impl Serialize for Granted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Token { token, source, setback } => {
                map.serialize_entry("token", token.as_ref())?;
                map.serialize_entry("source", source)?;
                setback.iter().try_for_each(|error| map.serialize_entry("setback", error.as_ref()))?;
            }
            Self::Revoked { revoked } => map.serialize_entry("revoked", revoked)?,
        }
        map.end()
    }
}

impl Granted {
    fn held(token: &Arc<Token>) -> Self {
        Self::Token { token: token.clone(), source: Source::Held, setback: None }
    }
}

/// Where a token comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// It was at hand.
    Held,
    /// A first grant.
    Acquired,
    /// A renewal.
    Renewed,
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Held => "held",
            Self::Acquired => "acquired",
            Self::Renewed => "renewed",
        })
    }
}

/// What a caller finds without any I/O.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading<'a> {
    /// A token that serves.
    Fresh(&'a Arc<Token>),
    /// A token that serves, but someone should renew it now, in the background.
    Due(&'a Arc<Token>),
    /// Nothing: the grant must run.
    Stale,
}

#[derive(Debug)]
enum State {
    Idle,
    Loading(Flight),
    Leasing(Flight),
    Queueing(Flight),
    Marking(Flight),
    Unmarking(Flight),
    Signing(Flight),
    Exchanging(Flight),
    Pausing(Flight),
    Yielding(Flight),
    Storing(Flight, Outcome),
    Merging(Flight, Outcome),
    Releasing(Outcome),
}

impl State {
    const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Loading(_) => "loading",
            Self::Leasing(_) => "leasing",
            Self::Queueing(_) => "queueing",
            Self::Marking(_) => "marking",
            Self::Unmarking(_) => "unmarking",
            Self::Signing(_) => "signing",
            Self::Exchanging(_) => "exchanging",
            Self::Pausing(_) => "pausing",
            Self::Yielding(_) => "yielding",
            Self::Storing(..) => "storing",
            Self::Merging(..) => "merging",
            Self::Releasing(_) => "releasing",
        }
    }
}

type Outcome = Result<Granted, Error>;
type Advance = Result<Step<Granted>, Error>;

/// One run from `Start` or `Revoke` to its end.
#[derive(Debug)]
struct Flight {
    revoking: bool,
    /// The token that the API refused: it must not be served again, wherever it turns up.
    rejected: Option<Arc<Token>>,
    /// What the present exchange is for, and when its request was sent.
    purpose: Purpose,
    sent_at: UnixTime,
    /// Which of its requests is made, and for what came of those before it.
    step: usize,
    captures: Captures,
    /// What the values of that request are made from, and the signatures that are there already.
    moment: Option<Ambient>,
    signatures: Vec<String>,
    /// Where the request went: a secret may stand in it.
    url: Secret,
    /// Where a redirect leads, and how many there were.
    redirect: Option<Redirect>,
    redirects: u32,
    /// What was made from secrets for the request that is out.
    made: Vec<Secret>,
    /// Whether a renewal was in doubt before this exchange, and since when.
    prior: Option<UnixTime>,
    /// The mark under which it is made.
    mark: Option<Mark>,
    tries: u32,
    /// Whether the store is out of reach, or there is none.
    alone: bool,
    /// Until when the right to renew is held, if it is.
    leased: Option<UnixTime>,
    /// How often it was given back to be asked for again.
    yields: u32,
    /// When a person asked for a new token: an older one does not do.
    anew: Option<UnixTime>,
    /// Whether what is held differs from what is stored.
    dirty: bool,
    writes: u32,
    /// The token whose renewal the server refused, and its words.
    refused: Option<(Secret, Denial)>,
    /// How often the lease was found taken, and when first.
    queued: u32,
    queued_since: UnixTime,
}

impl Grant {
    /// A grant that has no token yet.
    #[must_use]
    pub fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            shared: false,
            held: Held::default(),
            state: State::Idle,
            latest: UnixTime::default(),
            warned: None,
            unsaved: None,
            known: None,
        }
    }

    /// A grant whose record is kept in a store, perhaps for other processes too.
    #[must_use]
    pub fn shared(settings: Arc<Settings>) -> Self {
        Self { shared: true, ..Self::new(settings) }
    }

    /// What the connection is made of.
    #[must_use]
    pub const fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// The token, if it can be used without a second thought.
    #[must_use]
    pub fn fresh(&self, now: UnixTime) -> Option<&Arc<Token>> {
        match self.read(now) {
            Reading::Fresh(token) => Some(token),
            _ => None,
        }
    }

    /// What a caller finds now.
    #[must_use]
    pub fn read(&self, now: UnixTime) -> Reading<'_> {
        match self.reading(now) {
            // What the store did not take is offered to it again, in the background.
            Reading::Fresh(token) if self.unsaved.is_some_and(|next| next <= now) => Reading::Due(token),
            reading => reading,
        }
    }

    fn reading(&self, now: UnixTime) -> Reading<'_> {
        let now = self.settled(now);
        match &self.held.access {
            Some(token) if !token.is_alive(now) => Reading::Stale,
            Some(token) if token.is_due(now) && self.held.setback(now).is_none() => Reading::Due(token),
            Some(token) => Reading::Fresh(token),
            None => Reading::Stale,
        }
    }

    /// The state, for a host that keeps it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { key: self.settings.key().to_owned(), held: self.held.clone() }
    }

    /// Takes a state that was kept.
    ///
    /// # Errors
    /// It belongs to a connection with other parameters.
    pub fn restore(&mut self, snapshot: Snapshot) -> Result<(), Error> {
        if snapshot.key != self.settings.key() {
            let problem = "belongs to a connection with other parameters";
            return Err(SettingsError::Snapshot { problem }.into());
        }
        self.held = snapshot.held;
        (self.state, self.unsaved, self.known) = (State::Idle, None, None);
        Ok(())
    }

    /// The name of the present state, for people who write adapters.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        self.state.name()
    }

    fn go(&mut self, state: State, step: Step<Granted>) -> Advance {
        self.state = state;
        Ok(step)
    }
}

impl Flow for Grant {
    type Output = Granted;

    fn advance(&mut self, event: Event, ambient: &Ambient) -> Result<Step<Granted>, Error> {
        let state = mem::replace(&mut self.state, State::Idle);
        if matches!(event, Event::Start { .. } | Event::Renew | Event::Revoke) {
            self.abandon(&state, ambient.now);
            self.look(ambient.now);
        }
        match (state, event) {
            (_, Event::Start { rejected }) => self.start(rejected, ambient),
            (_, Event::Renew) => {
                let anew = Some(ambient.now);
                self.begin(Flight { anew, ..Flight::new(false, None, !self.shared) }, ambient)
            }
            (_, Event::Revoke) => self.begin(Flight::new(true, None, !self.shared), ambient),
            (State::Loading(flight), Event::Loaded(record)) => self.loaded(flight, record, ambient),
            (State::Leasing(flight), Event::Leased(true)) => self.go(State::Loading(flight), Step::Load),
            (State::Leasing(flight), Event::Leased(false)) => {
                self.queue(Flight { leased: None, ..flight }, ambient)
            }
            (State::Queueing(flight), Event::Woke) => self.go(State::Loading(flight), Step::Load),
            // Without its store a process serves from memory.
            (State::Loading(flight), Event::Failed(_)) => {
                self.decide(Flight { alone: true, ..flight }, ambient)
            }
            (State::Leasing(flight), Event::Failed(_)) => {
                self.decide(Flight { alone: true, leased: None, ..flight }, ambient)
            }
            (State::Marking(flight), Event::Saved(true)) => {
                self.held.revision += 1;
                self.send(flight, ambient)
            }
            (State::Marking(flight), Event::Saved(false)) => self.not_marked(flight),
            (State::Yielding(flight), Event::Released | Event::Failed(_)) => {
                self.go(State::Loading(flight), Step::Load)
            }
            (State::Marking(flight), Event::Failed(_)) => self.unmarkable(flight, ambient),
            (State::Unmarking(flight), Event::Saved(written)) => {
                self.held.revision += u64::from(written);
                self.known.take_if(|_| written && self.held.in_doubt.is_none());
                self.give_way(flight, ambient)
            }
            (State::Unmarking(flight), Event::Failed(_)) => {
                self.give_way(Flight { dirty: true, ..flight }, ambient)
            }
            (State::Signing(mut flight), Event::Signed(signature)) => {
                flight.signatures.push(signature);
                self.ask(flight, ambient)
            }
            (State::Signing(flight), Event::Failed(fault)) => self.unsigned(flight, &fault, ambient),
            (State::Exchanging(flight), Event::Response(response)) => {
                self.answered(flight, &response, ambient)
            }
            (State::Exchanging(flight), Event::Failed(fault)) => self.failed(flight, fault, ambient),
            (State::Pausing(flight), Event::Woke) => self.exchange(flight, ambient),
            (State::Storing(flight, outcome), Event::Saved(true)) => {
                self.held.revision += 1;
                self.known.take_if(|_| self.held.in_doubt.is_none());
                self.finish(Flight { dirty: false, ..flight }, outcome, ambient)
            }
            (State::Storing(flight, outcome), Event::Saved(false)) => {
                self.go(State::Merging(flight, outcome), Step::Load)
            }
            (State::Merging(flight, outcome), Event::Loaded(record)) => {
                self.merge(flight, outcome, record, ambient)
            }
            (State::Storing(flight, outcome) | State::Merging(flight, outcome), Event::Failed(_)) => {
                self.finish(Flight { writes: policy::MOST_WRITES, ..flight }, outcome, ambient)
            }
            (State::Releasing(outcome), Event::Released | Event::Failed(_)) => {
                outcome.map(|output| Step::Done { output })
            }
            (state, event) => {
                let misuse = Error::Misuse { state: state.name(), event: event.name() };
                self.state = state;
                Err(misuse)
            }
        }
    }
}

impl Flight {
    fn new(revoking: bool, rejected: Option<Arc<Token>>, alone: bool) -> Self {
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
            prior: None,
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
