//! The native adapter against a server that misbehaves on command, with a clock that never waits.

mod calls;
mod files;
mod flights;
mod limits;
mod records;
mod support;
