//! What the test and its workers say to each other: one line of JSON each.

use serde::{Deserialize, Serialize};

/// The client of all workers.
pub const CLIENT_ID: &str = "chaos";
/// Its secret.
pub const SECRET: &str = "s3cret of chaos";
/// The connector of all workers.
pub const CONNECTOR: &str = include_str!("../connector.json");

/// What a worker is told when it starts, on its stdin. It ends when its stdin closes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Setup {
    /// Who it is.
    pub who: Who,
    /// The token server, which has the API, too.
    pub server: String,
    /// The URL of Redis.
    pub redis: String,
    /// The pause between two calls, in milliseconds.
    pub pace_ms: u64,
}

/// A worker process: its place, and how many were there before it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Who {
    /// Its place.
    pub slot: usize,
    /// Which process this is at its place.
    pub generation: u32,
}

impl Who {
    /// As the worker's User-Agent.
    #[must_use]
    pub fn agent(self) -> String {
        format!("worker/{}.{}", self.slot, self.generation)
    }

    /// From a User-Agent.
    #[must_use]
    pub fn from_agent(agent: &str) -> Option<Self> {
        let (slot, generation) = agent.strip_prefix("worker/")?.split_once('.')?;
        Some(Self { slot: slot.parse().ok()?, generation: generation.parse().ok()? })
    }
}

/// What a worker tells.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Report {
    /// It begins to call.
    Ready {
        /// When.
        at: u64,
    },
    /// A call has ended.
    Call {
        /// When it began.
        began: u64,
        /// How long it took, in milliseconds, with all that its token took.
        took: u64,
        /// The status of its answer, if there was one.
        status: Option<u16>,
        /// The code of the error, if there was none.
        error: Option<String>,
        /// The error in words.
        message: Option<String>,
    },
    /// A token that it had not seen before.
    Token {
        /// The server's number of it.
        number: u64,
        /// When it was asked for.
        obtained_at: u64,
        /// From when on it is renewed.
        renew_at: u64,
    },
    /// A failure that Grantline told of.
    Notice {
        /// When.
        at: u64,
        /// Its code.
        code: String,
        /// In words.
        message: String,
        /// Whether callers still had a token.
        harmless: bool,
    },
}
