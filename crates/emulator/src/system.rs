//! The names of the systems and where they are mounted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the emulated systems.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// WorkSpan, production base.
    Workspan,
    /// WorkSpan, the one base of all sandboxes: `x-ws-env` names the sandbox.
    WorkspanSandbox,
    /// Appspace API v3.
    Appspace,
    /// VMware / Omnissa Workspace ONE Access.
    WorkspaceOneAccess,
    /// Workstream.
    Workstream,
}

impl System {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Workspan, Self::WorkspanSandbox, Self::Appspace, Self::WorkspaceOneAccess, Self::Workstream];

    /// The name, which is also the first path segment of its base URL and its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Workspan => "workspan",
            Self::WorkspanSandbox => "workspan-sandbox",
            Self::Appspace => "appspace",
            Self::WorkspaceOneAccess => "workspace-one-access",
            Self::Workstream => "workstream",
        }
    }

    /// The base URL under the address of an emulator, which has no slash at its end.
    pub fn base_url(self, emulator: &str) -> String {
        format!("{emulator}/{}", self.name())
    }

    /// Splits a path into the system and the path that the system sees.
    pub(crate) fn split(path: &str) -> Option<(Self, &str)> {
        let rest = path.strip_prefix('/')?;
        let (name, rest) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
        name.parse().ok().map(|system| (system, rest))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No emulated system has this name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown system")]
pub struct UnknownSystem;

impl FromStr for System {
    type Err = UnknownSystem;

    fn from_str(name: &str) -> Result<Self, UnknownSystem> {
        Self::ALL.into_iter().find(|system| system.name() == name).ok_or(UnknownSystem)
    }
}
