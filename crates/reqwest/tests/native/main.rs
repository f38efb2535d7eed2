//! The native adapter against a server that misbehaves on command, with a clock that never waits.

#![expect(clippy::unwrap_used, reason = "whatever fails here fails its test")]

#[cfg(feature = "sign")]
mod assertions;
mod calls;
#[cfg(feature = "rustls")]
mod certificates;
mod connections;
mod encrypted;
mod files;
mod flights;
mod limits;
mod operations;
mod patterns;
mod records;
mod rejections;
mod requests;
mod support;
mod time;
