//! `grantline call CONNECTOR OPERATION`: an operation by its name, and all of its pages.

use super::call::{show, stream};
use crate::args::Call;
use crate::connector::{connect, find};
use crate::failure::Failure;
use crate::output;
use crate::values;
use grantline_core::Error;
use grantline_core::error::SettingsError;
use grantline_core::manifest::Operation;
use grantline_reqwest::OperationBuilder;
use reqwest::header::{HeaderName, HeaderValue};

pub(crate) async fn run(
    options: &Call,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<String>,
) -> Result<(), Failure> {
    let connector = find(&options.selection.connector)?;
    let operations = &connector.manifest().operations;
    if operations.iter().all(|known| known.id != options.operation) {
        return Err(unknown(options, operations));
    }
    let connection = connect(&options.selection)?;
    let mut call = arguments(connection.call(&options.operation), &options.arg)?;
    for (name, value) in headers {
        call = call.header(name, value);
    }
    if let Some(body) = body {
        call = call.body(body);
    }
    if options.all_pages {
        let mut items = call.items::<serde_json::Value>().map_err(|error| explained(error, options))?;
        while let Some(item) = items.try_next().await.map_err(|error| explained(error, options))? {
            output::line(item)?;
        }
        return Ok(());
    }
    let response = call.send().await.map_err(|error| explained(error, options))?;
    show(options, &response);
    stream(response).await
}

/// `NAME=VALUE`; a name that is given again makes a list.
fn arguments(call: OperationBuilder, given: &[String]) -> Result<OperationBuilder, Failure> {
    let mut all: Vec<(&str, Vec<String>)> = Vec::new();
    for pair in given {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure::Usage("--arg takes NAME=VALUE, NAME=@FILE or NAME=@-".to_owned()));
        };
        let value = values::read(name, value)?;
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, items)) => items.push(value),
            None => all.push((name, vec![value])),
        }
    }
    Ok(all.into_iter().fold(call, |call, (name, mut items)| match (items.len(), items.pop()) {
        (1, Some(value)) => call.arg(name, value),
        (_, last) => call.arg(name, items.into_iter().chain(last).collect::<Vec<_>>()),
    }))
}

fn unknown(options: &Call, operations: &[Operation]) -> Failure {
    let wanted = &options.operation;
    let nearest = grantline_core::nearest(wanted, operations.iter().map(|known| known.id.as_str()));
    let error = SettingsError::NoOperation { operation: wanted.clone(), nearest: nearest.map(str::to_owned) };
    let connector = &options.selection.connector;
    let hint = if ["get", "post", "put", "patch", "delete", "head"].contains(&wanted.to_lowercase().as_str())
    {
        format!("\n  a method needs a path: grantline call {connector} {wanted} /PATH")
    } else if operations.is_empty() {
        "\n  it names none at all: give a method and a path, or add operations with `grantline import`"
            .to_owned()
    } else {
        format!("\n  `grantline connectors {connector}` lists them")
    };
    Failure::Core { error: error.into(), hint }
}

/// An argument that is wrong is shown beside those that there are.
fn explained(error: Error, options: &Call) -> Failure {
    match &error {
        Error::Settings(SettingsError::Argument { argument, .. }) if argument == "body" => {
            Failure::Core { error, hint: "\n  give the body with --data TEXT, @FILE or @-".to_owned() }
        }
        Error::Settings(SettingsError::Argument { .. }) => {
            let connector = &options.selection.connector;
            let hint =
                format!("\n  give it with --arg NAME=VALUE; `grantline connectors {connector}` lists all");
            Failure::Core { error, hint }
        }
        // That the API wants to be asked later is no failure of the token.
        Error::Operation { .. } => Failure::Core { error, hint: String::new() },
        _ => error.into(),
    }
}
