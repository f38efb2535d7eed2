//! One run of the grant at a time, and everybody else waits for it.
//!
//! A flight is a task of its own. Its callers hold a share of its outcome and nothing more, so dropping one of them
//! changes nothing, and a flight that dies with its runtime leaves its place free: the next caller begins afresh.

use crate::clock::BoxFuture;
use crate::driver::{TokenWire, drive};
use crate::inner::Inner;
use futures_util::FutureExt;
use futures_util::future::Shared;
use grantline_core::{
    Ambient, Error, Event, Fault, FaultKind, Flow, Grant, Granted, Notice, Reading, Source, Step, Token,
    UnixTime,
};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;
use tokio::sync::oneshot;

/// So often a caller begins afresh after a flight that died with its runtime.
const MOST_STARTS: u32 = 3;

/// The grant, and the flight that is under way.
pub(crate) struct Desk {
    pub(crate) grant: Grant,
    flight: Option<Flight>,
    flights: u64,
}

struct Flight {
    number: u64,
    aim: Aim,
    landing: Landing,
}

/// What a flight is for. A caller who wants another waits for its end and begins anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Aim {
    /// A token that serves.
    Serve,
    /// A new token, whatever is at hand.
    Renew,
    /// No token.
    Revoke,
}

type Landing = Shared<BoxFuture<'static, Landed>>;

/// How a flight ended.
#[derive(Clone)]
enum Landed {
    Well(Result<Granted, Error>),
    /// Its runtime has ended.
    Abandoned,
    /// The observer, the clock or the store panicked.
    Panicked,
}

/// What a caller is told at once: the outcome, or where to wait for it.
enum Boarding {
    Served(Granted),
    Wait(Landing),
    /// Another flight must end first.
    After(Landing),
}

impl Desk {
    pub(crate) const fn new(grant: Grant) -> Self {
        Self { grant, flight: None, flights: 0 }
    }

    pub(crate) fn present(&self, now: UnixTime) -> Option<(Arc<Token>, bool)> {
        match self.grant.read(now) {
            // A token that is being revoked serves nobody.
            _ if self.flight.as_ref().is_some_and(|flight| flight.aim == Aim::Revoke) => None,
            Reading::Fresh(token) => Some((token.clone(), false)),
            Reading::Due(token) => Some((token.clone(), true)),
            Reading::Stale => None,
        }
    }
}

impl Inner {
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        // A panic in the core would be a bug; its state is legal all the same, because `Start` always is.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self, desk: &mut Desk, event: Event, now: UnixTime) -> Result<Step<Granted>, Error> {
        let step = desk.grant.advance(event, &Ambient::new(now, entropy()));
        self.publish(desk, now);
        step
    }

    /// A token that serves, and is not the rejected one.
    ///
    /// Boxed, because a call's flight waits in here for the grant's flight.
    pub(crate) fn authorize(
        self: &Arc<Self>,
        rejected: Option<Arc<Token>>,
    ) -> BoxFuture<'_, Result<Arc<Token>, Error>> {
        Box::pin(async move {
            if rejected.is_some() {
                self.notify(&Notice::Rejected);
            }
            let mut starts = 0;
            while starts < MOST_STARTS {
                let landed = match self.board(rejected.clone()) {
                    Ok(Boarding::Served(granted)) => Landed::Well(Ok(granted)),
                    Ok(Boarding::Wait(landing) | Boarding::After(landing)) => landing.await,
                    Err(error) => {
                        let outcome = Err(error);
                        Notice::ended(&outcome).iter().for_each(|notice| self.notify(notice));
                        Landed::Well(outcome)
                    }
                };
                match landed {
                    // The flight that was under way knew nothing of the rejection: it kept the token, or has brought it
                    // just now.
                    Landed::Well(Ok(Granted::Token { token, .. })) if is(&rejected, &token) => {}
                    Landed::Well(Ok(Granted::Token { token, .. })) => return Ok(token),
                    Landed::Well(Ok(Granted::Revoked { .. })) => {}
                    Landed::Well(Err(error)) => return Err(error),
                    Landed::Abandoned => starts += 1,
                    Landed::Panicked => return Err(panicked()),
                }
            }
            Err(abandoned())
        })
    }

    /// Serves a caller from memory, or seats it in the flight that is under way, or in a new one.
    fn board(self: &Arc<Self>, rejected: Option<Arc<Token>>) -> Result<Boarding, Error> {
        let now = self.look();
        let desk = self.desk();
        let present = desk.present(now).filter(|(token, _)| !is(&rejected, token));
        let served = |token| Granted::Token { token, source: Source::Held, setback: None };
        match (present, &desk.flight) {
            (Some((token, false)), _) | (Some((token, true)), Some(_)) => Ok(Boarding::Served(served(token))),
            (None, Some(flight)) => Ok(Boarding::Wait(flight.landing.clone())),
            (Some((token, true)), None) => {
                // Due: this caller need not wait for the renewal, nor care how it ends.
                self.begin(desk, Event::START, now).map(|_| Boarding::Served(served(token)))
            }
            (None, None) => self.begin(desk, Event::Start { rejected }, now),
        }
    }

    /// Gives up the token; whether the server was told.
    pub(crate) async fn revoke(self: &Arc<Self>) -> Result<bool, Error> {
        loop {
            if let Granted::Revoked { revoked } = self.insist(Aim::Revoke).await? {
                return Ok(revoked);
            }
        }
    }

    /// A new token now, whatever is at hand and whatever failure is remembered; the failure of the attempt, if the old
    /// token still serves.
    pub(crate) async fn renew(self: &Arc<Self>) -> Result<Arc<Token>, Error> {
        match self.insist(Aim::Renew).await? {
            Granted::Token { token, setback: None, .. } => Ok(token),
            Granted::Token { setback: Some(error), .. } => Err(*error),
            Granted::Revoked { .. } => Err(Error::Misuse { state: "renewing", event: "revoked" }),
        }
    }

    /// Makes a flight with this aim, or joins one.
    async fn insist(self: &Arc<Self>, aim: Aim) -> Result<Granted, Error> {
        let mut starts = 0;
        while starts < MOST_STARTS {
            let landed = match self.board_for(aim)? {
                Boarding::Served(granted) => Landed::Well(Ok(granted)),
                Boarding::Wait(landing) => landing.await,
                // What the other flight brings is not what is wanted.
                Boarding::After(landing) => {
                    landing.await;
                    continue;
                }
            };
            match landed {
                Landed::Well(outcome) => return outcome,
                Landed::Abandoned => starts += 1,
                Landed::Panicked => return Err(panicked()),
            }
        }
        Err(abandoned())
    }

    fn board_for(self: &Arc<Self>, aim: Aim) -> Result<Boarding, Error> {
        let now = self.look();
        let desk = self.desk();
        match &desk.flight {
            Some(flight) if flight.aim == aim => Ok(Boarding::Wait(flight.landing.clone())),
            Some(flight) => Ok(Boarding::After(flight.landing.clone())),
            None => self.begin(desk, if aim == Aim::Revoke { Event::Revoke } else { Event::Renew }, now),
        }
    }

    /// Gives the grant its first event, and a task if that does not end it.
    fn begin(
        self: &Arc<Self>,
        mut desk: MutexGuard<'_, Desk>,
        event: Event,
        now: UnixTime,
    ) -> Result<Boarding, Error> {
        let aim = match event {
            Event::Revoke => Aim::Revoke,
            Event::Renew => Aim::Renew,
            _ => Aim::Serve,
        };
        let step = match self.advance(&mut desk, event, now)? {
            Step::Done { output } => return Ok(Boarding::Served(output)),
            step => step,
        };
        let (sender, receiver) = oneshot::channel();
        let landing = receiver.map(|landed| landed.unwrap_or(Landed::Abandoned)).boxed().shared();
        desk.flights += 1;
        let number = desk.flights;
        desk.flight = Some(Flight { number, aim, landing: landing.clone() });
        self.publish(&desk, now);
        // A runtime that is ending drops the task at once, and its ticket needs the desk.
        drop(desk);
        let ticket = Ticket { inner: self.clone(), number, sender: Some(sender) };
        tokio::spawn(ticket.fly(step));
        Ok(Boarding::Wait(landing))
    }
}

/// A flight's place at the desk, which is given back however the flight ends.
struct Ticket {
    inner: Arc<Inner>,
    number: u64,
    sender: Option<oneshot::Sender<Landed>>,
}

impl Ticket {
    async fn fly(mut self, step: Step<Granted>) {
        let inner = self.inner.clone();
        let mut wire = TokenWire(inner.token_clients.clone());
        let advance = |event| {
            let now = inner.clock.now();
            inner.advance(&mut inner.desk(), event, now)
        };
        let outcome = drive(&inner, &mut wire, step, advance).await;
        Notice::ended(&outcome).iter().for_each(|notice| inner.notify(notice));
        self.land(Landed::Well(outcome));
    }

    /// Asks no clock, which may be what has panicked.
    fn land(&mut self, landed: Landed) {
        let Some(sender) = self.sender.take() else { return };
        self.inner.desk().flight.take_if(|flight| flight.number == self.number);
        // Perhaps nobody waits: a renewal in the background.
        let _ = sender.send(landed);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.land(if thread::panicking() { Landed::Panicked } else { Landed::Abandoned });
    }
}

/// Whether this is the token that the API refused.
fn is(rejected: &Option<Arc<Token>>, token: &Token) -> bool {
    rejected.as_ref().is_some_and(|rejected| rejected.value == token.value)
}

fn abandoned() -> Error {
    Error::Transport(Fault::new(FaultKind::Unreachable, "the tokio runtime is shutting down"))
}

const fn panicked() -> Error {
    Error::Misuse { state: "exchanging", event: "panic" }
}

pub(crate) fn entropy() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Without random bytes there is no TLS either: nothing is lost if retries then are not spread.
    let _ = getrandom::fill(&mut bytes);
    bytes
}
