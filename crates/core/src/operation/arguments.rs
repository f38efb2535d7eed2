//! The arguments of an operation: whether they may be given, and where they stand.

use super::fault;
use crate::error::SettingsError;
use crate::json::Json;
use crate::manifest::{Operation, OperationParameter, ParameterKind, ParameterPlace};
use crate::names::nearest;
use crate::settings::Settings;
use crate::template::{Piece, Slot, write_value};

/// The parameters that have a value, with its items: one, unless it is a list.
pub(super) type Values<'a> = [(&'a OperationParameter, Vec<String>)];

/// Checks the arguments, and adds the defaults.
pub(super) fn values<'a>(
    operation: &'a Operation,
    arguments: &[(String, Json)],
) -> Result<Vec<(&'a OperationParameter, Vec<String>)>, SettingsError> {
    known(operation, arguments)?;
    let mut values = Vec::new();
    for parameter in &operation.parameters {
        if let Some(value) = value(operation, parameter, arguments)? {
            values.push((parameter, value));
        }
    }
    Ok(values)
}

fn known(operation: &Operation, arguments: &[(String, Json)]) -> Result<(), SettingsError> {
    let names = || operation.parameters.iter().map(|parameter| parameter.name.as_str());
    match arguments.iter().find(|(name, _)| names().all(|known| known != name)) {
        None => Ok(()),
        Some((name, _)) => {
            let problem = match nearest(name, names()) {
                Some(nearest) => format!("is unknown; did you mean '{nearest}'?"),
                None => "is unknown".to_owned(),
            };
            Err(fault(&operation.id, name, problem))
        }
    }
}

/// The value that is given, or the default; nothing if there is neither.
fn value(
    operation: &Operation,
    parameter: &OperationParameter,
    arguments: &[(String, Json)],
) -> Result<Option<Vec<String>>, SettingsError> {
    let wrong = |problem: String| fault(&operation.id, &parameter.name, problem);
    let given = arguments.iter().find(|(name, value)| *name == parameter.name && *value != Json::Null);
    let items = match given {
        Some((_, value)) => items(parameter, value).map_err(wrong)?,
        None => parameter.default.iter().cloned().collect(),
    };
    if let Some(problem) = items.iter().find_map(|item| parameter.accepts(item).err()) {
        return Err(wrong(problem));
    }
    match items.is_empty() {
        // Without it there is no path.
        true if parameter.required || parameter.place == ParameterPlace::Path => {
            Err(wrong(format!("is missing: {} is expected", parameter.expected())))
        }
        true => Ok(None),
        false => Ok(Some(items)),
    }
}

/// The texts in an argument.
fn items(parameter: &OperationParameter, value: &Json) -> Result<Vec<String>, String> {
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Int(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        // Writing a fraction would cost the wasm module a tenth of its size: adapters hand it over as text.
        other => other.as_u64().map(|number| number.to_string()),
    };
    let items: Option<Vec<_>> = match value {
        Json::Array(items) if parameter.kind == ParameterKind::List => items.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    };
    items.ok_or_else(|| format!("must be {}, and is {}", parameter.expected(), value.kind()))
}

impl OperationParameter {
    /// What may be given, in words.
    const fn expected(&self) -> &'static str {
        match self.kind {
            ParameterKind::String => "text",
            ParameterKind::Int => "a whole number",
            ParameterKind::Number => "a number",
            ParameterKind::Bool => "true or false",
            ParameterKind::List => "a list of texts",
        }
    }

    /// Whether `text` may be given, as a value or as an item of a list; if not, why.
    pub(crate) fn accepts(&self, text: &str) -> Result<(), String> {
        let fits = match self.kind {
            ParameterKind::String | ParameterKind::List => true,
            ParameterKind::Int => is_digits(text.strip_prefix('-').unwrap_or(text)),
            ParameterKind::Number => is_number(text),
            ParameterKind::Bool => matches!(text, "true" | "false"),
        };
        if !fits {
            return Err(format!("must be {}", self.expected()));
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed == text) {
            return Err(format!("must be one of {}", self.allowed.join(", ")));
        }
        Ok(())
    }
}

/// A number as JSON writes it. Not `parse::<f64>`, whose tables are an eighth of the wasm module.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (text, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    [whole, fraction, power.strip_prefix(['+', '-']).unwrap_or(power)].into_iter().all(is_digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The path, with what stands in it.
pub(super) fn path(
    settings: &Settings,
    operation: &Operation,
    values: &Values<'_>,
) -> Result<String, SettingsError> {
    let mut out = String::new();
    for piece in operation.path.pieces() {
        let name = match piece {
            Piece::Literal(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Slot(name) => name,
        };
        let own = |(parameter, _): &&(&OperationParameter, _)| {
            parameter.place == ParameterPlace::Path && parameter.name == *name
        };
        if let Some((parameter, items)) = values.iter().find(own) {
            let separator = parameter.separator.as_deref().unwrap_or(",");
            let text = items.join(separator);
            let problem = if text.is_empty() { Err("must not be empty") } else { Slot::Path.check(&text) };
            problem.map_err(|problem| fault(&operation.id, name, problem))?;
            joined(items, separator, &mut out);
        } else if write_value(name, settings, Slot::Path, &mut out, &mut Vec::new())?.is_none() {
            let problem = format!("is part of the path of '{}', and has no value", operation.id);
            return Err(SettingsError::Invalid { parameter: name.clone(), problem });
        }
    }
    Ok(out)
}

/// Writes the items of a list into a URL, so that a separator within an item is none.
fn joined(items: &[String], separator: &str, out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 && matches!(separator, "," | ";" | ":") {
            out.push_str(separator);
        } else if index > 0 {
            Slot::Query.write(separator, out);
        }
        Slot::Query.write(item, out);
    }
}

/// Adds the query, in the order of the connector.
pub(super) fn query(values: &Values<'_>, instead: Option<(&str, String)>, target: &mut String) {
    let mut add = |name: &str, items: &[String], separator: &str| {
        target.push(if target.contains('?') { '&' } else { '?' });
        Slot::Query.write(name, target);
        target.push('=');
        joined(items, separator, target);
    };
    let own = values.iter().filter(|(parameter, _)| parameter.place == ParameterPlace::Query);
    let known_better = |name: &str| instead.as_ref().is_some_and(|(known, _)| *known == name);
    for (parameter, items) in own.filter(|(parameter, _)| !known_better(&parameter.name)) {
        match parameter.separator.as_deref() {
            Some(separator) => add(&parameter.name, items, separator),
            None => items.chunks(1).for_each(|item| add(&parameter.name, item, "")),
        }
    }
    if let Some((name, value)) = instead {
        add(name, &[value], "");
    }
}

/// The header fields.
pub(super) fn headers(
    operation: &Operation,
    values: &Values<'_>,
) -> Result<Vec<(String, String)>, SettingsError> {
    let own = values.iter().filter(|(parameter, _)| parameter.place == ParameterPlace::Header);
    let field = |(parameter, items): &(&OperationParameter, Vec<String>)| {
        let value = items.join(parameter.separator.as_deref().unwrap_or(", "));
        match Slot::Header.check(&value) {
            Ok(()) => Ok((parameter.name.to_ascii_lowercase(), value)),
            Err(problem) => Err(fault(&operation.id, &parameter.name, problem)),
        }
    };
    own.map(field).collect()
}
