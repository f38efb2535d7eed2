//! Without the feature `rustls`: TLS is as the program's own client has it.

use crate::transport::Clients;
use grantline_core::Error;
use grantline_core::error::SettingsError;
use reqwest::ClientBuilder;

/// Nothing.
pub(crate) struct Tls(());

impl Tls {
    #[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(crate) const fn trusting(_: &[Vec<u8>]) -> Result<Self, SettingsError> {
        Ok(Self(()))
    }

    pub(crate) fn identified(self, (_, name): (&str, &str), _: (&str, &str)) -> Result<Self, SettingsError> {
        let problem = "needs the feature 'rustls' of grantline-reqwest, which this program was built without";
        Err(SettingsError::Invalid { parameter: name.to_owned(), problem: problem.to_owned() })
    }

    pub(crate) fn clients(&self, own: Option<ClientBuilder>) -> Result<Clients, Error> {
        own.map_or_else(Clients::shared, Clients::build)
    }
}
