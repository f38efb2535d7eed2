//! The machines step by step: one event in, one step out, in the message form of the core.

use crate::convert::{thrown, to_ambient, to_event, to_js};
use core::cell::RefCell;
use grantline_core::{Ambient, Call, Error, Event, Flow, Purpose, message};
use grantline_fetch::{Connection, Stepping, Watch, entropy, fault};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The grant of a connection.
#[wasm_bindgen]
#[derive(Debug)]
pub struct GrantFlow(Stepping);

#[wasm_bindgen]
impl GrantFlow {
    /// Takes an event; gives a step, or `{ kind: "error", ... }`.
    #[must_use]
    pub fn advance(&self, event: &JsValue, ambient: &JsValue) -> JsValue {
        let outcome = to_event(event).and_then(|event| self.0.advance(event, to_ambient(ambient)));
        to_js(&message(&outcome))
    }
}

impl GrantFlow {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self(connection.start())
    }
}

/// One API request.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CallFlow {
    connection: Connection,
    call: RefCell<Call>,
    watch: Watch,
}

#[wasm_bindgen]
impl CallFlow {
    /// Takes an event; gives a step, or `{ kind: "error", ... }`.
    #[must_use]
    pub fn advance(&self, event: &JsValue, ambient: &JsValue) -> JsValue {
        match to_event(event) {
            Ok(event) => self.take(event, to_ambient(ambient)),
            Err(error) => to_js(&message::<()>(&Err(error))),
        }
    }

    /// The same for a rejection of `fetch`.
    #[must_use]
    pub fn failed(&self, error: &JsValue) -> JsValue {
        self.take(Event::Failed(fault(error, Purpose::Call)), None)
    }

    /// The method of the request.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn method(&self) -> String {
        self.call.borrow().method().to_owned()
    }
}

impl CallFlow {
    /// Once in the module, whoever calls it.
    ///
    /// # Errors
    /// Those of the call, as an object.
    #[inline(never)]
    pub fn new(connection: &Connection, call: Result<Call, Error>) -> Result<Self, JsValue> {
        let call = RefCell::new(call.map_err(|error| thrown(&error))?);
        Ok(Self { connection: connection.clone(), call, watch: Watch::default() })
    }

    fn take(&self, event: Event, ambient: Option<Ambient>) -> JsValue {
        let ambient = ambient.unwrap_or_else(|| Ambient::new(self.connection.now(), entropy()));
        self.watch.event(&self.connection, &event);
        let outcome = self.call.borrow_mut().advance(event, &ambient);
        if let Ok(step) = &outcome {
            self.watch.step(&self.connection, step);
        }
        to_js(&message(&outcome))
    }
}
