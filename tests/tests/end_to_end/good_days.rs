//! The main job, and what belongs to it.

use crate::world::{SYSTEMS, World, path};
use grantline_core::{Error, Notice};
use grantline_emulator::{Change, System};
use grantline_reqwest::FileStore;
use serde_json::json;

#[tokio::test]
async fn every_system_gives_renews_and_ends_a_token() {
    let world = World::new().await;
    for system in SYSTEMS {
        let connection = world.connection(system);
        let first = connection.token().await.unwrap();
        assert_eq!(connection.test().await.unwrap().status, 200, "{system}");
        world.outlive(&first);
        let second = connection.token().await.unwrap();
        assert_ne!(first.value, second.value, "{system}");
        assert_eq!(connection.get(path(system)).send().await.unwrap().status(), 200, "{system}");
        let told = connection.revoke().await.unwrap();
        assert_eq!(told, matches!(system, System::Workspan | System::Workstream), "{system}");
    }
}

#[tokio::test]
async fn each_system_is_renewed_in_its_own_way() {
    let world = World::new().await;
    let renewed = |system| (system, matches!(system, System::Workspan));
    for (system, by_a_new_grant) in SYSTEMS.map(renewed) {
        let connection = world.connection(system);
        let token = connection.token().await.unwrap();
        world.outlive(&token);
        world.notices.lock().unwrap().clear();
        connection.token().await.unwrap();
        let acquired =
            world.notices.lock().unwrap().iter().any(|notice| matches!(notice, Notice::Acquired { .. }));
        assert_eq!(acquired, by_a_new_grant, "{system}");
    }
}

#[tokio::test]
async fn sandbox_needs_its_environment() {
    let world = World::new().await;
    let connection = world.connection(System::WorkspanSandbox);
    let company = connection.get("/app/v1/company").send().await.unwrap().text().await.unwrap();
    assert!(company.contains("uat.workspan.com"), "{company}");
}

#[tokio::test]
async fn token_that_is_refused_midway_is_replaced_once() {
    let world = World::new().await;
    for system in SYSTEMS {
        let connection = world.connection(system);
        let first = connection.token().await.unwrap();
        world.change(system, Change::RevokeAll);
        assert_eq!(connection.get(path(system)).send().await.unwrap().status(), 200, "{system}");
        assert_ne!(connection.token().await.unwrap().value, first.value, "{system}");
        assert_eq!(world.counts(system).api_requests, 2, "{system}: one refused, one answered");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousand_callers_make_one_token_request() {
    let world = World::new().await;
    for system in SYSTEMS {
        let connection = world.connection(system);
        let callers = (0..1000).map(|_| {
            let connection = connection.clone();
            tokio::spawn(async move { connection.token().await.unwrap() })
        });
        let mut values = Vec::new();
        for caller in callers.collect::<Vec<_>>() {
            values.push(caller.await.unwrap());
        }
        assert!(values.iter().all(|token| *token == values[0]), "{system}");
        assert_eq!(world.counts(system).token_requests, 1, "{system}");
    }
}

#[tokio::test]
async fn api_key_is_a_token_that_nobody_renews() {
    let world = World::new().await;
    let accounts = world.server.accounts();
    let account = accounts.of(System::Appspace);
    let (key, header) = (account.api_key.clone().unwrap(), account.api_key_header.clone().unwrap());
    let builder = |key: String| {
        grantline_reqwest::Connection::builder(grantline_connectors::appspace())
            .parameter("baseUrl", account.base_url.as_str())
            .parameter("apiKey", key)
            .parameter("apiKeyHeader", header.as_str())
            .allow_loopback()
    };
    let connection = builder(key).build().unwrap();
    assert_eq!(connection.get("/api/v3/users/me").send().await.unwrap().status(), 200);
    assert_eq!(world.counts(System::Appspace).token_requests, 0);
    let wrong = builder("wrong".to_owned()).build().unwrap();
    let error = wrong.get("/api/v3/users/me").send().await.unwrap_err();
    assert!(matches!(error, Error::NeedsReconnect { .. }), "{error}");
}

#[tokio::test]
async fn console_token_ends_after_seven_days_and_warns_before() {
    let world = World::new().await;
    let accounts = world.server.accounts();
    let account = accounts.of(System::Workstream);
    let directory = tempfile::tempdir().unwrap();
    let connection = || {
        let builder = grantline_reqwest::Connection::builder(grantline_connectors::workstream())
            .parameter("baseUrl", account.base_url.as_str())
            .parameter("token", account.console_token.clone().unwrap());
        builder
            .allow_loopback()
            .clock(world.clock())
            .store(FileStore::at(directory.path()).unwrap())
            .build()
            .unwrap()
    };
    let first = connection();
    assert_eq!(first.get("/positions").send().await.unwrap().status(), 200);
    world.advance(6 * 86_400 + 3600);
    // Another process: the days count from the first use, not from its own.
    let second = connection();
    assert_eq!(second.get("/positions").send().await.unwrap().status(), 200);
    let reconnect = second.reconnect().unwrap();
    assert!(reconnect.warn_at <= world.now() && world.now() < reconnect.at);
    world.advance(86_400);
    let error = second.get("/positions").send().await.unwrap_err();
    assert_eq!((error.code(), world.counts(System::Workstream).token_requests), ("needs_reconnect", 0));
}

#[tokio::test]
async fn missing_scope_is_no_reason_to_renew() {
    let world = World::new().await;
    let connection = world.builder(System::Workstream).parameter("scopes", "positions").build();
    // The account's own value stands first; the last one given counts.
    let connection = connection.unwrap();
    assert_eq!(connection.get("/employees").send().await.unwrap().status(), 403);
    assert_eq!(world.counts(System::Workstream).token_requests, 1);
}

#[tokio::test]
async fn lifetime_may_be_a_string_or_absent_or_unknown() {
    let world = World::new().await;
    world.settings(System::Appspace, json!({ "lifetimes_as_strings": true, "token_type": true }));
    let token = world.connection(System::Appspace).token().await.unwrap();
    assert_eq!(token.expires_at.unwrap().since(token.obtained_at).as_secs(), 3600);
    world.settings(System::Workspan, json!({ "expires_in": false, "refresh_token": false }));
    let token = world.connection(System::Workspan).token().await.unwrap();
    assert_eq!(
        token.expires_at.unwrap().since(token.obtained_at).as_secs(),
        864_000,
        "from the token's own exp"
    );
    world.settings(System::WorkspaceOneAccess, json!({ "expires_in": "unknown" }));
    let token = world.connection(System::WorkspaceOneAccess).token().await.unwrap();
    assert_eq!(token.expires_at.unwrap().since(token.obtained_at).as_secs(), 10_800);
}
