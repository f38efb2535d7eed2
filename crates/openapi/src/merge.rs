//! Operations into a connector that is there already.

use crate::{ImportError, Imported, Note};
use grantline_core::Connector;
use grantline_core::json::Json;

/// Puts the operations of a document into a connector file; all else in it stays. Operations that it has already stay,
/// too, unless they are to be replaced.
///
/// # Errors
/// The connector is not valid, before or afterwards.
pub fn merge(connector: &str, mut imported: Imported, replace: bool) -> Result<Imported, ImportError> {
    let broken = |error: String| ImportError::Connector(error);
    Connector::from_json(connector).map_err(|error| broken(error.to_string()))?;
    let Ok(Json::Object(mut members)) = Json::parse(connector) else {
        return Err(broken("it is no object".to_owned()));
    };
    let new = match imported.connector.get("operations") {
        Some(Json::Array(operations)) => operations.clone(),
        _ => Vec::new(),
    };
    let mut all = match members.iter().find(|(name, _)| name == "operations") {
        Some((_, Json::Array(operations))) => operations.clone(),
        _ => Vec::new(),
    };
    imported.operations = 0;
    for operation in new {
        match all.iter_mut().find(|known| known.get("id") == operation.get("id")) {
            None => all.push(operation),
            Some(known) if replace => *known = operation,
            Some(known) => {
                let place = known.get("id").and_then(Json::as_str).unwrap_or_default().to_owned();
                let message = "left as it is in the connector; --force replaces it".to_owned();
                imported.notes.push(Note { place, message });
                continue;
            }
        }
        imported.operations += 1;
    }
    members.retain(|(name, _)| name != "operations");
    members.push(("operations".to_owned(), Json::Array(all)));
    imported.connector = Json::Object(members);
    let text = crate::text(&imported.connector);
    Connector::from_json(&text).map_err(|error| broken(error.to_string()))?;
    Ok(imported)
}
