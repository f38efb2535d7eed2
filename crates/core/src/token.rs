//! A token, and the two moments of its life: when to renew it, and when it ends.

use crate::flow::optional;
use crate::json::Json;
use crate::secret::Secret;
use crate::time::UnixTime;
use core::time::Duration;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// An access token and what is known of its life.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// The token itself.
    pub value: Secret,
    /// When it was asked for: lifetimes count from here, so that a slow answer does not prolong them.
    pub obtained_at: UnixTime,
    /// When it ends; unknown for a token that lives until it is refused.
    pub expires_at: Option<UnixTime>,
    /// From when on it is renewed, while it still serves.
    pub renew_at: Option<UnixTime>,
    /// What was kept of the answers that it came from.
    pub captures: Captures,
}

/// What was kept of answers, by the names that the connector gives it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Captures(Vec<(String, Secret)>);

impl Captures {
    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// All names and values, in the order in which they were captured.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether nothing was captured.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn set(&mut self, name: &str, value: Secret) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value));
    }

    /// Drops those that are not wanted.
    pub(crate) fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| wanted(name));
    }

    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let read = |(name, value): &(String, Json)| Some((name.clone(), value.as_str()?.into()));
        json.members().iter().map(read).collect::<Option<_>>().map(Self)
    }
}

impl Serialize for Captures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Adapters and stores keep them with the token, and need the values.
        serializer.collect_map(self.iter().map(|(name, value)| (name, value.expose())))
    }
}

impl Token {
    /// A token with its renewal point: `expires_at - min(margin, lifetime / 2)`, moved later by up to half of
    /// that distance so that many connections do not renew in the same second.
    #[must_use]
    pub fn new(
        value: Secret,
        obtained_at: UnixTime,
        expires_at: Option<UnixTime>,
        margin: Duration,
        entropy: &[u8; 32],
    ) -> Self {
        let renew_at = expires_at.map(|end| {
            let lead = margin.min(end.since(obtained_at) / 2);
            let [a, b, ..] = *entropy;
            let spread = lead / 2 * u32::from(u16::from_be_bytes([a, b])) / u32::from(u16::MAX);
            end.before(lead).after(spread)
        });
        Self { value, obtained_at, expires_at, renew_at, captures: Captures::default() }
    }

    /// Whether the API should still take it.
    #[must_use]
    pub fn is_alive(&self, now: UnixTime) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether it is time to renew it.
    #[must_use]
    pub fn is_due(&self, now: UnixTime) -> bool {
        self.renew_at.is_some_and(|due| now >= due)
    }

    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let time = |name: &str| optional(json.get(name), |time| time.as_u64().map(UnixTime::from_millis));
        Some(Self {
            value: json.get("value")?.as_str().filter(|value| is_sendable(value))?.into(),
            obtained_at: time("obtainedAt")?.unwrap_or_default(),
            expires_at: time("expiresAt")?,
            renew_at: time("renewAt")?,
            captures: optional(json.get("captures"), Captures::from_json)?.unwrap_or_default(),
        })
    }
}

impl Serialize for Token {
    /// `{ value, obtainedAt, expiresAt?, renewAt?, captures? }`: the message for adapters and stores, which need the value.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", self.value.expose())?;
        map.serialize_entry("obtainedAt", &self.obtained_at)?;
        self.expires_at.iter().try_for_each(|time| map.serialize_entry("expiresAt", time))?;
        self.renew_at.iter().try_for_each(|time| map.serialize_entry("renewAt", time))?;
        if !self.captures.is_empty() {
            map.serialize_entry("captures", &self.captures)?;
        }
        map.end()
    }
}

/// Whether a token can stand in a header: not empty, and visible ASCII only (RFC 6749, appendix A.12).
pub(crate) fn is_sendable(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) && value.trim() == value
}
