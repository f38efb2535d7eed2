//! One run of the grant at a time, and everybody else waits for it.
//!
//! A flight is a task of its own. Its callers hold a share of its outcome and nothing more, so dropping one of them
//! changes nothing, and a flight that dies with its runtime leaves its place free: the next caller begins afresh.

use crate::clock::{BoxFuture, Clock};
use crate::driver::{TokenWire, drive};
use crate::store::Store;
use arc_swap::ArcSwapOption;
use futures_util::FutureExt;
use futures_util::future::Shared;
use grantline_core::{
    Ambient, Error, Event, Fault, FaultKind, Flow, Grant, Granted, Notice, Reading, Settings, Source, Step,
    Token, UnixTime,
};
use reqwest::Client;
use reqwest::header::HeaderValue;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use tokio::sync::oneshot;

/// So often a caller begins afresh after a flight that died with its runtime.
const MOST_STARTS: u32 = 3;

/// What all clones of a connection share.
pub(crate) struct Inner {
    pub(crate) settings: Arc<Settings>,
    /// The connection's name in a store.
    pub(crate) key: String,
    pub(crate) token_client: Client,
    pub(crate) api_client: Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) observer: Option<Box<Observer>>,
    pub(crate) published: ArcSwapOption<Published>,
    /// Never held across an await, nor while foreign code runs.
    pub(crate) desk: Mutex<Desk>,
}

pub(crate) type Observer = dyn Fn(&Notice) + Send + Sync;

/// The present token, for readers who take no lock.
pub(crate) struct Published {
    pub(crate) token: Arc<Token>,
    pub(crate) header: Option<HeaderValue>,
}

/// The grant, and the flight that is under way.
pub(crate) struct Desk {
    pub(crate) grant: Grant,
    flight: Option<Flight>,
    flights: u64,
}

struct Flight {
    number: u64,
    revoking: bool,
    landing: Landing,
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

    fn present(&self, now: UnixTime) -> Option<(Arc<Token>, bool)> {
        match self.grant.read(now) {
            // A token that is being revoked serves nobody.
            _ if self.flight.as_ref().is_some_and(|flight| flight.revoking) => None,
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

    pub(crate) fn notify(&self, notice: &Notice) {
        self.observer.iter().for_each(|observer| observer(notice));
    }

    fn ambient(&self) -> Ambient {
        let mut entropy = [0; 32];
        // Without random bytes there is no TLS either: nothing is lost if retries then are not spread.
        let _ = getrandom::fill(&mut entropy);
        Ambient::new(self.clock.now(), entropy)
    }

    /// Lets readers without a lock see what the grant holds.
    pub(crate) fn publish(&self, desk: &Desk, now: UnixTime) {
        let token = desk.present(now).map(|(token, _)| token);
        let seen = self.published.load();
        let same = match (seen.as_ref(), &token) {
            (Some(seen), Some(token)) => Arc::ptr_eq(&seen.token, token),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.published.store(token.map(|token| {
                let header = self.header(&token).ok();
                Arc::new(Published { token, header })
            }));
        }
    }

    fn advance(&self, desk: &mut Desk, event: Event, ambient: &Ambient) -> Result<Step<Granted>, Error> {
        let step = desk.grant.advance(event, ambient);
        self.publish(desk, ambient.now);
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
            let refused = |token: &Token| rejected.as_ref().is_some_and(|known| known.value == token.value);
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
                    // The flight that was under way knew nothing of the rejection, and kept the token.
                    Landed::Well(Ok(Granted::Token { token, source: Source::Held, .. }))
                        if refused(&token) => {}
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
        let ambient = self.ambient();
        let desk = self.desk();
        let refused = |token: &Token| rejected.as_ref().is_some_and(|known| known.value == token.value);
        let present = desk.present(ambient.now).filter(|(token, _)| !refused(token));
        let served = |token| Granted::Token { token, source: Source::Held, setback: None };
        match (present, &desk.flight) {
            (Some((token, false)), _) | (Some((token, true)), Some(_)) => Ok(Boarding::Served(served(token))),
            (None, Some(flight)) => Ok(Boarding::Wait(flight.landing.clone())),
            (Some((token, true)), None) => {
                // Due: this caller need not wait for the renewal, nor care how it ends.
                self.begin(desk, Event::START, &ambient).map(|_| Boarding::Served(served(token)))
            }
            (None, None) => self.begin(desk, Event::Start { rejected }, &ambient),
        }
    }

    /// Gives up the token; whether the server was told.
    pub(crate) async fn revoke(self: &Arc<Self>) -> Result<bool, Error> {
        let mut starts = 0;
        while starts < MOST_STARTS {
            let landed = match self.board_revoking()? {
                Boarding::Served(granted) => Landed::Well(Ok(granted)),
                Boarding::Wait(landing) => landing.await,
                // What the other flight brings must end, too.
                Boarding::After(landing) => {
                    landing.await;
                    continue;
                }
            };
            match landed {
                Landed::Well(Ok(Granted::Revoked { revoked })) => return Ok(revoked),
                Landed::Well(Ok(Granted::Token { .. })) => {}
                Landed::Well(Err(error)) => return Err(error),
                Landed::Abandoned => starts += 1,
                Landed::Panicked => return Err(panicked()),
            }
        }
        Err(abandoned())
    }

    fn board_revoking(self: &Arc<Self>) -> Result<Boarding, Error> {
        let ambient = self.ambient();
        let desk = self.desk();
        match &desk.flight {
            Some(flight) if flight.revoking => Ok(Boarding::Wait(flight.landing.clone())),
            Some(flight) => Ok(Boarding::After(flight.landing.clone())),
            None => self.begin(desk, Event::Revoke, &ambient),
        }
    }

    /// Gives the grant its first event, and a task if that does not end it.
    fn begin(
        self: &Arc<Self>,
        mut desk: MutexGuard<'_, Desk>,
        event: Event,
        ambient: &Ambient,
    ) -> Result<Boarding, Error> {
        let revoking = event == Event::Revoke;
        let step = match self.advance(&mut desk, event, ambient)? {
            Step::Done { output } => return Ok(Boarding::Served(output)),
            step => step,
        };
        let (sender, receiver) = oneshot::channel();
        let landing = receiver.map(|landed| landed.unwrap_or(Landed::Abandoned)).boxed().shared();
        desk.flights += 1;
        let number = desk.flights;
        desk.flight = Some(Flight { number, revoking, landing: landing.clone() });
        self.publish(&desk, ambient.now);
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
        let mut wire = TokenWire(inner.token_client.clone());
        let advance = |event| {
            let ambient = inner.ambient();
            inner.advance(&mut inner.desk(), event, &ambient)
        };
        let outcome = drive(&inner, &mut wire, step, advance).await;
        Notice::ended(&outcome).iter().for_each(|notice| inner.notify(notice));
        self.land(Landed::Well(outcome));
    }

    fn land(&mut self, landed: Landed) {
        let Some(sender) = self.sender.take() else { return };
        let now = self.inner.clock.now();
        let mut desk = self.inner.desk();
        desk.flight.take_if(|flight| flight.number == self.number);
        self.inner.publish(&desk, now);
        drop(desk);
        // Perhaps nobody waits: a renewal in the background.
        let _ = sender.send(landed);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.land(if thread::panicking() { Landed::Panicked } else { Landed::Abandoned });
    }
}

fn abandoned() -> Error {
    Error::Transport(Fault::new(FaultKind::Unreachable, "the tokio runtime is shutting down"))
}

const fn panicked() -> Error {
    Error::Misuse { state: "exchanging", event: "panic" }
}
