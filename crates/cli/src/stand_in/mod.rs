//! Something readable in the place of a value that is not given, so that a connector can be looked at without an
//! account.

mod guess;

use crate::args::Subject;
use crate::connector::find;
use crate::failure::Failure;
use crate::life::present;
use crate::values;
use grantline_core::error::{Error, SettingsError};
use grantline_core::{Connector, Options, Secret, Settings, UnixTime};
pub(crate) use guess::{Guesses, MADE_UP_KEY};

/// Settings of which some values are made up.
pub(crate) struct Complete {
    pub(crate) settings: Settings,
    /// The parameters that something stands in for, and what.
    pub(crate) made_up: Vec<(String, String)>,
}

/// The settings that the command line describes, completed.
pub(crate) fn complete(subject: &Subject) -> Result<Complete, Failure> {
    complete_of(&find(&subject.connector)?, subject)
}

/// The settings of this connector with the values of the command line, completed.
pub(crate) fn complete_of(connector: &Connector, subject: &Subject) -> Result<Complete, Failure> {
    let given = values::gather(connector, &subject.set)?;
    complete_with(connector, given, subject.parameter_set.clone())
}

/// The settings of a connector with these values, completed.
pub(crate) fn complete_with(
    connector: &Connector,
    given: Vec<(String, Secret)>,
    parameter_set: Option<String>,
) -> Result<Complete, Failure> {
    let options = Options { allow_loopback: true, parameter_set, ..Options::default() };
    let mut guesses = Guesses::new(connector);
    loop {
        let made_up = guesses.pairs().map(|(name, value)| (name.to_owned(), Secret::from(value)));
        match connector.settings(given.iter().cloned().chain(made_up), &options) {
            Ok(settings) => {
                let made_up = guesses.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
                return Ok(Complete { settings, made_up: made_up.collect() });
            }
            Err(Error::Settings(SettingsError::Missing { parameter, .. })) => {
                guesses.parameter(&parameter);
            }
            Err(error) => guesses.blame(error)?,
        }
    }
}

/// The time that the command line says, or the present.
pub(crate) fn now(subject: &Subject) -> Result<UnixTime, Failure> {
    let Some(text) = &subject.now else { return Ok(present()) };
    // No clock shows a number of seconds with so many digits.
    let millis = || text.parse().ok().filter(|_| text.len() > 11).map(UnixTime::from_millis);
    UnixTime::parse(text).or_else(millis).ok_or_else(|| {
        let form = "write it as 2026-11-22T09:00:00Z, or as seconds since 1970";
        Failure::Usage(format!("'{text}' is no time: {form}"))
    })
}
