//! Whatever comes in: lifetimes stay within their bounds, nothing panics, and every flow can begin again.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

mod events;
mod flows;
mod lifetimes;
mod texts;

use core::time::Duration;
use grantline_connectors as connectors;
use grantline_core::{Connector, Options, Settings, UnixTime};
use std::sync::Arc;

pub(crate) fn settings() -> Vec<Arc<Settings>> {
    let make = |connector: Connector, values: &[(&str, &str)]| {
        Arc::new(connector.settings(values.iter().copied(), &Options::default()).unwrap())
    };
    let base = ("baseUrl", "https://acme.workspaceoneaccess.com");
    let client = [("clientId", "id"), ("clientSecret", "secret-secret")];
    vec![
        make(connectors::workspan(), &client),
        make(connectors::workspace_one_access(), &[base, client[0], client[1]]),
        make(connectors::workstream(), &client),
        make(connectors::workstream(), &[("token", "console-token")]),
        make(connectors::appspace(), &[("subjectId", "id"), ("refreshToken", "refresh-token")]),
        make(connectors::appspace(), &[("apiKey", "the-api-key"), ("apiKeyHeader", "X-Key")]),
    ]
}

pub(crate) fn moved(now: UnixTime, seconds: i64) -> UnixTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { now.before(distance) } else { now.after(distance) }
}
