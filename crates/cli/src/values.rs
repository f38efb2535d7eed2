//! Parameters from the command line, from files and from the environment.

use crate::failure::Failure;
use grantline_core::{Connector, Secret, manifest::Kind};
use grantline_reqwest::StoreKeys;
use std::io::Read;
use std::{env, fs, io};

/// The parameters of a connection: `--set` first, then the environment.
pub(crate) fn gather(connector: &Connector, set: &[String]) -> Result<Vec<(String, Secret)>, Failure> {
    let mut values: Vec<(String, Secret)> = Vec::new();
    if set.iter().filter(|pair| pair.ends_with("=@-")).count() > 1 {
        return Err(Failure::Usage("only one --set can read standard input (@-)".to_owned()));
    }
    for pair in set {
        let Some((name, value)) = pair.split_once('=') else {
            // The text may be a secret that lost its name: it is not repeated.
            return Err(Failure::Usage("--set takes NAME=VALUE, NAME=@FILE or NAME=@-".to_owned()));
        };
        if values.iter().any(|(known, _)| known == name) {
            return Err(Failure::Usage(format!("--set {name} is given twice")));
        }
        if is_secret(connector, name) && (!value.starts_with('@') || value.starts_with("@@")) {
            eprintln!(
                "warning: the secret '{name}' stands in an argument, which every user of this machine can see: use --set {name}=@FILE, {name}=@- or {}",
                variable(&connector.manifest().id, name)
            );
        }
        values.push((name.to_owned(), read(name, value)?.into()));
    }
    for parameter in connector.parameters() {
        let variable = variable(&connector.manifest().id, &parameter.name);
        // The key of the store is for nobody else, whatever a connector and its parameter are called.
        let taken = variable == StoreKeys::VARIABLE || values.iter().any(|(name, _)| *name == parameter.name);
        if let (false, Ok(value)) = (taken, env::var(variable)) {
            values.push((parameter.name.clone(), value.into()));
        }
    }
    Ok(values)
}

fn is_secret(connector: &Connector, name: &str) -> bool {
    connector
        .parameters()
        .iter()
        .any(|parameter| parameter.name == name && parameter.kind == Kind::SecureString)
}

/// `GRANTLINE_<CONNECTOR>_<PARAMETER>`
pub(crate) fn variable(connector: &str, parameter: &str) -> String {
    format!("GRANTLINE_{connector}_{parameter}").replace('-', "_").to_uppercase()
}

/// A value as it is typed: itself, `@file`, `@-`, or `@@` for a leading '@'.
pub(crate) fn read(name: &str, typed: &str) -> Result<String, Failure> {
    let Some(source) = typed.strip_prefix('@') else { return Ok(typed.to_owned()) };
    if source.starts_with('@') {
        return Ok(source.to_owned());
    }
    let mut text = String::new();
    let read = match source {
        "-" => io::stdin().read_to_string(&mut text).map(drop),
        file => fs::read_to_string(file).map(|content| text = content),
    };
    let place = if source == "-" { "standard input" } else { source };
    read.map_err(|error| Failure::Usage(format!("cannot read '{name}' from {place}: {error}")))?;
    // Editors and `echo` end a file with a line break that is not part of a secret.
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    Ok(text)
}
