//! The parameters of Workstream's token requests, which may come in the query, a form or JSON.
//!
//! Decides: query and body are merged, as a Rails application does; a list is `name[]`, repeated.

use serde_json::Value;

use crate::codec::{self, Malformed, Media, Pairs};
use crate::service::Call;

/// The documented data accesses.
pub(super) const SCOPES: [&str; 9] = [
    "positions",
    "company_users",
    "company_roles",
    "position_applications",
    "employees",
    "locations",
    "departments",
    "team_members",
    "imported_employee_infos",
];

/// The query and the body together.
pub(super) fn read(call: &Call<'_>) -> Result<Pairs, Malformed> {
    let query = call.query.clone()?;
    let body = &call.request.body;
    let body = match codec::media(call.request) {
        _ if body.is_empty() => Pairs::new(),
        Media::Json => members(codec::object(body)?)?,
        Media::Form => codec::form(body)?,
        Media::Absent | Media::Other => return Err(Malformed),
    };
    codec::merge(query, body)
}

/// The asked scopes: known ones, at least one, each once, as one value or as a list.
pub(super) fn scopes(parameters: &Pairs) -> Option<Vec<String>> {
    let listed = parameters.iter().filter(|(name, _)| name == "scopes[]").map(|(_, value)| value.clone());
    let listed: Vec<_> = listed.collect();
    let all = match (codec::filled(parameters, "scopes"), listed.is_empty()) {
        (Some(text), true) => text.split(' ').map(str::to_owned).collect(),
        (None, false) => listed,
        _ => return None,
    };
    known(&all).then_some(all)
}

pub(super) fn known(scopes: &[String]) -> bool {
    let unique = |(index, scope): (usize, &String)| !scopes[..index].contains(scope);
    !scopes.is_empty()
        && scopes.iter().all(|scope| SCOPES.contains(&scope.as_str()))
        && scopes.iter().enumerate().all(unique)
}

/// JSON members as parameters; a list of strings becomes the repeated form of its name.
fn members(members: Vec<(String, Value)>) -> Result<Pairs, Malformed> {
    let mut pairs = Pairs::new();
    for (name, value) in members {
        match value {
            Value::String(value) => pairs.push((name, value)),
            Value::Array(values) => {
                for value in values {
                    let Value::String(value) = value else { return Err(Malformed) };
                    pairs.push((format!("{name}[]"), value));
                }
            }
            _ => return Err(Malformed),
        }
    }
    Ok(pairs)
}
