//! WorkSpan, Appspace, Workspace ONE Access and Workstream as one pure function, and a server around it.
//!
//! The function takes the time, entropy and a request, and gives a reply; it has no clock, randomness,
//! thread or log, so it runs in a test, behind a socket, and inside a web page:
//!
//! ```
//! use grantline_emulator::{Emulator, Request, System};
//!
//! let mut emulator = Emulator::new();
//! let account = emulator.accounts("http://localhost").of(System::Workspan).clone();
//! let body = serde_json::json!({
//!     "grant_type": "client_credentials",
//!     "client_id": account.parameters["clientId"],
//!     "client_secret": account.parameters["clientSecret"],
//! });
//! let request = Request::new("POST", "/workspan/oauth/token")
//!     .with_header("content-type", "application/json")
//!     .with_body(body.to_string());
//! let reply = emulator.handle(1_700_000_000_000, [7; 32], &request);
//! assert_eq!(reply.response.status, 200);
//! ```
//!
//! It shares no code with the rest of Grantline, so that client and server cannot share a mistake, and it
//! refuses what the vendors' documents do not allow. Behaviour is *documented* by the vendor, *observed* in
//! public code, or *assumed*; what is assumed is a switch in the system's `Settings`. Nothing here was
//! checked against a live server, and every credential is made up or printed in a vendor's public sample.

mod accounts;
pub mod appspace;
mod change;
mod codec;
mod emulator;
mod fault;
mod http;
mod jwt;
mod log;
mod refresh;
mod secret;
#[cfg(feature = "server")]
mod server;
mod service;
mod system;
mod time;
mod tokens;
pub mod workspace_one;
pub mod workspan;
pub mod workstream;

pub use accounts::{Account, Accounts};
pub use change::{Change, Changed, Console, ControlError, Refusal};
pub use emulator::Emulator;
pub use fault::{Effect, Fault, RetryAfter};
pub use http::{Cut, Reply, Request, Response};
pub use log::{Counts, Exchange, Kind};
pub use refresh::Rotation;
#[cfg(feature = "server")]
pub use server::{Clock, Server};
pub use system::{System, UnknownSystem};
