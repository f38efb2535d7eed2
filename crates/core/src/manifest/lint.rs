//! What works, but hardly as it is meant: the warnings of `grantline check`, and hints for whoever writes a connector.
//!
//! A false warning is worse than none. Each of these asks for something that a connector without the fault does not
//! have, and says what it does and what to do about it. Hints are about what would help people; they are never counted.

mod hosts;
mod places;
#[cfg(test)]
mod tests;
mod uses;

use super::{Auth, Derived, Kind, Manifest, Parameter, Problem, RequestTemplate, Severity, TokenRule};
use crate::template::Template;
use uses::{Uses, names};

/// What a name ends with that hardly ever belongs to anything but a secret. A key alone is often public.
const SECRETS: [&str; 11] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "token",
    "apikey",
    "secretkey",
    "privatekey",
    "signingkey",
    "subscriptionkey",
];

/// What has been found.
#[derive(Default)]
struct Lints(Vec<Problem>);

impl Lints {
    fn warn(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Warning, pointer.into(), message.into());
    }

    fn hint(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Hint, pointer.into(), message.into());
    }

    fn add(&mut self, severity: Severity, pointer: String, message: String) {
        self.0.push(Problem { pointer, message, severity });
    }
}

/// All that is to be said about the text of a connector file: what is wrong, or if nothing is, what is worth a word.
#[must_use]
pub fn check(text: &str) -> Vec<Problem> {
    match Manifest::parse(text) {
        Ok(manifest) => lint(&manifest),
        Err(error) => error.problems,
    }
}

fn lint(manifest: &Manifest) -> Vec<Problem> {
    let mut lints = Lints::default();
    if manifest.test.is_none() {
        lints.warn("", "'test' is missing: nobody can see whether their values are right; name a harmless request of the API");
    }
    if manifest.docs.is_none() {
        lints.hint("", "'docs' is missing: it says where the service describes its authentication");
    }
    parameters(manifest, &mut lints);
    hosts::lint(manifest, &mut lints);
    let ways = manifest.auth.iter().map(|auth| ("/auth".to_owned(), None, auth));
    let sets = manifest
        .sets
        .iter()
        .enumerate()
        .map(|(index, set)| (format!("/sets/{index}/auth"), Some(set), &set.auth));
    for (pointer, set, auth) in ways.chain(sets) {
        let own = set.map(|set| set.parameters.as_slice()).unwrap_or_default();
        auth_lints(manifest, own, auth, &pointer, &mut lints);
    }
    lints.0
}

fn auth_lints(manifest: &Manifest, own: &[Parameter], auth: &Auth, pointer: &str, lints: &mut Lints) {
    let secrets = secrets(manifest, own, auth);
    for (place, request) in requests(auth, pointer) {
        secret_in_url(request, &secrets, &place, lints);
    }
    renewal(auth, pointer, lints);
    if let Some(rule) = &auth.token {
        expiry(auth, rule, pointer, lints);
        places::token(rule, &format!("{pointer}/token"), lints);
    }
    errors(auth, pointer, lints);
    unused(manifest, auth, pointer, lints);
}

/// The names of all that nobody may see: parameters, tokens, and both in another encoding.
fn secrets<'a>(manifest: &'a Manifest, own: &'a [Parameter], auth: &'a Auth) -> Vec<&'a str> {
    let parameters = manifest.parameters.iter().chain(own);
    let secret = parameters.filter(|parameter| parameter.kind == Kind::SecureString);
    let mut all: Vec<&str> = secret.map(|parameter| parameter.name.as_str()).collect();
    all.extend(["accessToken", "refreshToken"]);
    for (name, derived) in auth.values.iter() {
        if let Derived::Encode(encode) = derived
            && encode.of.names().any(|of| all.contains(&of))
        {
            all.push(name);
        }
    }
    all
}

/// Every request for a token, with its place. Of one alone it is not known whether it stands in a list.
fn requests<'a>(auth: &'a Auth, pointer: &str) -> Vec<(String, &'a RequestTemplate)> {
    let mut all = Vec::new();
    for (key, many) in [("acquire", &auth.acquire), ("renew", &auth.renew)] {
        let place = |index| {
            if many.len() == 1 { format!("{pointer}/{key}") } else { format!("{pointer}/{key}/{index}") }
        };
        all.extend(many.iter().enumerate().map(|(index, request)| (place(index), request)));
    }
    all.extend(auth.revoke.iter().map(|request| (format!("{pointer}/revoke"), request)));
    all
}

fn secret_in_url(request: &RequestTemplate, secrets: &[&str], place: &str, lints: &mut Lints) {
    if request.secret_url {
        return;
    }
    let query = request.query.templates();
    for (key, templates) in [("url", vec![&request.url]), ("query", query)] {
        if let Some(secret) = names(&templates).find(|name| secrets.contains(name)) {
            lints.warn(
                format!("{place}/{key}"),
                format!(
                    "the secret '{secret}' stands in a URL, which servers and proxies write into their logs; send it in the body or a header, or if the service takes it nowhere else, say so with \"secret_url\": true"
                ),
            );
        }
    }
}

fn renewal(auth: &Auth, pointer: &str, lints: &mut Lints) {
    let named =
        auth.renew.iter().any(|request| names(&request.templates()).any(|name| name == "refreshToken"));
    let given = auth.token.as_ref().is_some_and(|rule| !rule.refresh_token.is_empty())
        || auth.seed.as_ref().is_some_and(|seed| seed.refresh_token.is_some());
    if named && !given {
        let problem = "'renew' sends a refresh token that nothing provides, so it is never used; say where an answer has it with 'token.refresh_token', or that a person brings it with 'seed.refresh_token'";
        lints.warn(format!("{pointer}/renew"), problem);
    }
}

/// Some services tell nobody how long a token lives. Where the token stands as OAuth has it, its life does, too.
fn expiry(auth: &Auth, rule: &TokenRule, pointer: &str, lints: &mut Lints) {
    if !rule.expiry.is_empty() || auth.requests().next().is_none() {
        return;
    }
    let place = format!("{pointer}/token");
    if places::is_oauth(&rule.value) {
        lints.warn(place, "'expiry' is missing: a token is used until the API refuses it; add { \"seconds\": \"/expires_in\" }, which OAuth asks of every server");
    } else {
        lints.hint(place, "'expiry' is missing: a token is used until the API refuses it; if the service documents how long it lives, say so");
    }
}

fn errors(auth: &Auth, pointer: &str, lints: &mut Lints) {
    if auth.errors.is_none() && auth.requests().next().is_some() {
        lints.hint(pointer, "'errors' is missing: of a refusal only 'error' and 'error_description' are shown, as OAuth has them; say where 'code' and 'message' stand");
    }
}

fn unused(manifest: &Manifest, auth: &Auth, pointer: &str, lints: &mut Lints) {
    let uses = Uses::of(manifest, auth);
    for (name, _) in auth.values.iter().filter(|(name, _)| !uses.value(name)) {
        lints.warn(
            format!("{pointer}/values/{name}"),
            format!("nothing uses the value '{name}'; use it as {{{name}}}, or take it out"),
        );
    }
    for (place, request) in requests(auth, pointer) {
        for (name, _) in request.captures.iter().filter(|(name, _)| !uses.capture(name)) {
            let problem = format!("nothing uses the capture '{name}'; use it as {{{name}}}, or take it out");
            lints.warn(format!("{place}/captures/{name}"), problem);
        }
        places::captures(request, &place, lints);
    }
}

fn parameters(manifest: &Manifest, lints: &mut Lints) {
    let ways: Vec<&Auth> = manifest.ways().map(|(_, auth)| auth).collect();
    list(manifest, &manifest.parameters, &ways, "", lints);
    for (index, set) in manifest.sets.iter().enumerate() {
        list(manifest, &set.parameters, &[&set.auth], &format!("/sets/{index}"), lints);
    }
}

fn list(manifest: &Manifest, parameters: &[Parameter], ways: &[&Auth], pointer: &str, lints: &mut Lints) {
    for (index, parameter) in parameters.iter().enumerate() {
        let (name, place) = (&parameter.name, format!("{pointer}/parameters/{index}"));
        if !ways.iter().any(|auth| Uses::of(manifest, auth).parameter(name)) {
            lints.warn(
                format!("{place}/name"),
                format!("nothing uses the parameter '{name}', and people are asked for it in vain; use it as {{{name}}}, or take it out"),
            );
        }
        let looks_secret = |name: &str| SECRETS.iter().any(|word| name.ends_with(word)) || name == "key";
        if parameter.kind == Kind::String
            && parameter.allowed.is_empty()
            && looks_secret(&name.to_ascii_lowercase().replace('_', ""))
        {
            lints.warn(
                format!("{place}/type"),
                format!("'{name}' sounds like a secret, but a 'string' is shown in forms and logs; make it a \"securestring\""),
            );
        }
        // Everybody knows their own password.
        let known = name.eq_ignore_ascii_case("password");
        if parameter.kind == Kind::SecureString && parameter.help.is_none() && !known {
            lints.hint(place, format!("'{name}' has no 'help': it tells people where they find it"));
        }
    }
}
