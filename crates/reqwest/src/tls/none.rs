//! Without the feature `rustls`: TLS is as the program's own client has it.

use crate::transport::Clients;
use grantline_core::error::SettingsError;
use grantline_core::{Error, Settings};
use reqwest::ClientBuilder;

/// Nothing.
pub(crate) struct Tls(());

impl Tls {
    #[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(crate) const fn trusting(_: &[Vec<u8>]) -> Result<Self, SettingsError> {
        Ok(Self(()))
    }

    pub(crate) fn identified(self, settings: &Settings) -> Result<Self, SettingsError> {
        if settings.client_certificate().is_none() {
            return Ok(self);
        }
        let problem = "cannot be sent: this connector needs a client certificate, and this program was built without the \
            feature 'rustls' of grantline-reqwest";
        Err(SettingsError::Request { problem: problem.to_owned() })
    }

    pub(crate) fn clients(&self, own: Option<ClientBuilder>) -> Result<Clients, Error> {
        own.map_or_else(Clients::shared, Clients::build)
    }
}
