//! What the rules of a token's life must mean.

use super::request::{self, check_places};
use super::scope::{Known, Scope, TOKENS};
use crate::manifest::read::Reader;
use crate::manifest::{Algorithm, Derived, Expiry, Place, RejectedRule, RequestTemplate, TimeFormat};
use crate::template::{Template, is_name};

pub(super) fn check(scope: &Scope<'_>, reader: &mut Reader) {
    let auth = scope.auth;
    if auth.acquire.is_empty() && auth.mint.is_none() && auth.seed.is_none() {
        reader.problem("'acquire', 'mint' or 'seed' is needed: there is no way to a first token");
    }
    if !auth.acquire.is_empty() && auth.mint.is_some() {
        reader.problem("'acquire' and 'mint' are two ways to a first token: one is needed");
    }
    if auth.token.is_none() && auth.requests().next().is_some() {
        reader.problem("'token' is missing: it says where the token stands in an answer");
    }
    values(scope, reader);
    let first = scope.inputs();
    requests("acquire", &auth.acquire, &first, reader);
    if let Some(mint) = &auth.mint {
        reader.inside("mint", |reader| first.check(&[&mint.value], reader));
    }
    let captured =
        auth.acquire.iter().flat_map(|request| request.captures.iter()).map(|(name, _)| name.as_str());
    let later = scope.inputs().with_tokens(&TOKENS).and_captures(captured);
    requests("renew", &auth.renew, &later, reader);
    let all = later.with_captures();
    if let Some(revoke) = &auth.revoke {
        reader.inside("revoke", |reader| request::check(&all, revoke, reader));
    }
    if let Some(rule) = &auth.token {
        reader.inside("token", |reader| {
            if rule.value.is_empty() {
                reader.problem_at("value", "at least one place is needed");
            }
            let places = rule.value.iter().chain(rule.refresh_token.iter());
            check_places(&all, &places.cloned().collect::<Vec<_>>(), reader);
            for expiry in rule.expiry.iter().chain(&rule.refresh_expiry) {
                check_places(&all, expiry.place().map(core::slice::from_ref).unwrap_or_default(), reader);
            }
        });
    }
    reader.inside("apply", |reader| apply(&all.with_tokens(&TOKENS[..1]), reader));
    if let Some(rule) = &auth.rejected {
        reader.inside("rejected", |reader| check_rejected(rule, reader));
    }
    if let Some(certificate) = &auth.client_certificate {
        let templates = [&certificate.certificate, &certificate.key];
        reader.inside("client_certificate", |reader| scope.parameters().check(&templates, reader));
    }
    seed(scope, reader);
}

/// The names of values and captures are their own.
fn values(scope: &Scope<'_>, reader: &mut Reader) {
    let auth = scope.auth;
    let taken =
        |name: &str| scope.all_parameters().any(|parameter| parameter.name == name) || TOKENS.contains(&name);
    let bad = |name: &str| {
        if !is_name(name) {
            Some(format!("'{name}' cannot be a name: letters, digits and '_', a letter first"))
        } else {
            taken(name).then(|| format!("there is a parameter or token '{name}' already"))
        }
    };
    for (index, (name, derived)) in auth.values.iter().enumerate() {
        reader.inside("values", |reader| {
            reader.inside(name, |reader| {
                if let Some(problem) = bad(name) {
                    reader.problem(problem);
                }
                // Whether each place that uses it has its captures and tokens at hand is looked at there.
                let known = scope.inputs().with_tokens(&TOKENS).with_captures().with_values(index);
                known.check(&derived.templates(), reader);
                value(derived, reader);
            });
        });
    }
    for (key, requests) in [("acquire", &auth.acquire), ("renew", &auth.renew)] {
        for name in requests.iter().flat_map(|request| request.captures.iter()).map(|(name, _)| name) {
            let value = auth.values.iter().any(|(known, _)| known == name);
            let problem = bad(name).or_else(|| value.then(|| format!("there is a value '{name}' already")));
            if let Some(problem) = problem {
                reader.problem_at(key, problem);
            }
        }
    }
}

fn value(derived: &Derived, reader: &mut Reader) {
    match derived {
        Derived::Random(random) if random.bytes.is_some_and(|bytes| !(1..=32).contains(&bytes)) => {
            reader.problem_at("random", "'bytes' is between 1 and 32");
        }
        Derived::Now(now) if now.quoted && !now.format.is_number() => {
            reader.problem_at("now", "'quoted' is for the formats that are numbers");
        }
        Derived::Jwt(jwt) => reader.inside("jwt", |reader| {
            let mut claims = jwt.claims.iter().filter(|(name, _)| matches!(name.as_str(), "iat" | "exp"));
            if let (Some((name, _)), Some(_)) = (claims.next(), jwt.lifetime_seconds) {
                reader.problem_at("claims", format!("'{name}' is there twice: 'lifetime_seconds' adds it"));
            }
            if let Some((name, _)) =
                jwt.header.iter().find(|(name, _)| matches!(name.as_str(), "alg" | "typ"))
            {
                reader.problem_at("header", format!("'{name}' is set by itself"));
            }
        }),
        _ => {}
    }
}

impl TimeFormat {
    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::EpochSeconds | Self::EpochMilliseconds)
    }
}

impl Expiry {
    /// Where it is found.
    pub(crate) const fn place(&self) -> Option<&Place> {
        match self {
            Self::Fixed(_) => None,
            Self::Seconds(place)
            | Self::Milliseconds(place)
            | Self::Minutes(place)
            | Self::Hours(place)
            | Self::HoursMinutesSeconds(place)
            | Self::DaysHoursMinutes(place)
            | Self::Duration(place)
            | Self::EpochSeconds(place)
            | Self::EpochMilliseconds(place)
            | Self::Date(place)
            | Self::UtcDate(place)
            | Self::HttpDate(place)
            | Self::Jwt(place) => Some(place),
        }
    }
}

/// Each request can use what those before it captured.
fn requests(key: &str, requests: &[RequestTemplate], known: &Known<'_>, reader: &mut Reader) {
    reader.inside(key, |reader| {
        let mut known = known.clone();
        for (index, request) in requests.iter().enumerate() {
            if requests.len() == 1 {
                request::check(&known, request, reader);
            } else {
                reader.inside(&index.to_string(), |reader| request::check(&known, request, reader));
            }
            known = known.and_captures(request.captures.iter().map(|(name, _)| name.as_str()));
        }
    });
}

fn apply(known: &Known<'_>, reader: &mut Reader) {
    let apply = &known.scope.auth.apply;
    request::headers(known, &apply.headers, reader);
    let templates = apply.templates();
    if !apply.cookies.0.is_empty() && apply.headers.has("cookie") {
        reader.problem("'cookies' and a 'cookie' header are the same thing twice");
    }
    if templates.iter().flat_map(|template| template.names()).any(|name| name == TOKENS[1]) {
        reader.problem("'{refreshToken}' never goes to the API; '{accessToken}' does");
    } else {
        known.check(&templates, reader);
    }
    for index in known.values_in(&templates) {
        let (name, derived) = &known.scope.auth.values[index];
        if is_signed(derived) {
            reader.problem(format!("'{name}' is signed anew for each use: make it the token, in 'mint'"));
        }
    }
    // Hosts with a client of their own ask for this field once and keep it.
    let field: Vec<&Template> = apply.headers.get("authorization").into_iter().collect();
    for index in known.values_in(&field) {
        let (name, derived) = &known.scope.auth.values[index];
        if matches!(derived, Derived::Now(_) | Derived::Random(_)) {
            reader.problem(format!("'{name}' changes with each request, which 'authorization' must not"));
        }
    }
}

fn is_signed(derived: &Derived) -> bool {
    matches!(derived, Derived::Jwt(jwt) if jwt.algorithm != Algorithm::Hs256)
}

fn seed(scope: &Scope<'_>, reader: &mut Reader) {
    let Some(seed) = &scope.auth.seed else { return };
    let templates = [&seed.access_token, &seed.issued_at, &seed.refresh_token];
    let templates: Vec<_> = templates.into_iter().flatten().collect();
    reader.inside("seed", |reader| {
        let known = scope.inputs();
        known.check(&templates, reader);
        for index in known.values_in(&templates) {
            let (name, derived) = &scope.auth.values[index];
            if matches!(derived, Derived::Now(_) | Derived::Random(_) | Derived::Jwt(_)) {
                reader.problem(format!(
                    "'{name}' is another one each time: a token like that is made in 'mint'"
                ));
            }
        }
    });
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
