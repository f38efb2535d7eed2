//! The life of a token: its end, its renewal with each kind of rotation, and an API that refuses it.

use crate::each_peer;
use grantline_reqwest::{Connection, Token};
use interop::{Peer, Rotation, TestClock, facts};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

each_peer!(
    a_token_lives_as_long_as_the_server_says,
    a_refresh_token_is_used_for_ever,
    a_refused_token_is_renewed_once,
    a_refused_token_is_renewed_by_its_refresh_token,
);

const MOMENT: Duration = Duration::from_millis(1);

async fn a_token_lives_as_long_as_the_server_says(name: &str) {
    let (peer, clock) = (Peer::start(name), TestClock::new());
    let connection = peer.connection("body", &clock).build().unwrap();
    let first = connection.token().await.unwrap();
    let (end, due) = (first.expires_at.unwrap(), first.renew_at.unwrap());
    let answer: Value = serde_json::from_str(&peer.proxy.token_requests()[0].answer).unwrap();
    let said = answer["expires_in"].as_u64().unwrap();
    assert_eq!(end.since(first.obtained_at), Duration::from_secs(said));
    // One server counts the seconds that are left, and rounds them down.
    assert!((peer.facts.lifetime - 1..=peer.facts.lifetime).contains(&said), "{said}");

    clock.set(due.before(MOMENT));
    assert_eq!(connection.token().await.unwrap(), first);
    assert_eq!(peer.proxy.grants().len(), 1, "it needs no second thought");

    clock.set(due);
    assert_eq!(connection.token().await.unwrap(), first, "it serves while it is renewed");
    let second = another(&connection, &first).await;
    assert_eq!(peer.proxy.grants().len(), 2);

    clock.set(second.expires_at.unwrap());
    let third = connection.token().await.unwrap();
    assert_ne!(third.value, second.value, "it is over");
    assert!(peer.accepts(third.value.expose()).await);
    assert_eq!(peer.proxy.grants(), ["client_credentials"; 3]);
}

/// The token that a renewal in the background brings.
async fn another(connection: &Connection, old: &Token) -> Arc<Token> {
    let renewed = async {
        loop {
            let token = connection.token().await.unwrap();
            if token.value != old.value {
                return token;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), renewed).await.expect("nobody renews it")
}

async fn a_refresh_token_is_used_for_ever(name: &str) {
    for rotation in facts(name).rotations {
        let (peer, clock) = (Peer::rotating(name, rotation), TestClock::new());
        let seed = peer.mint().await;
        let connection =
            peer.connection("renew-once", &clock).parameter("refreshToken", seed).build().unwrap();
        for round in 1..=4 {
            let token =
                connection.token().await.unwrap_or_else(|error| panic!("{rotation:?}, {round}: {error}"));
            assert!(peer.accepts(token.value.expose()).await, "{rotation:?}, {round}");
            clock.set(token.expires_at.unwrap());
        }
        assert_eq!(peer.proxy.grants(), ["refresh_token"; 4], "{rotation:?}");
        assert!(peer.proxy.token_requests().iter().all(|exchange| exchange.status == 200), "{rotation:?}");
    }
}

async fn a_refused_token_is_renewed_once(name: &str) {
    let peer = Peer::start(name);
    let connection = peer.connection("body", &TestClock::new()).build().unwrap();
    refused_and_renewed(&peer, &connection).await;
    assert_eq!(peer.proxy.grants(), ["client_credentials"; 2]);
}

async fn a_refused_token_is_renewed_by_its_refresh_token(name: &str) {
    for rotation in facts(name).rotations {
        let peer = Peer::rotating(name, rotation);
        let seed = peer.mint().await;
        let builder = peer.connection("renew-once", &TestClock::new()).parameter("refreshToken", seed);
        refused_and_renewed(&peer, &builder.build().unwrap()).await;
        assert_eq!(peer.proxy.grants(), ["refresh_token"; 2], "{rotation:?}");
    }
}

async fn refused_and_renewed(peer: &Peer, connection: &Connection) {
    assert_eq!(connection.get("/api/me").send().await.unwrap().status(), 200);
    peer.forget().await;
    assert_eq!(connection.get("/api/me").send().await.unwrap().status(), 200);
    assert_eq!(peer.proxy.api_statuses(), [200, 401, 200], "one renewal, one more try");
}

/// The lock that django-oauth-toolkit itself puts on views says 403 of a token that has ended.
#[tokio::test]
async fn a_403_is_the_callers_unless_the_connector_says_otherwise() {
    for (connector, status, asked) in [("body", 403, 1), ("body-403", 200, 2)] {
        let peer = Peer::rotating("django-oauth-toolkit", Rotation::Rotate);
        let connection = peer.connection(connector, &TestClock::new()).build().unwrap();
        assert_eq!(connection.get("/api/decorated").send().await.unwrap().status(), 200);
        peer.forget().await;
        assert_eq!(connection.get("/api/decorated").send().await.unwrap().status(), status);
        assert_eq!(peer.proxy.grants().len(), asked, "{connector}");
    }
}
