//! The store against a Redis server that each test starts for itself.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "whatever fails here fails its test")]

mod faults;
mod leases;
mod records;
mod support;
