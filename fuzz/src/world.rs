//! Connections to the built-in connectors, with secrets that are easy to find wherever they must not be.

use grantline_connectors as connectors;
use grantline_core::json::Json;
use grantline_core::{Ambient, Connector, Event, Options, Settings, UnixTime};
use std::sync::{Arc, LazyLock};

/// A secret of every connection.
pub const SECRET: &str = "s3cr3t-of-a-person";
/// Stands for the key of the connection in whatever a target reads.
pub const KEY: &str = "KEY";

static CONNECTIONS: LazyLock<Vec<Arc<Settings>>> = LazyLock::new(|| {
    let make = |connector: Connector, values: &[(&str, &str)]| {
        Arc::new(connector.settings(values.iter().copied(), &Options::default()).expect("the values fit"))
    };
    let base = ("baseUrl", "https://acme.workspaceoneaccess.com");
    let client = [("clientId", "id"), ("clientSecret", SECRET)];
    vec![
        make(connectors::workspan(), &client),
        make(connectors::workspace_one_access(), &[base, client[0], client[1]]),
        make(connectors::workstream(), &client),
        make(connectors::workstream(), &[("token", SECRET)]),
        make(connectors::appspace(), &[("subjectId", "id"), ("refreshToken", SECRET)]),
        make(connectors::appspace(), &[("apiKey", SECRET), ("apiKeyHeader", "X-Key")]),
    ]
});

/// The names of the connectors of [`connection`], in its order.
pub const NAMES: [&str; 6] =
    ["workspan", "workspace-one-access", "workstream", "workstream", "appspace", "appspace"];

/// One of the connections.
#[must_use]
pub fn connection(index: u8) -> &'static Arc<Settings> {
    &CONNECTIONS[usize::from(index) % CONNECTIONS.len()]
}

/// Every connection.
#[must_use]
pub fn connections() -> &'static [Arc<Settings>] {
    &CONNECTIONS
}

/// Whether a renewal that may have been carried out must not be sent again, because no other process keeps its mark.
#[must_use]
pub fn is_single_use(index: u8) -> bool {
    matches!(usize::from(index) % CONNECTIONS.len(), 1 | 2)
}

/// A moment, with these first random bytes.
#[must_use]
pub fn ambient(now: UnixTime, entropy: u8) -> Ambient {
    Ambient::new(now, [entropy; 32])
}

/// An event from its message form.
#[must_use]
pub fn event(members: Vec<(&str, Json)>) -> Option<Event> {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Event::from_json(&Json::Object(members.collect())).ok()
}

/// Text that a person sees: on one line, and without a secret.
///
/// # Panics
/// It is not.
pub fn check_words(words: &str) {
    assert!(!words.contains(SECRET), "a secret is shown: {words}");
    assert!(!words.chars().any(|c| c.is_control() && c != '\n'), "control characters are shown: {words:?}");
}
