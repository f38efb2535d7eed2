//! The class `Connection`.

use crate::convert::{pass, thrown, to_event, to_js, to_json};
use crate::flows::{CallFlow, GrantFlow};
use grantline_core::error::SettingsError;
use grantline_core::json::Json;
use grantline_core::{
    Call, Connector, Error, Event, Fault, FaultKind, Notice, Reconnect, Snapshot, UnixTime,
};
use grantline_fetch::{Builder, Connection as Inner, Transport, now};
use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

/// A connection to a service.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Connection(Inner);

#[wasm_bindgen]
impl Connection {
    /// `file` is that of a built-in connector, which the wrapper holds; for the rest see [`Connection::of`].
    ///
    /// # Errors
    /// An object with the fields of an error.
    #[wasm_bindgen(constructor)]
    pub fn new(
        file: &str,
        options: &JsValue,
        fetch: Option<Function>,
        clock: Option<Function>,
        listener: Option<Function>,
        keeper: Option<Function>,
    ) -> Result<Self, JsValue> {
        let connector = Connector::built_in(file).map_err(Error::from);
        // No built-in connector signs anything.
        Self::of(connector, options, fetch, clock, listener, keeper, None)
    }

    /// The token that serves now and its `Authorization` field, if there is one. `seen` is the latest time that the
    /// wrapper saw when it answered by itself.
    ///
    /// # Errors
    /// An object with the fields of an error.
    pub fn read(&self, seen: f64) -> Result<JsValue, JsValue> {
        self.0.observe(UnixTime::from_millis(seen as u64));
        let token = self.0.read();
        let pass = token.map_or(Ok(JsValue::UNDEFINED), |token| pass(&self.0, &token));
        pass.map_err(|error| thrown(&error))
    }

    /// The same, after whatever it takes. `event` may hold the token that the API has refused; with `revoke` the token
    /// ends, and the outcome is whether the server was told. One method for both, because each asynchronous one weighs a
    /// kilobyte.
    ///
    /// # Errors
    /// An object with the fields of an error.
    pub async fn authorize(&self, event: JsValue) -> Result<JsValue, JsValue> {
        let connection = self.0.clone();
        let outcome = async {
            let rejected = match to_json(&event) {
                Json::Null => None,
                event => match Event::from_json(&event)? {
                    Event::Token(token) => Some(token),
                    Event::Renew => return pass(&connection, &*connection.renew().await?),
                    Event::Revoke => return connection.revoke().await.map(JsValue::from_bool),
                    _ => None,
                },
            };
            pass(&connection, &*connection.authorize(rejected).await?)
        };
        outcome.await.map_err(|error| thrown(&error))
    }

    /// The state, for a host that keeps it.
    #[must_use]
    pub fn snapshot(&self) -> JsValue {
        to_js(&self.0.snapshot())
    }

    /// Values that look like a slip.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.0.settings().warnings()
    }

    /// When a person must act, and from when on they are warned, in milliseconds; empty if that is not known.
    #[must_use]
    pub fn reconnect(&self) -> Vec<f64> {
        match self.0.reconnect() {
            Some(Reconnect { at, warn_at }) => vec![at.as_millis() as f64, warn_at.as_millis() as f64],
            None => Vec::new(),
        }
    }

    /// The grant step by step.
    #[must_use]
    pub fn start(&self) -> GrantFlow {
        GrantFlow::new(&self.0)
    }

    /// An API request step by step.
    ///
    /// # Errors
    /// An object with the fields of an error.
    pub fn call(&self, method: &str, target: &str, replayable: bool) -> Result<CallFlow, JsValue> {
        CallFlow::new(&self.0, Call::new(self.0.settings().clone(), method, target, replayable))
    }

    /// The connector's test request step by step.
    ///
    /// # Errors
    /// An object with the fields of an error.
    pub fn test(&self) -> Result<CallFlow, JsValue> {
        CallFlow::new(&self.0, Call::test(self.0.settings().clone()))
    }
}

impl Connection {
    /// What it is made of.
    #[must_use]
    pub const fn inner(&self) -> &Inner {
        &self.0
    }

    /// A connection to any service. `options` is an object with `parameters`, `allowLoopback`, `parameterSet`, `shared`
    /// and `snapshot`. `keeper` does the steps of a store: it takes a key and a step, and gives a promise of the text of
    /// a record or of an event. `signer` does the step `sign` in the same way.
    ///
    /// # Errors
    /// An object with the fields of an error.
    pub fn of(
        connector: Result<Connector, Error>,
        options: &JsValue,
        fetch: Option<Function>,
        clock: Option<Function>,
        listener: Option<Function>,
        keeper: Option<Function>,
        signer: Option<Function>,
    ) -> Result<Self, JsValue> {
        let builder = connector.and_then(|connector| describe(connector, &to_json(options)));
        let builder = builder.map_err(|error| thrown(&error))?;
        let builder = match fetch {
            Some(fetch) => builder.transport(Transport::Own(fetch)),
            None => builder,
        };
        let builder = match clock {
            Some(clock) => builder.clock(move || read_clock(&clock)),
            None => builder,
        };
        let builder = match listener {
            Some(listener) => builder.on_notice(move |notice| tell(&listener, notice)),
            None => builder,
        };
        let builder = match keeper {
            Some(keeper) => builder.store(Box::new(move |key, step| {
                Box::pin(kept(keeper.call2(&JsValue::UNDEFINED, &key.into(), &to_js(step))))
            })),
            None => builder,
        };
        let builder = match signer {
            Some(signer) => builder.signer(Box::new(move |step| {
                Box::pin(kept(signer.call1(&JsValue::UNDEFINED, &to_js(step))))
            })),
            None => builder,
        };
        builder.build().map(Self).map_err(|error| thrown(&error))
    }
}

/// Not inlined: that costs the module more than the call.
#[inline(never)]
fn describe(connector: Connector, options: &Json) -> Result<Builder, Error> {
    let flag = |name: &str| matches!(options.get(name), Some(Json::Bool(true)));
    let mut builder = Inner::builder(connector).allow_loopback(flag("allowLoopback")).shared(flag("shared"));
    for (name, value) in options.get("parameters").map(Json::members).unwrap_or_default() {
        if let Some(value) = text(name, value)? {
            builder = builder.parameter(name.as_str(), value);
        }
    }
    if let Some(set) = options.get("parameterSet").and_then(Json::as_str) {
        builder = builder.parameter_set(set);
    }
    match options.get("snapshot") {
        None | Some(Json::Null) => Ok(builder),
        Some(snapshot) => Ok(builder.restore(Snapshot::from_json(snapshot)?)),
    }
}

/// The text of a parameter, which may come as a number or a boolean.
fn text(name: &str, value: &Json) -> Result<Option<String>, Error> {
    Ok(Some(match value {
        Json::Null => return Ok(None),
        Json::String(text) => text.clone(),
        Json::Int(number) => number.to_string(),
        Json::Bool(flag) => flag.to_string(),
        other => {
            let (parameter, problem) = (name.to_owned(), format!("must be text, and is {}", other.kind()));
            return Err(SettingsError::Invalid { parameter, problem }.into());
        }
    }))
}

/// A clock that fails or tells no number is replaced by the host's.
fn read_clock(clock: &Function) -> UnixTime {
    let time = clock.call0(&JsValue::UNDEFINED).ok().and_then(|time| time.as_f64());
    time.filter(|time| *time >= 0.0).map_or_else(now, |time| UnixTime::from_millis(time as u64))
}

fn tell(listener: &Function, notice: &Notice) {
    // The wrapper's listener does not throw.
    let _ = listener.call1(&JsValue::UNDEFINED, &to_js(notice));
}

/// What came of a step that the wrapper does: the text of a record, or an event.
async fn kept(answer: Result<JsValue, JsValue>) -> Event {
    // The wrapper neither throws nor rejects.
    let answer = answer.unwrap_or_default();
    let answer = JsFuture::from(Promise::resolve(&answer)).await.unwrap_or_default();
    let event = match answer.as_string() {
        Some(text) => Snapshot::parse(&text).map(|record| Event::Loaded(Some(Box::new(record)))),
        None => to_event(&answer),
    };
    let words = "it holds something that this version cannot read: rename it, or delete it";
    event.unwrap_or_else(|_| Event::Failed(Fault::new(FaultKind::Store, words)))
}
