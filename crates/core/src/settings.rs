//! A connector and the values that a person gave: everything about a connection that does not change.
//!
//! All checks of the person's input happen here, once: a [`Settings`] that exists can build every request of its
//! connector, and none of them goes to a host that the connector does not allow.

use crate::ability::{self, Abilities};
use crate::error::{Error, SettingsError};
use crate::manifest::{
    ApiRequest, Auth, ConnectorError, Host, Kind, Manifest, Parameter, ParameterSet, RequestTemplate,
};
use crate::names::nearest;
use crate::render;
use crate::secret::{MASK, Secret};
use crate::template::{Scope, Slot, Template, Value};
use crate::token::Token;
use crate::url::{Url, host_matches};
use core::fmt;
use std::sync::Arc;

/// A service that a connection can be made to. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    manifest: Arc<Manifest>,
    able: &'static Abilities,
}

impl Connector {
    /// Reads a connector file.
    ///
    /// # Errors
    /// Everything that is wrong with it, with the places.
    pub fn from_json(text: &str) -> Result<Self, ConnectorError> {
        Ok(Self { manifest: Arc::new(Manifest::parse(text)?), able: &ability::ALL })
    }

    /// Reads a connector file that comes with the program, and that a test has read by [`from_json`](Self::from_json).
    /// A program that reads no others is smaller: it holds neither the checks nor what only some connectors need.
    ///
    /// # Errors
    /// It is not JSON, or needs what only `from_json` brings along.
    ///
    /// # Panics
    /// It is no connector file.
    pub fn built_in(file: &str) -> Result<Self, ConnectorError> {
        let manifest = Manifest::trusted(file)?;
        match ability::beyond(&manifest) {
            Some(name) => Err(ConnectorError::of(format!("'{name}' is not at hand in a built-in connector"))),
            None => Ok(Self { manifest: Arc::new(manifest), able: &ability::PLAIN }),
        }
    }

    /// What the file says.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Every parameter of every way to authenticate, each name once.
    #[must_use]
    pub fn parameters(&self) -> Vec<&Parameter> {
        let mut all: Vec<&Parameter> = self.manifest.parameters.iter().collect();
        for parameter in self.manifest.sets.iter().flat_map(|set| &set.parameters) {
            if all.iter().all(|known| known.name != parameter.name) {
                all.push(parameter);
            }
        }
        all
    }

    /// Checks the values and makes the settings of a connection.
    ///
    /// # Errors
    /// The first value that is missing, unknown or unusable.
    pub fn settings<N, V>(
        &self,
        values: impl IntoIterator<Item = (N, V)>,
        options: &Options,
    ) -> Result<Settings, Error>
    where
        N: Into<String>,
        V: Into<Secret>,
    {
        // An empty value is no value: an unset variable often arrives as one.
        let given = values.into_iter().map(|(name, value)| (name.into(), value.into()));
        let given: Vec<(String, Secret)> = given.filter(|(_, value)| !value.expose().is_empty()).collect();
        let set = self.choose(&given, options.parameter_set.as_deref())?;
        let mut settings = Settings {
            connector: self.clone(),
            set,
            values: Vec::new(),
            allow_loopback: options.allow_loopback,
            key: String::new(),
        };
        let parameters: Vec<&Parameter> = settings.parameters().collect();
        for (name, _) in &given {
            if parameters.iter().all(|parameter| parameter.name != *name) {
                let has = |set: &&ParameterSet| set.parameters.iter().any(|known| known.name == *name);
                if let (Some(other), Some(chosen)) =
                    (self.manifest.sets.iter().find(has), settings.parameter_set())
                {
                    let (other, chosen) = (other.name.clone(), chosen.name.clone());
                    let parameter = name.clone();
                    return Err(SettingsError::OtherSet { parameter, other, chosen }.into());
                }
                let nearest = nearest(name, parameters.iter().map(|parameter| parameter.name.as_str()));
                let (parameter, nearest) = (name.clone(), nearest.map(str::to_owned));
                return Err(SettingsError::Unknown { parameter, nearest }.into());
            }
        }
        settings.values =
            parameters.iter().map(|parameter| bind(parameter, &given, options)).collect::<Result<_, _>>()?;
        settings.key = settings.fingerprint();
        render::check(&settings)?;
        Ok(settings)
    }

    /// Which set the given values belong to: the first that they complete, or else the one they fit best.
    fn choose(
        &self,
        given: &[(String, Secret)],
        wanted: Option<&str>,
    ) -> Result<Option<usize>, SettingsError> {
        let sets = &self.manifest.sets;
        if let Some(wanted) = wanted {
            let found = sets.iter().position(|set| set.name == wanted);
            return found.map(Some).ok_or_else(|| SettingsError::UnknownSet {
                set: wanted.to_owned(),
                nearest: nearest(wanted, sets.iter().map(|set| set.name.as_str())).map(str::to_owned),
            });
        }
        let has = |parameter: &Parameter| given.iter().any(|(name, _)| *name == parameter.name);
        let own = |set: &ParameterSet| set.parameters.iter().filter(|parameter| has(parameter)).count();
        let complete = |set: &&ParameterSet| {
            set.parameters.iter().all(|parameter| has(parameter) || !parameter.is_required())
        };
        let known = given
            .iter()
            .filter(|(name, _)| self.manifest.parameters.iter().all(|shared| shared.name != *name))
            .count();
        let fitting = sets.iter().position(|set| complete(&set) && own(set) == known);
        Ok(fitting.or_else(|| (0..sets.len()).rev().max_by_key(|index| own(&sets[*index]))))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connector").field(&self.manifest).finish()
    }
}

impl PartialEq for Connector {
    fn eq(&self, other: &Self) -> bool {
        self.manifest == other.manifest
    }
}

impl Parameter {
    /// Whether a value must be given.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        !self.optional && self.default.is_none()
    }

    /// Whether the value matches the pattern; if not, what it asks for.
    fn fits(&self, value: &str, options: &Options) -> Result<(), String> {
        let (Some(pattern), Some(matches)) = (&self.pattern, options.matches) else { return Ok(()) };
        if matches(pattern, value) {
            return Ok(());
        }
        Err(self.pattern_help.as_ref().map_or_else(
            || format!("does not match the pattern {pattern}"),
            |help| format!("does not have the right form: {help}"),
        ))
    }

    /// A list as the service writes it; anything else as it is.
    fn joined(&self, value: Secret) -> Secret {
        let Some(separator) = &self.separator else { return value };
        // A list is no secret: only a 'string' can be one.
        let items =
            value.expose().split(|c: char| c == ',' || c.is_whitespace()).filter(|item| !item.is_empty());
        items.collect::<Vec<_>>().join(separator).into()
    }
}

fn bind(
    parameter: &Parameter,
    given: &[(String, Secret)],
    options: &Options,
) -> Result<Option<Secret>, SettingsError> {
    let value = given.iter().find(|(name, _)| *name == parameter.name).map(|(_, value)| value.clone());
    let value = value.or_else(|| parameter.default.as_deref().map(Secret::from));
    let Some(value) = value.map(|value| parameter.joined(value)) else {
        if parameter.optional {
            return Ok(None);
        }
        return Err(SettingsError::Missing {
            parameter: parameter.name.clone(),
            title: parameter.title.clone(),
        });
    };
    // The check compares the value with what the manifest allows; its message never quotes it.
    match parameter.accepts(value.expose()).and_then(|()| parameter.fits(value.expose(), options)) {
        Ok(()) => Ok(Some(value)),
        Err(problem) => Err(SettingsError::Invalid { parameter: parameter.name.clone(), problem }),
    }
}

/// How a connection is made, beyond its parameters.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether http to this machine is allowed, and this machine as a host: for emulators and tests.
    pub allow_loopback: bool,
    /// The way to authenticate, where the values alone do not tell.
    pub parameter_set: Option<String>,
    /// Whether a text as a whole matches a regular expression. Platforms have such a thing; here is none, and without it
    /// the patterns of parameters are not looked at.
    pub matches: Option<fn(pattern: &str, text: &str) -> bool>,
}

/// A client certificate and its private key, in PEM.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// The certificate, and those of its chain.
    pub certificate: Secret,
    /// The private key.
    pub key: Secret,
}

/// What a connection is made of. `Debug` shows no value.
#[derive(Clone, PartialEq)]
pub struct Settings {
    connector: Connector,
    set: Option<usize>,
    /// One for each parameter, in their order.
    values: Vec<Option<Secret>>,
    allow_loopback: bool,
    key: String,
}

impl Settings {
    /// The connector.
    #[must_use]
    pub const fn connector(&self) -> &Connector {
        &self.connector
    }

    /// The way to authenticate that was chosen, if there are several.
    #[must_use]
    pub fn parameter_set(&self) -> Option<&ParameterSet> {
        self.connector.manifest.sets.get(self.set?)
    }

    /// A name for everything that changes the token: the connector and all values, as a SHA-256 in hex. Stores
    /// keep records under it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Values that look like a slip: they are used as they are, but the person should know.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let padded = |(parameter, value): (&Parameter, &Option<Secret>)| {
            // Only its ends are looked at; the message does not quote it.
            let text = value.as_ref()?.expose();
            let message = format!(
                "parameter '{}' begins or ends with white space; it is sent as it is",
                parameter.name
            );
            (text.trim() != text).then_some(message)
        };
        self.parameters().zip(&self.values).filter_map(padded).collect()
    }

    /// The value of the `Authorization` field for a token, if this connector sends one. It is a secret.
    ///
    /// # Errors
    /// The token cannot stand in a header.
    pub fn authorization(&self, token: &Token) -> Result<Option<String>, Error> {
        Ok(render::authorization(self, token)?)
    }

    /// What this connector can do beyond the plain case.
    pub(crate) const fn able(&self) -> &'static Abilities {
        self.connector.able
    }

    pub(crate) fn auth(&self) -> &Auth {
        let manifest = &self.connector.manifest;
        match (self.set.and_then(|set| manifest.sets.get(set)), &manifest.auth) {
            (Some(set), _) => &set.auth,
            (None, Some(auth)) => auth,
            // The manifest was checked: it has `auth` or sets, and a set was chosen.
            (None, None) => unreachable!("a connector has a way to authenticate"),
        }
    }

    fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        let own = self.parameter_set().map(|set| set.parameters.as_slice()).unwrap_or_default();
        self.connector.manifest.parameters.iter().chain(own)
    }

    fn fingerprint(&self) -> String {
        let mut hash = hmac_sha256::Hash::new();
        let mut add = |text: &str| {
            // Lengths first, so that no two lists of values run together.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        add(&self.connector.manifest.id);
        add(self.parameter_set().map_or("", |set| &set.name));
        for (parameter, value) in self.parameters().zip(&self.values) {
            add(&parameter.name);
            // The value goes into a one-way hash.
            add(value.as_ref().map_or("", Secret::expose));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a secret may go to this URL; `parameter` is blamed if not.
    pub(crate) fn may_receive(&self, url: &Url<'_>, parameter: &str) -> Result<(), SettingsError> {
        if self.allow_loopback && url.is_loopback() {
            return Ok(());
        }
        if !url.secure {
            return Err(SettingsError::Insecure {
                parameter: parameter.to_owned(),
                loopback: url.is_loopback(),
            });
        }
        if self.connector.manifest.hosts.iter().any(|host| self.allows(host, url)) {
            return Ok(());
        }
        Err(SettingsError::Host { host: url.host.to_owned(), allowed: self.allowed_hosts() })
    }

    fn allows(&self, host: &Host, url: &Url<'_>) -> bool {
        match host {
            Host::Pattern(pattern) => host_matches(pattern, url.host),
            Host::NamedBy(name) => {
                self.host_named_by(name).is_some_and(|host| host.eq_ignore_ascii_case(url.host))
            }
        }
    }

    /// The host in a value that is a URL, or a host, perhaps with a port.
    fn host_named_by(&self, parameter: &str) -> Option<&str> {
        let value = self.value(parameter)?.text;
        Some(match Url::parse(value) {
            Ok(url) => url.host,
            Err(_) => value.split([':', '/']).next().unwrap_or_default(),
        })
    }

    fn allowed_hosts(&self) -> String {
        let hosts = self.connector.manifest.hosts.iter().filter_map(|host| match host {
            Host::Pattern(pattern) => Some(pattern.as_str()),
            Host::NamedBy(name) => self.host_named_by(name),
        });
        hosts.collect::<Vec<_>>().join(", ")
    }

    /// Whether the token may go to another server than that of the base URL: only to a host that the connector
    /// names without a wildcard, because a wildcard covers other people's accounts.
    pub(crate) fn may_call(&self, url: &Url<'_>) -> Result<(), SettingsError> {
        if !url.secure {
            let problem = "has an http URL: a token is only sent over https".to_owned();
            return Err(SettingsError::Request { problem });
        }
        let named = |host: &Host| match host {
            Host::Pattern(pattern) => pattern.eq_ignore_ascii_case(url.host),
            Host::NamedBy(_) => false,
        };
        if self.connector.manifest.hosts.iter().any(named) {
            return Ok(());
        }
        let exact = self.connector.manifest.hosts.iter().any(|host| matches!(host, Host::Pattern(_)));
        let allowed = if exact { self.allowed_hosts() } else { "only that of the base URL".to_owned() };
        Err(SettingsError::Host { host: url.host.to_owned(), allowed })
    }

    /// Whether the token goes with a redirect to this URL.
    pub(crate) fn may_follow(&self, url: &Url<'_>) -> Result<(), SettingsError> {
        self.may_receive(url, "location")
    }

    /// Whether a name is that of something that is captured from an answer.
    pub(crate) fn captures(&self, name: &str) -> bool {
        self.auth().captured().any(|captured| captured == name)
    }

    /// The request that proves that the credentials work.
    pub(crate) fn test(&self) -> Option<&ApiRequest> {
        let own = self.parameter_set().and_then(|set| set.test.as_ref());
        own.or(self.connector.manifest.test.as_ref())
    }

    /// The address that API paths are joined to.
    pub(crate) fn base_url_template(&self) -> &Template {
        let own = self.parameter_set().and_then(|set| set.base_url.as_ref());
        own.unwrap_or(&self.connector.manifest.base_url)
    }

    /// The captures that the address of the API is made of: with any, it is known only when there is a token.
    pub(crate) fn captured_base(&self) -> impl Iterator<Item = &str> {
        let names = self.auth().names_in([self.base_url_template()], self.able().parts);
        names.into_iter().filter(|name| self.captures(name))
    }

    pub(crate) fn has_captured_base(&self) -> bool {
        self.captured_base().next().is_some()
    }

    /// The names that stand in anything that is made once there is a token.
    pub(crate) fn names_used_later(&self) -> Vec<&str> {
        let auth = self.auth();
        let requests = auth.renew.iter().chain(&auth.revoke).flat_map(RequestTemplate::templates);
        let own = auth.apply.templates().into_iter().chain([self.base_url_template()]);
        auth.names_in(own.chain(requests), self.able().parts)
    }

    /// The client certificate with which every request is made, if the connector asks for one.
    #[must_use]
    pub fn client_certificate(&self) -> Option<ClientIdentity> {
        let wanted = self.auth().client_certificate.as_ref()?;
        let text = |template| render::text(template, self).ok().flatten().map(Secret::from);
        Some(ClientIdentity { certificate: text(&wanted.certificate)?, key: text(&wanted.key)? })
    }

    /// Text of a server or a platform with every known secret masked, without control characters, and short.
    pub(crate) fn scrub(&self, text: &str, tokens: &[&Secret]) -> String {
        let values = self.parameters().zip(&self.values);
        let secrets = values
            .filter(|(parameter, _)| parameter.kind == Kind::SecureString)
            .filter_map(|(_, value)| value.as_ref());
        // Secrets are compared with the text so that they can be masked in it.
        let forms = secrets.chain(tokens.iter().copied()).map(Secret::expose).flat_map(forms);
        let mut shown = render::credentials(self)
            .into_iter()
            .chain(forms)
            .fold(text.to_owned(), |text, secret| text.replace(&secret, MASK));
        shown = shown.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_MESSAGE).collect();
        shown
    }
}

/// A secret as it travels: as it is, in a JSON string, in a query and in a form, with hex digits of either case.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for slot in [Slot::JsonString, Slot::Query, Slot::Form] {
        let mut encoded = String::new();
        slot.write(secret, &mut encoded);
        let mut hex = 0;
        let lower = encoded.chars().map(|c| {
            hex = if c == '%' { 4_u8 } else { hex }.saturating_sub(1);
            if hex > 0 { c.to_ascii_lowercase() } else { c }
        });
        forms.extend([lower.collect(), encoded]);
    }
    forms
}

/// Longer words of a server help nobody.
const LONGEST_MESSAGE: usize = 300;

impl Scope for Settings {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        let (parameter, value) =
            self.parameters().zip(&self.values).find(|(parameter, _)| parameter.name == name)?;
        Some(Value {
            // Written into the request that needs it, with a mask over it.
            text: value.as_ref()?.expose(),
            secret: parameter.kind == Kind::SecureString,
            bare: matches!(parameter.kind, Kind::Int | Kind::Bool),
            separator: parameter.separator.as_deref(),
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings {{ connector: {}, key: {:.8} }}", self.connector.manifest.id, self.key)
    }
}
