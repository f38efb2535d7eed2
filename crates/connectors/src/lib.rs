//! The built-in connectors: WorkSpan, Appspace, Workspace ONE Access and Workstream.
//!
//! This crate is data: one JSON file for each connector under `connectors/`, and the JSON Schema of the format,
//! which is generated from the types that read it
//! (`cargo run -p grantline-connectors --example schema`). To add a connector, add a file and a line
//! below, and its vectors.
//!
//! ```
//! use grantline_connectors as connectors;
//!
//! assert_eq!(connectors::workspan().manifest().title, "WorkSpan");
//! let error = connectors::find("workspam").unwrap_err();
//! assert_eq!(error.to_string(), "there is no connector 'workspam'; did you mean 'workspan'?");
//! ```

use grantline_core::error::SettingsError;
use grantline_core::{Connector, Error, nearest};
use std::sync::LazyLock;

/// The JSON Schema of connector files, for editors.
pub const SCHEMA: &str = include_str!("../connectors/connector.schema.json");

/// The files of the built-in connectors.
pub const FILES: [(&str, &str); 4] = [
    ("workspan", include_str!("../connectors/workspan.json")),
    ("appspace", include_str!("../connectors/appspace.json")),
    ("workspace-one-access", include_str!("../connectors/workspace-one-access.json")),
    ("workstream", include_str!("../connectors/workstream.json")),
];

static ALL: LazyLock<[Connector; 4]> = LazyLock::new(|| {
    FILES.map(|(id, file)| match Connector::from_json(file) {
        Ok(connector) => connector,
        // A test reads every file, so a broken one is never built.
        Err(error) => unreachable!("the built-in connector '{id}' is broken: {error}"),
    })
});

/// All built-in connectors.
#[must_use]
pub fn all() -> &'static [Connector] {
    ALL.as_slice()
}

/// The built-in connector with this id.
///
/// # Errors
/// There is none; the nearest name is suggested.
pub fn find(id: &str) -> Result<Connector, Error> {
    position(id).map(|index| ALL[index].clone())
}

/// The file of the built-in connector with this id, for [`Connector::built_in`].
///
/// # Errors
/// There is none; the nearest name is suggested.
pub fn file(id: &str) -> Result<&'static str, Error> {
    position(id).map(|index| FILES[index].1)
}

fn position(id: &str) -> Result<usize, Error> {
    FILES.iter().position(|(known, _)| *known == id).ok_or_else(|| {
        let nearest = nearest(id, FILES.iter().map(|(id, _)| *id)).map(str::to_owned);
        SettingsError::NoConnector { name: id.to_owned(), nearest }.into()
    })
}

/// WorkSpan: an ecosystem cloud for business partners.
#[must_use]
pub fn workspan() -> Connector {
    ALL[0].clone()
}

/// Appspace: a workplace experience platform.
#[must_use]
pub fn appspace() -> Connector {
    ALL[1].clone()
}

/// Workspace ONE Access: identity for the digital workspace.
#[must_use]
pub fn workspace_one_access() -> Connector {
    ALL[2].clone()
}

/// Workstream: hiring and HR for the hourly workforce.
#[must_use]
pub fn workstream() -> Connector {
    ALL[3].clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_to_be_said_about_any_file() {
        for (id, text) in FILES {
            assert_eq!(grantline_core::manifest::check(text), [], "{id}");
        }
    }

    #[test]
    fn every_file_is_read_and_stands_under_its_id() {
        for ((id, _), connector) in FILES.iter().zip(all()) {
            assert_eq!(connector.manifest().id, *id);
        }
    }

    #[test]
    fn no_file_needs_more_than_a_built_in_connector_can_do() {
        for (id, text) in FILES {
            assert_eq!(file(id), Ok(text));
            assert_eq!(Connector::built_in(text).unwrap(), find(id).unwrap());
        }
    }

    #[test]
    fn the_functions_are_in_the_order_of_the_files() {
        let functions = [workspan(), appspace(), workspace_one_access(), workstream()];
        assert_eq!(functions.as_slice(), all());
    }
}
