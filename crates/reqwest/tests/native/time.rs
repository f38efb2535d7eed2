//! Clocks that are set back, people who do not want to wait, and people who must act soon.

use crate::support::{Notices, Reply, SECRET, Server, TestClock, workspan};
use grantline_connectors as connectors;
use grantline_reqwest::{Clock, Connection, Notice};
use std::time::Duration;

fn hourly() -> Server {
    Server::start(|_, before| Reply::token(before, 3600))
}

/// Readers who take no lock see the time, and nobody else does: what they saw counts.
#[tokio::test]
async fn a_clock_that_is_set_back_under_readers_prolongs_nothing() {
    let (server, clock) = (hourly(), TestClock::new());
    let connection = workspan(&server, &clock).build().unwrap();
    let first = connection.token().await.unwrap();
    clock.pass_secs(50 * 60);
    assert_eq!(connection.token().await.unwrap(), first);
    clock.back(Duration::from_secs(40 * 60));
    // Ten minutes of its hour are left, half of them before the renewal.
    assert_eq!(connection.token().await.unwrap().value, first.value);
    clock.pass_secs(11 * 60);
    assert_ne!(connection.token().await.unwrap().value, first.value);
    assert_eq!(server.tokens(), 2);
}

#[tokio::test]
async fn a_clock_before_the_token_was_asked_for_is_noticed_by_readers() {
    let (server, clock) = (hourly(), TestClock::new());
    let connection = workspan(&server, &clock).build().unwrap();
    let first = connection.token().await.unwrap();
    clock.back(Duration::from_secs(7200));
    assert_eq!(connection.authorization().await.unwrap(), "Bearer t0ken-0");
    clock.pass_secs(3601);
    assert_ne!(connection.token().await.unwrap().value, first.value);
}

#[tokio::test]
async fn a_person_renews_at_once_whatever_is_remembered() {
    let (clock, notices) = (TestClock::new(), Notices::default());
    let server = Server::start(|_, before| match before {
        0 => Reply::json(400, r#"{"error":"invalid_client"}"#),
        _ => Reply::token(before, 3600),
    });
    let connection = notices.listen(workspan(&server, &clock)).build().unwrap();
    assert_eq!(connection.token().await.unwrap_err().code(), "denied");
    assert_eq!(connection.token().await.unwrap_err().code(), "denied");
    assert_eq!(server.tokens(), 1, "a remembered refusal");
    let first = connection.renew().await.unwrap();
    let second = connection.renew().await.unwrap();
    assert_ne!(first.value, second.value);
    assert_eq!(connection.token().await.unwrap(), second);
    assert_eq!(server.tokens(), 3);
    assert_eq!(notices.count(|notice| matches!(notice, Notice::Acquired { .. })), 2);
}

#[tokio::test]
async fn many_who_renew_share_one_request_and_a_failure_costs_no_token() {
    let clock = TestClock::new();
    let server = Server::start(|_, before| match before {
        0 | 1 => Reply::token(before, 3600),
        _ => Reply::json(503, ""),
    });
    let connection = workspan(&server, &clock).build().unwrap();
    connection.token().await.unwrap();
    clock.pass_secs(1);
    let renewed = futures_util::future::join_all((0..20).map(|_| connection.renew())).await;
    assert!(renewed.iter().all(|token| token.as_ref().unwrap().value.expose() == "t0ken-1"));
    assert_eq!(server.tokens(), 2);
    clock.pass_secs(1);
    assert_eq!(connection.renew().await.unwrap_err().code(), "exhausted");
    assert_eq!(connection.token().await.unwrap().value.expose(), "t0ken-1");
}

/// A token from Workstream's console lives seven days: a day before its end a person is told, once.
#[tokio::test]
async fn a_person_is_told_in_time_that_they_must_act() {
    let (clock, notices) = (TestClock::new(), Notices::default());
    let builder = Connection::builder(connectors::workstream()).parameter("token", SECRET);
    let connection = notices.listen(builder.clock(clock.clone())).build().unwrap();
    let ask = async || connection.token().await.map(drop);
    ask().await.unwrap();
    let end = clock.now().after(Duration::from_secs(7 * 86_400));
    let soon = |notice: &Notice| *notice == Notice::NeedsReconnectSoon { at: end };
    clock.pass_secs(6 * 86_400 - 1);
    ask().await.unwrap();
    assert_eq!(notices.all(), []);
    clock.pass_secs(1);
    ask().await.unwrap();
    ask().await.unwrap();
    assert_eq!(notices.count(soon), 1);
    assert_eq!(connection.reconnect().unwrap().at, end);
    clock.pass_secs(86_400);
    assert_eq!(ask().await.unwrap_err().code(), "needs_reconnect");
    assert_eq!((notices.count(soon), notices.all().len()), (1, 2));
}
