//! One flight at a time, whoever asks, whatever happens to them.

use crate::support::{Gate, Notices, Reply, Server, TestClock, workspan};
use futures_util::FutureExt;
use futures_util::future::join_all;
use grantline_reqwest::{Connection, Error, Notice, Token};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const CALLERS: usize = 1000;

async fn thousand(connection: &Connection) -> Vec<Result<Arc<Token>, Error>> {
    let one = |_| {
        let connection = connection.clone();
        tokio::spawn(async move { connection.token().await })
    };
    join_all((0..CALLERS).map(one)).await.into_iter().map(Result::unwrap).collect()
}

fn value(token: &Token) -> &str {
    token.value.expose()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_make_one_request() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_, before| held.holds(Reply::token(before, 3600)));
    let connection = workspan(&server, &TestClock::new()).build().unwrap();
    let callers = thousand(&connection);
    let (tokens, ()) = tokio::join!(callers, async {
        server.hit().await;
        gate.open();
    });
    assert!(tokens.iter().all(|token| value(token.as_ref().unwrap()) == "t0ken-0"));
    assert_eq!(server.tokens(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_share_a_refusal() {
    let server = Server::start(|_, _| Reply::json(401, r#"{"error":"invalid_client"}"#));
    let connection = workspan(&server, &TestClock::new()).build().unwrap();
    for outcome in thousand(&connection).await {
        assert_eq!(outcome.unwrap_err().code(), "denied");
    }
    assert_eq!(server.tokens(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_share_an_outage_and_its_three_tries() {
    let server = Server::start(|_, _| Reply::json(503, ""));
    let connection = workspan(&server, &TestClock::new()).build().unwrap();
    for outcome in thousand(&connection).await {
        assert_eq!(outcome.unwrap_err().code(), "exhausted");
    }
    assert_eq!(server.tokens(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_twenty_seconds_are_asked_for_once_each() {
    let server = Server::start(|_, before| Reply::token(before, 20));
    let clock = TestClock::new();
    let connection = workspan(&server, &clock).build().unwrap();
    for round in 0..3 {
        for token in thousand(&connection).await {
            assert_eq!(value(&token.unwrap()), format!("t0ken-{round}"));
        }
        clock.pass_secs(20);
    }
    assert_eq!(server.tokens(), 3);
}

#[tokio::test]
async fn a_fresh_token_costs_one_look_at_the_clock_and_no_wait() {
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let clock = TestClock::new();
    let connection = workspan(&server, &clock).build().unwrap();
    let token = connection.token().await.unwrap();
    let before = clock.looks();
    let again = connection.token().now_or_never().unwrap().unwrap();
    let header = connection.authorization().now_or_never().unwrap().unwrap();
    assert_eq!(clock.looks() - before, 2, "the slow way asks more often");
    assert!(Arc::ptr_eq(&token, &again) && header == "Bearer t0ken-0");
}

#[tokio::test]
async fn a_due_token_is_handed_out_while_one_flight_renews_it() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_, before| match before {
        0 => Reply::token(0, 20),
        _ => held.holds(Reply::token(before, 20)),
    });
    let clock = TestClock::new();
    let notices = Notices::default();
    let connection = notices.listen(workspan(&server, &clock)).build().unwrap();
    connection.token().await.unwrap();
    server.hit().await;
    clock.pass_secs(16);
    for token in thousand(&connection).await {
        assert_eq!(value(&token.unwrap()), "t0ken-0");
    }
    server.hit().await;
    gate.open();
    while notices.count(|notice| matches!(notice, Notice::Acquired { .. })) < 2 {
        tokio::task::yield_now().await;
    }
    clock.pass_secs(4);
    assert_eq!(value(&connection.token().await.unwrap()), "t0ken-1");
    assert_eq!(server.tokens(), 2);
}

#[tokio::test]
async fn a_dropped_leader_leaves_its_flight_to_the_others() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_, before| held.holds(Reply::token(before, 3600)));
    let connection = workspan(&server, &TestClock::new()).build().unwrap();
    let leader = tokio::spawn({
        let connection = connection.clone();
        async move { connection.token().await }
    });
    server.hit().await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    gate.open();
    assert_eq!(value(&connection.token().await.unwrap()), "t0ken-0");
    assert_eq!(server.tokens(), 1);
}

#[test]
fn a_flight_that_dies_with_its_runtime_is_begun_afresh() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_, before| match before {
        0 => held.holds(Reply::token(0, 3600)),
        _ => Reply::token(before, 3600),
    });
    let connection = workspan(&server, &TestClock::new()).build().unwrap();
    let (first, second) = (runtime(), runtime());
    let ask = |connection: Connection| async move { connection.token().await };
    first.spawn(ask(connection.clone()));
    first.block_on(server.hit());
    // One caller waits for the flight from elsewhere, and survives it.
    let waiting = second.spawn(ask(connection.clone()));
    first.shutdown_background();
    assert_eq!(value(&second.block_on(waiting).unwrap().unwrap()), "t0ken-1");
    assert_eq!(value(&second.block_on(connection.token()).unwrap()), "t0ken-1");
    assert_eq!(server.tokens(), 2);
    gate.open();
}

#[tokio::test]
async fn a_panicking_observer_is_an_error_and_no_hang() {
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let calm = Arc::new(AtomicBool::new(false));
    let mood = calm.clone();
    let builder = workspan(&server, &TestClock::new());
    let connection =
        builder.on_notice(move |_| assert!(mood.load(Ordering::SeqCst), "observer")).build().unwrap();
    assert_eq!(connection.token().await.unwrap_err().code(), "misuse");
    calm.store(true, Ordering::SeqCst);
    assert_eq!(value(&connection.token().await.unwrap()), "t0ken-1");
}

#[tokio::test]
async fn a_rejected_token_is_replaced_once_for_all_who_reject_it() {
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let connection = workspan(&server, &TestClock::new()).build().unwrap();
    let first = connection.token().await.unwrap();
    let replaced = join_all((0..50).map(|_| connection.replace(first.clone()))).await;
    assert!(replaced.into_iter().all(|token| value(&token.unwrap()) == "t0ken-1"));
    assert_eq!(value(&connection.replace(first).await.unwrap()), "t0ken-1", "an old rejection costs nothing");
    assert_eq!(server.tokens(), 2);
}

#[tokio::test]
async fn who_rejects_a_token_during_its_early_renewal_never_gets_it_back() {
    let gate = Gate::default();
    let held = gate.clone();
    // The early renewal fails, which harms nobody but the one whose token was rejected.
    let server = Server::start(move |_, before| match before {
        0 => Reply::token(0, 20),
        1 => held.holds(Reply::json(503, "")),
        _ => Reply::token(before, 20),
    });
    let clock = TestClock::new();
    let connection = workspan(&server, &clock).build().unwrap();
    let first = connection.token().await.unwrap();
    clock.pass_secs(16);
    connection.token().await.unwrap();
    server.hit().await;
    server.hit().await;
    let replaced = tokio::spawn({
        let (connection, first) = (connection.clone(), first.clone());
        async move { connection.replace(first).await }
    });
    tokio::task::yield_now().await;
    gate.open();
    assert_eq!(replaced.await.unwrap().unwrap_err().code(), "exhausted");
    clock.pass_secs(10);
    assert_eq!(value(&connection.token().await.unwrap()), "t0ken-2");
}

#[tokio::test]
async fn a_revoked_token_serves_nobody_and_the_next_caller_gets_another() {
    let server = Server::start(|hit, before| match hit.method.as_str() {
        "DELETE" => Reply::json(200, ""),
        _ => Reply::token(before, 3600),
    });
    let connection = workspan(&server, &TestClock::new()).build().unwrap();
    connection.token().await.unwrap();
    assert!(connection.revoke().await.unwrap());
    assert!(!connection.revoke().await.unwrap(), "there is nothing left to revoke");
    assert_eq!(value(&connection.token().await.unwrap()), "t0ken-1");
    let revoked = server.calls();
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].header("authorization"), Some("Bearer t0ken-0"));
}

#[tokio::test]
async fn a_revocation_waits_for_the_flight_and_ends_what_it_brings() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |hit, before| match hit.method.as_str() {
        "DELETE" if before == 0 => Reply::json(400, ""),
        "DELETE" => Reply::json(200, ""),
        _ => held.holds(Reply::token(before, 3600)),
    });
    let connection = workspan(&server, &TestClock::new()).build().unwrap();
    let (token, told, ()) = tokio::join!(connection.token(), connection.revoke(), async {
        server.hit().await;
        gate.open();
    });
    assert_eq!(told.unwrap_err().code(), "denied");
    assert_eq!(connection.token().await.unwrap(), token.unwrap(), "what was not revoked serves on");
    let (one, two) = tokio::join!(connection.revoke(), connection.revoke());
    assert!(one.unwrap() && two.unwrap(), "both get the outcome of one request");
    assert_eq!((server.tokens(), server.calls().len()), (1, 2));
}

#[tokio::test]
async fn a_renewal_in_the_background_ends_by_itself_when_the_connection_is_gone() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_, before| match before {
        0 => Reply::token(0, 20),
        _ => held.holds(Reply::token(before, 20)),
    });
    let (clock, alive) = (TestClock::new(), Arc::new(()));
    let inside = Arc::downgrade(&alive);
    let builder = workspan(&server, &clock).on_notice(move |_| {
        let _ = &alive;
    });
    let connection = builder.build().unwrap();
    connection.token().await.unwrap();
    server.hit().await;
    clock.pass_secs(16);
    connection.token().await.unwrap();
    server.hit().await;
    drop(connection);
    assert!(inside.upgrade().is_some(), "the flight is under way");
    gate.open();
    while inside.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}
