//! A connection: one grant, driven over `fetch`, and shared by everyone in the page.

use crate::builder::{Builder, Clock, Listener};
use crate::flight::{Aim, Flight, Outcome};
use crate::host::{self, Timer};
use crate::store::{Shelf, Signer};
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
    pub(crate) signer: Option<Signer>,
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
        signer: Option<Signer>,
        clock: Clock,
        listener: Option<Listener>,
    ) -> Self {
        let settings = grant.settings().clone();
        let (grant, flight, run) = (RefCell::new(grant), RefCell::new(None), Cell::new(0));
        Self(Rc::new(Inner { settings, grant, flight, run, transport, shelf, signer, clock, listener }))
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
        if self.current().is_some_and(|flight| flight.aim == Aim::Revoke) {
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
                Err(error) if own || flight.aim != Aim::Revoke => return Err(error),
                Ok(Granted::Revoked { .. }) if own => return Err(misuse("revoked")),
                // It was a flight for somebody else: now for our own.
                _ => {}
            }
        }
    }

    /// A new token now, whatever is at hand and whatever failure is remembered: for a person who has mended something
    /// at the service and does not want to wait.
    ///
    /// # Errors
    /// No new token can be had. One that served before still does.
    pub async fn renew(&self) -> Result<Arc<Token>, Error> {
        match self.insist(Aim::Renew).await? {
            Granted::Token { token, setback: None, .. } => Ok(token),
            Granted::Token { setback: Some(error), .. } => Err(*error),
            Granted::Revoked { .. } => Err(misuse("revoked")),
        }
    }

    /// Ends the token; whether the server was told.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub async fn revoke(&self) -> Result<bool, Error> {
        let outcome = self.insist(Aim::Revoke).await?;
        Ok(matches!(outcome, Granted::Revoked { revoked: true }))
    }

    /// Makes a flight with this aim, or joins one. What another flight brings is not what is wanted.
    async fn insist(&self, aim: Aim) -> Outcome {
        let event = || if aim == Aim::Revoke { Event::Revoke } else { Event::Renew };
        loop {
            let flight = self.current().unwrap_or_else(|| self.begin(event()));
            let outcome = flight.landed().await;
            if flight.aim == aim {
                return outcome;
            }
        }
    }

    /// Tells the latest time that a reader saw who took the token from a copy, so that a clock that was set back is
    /// noticed; and the host, if a person must act soon.
    pub fn observe(&self, seen: UnixTime) {
        let now = self.now();
        let warning = {
            let mut grant = self.0.grant.borrow_mut();
            grant.observe(seen, now);
            grant.warning(now)
        };
        warning.iter().for_each(|warning| self.notify(warning));
    }

    /// Until when the token at hand needs no second thought, for readers who take it from a copy.
    #[must_use]
    pub fn settled_until(&self) -> Option<UnixTime> {
        self.0.grant.borrow().settled_until()
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
        let aim = match event {
            Event::Revoke => Aim::Revoke,
            Event::Renew => Aim::Renew,
            _ => Aim::Serve,
        };
        self.0.run.set(self.0.run.get().wrapping_add(1));
        let first = match self.advance(event) {
            Ok(Step::Done { output }) => return Flight::new(aim, Some(self.ended(Ok(output)))),
            Err(error) => return Flight::new(aim, Some(self.ended(Err(error)))),
            Ok(step) => step,
        };
        let flight = Flight::new(aim, None);
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
                Step::Sign(_) => self.sign(&step).await,
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
