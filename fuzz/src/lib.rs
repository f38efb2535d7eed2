//! What each fuzz target does with its bytes, and what must hold whatever they are.
//!
//! A target panics where something does not hold; that is what libFuzzer looks for. Inputs are text wherever that is
//! possible, so that those of the corpus can be read, and dictionaries help.

pub mod advance;
mod events;
pub mod known;
pub mod manifest;
pub mod request;
pub mod response;
pub mod snapshot;
pub mod template;
pub mod world;
