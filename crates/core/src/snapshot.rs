//! The state of a connection that outlives a process, as versioned JSON.

use crate::error::{Cause, Denial, Error, Reason, SettingsError, Violation};
use crate::flow::optional;
use crate::http::{Fault, FaultKind};
use crate::json::Json;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::token::{Captures, Token, is_sendable};
use core::time::Duration;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::sync::Arc;

/// The version that is written. Older ones are still read.
const VERSION: u64 = 1;

/// What a store keeps for a connection. It holds tokens, but no secret that the person gave; `Debug` masks them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snapshot {
    /// [`crate::Settings::key`] of the connection.
    pub(crate) key: String,
    pub(crate) held: Held,
}

impl Snapshot {
    /// How often the record was written: stores compare it.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.held.revision
    }

    /// Reads the JSON of a snapshot.
    ///
    /// # Errors
    /// It is not one, or it was written by a newer version.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let broken = SettingsError::Snapshot { problem: "is not readable" };
        Self::from_json(&Json::parse(text).map_err(|_| broken)?)
    }

    /// Reads a snapshot from a JSON tree.
    ///
    /// # Errors
    /// It is not one, or it was written by a newer version.
    pub fn from_json(json: &Json) -> Result<Self, Error> {
        match json.get("version").and_then(Json::as_u64) {
            Some(VERSION) => {}
            Some(1..) => {
                return Err(SettingsError::Snapshot { problem: "was written by a newer version" }.into());
            }
            _ => return Err(SettingsError::Snapshot { problem: "is not readable" }.into()),
        }
        Self::read(json).ok_or_else(|| SettingsError::Snapshot { problem: "is not readable" }.into())
    }

    fn read(json: &Json) -> Option<Self> {
        let time = |name: &str| optional(json.get(name), |time| time.as_u64().map(UnixTime::from_millis));
        let flag = |name: &str| matches!(json.get(name), Some(Json::Bool(true)));
        let held = Held {
            revision: json.get("revision")?.as_u64()?,
            access: optional(json.get("access"), Token::from_json)?.map(Arc::new),
            refresh: optional(json.get("refresh"), Refresh::from_json)?,
            seeded: flag("seeded"),
            // Without a time it is that of a program which kept none: long ago.
            in_doubt: flag("inDoubt").then_some(time("doubtSince")?.unwrap_or_default()),
            granted_at: time("grantedAt")?,
            lifetime: optional(json.get("lifetimeMs"), |time| time.as_u64().map(Duration::from_millis))?,
            captures: optional(json.get("captures"), Captures::from_json)?.unwrap_or_default(),
            lost: optional(json.get("lost"), |reason| Reason::from_name(reason.as_str()?))?,
            setback: optional(json.get("setback"), Setback::from_json)?,
        };
        Some(Self { key: json.get("key")?.as_str()?.to_owned(), held })
    }
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let held = &self.held;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &VERSION)?;
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("revision", &held.revision)?;
        held.access.iter().try_for_each(|token| map.serialize_entry("access", token.as_ref()))?;
        held.refresh.iter().try_for_each(|refresh| map.serialize_entry("refresh", refresh))?;
        if held.seeded {
            map.serialize_entry("seeded", &true)?;
        }
        if let Some(since) = held.in_doubt {
            map.serialize_entry("inDoubt", &true)?;
            map.serialize_entry("doubtSince", &since)?;
        }
        if let Some(lifetime) = held.lifetime {
            map.serialize_entry("lifetimeMs", &u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX))?;
        }
        held.granted_at.iter().try_for_each(|time| map.serialize_entry("grantedAt", time))?;
        if !held.captures.is_empty() {
            map.serialize_entry("captures", &held.captures)?;
        }
        held.lost.iter().try_for_each(|reason| map.serialize_entry("lost", reason.name()))?;
        held.setback.iter().try_for_each(|setback| map.serialize_entry("setback", setback))?;
        map.end()
    }
}

/// What a grant holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Held {
    pub(crate) revision: u64,
    pub(crate) access: Option<Arc<Token>>,
    pub(crate) refresh: Option<Refresh>,
    /// Whether the tokens that the person brought have been taken in.
    pub(crate) seeded: bool,
    /// When a renewal was sent whose answer is not known.
    pub(crate) in_doubt: Option<UnixTime>,
    /// How long the access token lived that is gone, if that was known.
    pub(crate) lifetime: Option<Duration>,
    /// When the access token was asked for that is gone.
    pub(crate) granted_at: Option<UnixTime>,
    /// What was captured with the access token that is gone.
    pub(crate) captures: Captures,
    /// Why the access token is gone, if it is.
    pub(crate) lost: Option<Reason>,
    /// The last failure, and until when it keeps us from asking again.
    pub(crate) setback: Option<Setback>,
}

/// A refresh token and its own end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refresh {
    pub(crate) value: Secret,
    pub(crate) expires_at: Option<UnixTime>,
}

impl Refresh {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            value: json.get("value")?.as_str().filter(|value| is_sendable(value))?.into(),
            expires_at: optional(json.get("expiresAt"), |time| time.as_u64().map(UnixTime::from_millis))?,
        })
    }
}

impl Serialize for Refresh {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // The store must keep the token itself.
        map.serialize_entry("value", self.value.expose())?;
        self.expires_at.iter().try_for_each(|time| map.serialize_entry("expiresAt", time))?;
        map.end()
    }
}

/// A failure that is remembered, so that no one repeats a refused request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Setback {
    /// When it happened; unknown in records of the first programs.
    pub(crate) at: Option<UnixTime>,
    pub(crate) until: UnixTime,
    /// How many there were in a row.
    pub(crate) count: u64,
    pub(crate) why: Why,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Why {
    Denied(Denial),
    Refused(Reason, Option<Denial>),
    Exhausted(Cause),
    Broken(Violation, Denial),
}

impl Setback {
    /// What a caller is told while it lasts.
    pub(crate) fn error(&self) -> Error {
        match &self.why {
            Why::Denied(denial) => Error::Denied { denial: denial.clone(), until: Some(self.until) },
            Why::Refused(reason, denial) => Error::NeedsReconnect { reason: *reason, denial: denial.clone() },
            Why::Exhausted(cause) => Error::Exhausted { retry_at: self.until, cause: cause.clone() },
            Why::Broken(violation, denial) => Error::Protocol {
                violation: *violation,
                status: denial.status,
                request_id: denial.request_id.clone(),
                until: Some(self.until),
            },
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        let denial = || optional(json.get("denial"), Denial::from_json);
        let why = match json.get("why")?.as_str()? {
            "denied" => Why::Denied(denial()??),
            "exhausted" => Why::Exhausted(match denial()? {
                Some(denial) => Cause::Server(denial),
                None => Cause::Network(Fault::from_json(json)?),
            }),
            name => match Violation::from_name(name) {
                Some(violation) => Why::Broken(violation, denial()??),
                None => Why::Refused(Reason::from_name(name)?, denial()?),
            },
        };
        let until = UnixTime::from_millis(json.get("until")?.as_u64()?);
        let at = optional(json.get("at"), |time| time.as_u64().map(UnixTime::from_millis))?;
        Some(Self { at, until, count: json.get("count")?.as_u64()?, why })
    }
}

impl Serialize for Setback {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.at.iter().try_for_each(|time| map.serialize_entry("at", time))?;
        map.serialize_entry("until", &self.until)?;
        map.serialize_entry("count", &self.count)?;
        let (why, denial) = match &self.why {
            Why::Denied(denial) => ("denied", Some(denial)),
            Why::Refused(reason, denial) => (reason.name(), denial.as_ref()),
            Why::Broken(violation, denial) => (violation.name(), Some(denial)),
            Why::Exhausted(Cause::Server(denial)) => ("exhausted", Some(denial)),
            Why::Exhausted(Cause::Network(_)) => ("exhausted", None),
        };
        map.serialize_entry("why", why)?;
        if let Why::Exhausted(Cause::Network(fault)) = &self.why {
            map.serialize_entry("fault", fault.kind.name())?;
            map.serialize_entry("detail", &fault.detail)?;
        }
        denial.iter().try_for_each(|denial| map.serialize_entry("denial", denial))?;
        map.end()
    }
}

impl Denial {
    fn from_json(json: &Json) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        Some(Self {
            status: u16::try_from(json.get("status")?.as_u64()?).ok()?,
            code: text("code"),
            message: text("message"),
            request_id: text("requestId"),
        })
    }
}

impl Serialize for Denial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", &self.status)?;
        self.code.iter().try_for_each(|code| map.serialize_entry("code", code))?;
        self.message.iter().try_for_each(|message| map.serialize_entry("message", message))?;
        self.request_id.iter().try_for_each(|id| map.serialize_entry("requestId", id))?;
        map.end()
    }
}

/// The store as a cause of failure.
pub(crate) fn store_fault() -> Fault {
    Fault::new(FaultKind::Store, "another process holds the right to renew")
}
