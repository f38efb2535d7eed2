//! Vectors: what a connector does, one behaviour a file, replayed against the machines of `grantline_core`.
//!
//! A vector names a connection, and lists events with the steps that must answer them. Both have the message form of
//! the core, so any platform can replay the same files with nothing but a JSON parser and a deep comparison. The
//! format is described in `tests/README.md` of the repository. This crate reads one vector, replays it, says where it
//! differs, and writes down what is true now; which files there are, and what is asked of them, is for its users: the
//! command line, and the project's own tests.
//!
//! ```
//! use grantline_core::json::Json;
//! use grantline_vectors::{Vector, differences, find, replay};
//!
//! let text = r#"{
//!     "name": "settings", "why": "What a connection is made of.", "connector": "workspan",
//!     "parameters": { "clientId": "id" }, "flow": "settings",
//!     "expect": { "error": { "code": "missing_parameter", "message": "parameter 'clientSecret' (Secret) is missing",
//!         "parameter": "clientSecret", "needsReconnect": false } }
//! }"#;
//! let vector = Vector::parse(text, false)?;
//! let outcome = replay(&vector, &find, &mut ());
//! assert!(differences(&vector, &outcome).is_empty());
//! # Ok::<(), String>(())
//! ```

mod compare;
mod layout;
mod replay;
mod vector;
mod watch;

pub use compare::{Difference, blessed, differences};
pub use layout::pretty;
pub use replay::{Find, Machine, Outcome, build, find, replay};
pub use vector::{Flow, Turn, Vector};
pub use watch::Watch;
