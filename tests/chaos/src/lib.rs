//! Many processes share one rotating credential while they, and their Redis, are killed at the worst moments.
//!
//! The token server (`token_server`, over the rules in `families`) rotates refresh tokens and ends the whole family
//! when one is used twice. Its tokens live for five seconds. The workers (`bin/worker.rs`) use grantline-reqwest and
//! grantline-redis and call the server's API all the time. `tests/chaos.rs` is the bad day, `ledger` counts what it
//! cost, and what it had to cost.
//!
//! # Why the connector has a first grant
//!
//! With refresh tokens that are used once, a worker that is killed between the server's rotation and its own write
//! takes the next refresh token with it: no protocol can get it back, and the old one may not be used again. So the
//! kill points are not chosen to spare it; the connector has `acquire`, client credentials, and the mark that the
//! worker wrote before it asked sends the next worker there. Without `acquire` the same kill needs a person, which the
//! interop tests show (`lost.rs`).

#![cfg(target_os = "linux")]

mod families;
mod fleet;
mod ledger;
mod protocol;
mod redis_server;
mod token_server;

pub use families::{Families, Issued, LIFETIME_SECONDS, Renewed};
pub use fleet::{Fleet, Heard, Kill};
pub use ledger::{Account, Blackout, Ledger};
pub use protocol::{CLIENT_ID, CONNECTOR, Report, SECRET, Setup, Who};
pub use redis_server::RedisServer;
pub use token_server::{Entry, Grant, Moment, Outcome, TokenServer};

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970: all processes are on one machine, and have one clock.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
