//! The operations of a document.

use crate::address::Address;
use crate::body::{answer, body};
use crate::document::{Document, scalar};
use crate::paging::{self, Found};
use crate::parameters::{Parameter, Place, merged, read};
use crate::schema::inline;
use crate::{Note, Options, names};
use grantline_core::json::Json;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const OTHERS: [&str; 3] = ["head", "options", "trace"];

/// Where an operation stands in its document.
struct Spot<'a> {
    path: &'a str,
    method: &'a str,
    item: &'a Value,
    operation: &'a Value,
}

/// Makes all operations that are wanted, and tells which are left out.
pub(crate) fn all(
    document: &Document<'_>,
    address: &Address,
    options: &Options,
    notes: &mut Vec<Note>,
) -> Vec<Json> {
    let (mut made, mut ids) = (Vec::new(), HashSet::new());
    let paths = document.root.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        let Some(item) = document.resolve(item).filter(|item| item.is_object()) else {
            notes.push(Note {
                place: path.clone(),
                message: "left out: it is in another document".to_owned(),
            });
            continue;
        };
        for method in OTHERS.into_iter().filter(|method| item.get(*method).is_some()) {
            let place = format!("{} {path}", method.to_uppercase());
            notes.push(Note { place, message: "left out: its method is not known".to_owned() });
        }
        for method in METHODS {
            let Some(operation) = item.get(method).filter(|operation| operation.is_object()) else {
                continue;
            };
            let spot = Spot { path, method, item, operation };
            if !spot.wanted(options) {
                continue;
            }
            match spot.make(document, address, &mut ids, notes) {
                Ok(operation) => made.push(operation),
                Err(why) => notes.push(Note { place: spot.name(), message: format!("left out: {why}") }),
            }
        }
    }
    made
}

/// All tags of the document.
pub(crate) fn tags(document: &Document<'_>) -> Vec<String> {
    let paths = document.root.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations = paths.flat_map(|(_, item)| METHODS.iter().filter_map(|method| item.get(*method)));
    let tags = operations.filter_map(|operation| operation.get("tags")?.as_array()).flatten();
    tags.filter_map(scalar).collect::<BTreeSet<_>>().into_iter().collect()
}

impl<'a> Spot<'a> {
    fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    fn wanted(&self, options: &Options) -> bool {
        let fits = |filter: &String| match (filter.strip_prefix("tag:"), filter.strip_prefix("id:")) {
            (Some(tag), _) => {
                let tags = self.operation.get("tags").and_then(Value::as_array);
                tags.is_some_and(|tags| tags.iter().any(|known| known.as_str() == Some(tag)))
            }
            (_, Some(id)) => self.operation.get("operationId").and_then(Value::as_str) == Some(id),
            _ => self.path.starts_with(filter.as_str()),
        };
        options.only.is_empty() || options.only.iter().any(fits)
    }

    fn make(
        &self,
        document: &Document<'a>,
        address: &Address,
        ids: &mut HashSet<String>,
        notes: &mut Vec<Note>,
    ) -> Result<Json, String> {
        self.same_server(address)?;
        let values = merged(document, self.item, self.operation);
        let (path, parameters) = self.parameters(document, &values, notes)?;
        let id = self.operation.get("operationId").and_then(Value::as_str);
        let id = names::unique(names::operation_id(id, self.method, self.path), |id| ids.contains(id));
        ids.insert(id.clone());
        let mut members = vec![("id".to_owned(), Json::String(id.clone()))];
        let words = |name: &str| self.operation.get(name).and_then(Value::as_str).and_then(names::summary);
        if let Some(summary) = words("summary").or_else(|| words("description")) {
            members.push(("summary".to_owned(), Json::String(summary)));
        }
        members.push(("method".to_owned(), Json::String(self.method.to_uppercase())));
        members.push(("path".to_owned(), Json::String(path)));
        let queries: Vec<&str> = parameters
            .iter()
            .filter(|parameter| parameter.place == Place::Query)
            .map(|parameter| parameter.wire.as_str())
            .collect();
        let (mut rule, mut returns) = (None, None);
        if let Some((response, schema)) = answer(document, self.operation) {
            returns = schema.map(|schema| inline(document, schema));
            match paging::find(document, self.operation, response, schema, &queries) {
                Found::Certain(found) => rule = Some(found),
                Found::Perhaps => {
                    let message = "its answer probably comes in pages: add 'paging' by hand";
                    notes.push(Note { place: id, message: message.to_owned() });
                }
                Found::No => {}
            }
        }
        if !parameters.is_empty() {
            let list = parameters.into_iter().map(|parameter| parameter.json).collect();
            members.push(("parameters".to_owned(), Json::Array(list)));
        }
        members.extend(body(document, self.operation, &values).map(|body| ("body".to_owned(), body)));
        members.extend(rule.map(|rule| ("paging".to_owned(), rule)));
        members.extend(returns.map(|returns| ("returns".to_owned(), returns)));
        Ok(Json::Object(members))
    }

    /// An operation of another server would get this one's token.
    fn same_server(&self, address: &Address) -> Result<(), String> {
        let servers = [self.operation, self.item].into_iter().find_map(|value| value.get("servers"));
        let url = servers.and_then(|servers| servers.get(0)?.get("url")?.as_str());
        match url {
            Some(url) if address.server.as_deref() != Some(url) => {
                Err(format!("it has a server of its own, {url}"))
            }
            _ => Ok(()),
        }
    }

    /// The parameters, and the path with its placeholders.
    fn parameters(
        &self,
        document: &Document<'a>,
        values: &[&'a Value],
        notes: &mut Vec<Note>,
    ) -> Result<(String, Vec<Parameter>), String> {
        let mut found: Vec<Parameter> = Vec::new();
        for outcome in values.iter().filter_map(|value| read(document, value)) {
            let missing = match outcome {
                Ok(parameter) if found.iter().all(|known| clash(known, &parameter).is_none()) => {
                    found.push(parameter);
                    continue;
                }
                Ok(parameter) => crate::parameters::Missing {
                    required: is_required(&parameter),
                    name: parameter.wire,
                    why: "another one has the same name",
                },
                Err(missing) => missing,
            };
            if missing.required {
                return Err(format!("its parameter '{}' is needed, and {}", missing.name, missing.why));
            }
            let message = format!("without its parameter '{}': {}", missing.name, missing.why);
            notes.push(Note { place: self.name(), message });
        }
        let path = self.template(&mut found)?;
        Ok((path, found))
    }

    /// The path as a template: its placeholders get names that placeholders may have.
    fn template(&self, parameters: &mut Vec<Parameter>) -> Result<String, String> {
        if self.path.contains('#') {
            return Err("its path has a '#'".to_owned());
        }
        let (mut out, mut rest) = (String::new(), self.path);
        let mut used = Vec::new();
        while let Some((before, after)) = rest.split_once('{') {
            let (wire, after) = after.split_once('}').ok_or("its path has a '{' that does not end")?;
            literal(before, &mut out);
            let name = named(wire, parameters);
            out.push_str(&format!("{{{name}}}"));
            used.push(name);
            rest = after;
        }
        literal(rest, &mut out);
        let unused = |parameter: &Parameter| {
            parameter.place == Place::Path
                && !used.iter().any(|name| parameter.json.get("name").and_then(Json::as_str) == Some(name))
        };
        parameters.retain(|parameter| !unused(parameter));
        Ok(if out.starts_with('/') { out } else { format!("/{out}") })
    }
}

/// Whether two parameters would be one argument. Those of the path are renamed, and clash with none.
fn clash(one: &Parameter, other: &Parameter) -> Option<()> {
    let path = [one, other].iter().any(|parameter| parameter.place == Place::Path);
    (!path && one.wire == other.wire).then_some(())
}

fn is_required(parameter: &Parameter) -> bool {
    parameter.json.get("required") == Some(&Json::Bool(true))
}

/// The name of the placeholder for `{wire}`; one that the document does not describe is text.
fn named(wire: &str, parameters: &mut Vec<Parameter>) -> String {
    let own =
        parameters.iter().position(|parameter| parameter.place == Place::Path && parameter.wire == wire);
    if let Some(Json::String(name)) = own.and_then(|index| parameters.get(index)?.json.get("name")) {
        // A placeholder that stands twice has got its name already.
        if names::placeholder(name) == *name && !taken(name, own, parameters) {
            return name.clone();
        }
    }
    let name = names::unique(names::placeholder(wire), |name| taken(name, own, parameters));
    match own.and_then(|index| parameters.get_mut(index)) {
        Some(parameter) => {
            if let Json::Object(members) = &mut parameter.json {
                members
                    .iter_mut()
                    .filter(|(key, _)| key == "name")
                    .for_each(|(_, known)| *known = name.as_str().into());
            }
        }
        None => {
            let text = [("name", name.as_str()), ("in", "path"), ("type", "string")];
            let mut members: Vec<_> = text.map(|(key, value)| (key.to_owned(), Json::from(value))).into();
            members.push(("required".to_owned(), Json::Bool(true)));
            parameters.push(Parameter {
                wire: wire.to_owned(),
                place: Place::Path,
                json: Json::Object(members),
            });
        }
    }
    name
}

fn taken(name: &str, own: Option<usize>, parameters: &[Parameter]) -> bool {
    let named = |parameter: &Parameter| parameter.json.get("name").and_then(Json::as_str) == Some(name);
    parameters.iter().enumerate().any(|(index, parameter)| Some(index) != own && named(parameter))
}

/// Text of a path, with what no URL may have escaped, and braces doubled.
fn literal(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '}' => out.push_str("%7D"),
            c if c.is_ascii_graphic() && !"\\\"<>^`|".contains(c) => out.push(c),
            c => {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
            }
        }
    }
}
