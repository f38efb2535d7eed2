//! One file for each command.

pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod connectors;
pub(crate) mod demo;
pub(crate) mod emulate;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod new;
pub(crate) mod operation;
pub(crate) mod parse;
pub(crate) mod plan;
pub(crate) mod test;
pub(crate) mod token;
