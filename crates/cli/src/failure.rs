//! How a command fails: what is said, and the exit code.

use grantline_core::Error;
use std::process::ExitCode;
use thiserror::Error as ThisError;

/// A command that did not do what it was asked for.
#[derive(Debug, ThisError)]
pub(crate) enum Failure {
    /// The command line or a file that it names.
    #[error("{0}")]
    Usage(String),
    /// The core's word.
    #[error("{error}{hint}")]
    Core {
        /// The error.
        error: Error,
        /// How to give what is missing, on this command line.
        hint: String,
    },
    /// Anything that this machine refuses.
    #[error("{0}")]
    Machine(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) | Self::Core { error: Error::Settings(_) | Error::Connector(_), .. } => 2,
            Self::Core { error: Error::NeedsReconnect { .. }, .. } => 3,
            Self::Core { .. } | Self::Machine(_) => 1,
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // A failure is remembered beside the token, so that scripts do not hammer a server.
        let waiting = error.retry_at().is_some();
        let hint = if waiting { "\n  grantline token --renew tries again at once" } else { "" };
        Self::Core { error, hint: hint.to_owned() }
    }
}
