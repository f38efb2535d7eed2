//! Which connector is meant, and the connection to it.

use crate::args::Selection;
use crate::failure::Failure;
use crate::values;
use grantline_connectors::FILES;
use grantline_core::error::{Error, SettingsError};
use grantline_core::{Connector, Notice};
use grantline_reqwest::{Connection, FileStore, StoreKeys};
use std::{fs, path::Path};

/// A built-in connector by its name, or a connector file by its path.
pub(crate) fn find(name: &str) -> Result<Connector, Failure> {
    if !is_path(name) {
        return grantline_connectors::find(name).map_err(|error| Failure::Core {
            error,
            hint: "\n  `grantline connectors` lists them; a connector of your own is given as the path of its .json file"
                .to_owned(),
        });
    }
    Connector::from_json(&text(name)?).map_err(|error| {
        Failure::Usage(format!("{name}: {error}\n  `grantline check {name}` shows where it stands"))
    })
}

/// The text of a connector that `find` found.
pub(crate) fn text(name: &str) -> Result<String, Failure> {
    let built_in = FILES.iter().find(|(id, _)| *id == name && !is_path(name));
    if let Some((_, text)) = built_in {
        return Ok((*text).to_owned());
    }
    fs::read_to_string(name).map_err(|error| Failure::Usage(format!("cannot read '{name}': {error}")))
}

fn is_path(name: &str) -> bool {
    name.contains(['/', '\\']) || Path::new(name).extension().is_some_and(|extension| extension == "json")
}

/// Makes the connection that the command line describes.
pub(crate) fn connect(selection: &Selection) -> Result<Connection, Failure> {
    let connector = find(&selection.connector)?;
    // The person at the command line named this machine, if anyone did: an emulator needs no further word.
    let mut builder = Connection::builder(connector.clone())
        .parameters(values::gather(&connector, &selection.set)?)
        .allow_loopback();
    if let Some(set) = &selection.parameter_set {
        builder = builder.parameter_set(set);
    }
    if !selection.no_cache {
        let keys = StoreKeys::from_env().map_err(|error| Failure::Usage(error.to_string()))?;
        // A machine that keeps nothing can still have a token.
        match FileStore::default() {
            Ok(store) => {
                builder = builder.store(match keys {
                    Some(keys) => store.encrypted(keys),
                    None => store,
                });
            }
            Err(error) => eprintln!("warning: the token is not kept for the next run: {error}"),
        }
    }
    let verbose = selection.verbose;
    let connection = builder.on_notice(move |notice| tell(notice, verbose)).build().map_err(|error| {
        let hint = hint(&error, &connector);
        Failure::Core { error, hint }
    })?;
    connection.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
    Ok(connection)
}

/// How to give a missing parameter on this command line.
fn hint(error: &Error, connector: &Connector) -> String {
    let Error::Settings(SettingsError::Missing { parameter, .. }) = error else { return String::new() };
    let id = &connector.manifest().id;
    let variable = values::variable(id, parameter);
    format!(
        "\n  give it with --set {parameter}=..., --set {parameter}=@FILE, or {variable}\n  `grantline connectors {id}` shows all parameters"
    )
}

/// Says what happens, as far as it matters to the person.
fn tell(notice: &Notice, verbose: bool) {
    match notice {
        Notice::Sent { request, status, fault, millis, .. } if verbose => {
            let answer =
                status.map_or_else(|| fault.unwrap_or("no answer").to_owned(), |status| status.to_string());
            eprintln!("> {request}\n< {answer} ({millis} ms)");
        }
        Notice::Failed { message, harmless: true, .. } => eprintln!("warning: {message}"),
        _ => {}
    }
}
