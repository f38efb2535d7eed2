//! What the interop tests need: servers of other people, a proxy that loses answers, and a clock.
//!
//! `peers.json` says what each server is like; the tests here and those in `pkg/test/interop` read the same file,
//! and `servers.rs` asks the servers themselves whether it is true.

mod clock;
mod peer;
mod proxy;
mod table;

pub use clock::TestClock;
pub use peer::{CLIENT_ID, Minted, Peer, SECRET};
pub use proxy::{Exchange, Proxy};
pub use table::{Encoding, Facts, Rotation, facts};

use grantline_reqwest::Connector;
use std::path::PathBuf;

/// A file of this folder.
#[must_use]
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A connector of these tests.
///
/// # Panics
/// There is none, or it is not one.
#[must_use]
pub fn connector(name: &str) -> Connector {
    Connector::from_json(&connector_text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn connector_text(name: &str) -> String {
    let path = file("connectors").join(format!("{name}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
