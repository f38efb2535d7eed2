//! A connector that keeps all that it captures.
//!
//! The machine drops what nothing uses once there is a token; but whoever looks at an answer wants to see it. So each
//! capture is given a use, in a header of API requests that are never made here.

use crate::connector::{find, text};
use crate::failure::Failure;
use grantline_core::Connector;
use grantline_core::manifest::Auth;
use serde_json::{Map, Value};

/// The connector of this name, changed so that nothing which is captured is dropped.
pub(super) fn connector(name: &str) -> Result<Connector, Failure> {
    let connector = find(name)?;
    // What could be read as a connector is JSON.
    let Ok(mut json) = serde_json::from_str::<Value>(&text(name)?) else { return Ok(connector) };
    let manifest = connector.manifest();
    if let Some(auth) = &manifest.auth {
        keep(auth, &mut json["auth"]);
    }
    for (index, set) in manifest.sets.iter().enumerate() {
        keep(&set.auth, &mut json["sets"][index]["auth"]);
    }
    // If the change does not do, the connector does as it is.
    Ok(Connector::from_json(&json.to_string()).unwrap_or(connector))
}

fn keep(auth: &Auth, json: &mut Value) {
    let headers = &mut json["apply"]["headers"];
    if !headers.is_object() {
        *headers = Value::Object(Map::new());
    }
    for (index, name) in auth.captured().enumerate() {
        headers[format!("x-grantline-capture-{index}")] = format!("{{{name}}}").into();
    }
}
