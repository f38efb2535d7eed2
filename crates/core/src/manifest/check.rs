//! What a manifest must mean, beyond its shape.

use super::read::Reader;
use super::values::{is_header_name, is_id};
use super::{Auth, Fields, Hosts, Kind, Manifest, Parameter, RejectedRule, RequestTemplate};
use crate::error::DidYouMean;
use crate::names::nearest;
use crate::template::{Piece, Template, is_name, is_visible};

/// The tokens at hand, for every template but those of 'seed': there, names are parameters only.
const TOKENS: [&str; 2] = ["accessToken", "refreshToken"];

pub(super) fn check(manifest: &Manifest, reader: &mut Reader) {
    if !is_id(&manifest.id) {
        reader.problem_at("id", "an id is lower-case letters, digits and '-', a letter first");
    }
    if manifest.auth.is_some() != manifest.sets.is_empty() {
        reader.problem("exactly one of 'auth' and 'sets' is needed");
    }
    reader.inside("parameters", |reader| parameters(&manifest.parameters, &[], reader));
    let shared = |name: &str| manifest.parameters.iter().any(|parameter| parameter.name == name);
    if let Hosts::NamedBy(name) = &manifest.hosts
        && !shared(name)
    {
        let hint = nearest(name, manifest.parameters.iter().map(|parameter| parameter.name.as_str()));
        reader.problem_at("hosts", no_parameter(name, hint));
    }
    let known = Known { manifest, own: &[] };
    reader.inside("base_url", |reader| {
        url(&manifest.base_url, reader);
        known.check(&[&manifest.base_url], &[], reader);
    });
    if let Some(auth) = &manifest.auth {
        reader.inside("auth", |reader| check_auth(manifest, &[], auth, reader));
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
                reader.inside("auth", |reader| check_auth(manifest, &set.parameters, &set.auth, reader));
            });
        });
    }
    if let Some(test) = &manifest.test {
        reader.inside("test", |reader| {
            if !test.path.starts_with('/') {
                reader.problem_at("path", "a path begins with '/'");
            }
            check_headers(&known, &test.headers, reader);
            known.check(&test.headers.templates(), &[], reader);
        });
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

fn check_auth(manifest: &Manifest, own: &[Parameter], auth: &Auth, reader: &mut Reader) {
    if auth.acquire.is_none() && auth.seed.is_none() {
        reader.problem("'acquire' or 'seed' is needed: there is no way to a first token");
    }
    if auth.token.is_none() && (auth.acquire.is_some() || auth.renew.is_some()) {
        reader.problem("'token' is missing: it says where the token stands in an answer");
    }
    let known = Known { manifest, own };
    for (key, request) in [("acquire", &auth.acquire), ("renew", &auth.renew), ("revoke", &auth.revoke)] {
        if let Some(request) = request {
            reader.inside(key, |reader| check_request(&known, request, reader));
        }
    }
    if let Some(acquire) = &auth.acquire {
        reader.inside("acquire", |reader| {
            for name in names(&acquire.templates()).filter(|name| TOKENS.contains(name)) {
                reader
                    .problem(format!("'{{{name}}}' is not at hand for a first grant; use 'renew' or 'seed'"));
            }
        });
    }
    reader.inside("apply", |reader| {
        check_headers(&known, &auth.apply.headers, reader);
        let mut templates = auth.apply.headers.templates();
        templates.extend(auth.apply.query.templates());
        known.check(&templates, &TOKENS, reader);
        if names(&templates).any(|name| name == TOKENS[1]) {
            reader.problem("'{refreshToken}' never goes to the API; '{accessToken}' does");
        }
    });
    if let Some(rule) = &auth.rejected {
        reader.inside("rejected", |reader| check_rejected(rule, reader));
    }
    if let Some(seed) = &auth.seed {
        let templates = [&seed.access_token, &seed.issued_at, &seed.refresh_token];
        let templates: Vec<_> = templates.into_iter().flatten().collect();
        reader.inside("seed", |reader| known.check(&templates, &[], reader));
    }
}

fn check_request(known: &Known<'_>, request: &RequestTemplate, reader: &mut Reader) {
    reader.inside("url", |reader| url(&request.url, reader));
    check_headers(known, &request.headers, reader);
    let bodies = [request.form.is_some(), request.json.is_some(), request.text.is_some()];
    if bodies.into_iter().filter(|body| *body).count() > 1 {
        reader.problem("at most one of 'form', 'json' and 'text' can be the body");
    }
    check_content_type(request, reader);
    if let Some(basic) = &request.basic {
        if request.headers.has("authorization") {
            reader.problem("'basic' and an 'authorization' header are two authentications at once");
        }
        let own = [&basic.user, &basic.password];
        let mut elsewhere = request.templates();
        elsewhere.retain(|template| own.iter().all(|own| !core::ptr::eq(*own, *template)));
        let twice = |name: &&str| known.is_secret(name) && names(&elsewhere).any(|other| other == *name);
        if let Some(name) = basic.password.names().find(twice) {
            reader.problem(format!(
                "the secret '{name}' is in 'basic' and elsewhere: two authentications at once"
            ));
        }
    }
    known.check(&request.templates(), &TOKENS, reader);
}

/// A body and what is said of it are not set apart.
fn check_content_type(request: &RequestTemplate, reader: &mut Reader) {
    let Some(kind) = request.headers.get("content-type") else { return };
    let kind = kind.as_literal().unwrap_or_default().to_ascii_lowercase();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let (body, fits) = if request.form.is_some() {
        ("form", kind == "application/x-www-form-urlencoded")
    } else if request.json.is_some() {
        ("json", essence == "application/json" || essence.ends_with("+json"))
    } else {
        return;
    };
    if !fits {
        let problem =
            format!("this is not the content type of '{body}', which is set by itself; leave it out");
        reader.inside("headers", |reader| reader.problem_at("content-type", problem));
    }
}

fn check_rejected(rule: &RejectedRule, reader: &mut Reader) {
    for (index, body) in rule.bodies.iter().enumerate() {
        reader.inside("bodies", |reader| {
            if body.statuses.is_empty() || body.words.is_empty() {
                let problem = "'statuses' and 'words' are needed: they say which bodies are meant";
                reader.problem_at(&index.to_string(), problem);
            }
        });
    }
}

fn check_headers(known: &Known<'_>, headers: &Fields, reader: &mut Reader) {
    for (index, (name, value)) in headers.0.iter().enumerate() {
        let literal = |template: &Template, fits: fn(&str) -> bool| {
            template.pieces().iter().all(|piece| match piece {
                Piece::Literal(text) => fits(text),
                Piece::Slot(_) => true,
            })
        };
        let text = name.as_literal().unwrap_or("this");
        let problem = if text.is_empty() || !literal(name, is_header_name) {
            format!("'{text}' is no name of a header field in lower case")
        } else if headers.0[..index].iter().any(|(other, _)| other == name) {
            format!("'{text}' stands once: a header field has one value")
        } else if name.names().any(|name| known.is_secret(name) || TOKENS.contains(&name)) {
            "a secret cannot be the name of a header field: names are shown".to_owned()
        } else if !literal(value, is_visible) {
            format!("'{text}' has a value with characters that no header field may have")
        } else {
            continue;
        };
        reader.problem_at("headers", problem);
    }
}

fn url(template: &Template, reader: &mut Reader) {
    let prefix = template.prefix();
    if !prefix.is_empty() && !prefix.starts_with("https://") {
        reader.problem("a URL begins with a placeholder for the base URL, or with https://");
    }
}

impl RequestTemplate {
    /// Every template of the request.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        let fields = [Some(&self.headers), Some(&self.query), self.form.as_ref()];
        let mut all = Vec::new();
        for fields in fields.into_iter().flatten() {
            all.extend(fields.templates());
        }
        all.push(&self.url);
        all.extend(&self.text);
        if let Some(basic) = &self.basic {
            all.extend([&basic.user, &basic.password]);
        }
        if let Some(body) = &self.json {
            body.templates(&mut |template| all.push(template));
        }
        all
    }
}

fn names<'a>(templates: &[&'a Template]) -> impl Iterator<Item = &'a str> {
    templates.iter().copied().flat_map(Template::names)
}

fn no_parameter(name: &str, nearest: Option<&str>) -> String {
    format!("there is no parameter '{name}'{}", DidYouMean(nearest))
}

struct Known<'a> {
    manifest: &'a Manifest,
    own: &'a [Parameter],
}

impl Known<'_> {
    fn is_secret(&self, name: &str) -> bool {
        let mut parameters = self.manifest.parameters.iter().chain(self.own);
        parameters.any(|parameter| parameter.name == name && parameter.kind == Kind::SecureString)
    }

    /// Every name is that of a parameter, or of one of the `tokens` that are at hand.
    fn check(&self, templates: &[&Template], tokens: &[&str], reader: &mut Reader) {
        let parameters = self.manifest.parameters.iter().chain(self.own);
        let mut known: Vec<&str> = parameters.map(|parameter| parameter.name.as_str()).collect();
        known.extend(tokens);
        for name in names(templates).filter(|name| !known.contains(name)) {
            reader.problem(no_parameter(name, nearest(name, known.iter().copied())));
        }
    }
}
