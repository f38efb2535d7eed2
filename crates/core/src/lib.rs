//! The machines that get, keep, renew and apply access tokens, without any I/O of their own.
//!
//! This crate decides; it does nothing. It reads no clock, no random source, no environment, no file and no socket,
//! so it runs wherever Rust does, and a test can pass a month in a microsecond. Whoever drives it, an *adapter*,
//! does the I/O: `grantline-reqwest` natively, `grantline-fetch` in JavaScript, or ten lines of your own.
//!
//! # The loop
//!
//! A [`Connector`] says how a service hands out tokens. With the person's values it becomes [`Settings`], and those
//! make the two flows: a [`Grant`] (the token of one connection) and a [`Call`] (one API request). A [`Flow`] takes
//! one [`Event`] and returns one [`Step`], until it is done. Here is the whole of it, with a server made of two
//! lines:
//!
//! ```
//! use grantline_core::{Ambient, Connector, Event, Flow, Grant, Granted, Headers, Options, Response, Step, UnixTime};
//! use std::sync::Arc;
//!
//! let connector = Connector::from_json(r#"{
//!     "id": "example", "title": "Example", "base_url": "https://api.example.com", "hosts": ["api.example.com"],
//!     "parameters": [{ "name": "secret", "title": "Secret", "type": "securestring" }],
//!     "auth": {
//!         "acquire": { "method": "POST", "url": "https://api.example.com/token", "json": { "key": "{secret}" } },
//!         "token": { "value": "/token", "expiry": [{ "seconds": "/expires_in" }] },
//!         "apply": { "headers": { "authorization": "Bearer {accessToken}" } }
//!     }
//! }"#)?;
//! let settings = connector.settings([("secret", "s3cret")], &Options::default())?;
//! let mut grant = Grant::new(Arc::new(settings));
//!
//! let mut event = Event::START;
//! let mut ambient = Ambient::new(UnixTime::from_secs(1_700_000_000), [0; 32]);
//! let token = loop {
//!     match grant.advance(event, &ambient)? {
//!         Step::Send(request) => {
//!             assert_eq!(request.body.as_deref(), Some(r#"{"key":"s3cret"}"#));
//!             assert!(!format!("{request:?}").contains("s3cret"), "a request is shown without its secrets");
//!             let answer = br#"{ "token": "t0ken", "expires_in": "3600" }"#;
//!             event = Event::Response(Response::new(200, Headers::default(), answer));
//!         }
//!         Step::Sleep { millis } => {
//!             ambient.now = ambient.now.after(std::time::Duration::from_millis(millis));
//!             event = Event::Woke;
//!         }
//!         Step::Done { output: Granted::Token { token, .. } } => break token,
//!         other => unreachable!("a grant without a store asks for nothing else: {other:?}"),
//!     }
//! };
//! assert_eq!(token.value.expose(), "t0ken");
//! // The next caller needs no step at all.
//! assert_eq!(grant.fresh(ambient.now), Some(&token));
//! # Ok::<(), grantline_core::Error>(())
//! ```
//!
//! # Where to find what
//!
//! | question | module or type |
//! | --- | --- |
//! | What must an adapter do? | [`Step`], [`Event`] (`flow.rs`, one page) |
//! | What can a connector say? | [`manifest`] |
//! | When is a token renewed, how long do we wait? | `grant/policy.rs`; [`Token::new`] |
//! | What does an answer mean? | `answer.rs` |
//! | How do values get into a request? | `template.rs`, `render.rs` |
//! | What can go wrong, and whose fault is it? | [`error`] |
//! | What is kept between processes? | [`Snapshot`] |
//!
//! # Not here
//!
//! Sockets, TLS, clocks, randomness, stores, locks, logs: adapters. Authorization code and device flows, in which a
//! person signs in: out of scope. Signatures: an effect that adapters will provide.

mod ability;
mod answer;
mod call;
mod derive;
pub mod error;
mod flow;
mod grant;
mod http;
pub mod json;
mod link;
pub mod manifest;
mod names;
mod notice;
mod operation;
mod paging;
mod pem;
mod redirect;
mod render;
mod secret;
mod settings;
mod snapshot;
mod template;
mod time;
mod token;
mod tree;
mod url;

pub use call::{Call, Called};
pub use derive::Signing;
pub use error::Error;
pub use flow::{Ambient, Event, Flow, Step, message};
pub use grant::{Grant, Granted, Reading, Reconnect, Source};
pub use http::{Fault, FaultKind, Headers, Purpose, Request, Response, Shown};
pub use names::nearest;
pub use notice::Notice;
pub use operation::{LARGEST_REFUSAL, OperationRequest};
pub use paging::{Pages, Seen, Wanted};
pub use secret::{MASK, Secret};
pub use settings::{ClientIdentity, Connector, Options, Settings};
pub use snapshot::Snapshot;
pub use template::Template;
pub use time::UnixTime;
pub use token::{Captures, Token};
