//! The server renews, and its answer is lost: what the connector declares decides.

use crate::each_peer;
use grantline_reqwest::{Connection, Error, error::Reason};
use interop::{Minted, Peer, Rotation, TestClock, facts};

each_peer!(
    without_replay_a_person_is_needed_and_nothing_is_revoked,
    without_replay_a_first_grant_helps_and_nothing_is_revoked,
    with_replay_it_is_survived,
    with_replay_against_the_truth_it_is_refused,
);

async fn without_replay_a_person_is_needed_and_nothing_is_revoked(name: &str) {
    for rotation in facts(name).rotations {
        let (peer, connection) = losing(name, rotation, "renew-once").await;
        for _ in 0..20 {
            let error = connection.token().await.unwrap_err();
            assert!(
                matches!(error, Error::NeedsReconnect { reason: Reason::InDoubt, .. }),
                "{rotation:?}: {error}"
            );
        }
        assert_eq!(peer.proxy.grants(), ["refresh_token"; 2], "{rotation:?}: it is not sent again");
        assert_lost_answer_lives(&peer, rotation).await;
    }
}

async fn without_replay_a_first_grant_helps_and_nothing_is_revoked(name: &str) {
    for rotation in facts(name).rotations {
        let (peer, connection) = losing(name, rotation, "renew-or-acquire").await;
        assert_eq!(connection.get("/api/me").send().await.unwrap().status(), 200, "{rotation:?}");
        assert_eq!(
            peer.proxy.grants(),
            ["refresh_token", "refresh_token", "client_credentials"],
            "{rotation:?}"
        );
        assert_lost_answer_lives(&peer, rotation).await;
    }
}

async fn with_replay_it_is_survived(name: &str) {
    for rotation in facts(name).rotations.into_iter().filter(|rotation| rotation.is_safe_to_replay()) {
        let (peer, connection) = losing(name, rotation, "renew-again").await;
        assert_eq!(connection.get("/api/me").send().await.unwrap().status(), 200, "{rotation:?}");
        assert_eq!(peer.proxy.grants(), ["refresh_token"; 3], "{rotation:?}");
    }
}

/// The server gives the same tokens again for 30 seconds, and the connector says so.
#[tokio::test]
async fn within_the_grace_it_is_survived() {
    let (peer, connection) =
        losing("django-oauth-toolkit", Rotation::GraceReplay, "renew-within-grace").await;
    let token = connection.token().await.unwrap();
    assert_eq!(token.value.expose(), lost_answer(&peer).access_token, "the lost one");
    assert_eq!(peer.proxy.grants(), ["refresh_token"; 3]);
    assert_lost_answer_lives(&peer, Rotation::GraceReplay).await;
}

/// What `replay` is for. It also shows that the tests above would notice a family that ends.
async fn with_replay_against_the_truth_it_is_refused(name: &str) {
    for rotation in facts(name).rotations.into_iter().filter(|rotation| !rotation.is_safe_to_replay()) {
        let (peer, connection) = losing(name, rotation, "renew-again").await;
        let error = connection.token().await.unwrap_err();
        assert!(matches!(error, Error::NeedsReconnect { reason: Reason::RenewalRefused, .. }), "{error}");
        assert_eq!(error.denial().unwrap().code.as_deref(), Some("invalid_grant"));
        let revoked = rotation == Rotation::RotateRevokeFamily;
        assert_eq!(!peer.accepts(&lost_answer(&peer).access_token).await, revoked, "{rotation:?}");
    }
}

/// A connection whose token has ended, and whose next answer will be lost.
async fn losing(name: &str, rotation: Rotation, connector: &str) -> (Peer, Connection) {
    let (peer, clock) = (Peer::rotating(name, rotation), TestClock::new());
    let seed = peer.mint().await;
    let connection = peer.connection(connector, &clock).parameter("refreshToken", seed).build().unwrap();
    let token = connection.token().await.unwrap();
    clock.set(token.expires_at.unwrap());
    peer.proxy.lose(1);
    (peer, connection)
}

fn lost_answer(peer: &Peer) -> Minted {
    let requests = peer.proxy.token_requests();
    let lost = requests.iter().find(|exchange| exchange.lost).expect("no answer was lost");
    assert_eq!(lost.status, 200);
    serde_json::from_str(&lost.answer).unwrap()
}

/// Whatever the lost answer brought still works: no family was revoked.
async fn assert_lost_answer_lives(peer: &Peer, rotation: Rotation) {
    let lost = lost_answer(peer);
    assert!(peer.accepts(&lost.access_token).await, "{rotation:?}");
    if let Some(refresh_token) = lost.refresh_token {
        peer.refresh(&refresh_token).await.unwrap_or_else(|code| panic!("{rotation:?}: {code}"));
    }
}
