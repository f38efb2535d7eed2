//! Something readable in the place of a value that is not given, so that a connector can be looked at without an
//! account.

use crate::args::Subject;
use crate::connector::find;
use crate::failure::Failure;
use crate::values;
use grantline_core::error::{Error, SettingsError};
use grantline_core::manifest::{Hosts, Parameter};
use grantline_core::{Connector, Options, Secret, Settings, UnixTime};
use std::time::UNIX_EPOCH;

/// More are never needed; a connector that no value fits must not go round for ever.
const MOST_TRIES: usize = 200;

/// Settings of which some values are made up.
pub(crate) struct Complete {
    pub(crate) settings: Settings,
    /// The parameters that something stands in for, and what.
    pub(crate) made_up: Vec<(String, String)>,
}

/// A value that is made up, and what could be tried next.
struct Guess {
    parameter: String,
    title: String,
    candidates: Vec<String>,
    tried: usize,
}

/// The settings that the command line describes, completed.
pub(crate) fn complete(subject: &Subject) -> Result<Complete, Failure> {
    let connector = find(&subject.connector)?;
    let given = values::gather(&connector, &subject.set)?;
    let options = Options { allow_loopback: true, parameter_set: subject.parameter_set.clone() };
    let mut guesses: Vec<Guess> = Vec::new();
    for _ in 0..MOST_TRIES {
        let made_up = guesses.iter().map(|guess| (guess.parameter.clone(), Secret::from(guess.value())));
        match connector.settings(given.iter().cloned().chain(made_up), &options) {
            Ok(settings) => {
                let made_up = guesses.iter().map(|guess| (guess.parameter.clone(), guess.value().to_owned()));
                return Ok(Complete { settings, made_up: made_up.collect() });
            }
            Err(Error::Settings(SettingsError::Missing { parameter, title })) => {
                guesses.push(Guess::new(&connector, parameter, title));
            }
            Err(error) => blame(&mut guesses, error)?,
        }
    }
    Err(Failure::Usage("no values can be found that this connector takes: give them with --set".to_owned()))
}

/// The time that the command line says, or the present.
pub(crate) fn now(subject: &Subject) -> Result<UnixTime, Failure> {
    let Some(text) = &subject.now else {
        let millis = UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_millis());
        return Ok(UnixTime::from_millis(u64::try_from(millis).unwrap_or_default()));
    };
    // No clock shows a number of seconds with so many digits.
    let millis = || text.parse().ok().filter(|_| text.len() > 11).map(UnixTime::from_millis);
    UnixTime::parse(text).or_else(millis).ok_or_else(|| {
        let form = "write it as 2026-11-22T09:00:00Z, or as seconds since 1970";
        Failure::Usage(format!("'{text}' is no time: {form}"))
    })
}

/// Something else is tried for the value that does not fit; if the person gave it, it is their error.
fn blame(guesses: &mut [Guess], error: Error) -> Result<(), Failure> {
    let guess = match &error {
        Error::Settings(SettingsError::Host { host, .. }) => {
            guesses.iter_mut().find(|guess| guess.value().contains(host.as_str()))
        }
        Error::Settings(settings) => {
            let parameter = settings.parameter().unwrap_or_default();
            guesses.iter_mut().find(|guess| guess.parameter == parameter)
        }
        _ => None,
    };
    let Some(guess) = guess else { return Err(error.into()) };
    guess.tried += 1;
    if guess.tried < guess.candidates.len() {
        return Ok(());
    }
    let (name, title) = (&guess.parameter, &guess.title);
    Err(Failure::Usage(format!(
        "parameter '{name}' ({title}) is missing, and nothing can stand in for it: give it with --set {name}=..."
    )))
}

impl Guess {
    fn new(connector: &Connector, name: String, title: String) -> Self {
        let known = connector.parameters();
        let parameter = known.iter().find(|parameter| parameter.name == name);
        Self {
            candidates: candidates(connector, parameter.copied(), &name),
            parameter: name,
            title,
            tried: 0,
        }
    }

    fn value(&self) -> &str {
        self.candidates.get(self.tried).map_or("", String::as_str)
    }
}

/// What could stand in for a parameter, the most readable first.
fn candidates(connector: &Connector, parameter: Option<&Parameter>, name: &str) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(parameter) = parameter {
        all.extend(parameter.example.clone());
        all.extend(parameter.allowed.first().cloned());
    }
    let words = words(name);
    all.push(words.to_uppercase().replace('-', "_"));
    match &connector.manifest().hosts {
        Hosts::Patterns(hosts) => {
            all.extend(hosts.iter().map(|host| format!("https://{}", host.replace('*', &words))));
        }
        Hosts::NamedBy(_) => all.push(format!("https://{words}.example")),
    }
    all.extend([words, "1".to_owned(), "true".to_owned(), "2026-01-01".to_owned()]);
    all
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
        assert_eq!(words("baseURL"), "base-u-r-l");
    }
}
