//! What the emulator remembers of the requests it saw.
//!
//! Decides: method, path and status only. Queries, headers and bodies carry secrets and are not kept.

use serde::{Deserialize, Serialize};

use crate::http::Cut;
use crate::system::System;

/// How many exchanges are kept at least; twice as many at most.
const KEPT: usize = 1_000;
/// Longer paths are shortened, so that the log stays bounded.
const PATH: usize = 200;

/// What a request was for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// To get, renew or give up a token.
    Token,
    /// Anything else.
    Api,
}

/// One request that was seen.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Exchange {
    /// When, in Unix milliseconds.
    pub at_ms: u64,
    /// By which system; none outside of all of them.
    pub system: Option<System>,
    /// What for.
    pub kind: Kind,
    /// Method.
    pub method: String,
    /// Path as on the wire, without the query.
    pub path: String,
    /// The status that was sent, or lost with the connection; none if the request was cut off unread.
    pub status: Option<u16>,
    /// How the connection was broken.
    pub cut: Option<Cut>,
}

/// How many requests a system saw, those that were cut off included, preflights not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    /// To get, renew or give up a token.
    pub token_requests: u64,
    /// All others.
    pub api_requests: u64,
}

impl Counts {
    pub(crate) const fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Token => self.token_requests += 1,
            Kind::Api => self.api_requests += 1,
        }
    }
}

/// The last exchanges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Vec<Exchange>);

impl Log {
    pub(crate) fn push(&mut self, mut exchange: Exchange) {
        if self.0.len() >= 2 * KEPT {
            self.0.drain(..KEPT);
        }
        exchange.path = exchange.path.chars().take(PATH).collect();
        self.0.push(exchange);
    }

    pub(crate) fn exchanges(&self) -> &[Exchange] {
        &self.0
    }
}
