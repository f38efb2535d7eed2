//! A grant step by step, for hosts that do their own HTTP.

use crate::call::Watch;
use crate::connection::Connection;
use core::cell::Cell;
use grantline_core::{Ambient, Error, Event, Flow, Granted, Step};

impl Connection {
    /// Runs the connection's grant step by step: the host sends the requests. What is obtained stays with the
    /// connection.
    #[must_use]
    pub fn start(&self) -> Stepping {
        let run = Cell::new(self.0.run.get());
        Stepping { connection: self.clone(), run, watch: Watch::default() }
    }
}

/// A run of a grant whose I/O is the host's.
#[derive(Debug)]
pub struct Stepping {
    connection: Connection,
    run: Cell<u32>,
    watch: Watch,
}

impl Stepping {
    /// Takes one event and says what to do next; without `ambient`, the connection's own clock and entropy count.
    ///
    /// # Errors
    /// The end of the run, or [`Error::Misuse`]: the event does not fit, or the connection has begun another run.
    pub fn advance(&self, event: Event, ambient: Option<Ambient>) -> Result<Step<Granted>, Error> {
        let inner = &self.connection.0;
        if self.connection.current().is_some() {
            return Err(Error::Misuse { state: "another run", event: event.name() });
        }
        if matches!(event, Event::Start { .. } | Event::Renew | Event::Revoke) {
            inner.run.set(inner.run.get().wrapping_add(1));
            self.run.set(inner.run.get());
        } else if self.run.get() != inner.run.get() {
            return Err(Error::Misuse { state: "another run", event: event.name() });
        }
        self.watch.event(&self.connection, &event);
        let ambient = ambient.unwrap_or_else(|| self.connection.ambient());
        let outcome = inner.grant.borrow_mut().advance(event, &ambient);
        match outcome {
            Ok(Step::Done { output }) => {
                self.connection.ended(Ok(output)).map(|output| Step::Done { output })
            }
            Ok(step) => {
                self.watch.step(&self.connection, &step);
                Ok(step)
            }
            // A misuse ends nothing.
            Err(error @ Error::Misuse { .. }) => Err(error),
            Err(error) => Err(self.connection.ended(Err(error)).err().unwrap_or(UNREACHED)),
        }
    }
}

const UNREACHED: Error = Error::Misuse { state: "connection", event: "ended" };
