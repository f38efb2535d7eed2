//! What goes wrong, and what the person is told.

use crate::world::{SYSTEMS, World, path};
use grantline_core::Error;
use grantline_emulator::{Change, System};
use serde_json::{Value, json};

/// Faults after which the next try gives a token.
fn passing() -> [Value; 9] {
    [
        json!({ "kind": "cut_before_read" }),
        json!({ "kind": "status", "status": 500 }),
        json!({ "kind": "status", "status": 503 }),
        json!({ "kind": "html", "status": 502 }),
        json!({ "kind": "too_many_requests" }),
        json!({ "kind": "too_many_requests", "retry_after": { "seconds": 2 } }),
        json!({ "kind": "too_many_requests", "retry_after": { "date_in": 3 } }),
        json!({ "kind": "cut_after_read" }),
        json!({ "kind": "truncated_body" }),
    ]
}

#[tokio::test]
async fn passing_faults_are_waited_out() {
    for fault in passing() {
        let world = World::new().await;
        for system in SYSTEMS {
            world.fault(system, fault.clone(), 2);
            let token = world.connection(system).token().await;
            assert!(token.is_ok(), "{system}, {fault}: {}", token.unwrap_err());
            assert_eq!(world.counts(system).token_requests, 3, "{system}, {fault}");
        }
    }
}

#[tokio::test]
async fn lasting_faults_are_given_up_and_not_repeated() {
    for fault in passing() {
        let world = World::new().await;
        world.fault(System::Workspan, fault.clone(), 100);
        let connection = world.connection(System::Workspan);
        for _ in 0..20 {
            let error = connection.token().await.unwrap_err();
            assert_eq!(error.code(), "exhausted", "{fault}: {error}");
        }
        assert_eq!(world.counts(System::Workspan).token_requests, 3, "{fault}");
        world.change(System::Workspan, Change::ClearFaults);
        world.advance(3600);
        assert!(connection.token().await.is_ok(), "{fault}: it heals by itself");
    }
}

#[tokio::test]
async fn broken_answers_are_named() {
    let cases = [
        (json!({ "kind": "html", "status": 200 }), "not_json"),
        (json!({ "kind": "redirect", "location": "https://evil.example/" }), "redirected"),
        (json!({ "kind": "big_body", "bytes": 5_000_000 }), "too_large"),
        (json!({ "kind": "error_in_ok", "error": "invalid_client" }), "denied"),
    ];
    for (fault, code) in cases {
        let world = World::new().await;
        world.fault(System::Workspan, fault, 1);
        let error = world.connection(System::Workspan).token().await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(world.counts(System::Workspan).token_requests, 1);
    }
}

#[tokio::test]
async fn harmless_oddities_do_no_harm() {
    for kind in ["bom", "text_plain"] {
        let world = World::new().await;
        for system in SYSTEMS {
            world.fault(system, json!({ "kind": kind }), 1);
            assert!(world.connection(system).token().await.is_ok(), "{system}, {kind}");
        }
    }
}

#[tokio::test]
async fn wrong_secret_is_refused_once() {
    let world = World::new().await;
    for system in SYSTEMS {
        let secret = if system == System::Appspace { "refreshToken" } else { "clientSecret" };
        let connection = world.builder(system).parameter(secret, "wrong").build().unwrap();
        for _ in 0..20 {
            let error = connection.token().await.unwrap_err();
            let wanted = if system == System::Appspace { "needs_reconnect" } else { "denied" };
            assert_eq!(error.code(), wanted, "{system}: {error}");
            assert!(error.denial().is_some_and(|denial| matches!(denial.status, 400 | 401)), "{system}");
        }
        assert_eq!(world.counts(system).token_requests, 1, "{system}");
    }
}

#[tokio::test]
async fn early_renewal_that_fails_harms_nobody() {
    let world = World::new().await;
    let connection = world.connection(System::WorkspaceOneAccess);
    let token = connection.token().await.unwrap();
    world.server.clock().set(token.renew_at.unwrap().as_millis() + 1000);
    world.fault(System::WorkspaceOneAccess, json!({ "kind": "status", "status": 503 }), 100);
    for _ in 0..10 {
        assert_eq!(connection.token().await.unwrap(), token);
    }
}

#[tokio::test]
async fn dead_refresh_token_falls_back_to_the_first_grant() {
    let world = World::new().await;
    world.settings(System::WorkspaceOneAccess, json!({ "refresh_lifetime_seconds": 60 }));
    let connection = world.connection(System::WorkspaceOneAccess);
    let token = connection.token().await.unwrap();
    world.outlive(&token);
    assert!(connection.token().await.is_ok());
    assert_eq!(world.counts(System::WorkspaceOneAccess).token_requests, 3, "grant, refused renewal, grant");
}

#[tokio::test]
async fn lost_renewal_is_survived_however_the_server_rotates() {
    for rotation in [
        json!("none"),
        json!("same"),
        json!("rotate"),
        json!("rotate_revoke_family"),
        json!({ "grace_replay": { "seconds": 30 } }),
    ] {
        let world = World::new().await;
        let system = System::WorkspaceOneAccess;
        world.settings(system, json!({ "rotation": rotation }));
        let connection = world.connection(system);
        let token = connection.token().await.unwrap();
        world.outlive(&token);
        world.fault(system, json!({ "kind": "cut_after_read" }), 1);
        assert_eq!(connection.get(path(system)).send().await.unwrap().status(), 200, "{rotation}");
    }
}

#[tokio::test]
async fn deleted_integration_needs_a_person() {
    let world = World::new().await;
    let connection = world.connection(System::Appspace);
    connection.token().await.unwrap();
    world.change(System::Appspace, Change::DeleteClient { client_id: None });
    for _ in 0..5 {
        let error = connection.get("/api/v3/users/me").send().await.unwrap_err();
        assert!(matches!(error, Error::NeedsReconnect { .. }), "{error}");
    }
    assert_eq!(world.counts(System::Appspace).token_requests, 2, "the first, and one refused renewal");
}

#[tokio::test]
async fn secret_reset_does_not_end_the_present_token() {
    let world = World::new().await;
    let connection = world.connection(System::Workspan);
    let token = connection.token().await.unwrap();
    world.change(System::Workspan, Change::ResetSecret { client_id: None, secret: "new".into() });
    assert_eq!(connection.get("/app/v1/company").send().await.unwrap().status(), 200);
    world.outlive(&token);
    assert_eq!(connection.token().await.unwrap_err().code(), "denied");
    let renewed = world.builder(System::Workspan).parameter("clientSecret", "new").build().unwrap();
    assert!(renewed.token().await.is_ok());
}

#[tokio::test]
async fn api_that_is_busy_answers_for_itself() {
    let world = World::new().await;
    world.settings(System::Workstream, json!({ "rate_limit": 1 }));
    let connection = world.connection(System::Workstream);
    assert_eq!(connection.get("/positions").send().await.unwrap().status(), 200);
    let busy = connection.get("/positions").send().await.unwrap();
    assert_eq!(busy.status(), 429);
    assert!(busy.headers().contains_key("retry-after"));
    assert_eq!(world.counts(System::Workstream).token_requests, 1);
}
