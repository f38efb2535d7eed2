//! What a manifest must mean, beyond its shape.

mod auth;
mod operation;
mod request;
mod scope;

use super::read::Reader;
use super::values::is_id;
use super::{ApiRequest, Derived, Host, Kind, Manifest, Parameter};
use crate::names::nearest;
use crate::template::{Template, is_name};
use scope::{Scope, no_parameter};

pub(super) fn check(manifest: &Manifest, reader: &mut Reader) {
    if !is_id(&manifest.id) {
        reader.problem_at("id", "an id is lower-case letters, digits and '-', a letter first");
    }
    if manifest.auth.is_some() != manifest.sets.is_empty() {
        reader.problem("exactly one of 'auth' and 'sets' is needed");
    }
    reader.inside("parameters", |reader| parameters(&manifest.parameters, &[], reader));
    reader.inside("hosts", |reader| hosts(manifest, reader));
    if let Some(auth) = &manifest.auth {
        let scope = Scope::new(&manifest.parameters, &[], auth);
        reader.inside("auth", |reader| auth::check(&scope, reader));
        general(manifest, &scope, reader);
    }
    for (index, set) in manifest.sets.iter().enumerate() {
        reader.inside("sets", |reader| {
            reader.inside(&index.to_string(), |reader| {
                if !is_id(&set.name) || manifest.sets[..index].iter().any(|other| other.name == set.name) {
                    let problem = "a name is lower-case letters, digits and '-', and stands once";
                    reader.problem_at("name", problem);
                }
                reader
                    .inside("parameters", |reader| parameters(&set.parameters, &manifest.parameters, reader));
                let scope = Scope::new(&manifest.parameters, &set.parameters, &set.auth);
                if let Some(own) = &set.base_url {
                    reader.inside("base_url", |reader| base_url(own, &scope, reader));
                }
                if let Some(own) = &set.test {
                    reader.inside("test", |reader| test(own, &scope, reader));
                }
                reader.inside("auth", |reader| auth::check(&scope, reader));
            });
        });
        // What all ways share must make sense for each of them; one that has an address of its own needs no other.
        if set.base_url.is_none() || index == 0 {
            let scope = Scope::new(&manifest.parameters, &[], &set.auth);
            general(manifest, &scope, reader);
        }
    }
    operation::check(manifest, reader);
}

/// What stands beside the ways to authenticate, as one of them sees it.
fn general(manifest: &Manifest, scope: &Scope<'_>, reader: &mut Reader) {
    reader.inside("base_url", |reader| base_url(&manifest.base_url, scope, reader));
    if let Some(request) = &manifest.test {
        reader.inside("test", |reader| test(request, scope, reader));
    }
}

fn test(test: &ApiRequest, scope: &Scope<'_>, reader: &mut Reader) {
    if !test.path.starts_with('/') {
        reader.problem_at("path", "a path begins with '/'");
    }
    let known = scope.parameters();
    request::headers(&known, &test.headers, reader);
    known.check(&test.headers.templates(), reader);
    if let Some(json) = &test.json {
        let mut templates = Vec::new();
        json.templates(&mut |template| templates.push(template));
        known.check(&templates, reader);
    }
}

fn base_url(template: &Template, scope: &Scope<'_>, reader: &mut Reader) {
    request::url(template, reader);
    let known = scope.inputs().with_captures();
    known.check(&[template], reader);
    for index in known.values_in(&[template]) {
        let (name, derived) = &scope.auth.values[index];
        if matches!(derived, Derived::Now(_) | Derived::Random(_) | Derived::Jwt(_)) {
            reader.problem(format!("'{name}' is another one each time, which an address is not"));
        }
    }
}

fn hosts(manifest: &Manifest, reader: &mut Reader) {
    if manifest.hosts.is_empty() {
        reader.problem("at least one host is needed: nothing may be sent anywhere else");
    }
    for (index, host) in manifest.hosts.iter().enumerate() {
        let Host::NamedBy(name) = host else { continue };
        if manifest.parameters.iter().all(|parameter| parameter.name != *name) {
            let hint = nearest(name, manifest.parameters.iter().map(|parameter| parameter.name.as_str()));
            reader.problem_at(&index.to_string(), no_parameter(name, hint));
        }
    }
}

fn parameters(parameters: &[Parameter], shared: &[Parameter], reader: &mut Reader) {
    for (index, parameter) in parameters.iter().enumerate() {
        let name = &parameter.name;
        reader.inside(&index.to_string(), |reader| {
            if !is_name(name) {
                let rule = "letters, digits and '_', a letter first";
                reader.problem(format!("'{name}' cannot be the name of a parameter: {rule}"));
            }
            if parameters[..index].iter().chain(shared).any(|other| other.name.eq_ignore_ascii_case(name)) {
                reader.problem(format!("there are two parameters '{name}' (case does not count)"));
            }
            if let Some(default) = &parameter.default {
                if let Err(problem) = parameter.accepts(default) {
                    reader.problem_at("default", problem);
                }
                if parameter.kind == Kind::SecureString {
                    reader.problem_at("default", "a secret has no default: it would be public");
                }
            }
            if parameter.separator.is_some() && parameter.kind != Kind::String {
                reader.problem_at("separator", "only a 'string' can be a list");
            }
        });
    }
}

impl Parameter {
    /// Whether `value` may be given; if not, why.
    pub(crate) fn accepts(&self, value: &str) -> Result<(), String> {
        match self.kind {
            // Only as JSON writes it: it may stand bare in a body.
            Kind::Int if value.parse::<i64>().map_or(true, |number| number.to_string() != value) => {
                return Err("is no whole number without '+' and leading zeros".to_owned());
            }
            Kind::Bool if !matches!(value, "true" | "false") => {
                return Err("is neither true nor false".to_owned());
            }
            _ => {}
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed == value) {
            return Err(format!("must be one of {}", self.allowed.join(", ")));
        }
        Ok(())
    }
}
