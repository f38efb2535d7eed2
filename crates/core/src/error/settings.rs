//! Faults in what the person gave: parameters, targets, snapshots.

use super::DidYouMean;
use thiserror::Error;

/// A fault in what the person gave.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SettingsError {
    /// No connector has this name.
    #[error("there is no connector '{name}'{}", DidYouMean(.nearest.as_deref()))]
    NoConnector {
        /// The name given.
        name: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// A required parameter has no value.
    #[error("parameter '{parameter}' ({title}) is missing")]
    Missing {
        /// Its name.
        parameter: String,
        /// Its label.
        title: String,
    },
    /// The connector has no such parameter.
    #[error("this connector has no parameter '{parameter}'{}", DidYouMean(.nearest.as_deref()))]
    Unknown {
        /// The name given.
        parameter: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// The parameter belongs to another way to authenticate than the one that the other values choose.
    #[error(
        "parameter '{parameter}' belongs to '{other}', but the other values to '{chosen}': give those of one way to authenticate"
    )]
    OtherSet {
        /// The name given.
        parameter: String,
        /// The parameter set that has it.
        other: String,
        /// The parameter set that was chosen.
        chosen: String,
    },
    /// The connector has no such way to authenticate.
    #[error("this connector has no parameter set '{set}'{}", DidYouMean(.nearest.as_deref()))]
    UnknownSet {
        /// The name given.
        set: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// A value cannot be used. The value itself is never quoted.
    #[error("parameter '{parameter}' {problem}")]
    Invalid {
        /// The parameter's name.
        parameter: String,
        /// What is wrong with the value.
        problem: String,
    },
    /// A URL without TLS.
    #[error("parameter '{parameter}' is an http URL: secrets are only sent over https{}", if *.loopback { "; to use a server on this machine, allow loopback by its option (allow_loopback, allowInsecureLoopback)" } else { "" })]
    Insecure {
        /// The parameter's name.
        parameter: String,
        /// Whether it is this machine.
        loopback: bool,
    },
    /// A host that the connector does not know.
    #[error("host '{host}' is not one that this connector sends secrets to ({allowed})")]
    Host {
        /// The host.
        host: String,
        /// The hosts that are allowed.
        allowed: String,
    },
    /// An API request that cannot be made.
    #[error("the request {problem}")]
    Request {
        /// What is wrong with it.
        problem: String,
    },
    /// The connector has no such operation.
    #[error("this connector has no operation '{operation}'{}", DidYouMean(.nearest.as_deref()))]
    NoOperation {
        /// The name given.
        operation: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// An argument of an operation that is missing, unknown or unusable. Its value is never quoted.
    #[error("argument '{argument}' of '{operation}' {problem}")]
    Argument {
        /// The operation.
        operation: String,
        /// The argument's name.
        argument: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A snapshot that does not belong here.
    #[error("the snapshot {problem}; start without it")]
    Snapshot {
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl SettingsError {
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::NoConnector { .. } => "unknown_connector",
            Self::Missing { .. } => "missing_parameter",
            Self::Unknown { .. } | Self::OtherSet { .. } | Self::UnknownSet { .. } => "unknown_parameter",
            Self::Invalid { .. } => "invalid_parameter",
            Self::Insecure { .. } => "insecure_url",
            Self::Host { .. } => "host_not_allowed",
            Self::Request { .. } => "invalid_request",
            Self::NoOperation { .. } => "unknown_operation",
            Self::Argument { .. } => "invalid_argument",
            Self::Snapshot { .. } => "invalid_snapshot",
        }
    }

    /// The parameter or the argument at fault.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Missing { parameter, .. }
            | Self::Unknown { parameter, .. }
            | Self::OtherSet { parameter, .. }
            | Self::Invalid { parameter, .. }
            | Self::Insecure { parameter, .. } => Some(parameter),
            Self::Argument { argument, .. } => Some(argument),
            Self::NoConnector { .. }
            | Self::UnknownSet { .. }
            | Self::Host { .. }
            | Self::Request { .. }
            | Self::NoOperation { .. }
            | Self::Snapshot { .. } => None,
        }
    }
}
