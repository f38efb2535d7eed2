//! Which names a manifest uses, and for what.

use super::super::{Auth, Body, Expiry, Host, Manifest, Place, RequestTemplate};
use super::Template;

/// The names in these templates.
pub(super) fn names<'a>(templates: &[&'a Template]) -> impl Iterator<Item = &'a str> {
    templates.iter().copied().flat_map(Template::names)
}

/// The names that are used where one way to authenticate is.
pub(super) struct Uses<'a> {
    /// Everywhere but in values.
    outside: Vec<&'a str>,
    /// In the values, each with the value's own name.
    values: Vec<(&'a str, &'a str)>,
    /// As places of captures.
    captured: Vec<&'a str>,
    /// By 'hosts'.
    hosts: Vec<&'a str>,
}

impl<'a> Uses<'a> {
    pub(super) fn of(manifest: &'a Manifest, auth: &'a Auth) -> Self {
        let mut templates = vec![&manifest.base_url];
        templates.extend(manifest.sets.iter().filter_map(|set| set.base_url.as_ref()));
        if let Some(test) = &manifest.test {
            templates.extend(test.headers.templates());
            body(test.json.as_ref(), &mut templates);
        }
        for operation in &manifest.operations {
            templates.push(&operation.path);
            templates.extend(operation.headers.templates());
        }
        let requests: Vec<&RequestTemplate> = auth.requests().chain(&auth.revoke).collect();
        templates
            .extend(requests.iter().flat_map(|request| request.templates().into_iter().chain(&request.xml)));
        templates.extend(auth.apply.headers.templates());
        templates.extend(auth.apply.query.templates());
        templates.extend(auth.apply.cookies.templates());
        if let Some(seed) = &auth.seed {
            templates
                .extend([&seed.access_token, &seed.issued_at, &seed.refresh_token].into_iter().flatten());
        }
        templates.extend(auth.mint.iter().map(|mint| &mint.value));
        templates.extend(auth.client_certificate.iter().flat_map(|own| [&own.certificate, &own.key]));
        let values = auth.values.iter().flat_map(|(name, derived)| {
            derived.templates().into_iter().flat_map(Template::names).map(move |used| (name.as_str(), used))
        });
        Self {
            outside: names(&templates).collect(),
            values: values.collect(),
            captured: captured(auth, &requests),
            hosts: manifest.hosts.iter().filter_map(named_by).collect(),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> bool {
        self.value(name) || self.hosts.contains(&name)
    }

    /// Whether something else than the value itself names it.
    pub(super) fn value(&self, name: &str) -> bool {
        self.outside.contains(&name) || self.values.iter().any(|(by, used)| *used == name && *by != name)
    }

    pub(super) fn capture(&self, name: &str) -> bool {
        self.value(name) || self.captured.contains(&name)
    }
}

fn named_by(host: &Host) -> Option<&str> {
    match host {
        Host::NamedBy(name) => Some(name),
        Host::Pattern(_) => None,
    }
}

fn body<'a>(json: Option<&'a Body>, templates: &mut Vec<&'a Template>) {
    if let Some(json) = json {
        json.templates(&mut |template| templates.push(template));
    }
}

/// The captures that places name: of tokens, of their ends, of errors, and of other captures.
fn captured<'a>(auth: &'a Auth, requests: &[&'a RequestTemplate]) -> Vec<&'a str> {
    let mut places: Vec<&Place> = Vec::new();
    if let Some(rule) = &auth.token {
        places.extend(rule.value.iter().chain(rule.refresh_token.iter()));
        places.extend(rule.expiry.iter().chain(&rule.refresh_expiry).filter_map(Expiry::place));
    }
    if let Some(rule) = &auth.errors {
        places.extend(rule.code.iter().chain(rule.message.iter()));
    }
    places.extend(
        requests.iter().flat_map(|request| request.captures.iter()).flat_map(|(_, places)| places.iter()),
    );
    let name = |place: &'a Place| match place {
        Place::Captured(name) => Some(name.as_str()),
        _ => None,
    };
    places.into_iter().filter_map(name).collect()
}
