//! The connectors in `docs/signing-and-certificates.md` do what the page says.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::root;
use grantline_core::manifest::Algorithm;
use grantline_core::{Ambient, Connector, Event, Flow, Grant, Options, Settings, Step, UnixTime};
use std::sync::Arc;

/// An Ed25519 key that belongs to nobody. Which kind it is, is for the signer to say.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----";

fn connectors() -> Vec<Connector> {
    let page = std::fs::read_to_string(root().join("../docs/signing-and-certificates.md")).unwrap();
    let blocks = page.split("```json\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    blocks.map(|text| Connector::from_json(text).unwrap_or_else(|error| panic!("{error}\n{text}"))).collect()
}

fn settings(connector: &Connector, values: &[(&str, &str)]) -> Arc<Settings> {
    Arc::new(connector.settings(values.iter().copied(), &Options::default()).unwrap())
}

#[test]
fn an_assertion_is_signed_before_the_request_is_sent() {
    let [signed, _] = connectors().try_into().unwrap();
    let settings = settings(&signed, &[("clientId", "id-1"), ("privateKey", KEY)]);
    let mut grant = Grant::new(settings);
    let ambient = Ambient::new(UnixTime::from_secs(1_700_000_000), [7; 32]);
    let Step::Sign(signing) = grant.advance(Event::START, &ambient).unwrap() else {
        panic!("nothing is to be signed");
    };
    assert_eq!(signing.algorithm, Algorithm::Rs256);
    let Step::Send(request) = grant.advance(Event::Signed("c2lnbmF0dXJl".to_owned()), &ambient).unwrap()
    else {
        panic!("nothing is to be sent");
    };
    let body = request.body.unwrap();
    assert!(body.contains(&format!("client_assertion={}.c2lnbmF0dXJl", signing.data)), "{body}");
}

#[test]
fn a_client_certificate_is_for_the_adapter_to_show() {
    let [_, mtls] = connectors().try_into().unwrap();
    let settings =
        settings(&mtls, &[("clientId", "id-1"), ("certificate", "a certificate"), ("privateKey", KEY)]);
    let identity = settings.client_certificate().unwrap();
    assert_eq!((identity.certificate.expose(), identity.key.expose()), ("a certificate", KEY));
}
