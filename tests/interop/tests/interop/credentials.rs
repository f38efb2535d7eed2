//! How a client proves itself: each server takes some ways and refuses others.

use crate::each_peer;
use interop::{Encoding, Peer, TestClock};

each_peer!(encodings_are_taken_or_refused, a_wrong_secret_is_refused_once);

async fn encodings_are_taken_or_refused(name: &str) {
    let peer = Peer::start(name);
    assert_eq!(peer.facts.encodings.len(), 4);
    for (connector, expected) in &peer.facts.encodings {
        let connection = peer.connection(connector, &TestClock::new()).build().unwrap();
        let outcome = connection.token().await;
        match expected {
            Encoding::Granted(word) => {
                assert_eq!(word, "granted");
                let token = outcome.unwrap_or_else(|error| panic!("{connector}: {error}"));
                assert!(peer.accepts(token.value.expose()).await, "{connector}");
                assert_eq!(connection.test().await.unwrap().status, 200, "{connector}");
            }
            Encoding::Refused(refusal) => {
                let error = outcome.unwrap_err();
                assert_eq!(error.code(), "denied", "{connector}: {error}");
                let denial = error.denial().unwrap();
                assert_eq!(
                    (denial.status, denial.code.as_deref()),
                    (refusal.status, Some(refusal.code.as_str()))
                );
            }
        }
    }
}

async fn a_wrong_secret_is_refused_once(name: &str) {
    let peer = Peer::start(name);
    let wrong =
        peer.connection("body", &TestClock::new()).parameter("clientSecret", "wrong").build().unwrap();
    for _ in 0..20 {
        let error = wrong.token().await.unwrap_err();
        assert_eq!(error.code(), "denied", "{error}");
        let denial = error.denial().unwrap();
        assert_eq!(denial.status, peer.facts.wrong_secret.status);
        assert_eq!(denial.code.as_ref(), Some(&peer.facts.wrong_secret.code));
        assert!(error.retry_at().is_some());
    }
    assert_eq!(peer.proxy.grants().len(), 1, "the refusal is remembered");
}
