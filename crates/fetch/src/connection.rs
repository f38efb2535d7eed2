//! A connection: one grant, driven over `fetch`, and shared by everyone in the page.

use crate::builder::{Builder, Clock, Listener};
use crate::flight::{Flight, Outcome};
use crate::host::{self, Timer};
use crate::store::Shelf;
use crate::transport::Transport;
use core::cell::{Cell, RefCell};
use core::fmt;
use grantline_core::{
    Ambient, Connector, Error, Event, Flow, Grant, Granted, Notice, Reading, Reconnect, Settings, Snapshot,
    Step, Token, UnixTime,
};
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// A connection to a service. Clones share it.
#[derive(Clone)]
pub struct Connection(pub(crate) Rc<Inner>);

pub(crate) struct Inner {
    settings: Arc<Settings>,
    pub(crate) grant: RefCell<Grant>,
    flight: RefCell<Option<Rc<Flight>>>,
    /// Which run the grant is in: a run that is stepped from outside must notice that another has begun.
    pub(crate) run: Cell<u32>,
    pub(crate) transport: Transport,
    pub(crate) shelf: Option<Shelf>,
    clock: Clock,
    listener: Option<Listener>,
}

impl Connection {
    /// Describes a connection to a service.
    #[must_use]
    pub fn builder(connector: Connector) -> Builder {
        Builder::new(connector)
    }

    pub(crate) fn new(
        grant: Grant,
        transport: Transport,
        shelf: Option<Shelf>,
        clock: Clock,
        listener: Option<Listener>,
    ) -> Self {
        let settings = grant.settings().clone();
        let (grant, flight, run) = (RefCell::new(grant), RefCell::new(None), Cell::new(0));
        Self(Rc::new(Inner { settings, grant, flight, run, transport, shelf, clock, listener }))
    }

    /// What the connection is made of.
    #[must_use]
    pub fn settings(&self) -> &Arc<Settings> {
        &self.0.settings
    }

    /// The time, as this connection sees it.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        (self.0.clock)()
    }

    /// The token that is at hand, if it serves. One that is due is renewed in the background; one that is being revoked
    /// serves nobody.
    #[must_use]
    pub fn read(&self) -> Option<Arc<Token>> {
        let now = self.now();
        if self.current().is_some_and(|flight| flight.revoking) {
            return None;
        }
        let (token, due) = match self.0.grant.borrow().read(now) {
            Reading::Fresh(token) => (token.clone(), false),
            Reading::Due(token) => (token.clone(), true),
            Reading::Stale => return None,
        };
        if due && self.current().is_none() {
            self.begin(Event::START);
        }
        Some(token)
    }

    /// A token that serves.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn token(&self) -> Result<Arc<Token>, Error> {
        match self.read() {
            Some(token) => Ok(token),
            None => self.authorize(None).await,
        }
    }

    /// The value of the `Authorization` field of a request.
    ///
    /// # Errors
    /// There is no token, or this connector sends it in another way.
    pub async fn authorization(&self) -> Result<Option<String>, Error> {
        let token = self.token().await?;
        self.settings().authorization(&token)
    }

    /// A token that serves, in place of one that the API refused.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn authorize(&self, rejected: Option<Arc<Token>>) -> Result<Arc<Token>, Error> {
        let serves = |token: &Token| rejected.as_ref().is_none_or(|rejected| rejected.value != token.value);
        loop {
            let running = self.current();
            let own = running.is_none();
            let flight = running.unwrap_or_else(|| self.begin(Event::Start { rejected: rejected.clone() }));
            match flight.landed().await {
                Ok(Granted::Token { token, .. }) if own || serves(&token) => return Ok(token),
                Err(error) if own || !flight.revoking => return Err(error),
                Ok(Granted::Revoked { .. }) if own => return Err(misuse("revoked")),
                // It was a flight for somebody else: now for our own.
                _ => {}
            }
        }
    }

    /// Ends the token; whether the server was told.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub async fn revoke(&self) -> Result<bool, Error> {
        loop {
            let running = self.current();
            let flight = running.unwrap_or_else(|| self.begin(Event::Revoke));
            let outcome = flight.landed().await;
            if flight.revoking {
                return outcome.map(|output| matches!(output, Granted::Revoked { revoked: true }));
            }
        }
    }

    /// The state, for a host that keeps it. It holds tokens.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.grant.borrow().snapshot()
    }

    /// When a person must act, if that is known.
    #[must_use]
    pub fn reconnect(&self) -> Option<Reconnect> {
        self.0.grant.borrow().reconnect()
    }

    /// Tells whoever listens. Nothing is borrowed meanwhile: they may use the connection.
    pub(crate) fn notify(&self, notice: &Notice) {
        if let Some(listener) = &self.0.listener {
            listener(notice);
        }
    }

    pub(crate) fn listens(&self) -> bool {
        self.0.listener.is_some()
    }

    /// The flight that is under way.
    pub(crate) fn current(&self) -> Option<Rc<Flight>> {
        self.0.flight.borrow().clone()
    }

    pub(crate) fn ambient(&self) -> Ambient {
        Ambient::new(self.now(), host::entropy())
    }

    /// Begins a flight. One that needs no I/O has landed when this returns.
    fn begin(&self, event: Event) -> Rc<Flight> {
        let revoking = event == Event::Revoke;
        self.0.run.set(self.0.run.get().wrapping_add(1));
        let first = match self.advance(event) {
            Ok(Step::Done { output }) => return Flight::new(revoking, Some(self.ended(Ok(output)))),
            Err(error) => return Flight::new(revoking, Some(self.ended(Err(error)))),
            Ok(step) => step,
        };
        let flight = Flight::new(revoking, None);
        *self.0.flight.borrow_mut() = Some(flight.clone());
        let (connection, landing) = (self.clone(), flight.clone());
        spawn_local(async move {
            let outcome = connection.fly(first).await;
            *connection.0.flight.borrow_mut() = None;
            landing.land(connection.ended(outcome));
        });
        flight
    }

    /// Runs the grant to its end. However it ends, the lease is given back.
    async fn fly(&self, mut step: Step<Granted>) -> Outcome {
        let (mut leased, mut failed) = (false, None);
        loop {
            let event = match step {
                Step::Done { output } => return Ok(output),
                Step::Send(request) => {
                    let sent_at = host::now();
                    let event = self.0.transport.exchange(&request).await;
                    if self.listens() {
                        self.notify(&Notice::sent(&request, &event, host::since(sent_at)));
                    }
                    event
                }
                Step::Sleep { millis } => {
                    Timer::start(millis).wait().await;
                    Event::Woke
                }
                Step::Load | Step::Lease { .. } | Step::Save { .. } | Step::Release => {
                    let event = self.keep(&step).await;
                    leased &= !matches!(step, Step::Release);
                    leased |= matches!(event, Event::Leased(true));
                    event
                }
                Step::Authorize { .. } => return Err(misuse("authorize")),
            };
            if let Some(error) = failed {
                return Err(error);
            }
            step = match self.advance(event) {
                Ok(step) => step,
                Err(error) if leased => {
                    failed = Some(error);
                    Step::Release
                }
                Err(error) => return Err(error),
            };
        }
    }

    pub(crate) fn advance(&self, event: Event) -> Result<Step<Granted>, Error> {
        let ambient = self.ambient();
        self.0.grant.borrow_mut().advance(event, &ambient)
    }

    pub(crate) fn ended(&self, outcome: Outcome) -> Outcome {
        if let Some(notice) = Notice::ended(&outcome).filter(|_| self.listens()) {
            self.notify(&notice);
        }
        outcome
    }
}

/// The grant asked for what no grant asks for.
const fn misuse(event: &'static str) -> Error {
    Error::Misuse { state: "connection", event }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("settings", self.settings()).finish_non_exhaustive()
    }
}
