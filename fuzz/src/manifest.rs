//! Bytes as a connector file: whatever is accepted makes requests, and none of them leaves the hosts that it names.

use crate::request::{self, Allowed};
use crate::world::{self, SECRET};
use grantline_core::manifest::{Host, Kind, Parameter};
use grantline_core::{
    Call, Connector, Event, Flow, Grant, Granted, Headers, Options, Response, Settings, Step, UnixTime,
};
use std::sync::Arc;

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    // A file that holds the secret itself shows it.
    if text.contains(SECRET) {
        return;
    }
    let connector = match Connector::from_json(text) {
        Ok(connector) => connector,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let sets: Vec<Option<String>> =
        connector.manifest().ways().map(|(set, _)| set.map(|set| set.name.clone())).collect();
    for set in sets.into_iter().take(4) {
        for text in values(&connector) {
            connect(&connector, set.clone(), &text);
        }
    }
}

/// What a person may write into a text field: something useful, and what an attacker would make them write.
fn values(connector: &Connector) -> Vec<String> {
    let host = match connector.manifest().hosts.first() {
        Some(Host::Pattern(pattern)) => pattern.replace('*', "a"),
        Some(Host::NamedBy(_)) => "api.example.com".to_owned(),
        None => String::new(),
    };
    vec![
        format!("https://{host}"),
        host.clone(),
        "acme".to_owned(),
        "evil.example/".to_owned(),
        format!("https://evil.example/{host}"),
        format!("https://evil.example?.{host}"),
        "a\r\nb: c \"é".to_owned(),
    ]
}

/// Values for all parameters; `text` where nothing narrower is asked for.
fn fill(connector: &Connector, set: Option<&str>, text: &str) -> Vec<(String, String)> {
    let manifest = connector.manifest();
    let own = manifest.sets.iter().filter(|known| Some(known.name.as_str()) == set);
    let parameters = manifest.parameters.iter().chain(own.flat_map(|set| &set.parameters));
    let value = |parameter: &Parameter| match (parameter.kind, parameter.allowed.first()) {
        (_, Some(allowed)) => allowed.clone(),
        (Kind::String, None) => text.to_owned(),
        (Kind::SecureString, None) => SECRET.to_owned(),
        (Kind::Int, None) => "1700000000".to_owned(),
        (Kind::Bool, None) => "true".to_owned(),
    };
    parameters.map(|parameter| (parameter.name.clone(), value(parameter))).collect()
}

fn connect(connector: &Connector, set: Option<String>, text: &str) {
    let given = fill(connector, set.as_deref(), text);
    // Once with everything, once with the defaults.
    let needed = |name: &str| {
        let parameters = connector.parameters();
        parameters.iter().any(|parameter| parameter.name == name && parameter.is_required())
    };
    let least: Vec<_> = given.iter().filter(|(name, _)| needed(name)).cloned().collect();
    for values in [given, least] {
        let options = Options { parameter_set: set.clone(), ..Options::default() };
        match connector.settings(values.iter().cloned(), &options) {
            Ok(settings) => {
                let allowed =
                    Allowed { hosts: connector.manifest().hosts.to_vec(), values: all(&settings, values) };
                use_it(Arc::new(settings), &allowed);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// With the defaults, which may name a host, too.
fn all(settings: &Settings, mut values: Vec<(String, String)>) -> Vec<(String, String)> {
    for parameter in settings.connector().parameters() {
        if let Some(default) =
            parameter.default.as_ref().filter(|_| values.iter().all(|(name, _)| *name != parameter.name))
        {
            values.push((parameter.name.clone(), default.clone()));
        }
    }
    values
}

/// A first token, a renewal, an API request, the test request and a revocation.
fn use_it(settings: Arc<Settings>, allowed: &Allowed) {
    let _ = (settings.warnings(), format!("{settings:?}"));
    let mut grant = Grant::new(settings.clone());
    let mut now = UnixTime::from_secs(1_700_000_000);
    let token = drive(&mut grant, Event::START, now, allowed);
    now = now.after(core::time::Duration::from_secs(100_000_000));
    drive(&mut grant, Event::START, now, allowed);
    if let Some(Granted::Token { token, .. }) = token {
        let _ = settings.authorization(&token);
        let calls = [
            Call::new(settings.clone(), "GET", "/x?y=z", true),
            Call::new(settings.clone(), "GET", "https://evil.example/", true),
            Call::test(settings),
        ];
        for mut call in calls.into_iter().flatten() {
            let ambient = world::ambient(now, 0);
            let _ = call.advance(Event::START, &ambient);
            if let Ok(Step::Send(sent)) = call.advance(Event::Token(token.clone()), &ambient) {
                request::check(&sent, allowed);
            }
        }
    }
    drive(&mut grant, Event::Revoke, now, allowed);
}

fn drive(grant: &mut Grant, event: Event, now: UnixTime, allowed: &Allowed) -> Option<Granted> {
    let mut event = event;
    for turn in 0..20_u8 {
        event = match grant.advance(event, &world::ambient(now, turn)) {
            Ok(Step::Send(sent)) => {
                request::check(&sent, allowed);
                Event::Response(answer())
            }
            Ok(Step::Sleep { .. }) => Event::Woke,
            Ok(Step::Done { output }) => return Some(output),
            Ok(step) => panic!("a grant without a store asks for nothing else: {step:?}"),
            Err(error) => {
                world::check_words(&error.to_string());
                return None;
            }
        };
    }
    panic!("a flight does not end");
}

/// An answer that has a token wherever the connector looks for one, if its rules are those of most services.
fn answer() -> Response {
    let body = r#"{"access_token":"t0ken","accessToken":"t0ken","token":"t0ken","refresh_token":"r3fresh","refreshToken":"r3fresh","expires_in":3600,"expiresIn":"3600","a":"t0ken"}"#;
    Response::new(200, Headers::default(), body.as_bytes())
}
