//! The request of an operation, with what stands in for arguments that are not given.

use crate::failure::Failure;
use crate::values;
use grantline_core::error::{Error, SettingsError};
use grantline_core::json::Json;
use grantline_core::manifest::{Operation, OperationParameter, ParameterKind};
use grantline_core::{Call, Settings, nearest};
use std::sync::Arc;

/// An operation and its arguments.
pub(super) struct Asked {
    id: String,
    arguments: Vec<(String, Json)>,
    /// Names and values of the arguments that are made up.
    pub(super) made_up: Vec<(String, String)>,
}

impl Asked {
    /// What the command line asks for; required arguments that are not given are made up.
    pub(super) fn new(settings: &Settings, id: &str, given: &[String]) -> Result<Self, Failure> {
        let operation = find(&settings.connector().manifest().operations, id)?;
        let mut arguments = arguments(given)?;
        let mut made_up = Vec::new();
        let absent = |known: &&OperationParameter| {
            known.required && known.default.is_none() && arguments.iter().all(|(name, _)| *name != known.name)
        };
        for parameter in operation.parameters.iter().filter(absent) {
            made_up.push((parameter.name.clone(), stand_in(parameter)));
        }
        arguments.extend(made_up.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
        Ok(Self { id: id.to_owned(), arguments, made_up })
    }

    /// The call of the operation.
    pub(super) fn call(&self, settings: &Arc<Settings>) -> Result<Call, Error> {
        let request = settings.operation(&self.id, &self.arguments)?;
        Call::operation(settings.clone(), &request, false)
    }
}

fn find<'a>(operations: &'a [Operation], id: &str) -> Result<&'a Operation, Failure> {
    operations.iter().find(|known| known.id == id).ok_or_else(|| {
        let nearest = nearest(id, operations.iter().map(|known| known.id.as_str())).map(str::to_owned);
        Error::from(SettingsError::NoOperation { operation: id.to_owned(), nearest }).into()
    })
}

/// `NAME=VALUE`; a name that is given again makes a list.
fn arguments(given: &[String]) -> Result<Vec<(String, Json)>, Failure> {
    let mut all: Vec<(String, Json)> = Vec::new();
    for pair in given {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| Failure::Usage("--arg takes NAME=VALUE, NAME=@FILE or NAME=@-".to_owned()))?;
        let value: Json = values::read(name, value)?.as_str().into();
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, Json::Array(items))) => items.push(value),
            Some((_, first)) => *first = Json::Array(vec![first.clone(), value]),
            None => all.push((name.to_owned(), value)),
        }
    }
    Ok(all)
}

fn stand_in(parameter: &OperationParameter) -> String {
    let readable = || parameter.name.to_uppercase().replace(['-', '.', '$'], "_");
    parameter.allowed.first().cloned().unwrap_or_else(|| match parameter.kind {
        ParameterKind::String | ParameterKind::List => readable(),
        ParameterKind::Int | ParameterKind::Number => "1".to_owned(),
        ParameterKind::Bool => "true".to_owned(),
    })
}
