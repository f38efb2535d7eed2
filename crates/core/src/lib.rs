//! Placeholder
#![allow(missing_docs)]
mod answer;
mod call;
pub mod error;
mod flow;
mod grant;
mod http;
pub mod json;
pub mod manifest;
mod names;
mod notice;
mod render;
mod secret;
mod settings;
mod snapshot;
mod template;
mod time;
mod token;
mod url;

pub use call::{Call, Called};
pub use error::Error;
pub use flow::{Ambient, Event, Flow, Step, message};
pub use grant::{Grant, Granted, Reading, Reconnect, Source};
pub use http::{Fault, FaultKind, Headers, Purpose, Request, Response, Shown};
pub use names::nearest;
pub use notice::Notice;
pub use secret::{MASK, Secret};
pub use settings::{Connector, Options, Settings};
pub use snapshot::Snapshot;
pub use time::UnixTime;
pub use token::Token;
