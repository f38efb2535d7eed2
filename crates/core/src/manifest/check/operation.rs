//! What the operations of a manifest must mean, beyond their shape.

use crate::error::DidYouMean;
use crate::manifest::read::Reader;
use crate::manifest::{
    Kind, Manifest, Operation, OperationParameter, Paging, Parameter, ParameterKind, ParameterPlace, Place,
    is_header_name,
};
use crate::names::nearest;
use crate::template::Template;

pub(super) fn check(manifest: &Manifest, reader: &mut Reader) {
    reader.inside("operations", |reader| {
        for (index, operation) in manifest.operations.iter().enumerate() {
            reader.inside(&index.to_string(), |reader| {
                if !is_operation_id(&operation.id) {
                    let rule = "an id is letters, digits, '_', '-' and '.', a letter first";
                    reader.problem_at("id", rule);
                }
                if manifest.operations[..index].iter().any(|other| other.id == operation.id) {
                    reader.problem_at("id", format!("there are two operations '{}'", operation.id));
                }
                reader.inside("path", |reader| path(manifest, operation, reader));
                reader.inside("headers", |reader| headers(manifest, operation, reader));
                reader.inside("parameters", |reader| parameters(operation, reader));
                if let Some(rule) = &operation.paging {
                    reader.inside("paging", |reader| paging(operation, rule, reader));
                }
            });
        }
    });
}

/// Whether this can be the id of an operation.
pub(crate) fn is_operation_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

fn path(manifest: &Manifest, operation: &Operation, reader: &mut Reader) {
    if !operation.path.prefix().starts_with('/') || operation.path.prefix().starts_with("//") {
        reader.problem("a path begins with one '/'");
    }
    for name in operation.path.names() {
        if has(operation, ParameterPlace::Path, name) {
            continue;
        }
        match shared(manifest, name) {
            Some(parameter) if parameter.kind == Kind::SecureString => reader.problem(format!(
                "'{{{name}}}' is a secret, which servers and proxies write down where it stands in a URL: use 'headers'"
            )),
            Some(_) => {}
            None => {
                let own = operation.parameters.iter().map(|parameter| parameter.name.as_str());
                let known = own.chain(manifest.parameters.iter().map(|parameter| parameter.name.as_str()));
                unknown(name, known, reader);
            }
        }
    }
}

fn headers(manifest: &Manifest, operation: &Operation, reader: &mut Reader) {
    for (name, _) in &operation.headers.0 {
        if name.as_literal().is_some_and(|name| !is_header_name(name)) {
            reader.problem("the name of a header is letters, digits and '-', in lower case");
        }
    }
    for name in operation.headers.templates().into_iter().flat_map(Template::names) {
        if shared(manifest, name).is_none() {
            unknown(name, manifest.parameters.iter().map(|parameter| parameter.name.as_str()), reader);
        }
    }
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>, reader: &mut Reader) {
    let hint = DidYouMean(nearest(name, known));
    reader.problem(format!("there is no parameter '{name}'{hint}"));
}

/// The parameter of a connection that every way to authenticate has.
fn shared<'a>(manifest: &'a Manifest, name: &str) -> Option<&'a Parameter> {
    let find = |list: &'a [Parameter]| list.iter().find(|parameter| parameter.name == name);
    find(&manifest.parameters).or_else(|| {
        let everywhere = manifest.sets.iter().all(|set| find(&set.parameters).is_some());
        manifest.sets.first().filter(|_| everywhere).and_then(|set| find(&set.parameters))
    })
}

fn has(operation: &Operation, place: ParameterPlace, name: &str) -> bool {
    operation.parameters.iter().any(|parameter| parameter.place == place && parameter.name == name)
}

fn parameters(operation: &Operation, reader: &mut Reader) {
    for (index, parameter) in operation.parameters.iter().enumerate() {
        reader.inside(&index.to_string(), |reader| {
            let name = &parameter.name;
            if operation.parameters[..index].iter().any(|other| other.name == *name) {
                reader.problem(format!("there are two parameters '{name}': one name is one argument"));
            }
            parameter.check(operation, reader);
        });
    }
}

impl OperationParameter {
    fn check(&self, operation: &Operation, reader: &mut Reader) {
        let name = &self.name;
        match self.place {
            ParameterPlace::Path if operation.path.names().all(|known| known != name) => {
                reader.problem(format!("the path has no '{{{name}}}'"));
            }
            ParameterPlace::Header if !is_header_name(&name.to_ascii_lowercase()) => {
                reader.problem(format!("'{name}' cannot name a header"));
            }
            ParameterPlace::Query if name.is_empty() => reader.problem("a parameter has a name"),
            _ => {}
        }
        if let Some(Err(problem)) = self.default.as_ref().map(|default| self.accepts(default)) {
            reader.problem_at("default", problem);
        }
        if self.separator.is_some() && self.kind != ParameterKind::List {
            reader.problem_at("separator", "only a 'list' has one");
        }
    }
}

fn paging(operation: &Operation, rule: &Paging, reader: &mut Reader) {
    let (key, parameter, size, next) = match rule {
        Paging::Cursor(rule) => ("cursor", Some(&rule.parameter), None, Some(&rule.next)),
        Paging::NextUrl(rule) => ("next_url", None, None, Some(&rule.next)),
        Paging::LinkHeader(_) => return,
        Paging::Page(rule) => ("page", Some(&rule.parameter), rule.size_parameter.as_ref(), None),
        Paging::Offset(rule) => ("offset", Some(&rule.parameter), rule.size_parameter.as_ref(), None),
    };
    reader.inside(key, |reader| {
        for (field, name) in [("parameter", parameter), ("size_parameter", size)] {
            let Some(name) = name else { continue };
            let elsewhere = operation
                .parameters
                .iter()
                .any(|parameter| parameter.name == *name && parameter.place != ParameterPlace::Query);
            if elsewhere || name.is_empty() {
                reader.problem_at(field, "this must name a parameter of the query");
            } else if field == "size_parameter" && !has(operation, ParameterPlace::Query, name) {
                reader.problem_at(field, format!("there is no parameter '{name}'"));
            }
        }
        let Some(next) = next else { return };
        if next.is_empty() {
            reader.problem_at("next", "at least one place is needed");
        }
        if next.iter().any(|place| matches!(place, Place::Cookie(_) | Place::Captured(_))) {
            reader.problem_at("next", "this stands in the body or in a header of the page");
        }
    });
}
