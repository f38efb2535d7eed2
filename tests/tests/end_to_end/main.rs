//! The native adapter against the emulator, over real sockets: every system, on good days and bad ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_days;
mod good_days;
mod operations;
mod second_client;
mod world;
