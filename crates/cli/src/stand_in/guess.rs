//! Values that are made up: what is tried, and what comes next if it does not fit.

use crate::failure::Failure;
use crate::rehearsal::put;
use grantline_core::Connector;
use grantline_core::error::{Error, SettingsError};
use grantline_core::manifest::{Derived, Host, Manifest};
use serde_json::Value;

/// More rounds are never needed; a connector that no value fits must not go round for ever.
const MOST_ROUNDS: usize = 300;

/// A structure that passes for a private key until somebody signs with it.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----";

/// The same as signers get it.
pub(crate) const MADE_UP_KEY: &str = "MAA=";

/// Values that are made up, each with what else could be tried.
pub(crate) struct Guesses {
    connector: Connector,
    all: Vec<Guess>,
    rounds: usize,
}

struct Guess {
    name: String,
    /// How a person gives it.
    flag: &'static str,
    candidates: Vec<String>,
    tried: usize,
}

impl Guess {
    fn value(&self) -> &str {
        self.candidates.get(self.tried).map_or("", String::as_str)
    }
}

impl Guesses {
    pub(crate) fn new(connector: &Connector) -> Self {
        Self { connector: connector.clone(), all: Vec::new(), rounds: 0 }
    }

    /// Makes up a value for a parameter.
    pub(crate) fn parameter(&mut self, name: &str) {
        let parameters = self.connector.parameters();
        let known = parameters.into_iter().find(|known| known.name == name);
        let known = known.into_iter().flat_map(|known| known.example.iter().chain(known.allowed.first()));
        let mut candidates: Vec<String> = known.cloned().collect();
        candidates.extend(self.candidates(name));
        self.all.push(Guess { name: name.to_owned(), flag: "--set", candidates, tried: 0 });
    }

    /// Makes up something that an answer could have held.
    pub(crate) fn capture(&mut self, name: &str) {
        let candidates = self.candidates(name);
        self.all.push(Guess { name: name.to_owned(), flag: "--capture", candidates, tried: 0 });
    }

    /// What could stand in for a value of this name, the most readable first.
    fn candidates(&self, name: &str) -> Vec<String> {
        let manifest = self.connector.manifest();
        let words = words(name);
        let mut all = structured(manifest, name);
        all.push(upper(name));
        // What is not known before is rather one of many.
        let (many, one): (Vec<_>, Vec<_>) = manifest
            .hosts
            .iter()
            .partition(|host| !matches!(host, Host::Pattern(name) if !name.starts_with('*')));
        for host in many.into_iter().chain(one) {
            match host {
                Host::Pattern(pattern) => {
                    all.push(format!("https://{}", pattern.replace('*', &words)));
                    all.extend(pattern.split('.').next().filter(|label| *label != "*").map(str::to_owned));
                }
                Host::NamedBy(_) => all.push(format!("https://{words}.example")),
            }
        }
        all.extend([&words, "1", "true", "2026-01-01", "0000", KEY].map(str::to_owned));
        all
    }

    /// The guess that a value of this name comes from.
    fn origin(&self, name: &str) -> Option<usize> {
        let known = |name: &str| self.all.iter().position(|guess| guess.name == name);
        let mut names = vec![name];
        // A value uses only those before it, so this ends.
        while let Some(name) = names.pop() {
            if let Some(index) = known(name) {
                return Some(index);
            }
            let values = self.connector.manifest().ways().flat_map(|(_, auth)| auth.values.iter());
            names.extend(values.filter(|(value, _)| value == name).flat_map(|(_, derived)| inputs(derived)));
        }
        None
    }

    /// Names and values.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().map(|guess| (guess.name.as_str(), guess.value()))
    }

    /// Something else is tried for the value that does not fit.
    ///
    /// # Errors
    /// The person gave the value that does not fit, or nothing fits.
    pub(crate) fn blame(&mut self, error: Error) -> Result<(), Failure> {
        self.rounds += 1;
        let index = match &error {
            Error::Settings(SettingsError::Host { host, .. }) => {
                let host = host.to_ascii_lowercase();
                let stands = |value: &str| value.contains(&host) || host.contains(value);
                self.all.iter().position(|guess| stands(&guess.value().to_ascii_lowercase()))
            }
            Error::Settings(settings) => self.origin(settings.parameter().unwrap_or_default()),
            _ => None,
        };
        let Some(index) = index.filter(|_| self.rounds < MOST_ROUNDS) else { return Err(error.into()) };
        let guess = &mut self.all[index];
        guess.tried += 1;
        if guess.tried < guess.candidates.len() {
            return Ok(());
        }
        let (name, flag) = (&guess.name, guess.flag);
        Err(Failure::Usage(format!(
            "'{name}' is not given, and nothing can stand in for it: give it with {flag} {name}=..."
        )))
    }
}

/// The names that a value is taken from. Others are made of so much that no guess could be told to be wrong.
fn inputs(derived: &Derived) -> Vec<&str> {
    let of = match derived {
        Derived::Split(split) => &split.of,
        Derived::Json(member) => &member.of,
        Derived::Encode(encode) => &encode.of,
        Derived::Origin(origin) => &origin.of,
        Derived::Sha256(hash) => &hash.of,
        Derived::HmacSha256(code) => &code.key,
        Derived::Jwt(jwt) => &jwt.key,
        Derived::Now(_) | Derived::Random(_) => return Vec::new(),
    };
    of.names().collect()
}

/// What has the parts that the connector takes from it: two sides of a mark, members of JSON.
fn structured(manifest: &Manifest, name: &str) -> Vec<String> {
    let values = manifest.ways().flat_map(|(_, auth)| auth.values.iter());
    let (mut all, mut object) = (Vec::new(), Value::Null);
    for (value, derived) in values.filter(|(_, derived)| inputs(derived).contains(&name)) {
        match derived {
            Derived::Split(split) => {
                let own = upper(name);
                all.extend([&own, "0000"].map(|part| format!("{part}{}{part}", split.at)));
            }
            Derived::Json(member) => {
                let pointer = member.at.to_string();
                let is_key = pointer.to_ascii_lowercase().replace('_', "").ends_with("privatekey");
                put(&mut object, &pointer, &if is_key { KEY.to_owned() } else { upper(value) });
            }
            _ => {}
        }
    }
    if !object.is_null() {
        all.insert(0, object.to_string());
    }
    all
}

fn upper(name: &str) -> String {
    words(name).to_uppercase().replace('-', "_")
}

/// `clientSecret` as `client-secret`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() && !words.ends_with('-') {
            words.push('-');
        }
        words.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        assert_eq!(words("clientSecret"), "client-secret");
        assert_eq!(words("client_id"), "client-id");
    }
}
