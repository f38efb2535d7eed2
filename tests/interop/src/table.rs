//! `peers.json`: what is known of each server.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a server is like.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Facts {
    /// The program, and the script in `servers/`.
    pub command: [String; 2],
    /// How long a token of a first grant lives, in seconds.
    pub lifetime: u64,
    /// By connector: whether the server takes credentials that are sent in this way.
    pub encodings: BTreeMap<String, Encoding>,
    /// How it refuses a wrong secret in the body.
    pub wrong_secret: Refusal,
    /// What it can do with refresh tokens; the first is what it does if nothing is said.
    pub rotations: Vec<Rotation>,
}

/// Whether credentials are taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Encoding {
    /// They are not, and this is how.
    Refused(Refusal),
    /// They are: the word is `granted`.
    Granted(String),
}

/// How a server says no.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// Its own word.
    pub code: String,
}

/// What a server does with a refresh token that was used.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// It lives on, and the answer has none.
    None,
    /// It lives on, and the answer repeats it.
    Same,
    /// It is replaced, and refused from then on.
    Rotate,
    /// It is replaced; using it again ends the new one, too.
    RotateRevokeFamily,
    /// It is replaced; using it again soon gives the same new one.
    GraceReplay,
}

impl Rotation {
    /// Its name in `peers.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Same => "same",
            Self::Rotate => "rotate",
            Self::RotateRevokeFamily => "rotate_revoke_family",
            Self::GraceReplay => "grace_replay",
        }
    }

    /// Whether a renewal may be sent again when its answer was lost.
    #[must_use]
    pub const fn is_safe_to_replay(self) -> bool {
        matches!(self, Self::None | Self::Same | Self::GraceReplay)
    }
}

/// What is known of this server.
///
/// # Panics
/// Nothing is.
#[must_use]
pub fn facts(name: &str) -> Facts {
    let text = std::fs::read_to_string(crate::file("peers.json")).unwrap_or_else(|error| panic!("{error}"));
    let mut all: BTreeMap<String, Facts> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("peers.json: {error}"));
    all.remove(name).unwrap_or_else(|| panic!("peers.json says nothing of {name}"))
}

impl Facts {
    /// The program that runs the server: Python is the one that was set up for it.
    pub(crate) fn program(&self) -> PathBuf {
        match self.command[0].as_str() {
            "python" if cfg!(windows) => crate::file("servers/.venv/Scripts/python.exe"),
            "python" => crate::file("servers/.venv/bin/python"),
            other => PathBuf::from(other),
        }
    }
}
