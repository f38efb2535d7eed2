//! What TLS needs beyond its defaults: authorities to trust, and a certificate of the client.

use crate::transport::Clients;
use grantline_core::error::SettingsError;
use grantline_core::{Error, Settings};
use reqwest::{Certificate, Client, ClientBuilder, Identity};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// How a connection's clients differ from those of all others.
#[derive(Clone)]
pub(crate) struct Tls {
    roots: Vec<Certificate>,
    /// With the name of the parameter that has its key.
    identity: Option<(Identity, String)>,
}

impl Tls {
    /// Trusts the authorities in these PEM texts, too.
    pub(crate) fn trusting(pems: &[Vec<u8>]) -> Result<Self, SettingsError> {
        let mut roots = Vec::new();
        for pem in pems {
            roots.extend(authorities(pem).map_err(|problem| invalid("root_certificate", problem))?);
        }
        Ok(Self { roots, identity: None })
    }

    /// Shows the connection's certificate to servers that ask for one.
    pub(crate) fn identified(mut self, settings: &Settings) -> Result<Self, SettingsError> {
        let Some(identity) = settings.client_certificate() else { return Ok(self) };
        let [certificate_name, key_name] = parameters(settings);
        // Both go into the TLS client, which needs them as they are.
        let certificate = lines(identity.certificate.expose());
        let key = lines(identity.key.expose());
        certificates(certificate.as_bytes()).map_err(|problem| invalid(certificate_name, problem))?;
        check_key(&key).map_err(|problem| invalid(key_name, problem))?;
        // The last key counts.
        let both = Zeroizing::new(format!("{}\n{}\n", *certificate, *key));
        let identity = Identity::from_pem(both.as_bytes())
            .map_err(|_| invalid(certificate_name, "holds more than certificates"))?;
        self.identity = Some((identity, key_name.to_owned()));
        Ok(self)
    }

    /// The clients of a connection; `own` makes them where the program has its own settings.
    pub(crate) fn clients(&self, own: Option<ClientBuilder>) -> Result<Clients, Error> {
        if self.roots.is_empty() && self.identity.is_none() {
            return own.map_or_else(Clients::shared, Clients::build);
        }
        let clients = own.map_or_else(
            || Clients::own(|builder| self.apply(builder)),
            |builder| Clients::build(self.apply(builder)),
        );
        clients.map_err(|error| match (&self.identity, &error) {
            // Everything else was checked before.
            (Some((_, name)), Error::Transport(fault)) => {
                let problem = format!("cannot be used with its certificate ({})", fault.detail);
                invalid(name, problem).into()
            }
            _ => error,
        })
    }

    fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        let builder = builder.tls_certs_merge(self.roots.iter().cloned());
        match &self.identity {
            Some((identity, _)) => builder.identity(identity.clone()),
            None => builder,
        }
    }
}

fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, &'static str> {
    let damaged = |_| "is damaged: it holds something that is no certificate";
    let all = certificates(pem)?.iter().map(|one| Certificate::from_der(one)).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(damaged)?;
    // What stands in them is read when a client is made.
    Client::builder().tls_certs_only(all.clone()).build().map_err(damaged)?;
    Ok(all)
}

/// Line breaks may be written as `\n`, as they often are after a way through an environment variable.
fn lines(pem: &str) -> Zeroizing<String> {
    Zeroizing::new(pem.replace("\\n", "\n"))
}

/// The names of the parameters that the certificate and its key come from.
fn parameters(settings: &Settings) -> [&str; 2] {
    let auth = settings.parameter_set().map(|set| &set.auth);
    let auth = auth.or_else(|| settings.connector().manifest().auth.as_ref());
    let Some(rule) = auth.and_then(|auth| auth.client_certificate.as_ref()) else { return [""; 2] };
    [&rule.certificate, &rule.key].map(|template| template.names().next().unwrap_or_default())
}

/// At least one certificate, or what is wrong. Errors of the reader are not passed on: they quote what they read.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|_| "is damaged: it cannot be read as PEM")?;
    if all.is_empty() {
        return Err("has no certificate in PEM (-----BEGIN CERTIFICATE-----)");
    }
    Ok(all)
}

fn check_key(pem: &str) -> Result<(), &'static str> {
    if pem.contains("ENCRYPTED") {
        return Err("is encrypted: give the key without a passphrase");
    }
    // It is read again with its certificate.
    match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        Ok(_) => Ok(()),
        Err(rustls_pki_types::pem::Error::NoItemsFound) => {
            Err("has no private key in PEM (-----BEGIN PRIVATE KEY-----)")
        }
        Err(_) => Err("is damaged: it cannot be read as PEM"),
    }
}

fn invalid(parameter: &str, problem: impl Into<String>) -> SettingsError {
    SettingsError::Invalid { parameter: parameter.to_owned(), problem: problem.into() }
}
