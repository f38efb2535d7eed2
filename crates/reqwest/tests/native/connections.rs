//! A connection as a value: what it shows, where it goes, what can be kept of it.

use crate::support::{Notices, Reply, SECRET, Server, TestClock, workspan};

#[tokio::test]
async fn nothing_that_is_shown_holds_a_secret() {
    let server =
        Server::start(
            |hit, before| {
                if hit.is_token() { Reply::token(before, 3600) } else { Reply::json(401, "") }
            },
        );
    let notices = Notices::default();
    let builder = notices.listen(workspan(&server, &TestClock::new()));
    let mut shown = format!("{builder:?}");
    let connection = builder.build().unwrap();
    let header = connection.authorization().await.unwrap();
    assert!(header.is_sensitive());
    assert_eq!(header, "Bearer t0ken-0");
    let request = connection.get("/v1?key=private").header("x-more", "private");
    shown += &format!("{connection:?} {header:?} {request:?} {:?}", connection.snapshot());
    assert!(!shown.contains("private"));
    request.send().await.unwrap();
    shown += &format!("{:?} {:?}", connection.test().await, notices.all());
    for secret in [SECRET, "t0ken-"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn connections_and_their_futures_go_anywhere() {
    fn shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>(value: T) -> T {
        value
    }
    const fn sent<T: Send>(_: &T) {}
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let connection = shared(workspan(&server, &TestClock::new()).build().unwrap());
    sent(&connection.token());
    sent(&connection.authorization());
    sent(&connection.get("/v1").send());
    sent(&connection.test());
    sent(&connection.revoke());
}

#[tokio::test]
async fn a_snapshot_brings_the_token_to_another_connection() {
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let clock = TestClock::new();
    let first = workspan(&server, &clock).build().unwrap();
    first.token().await.unwrap();
    let second = workspan(&server, &clock).restore(first.snapshot()).build().unwrap();
    assert_eq!(second.token().await.unwrap().value.expose(), "t0ken-0");
    let other = workspan(&server, &clock).parameter("clientId", "id-2").restore(first.snapshot());
    assert_eq!(other.build().unwrap_err().code(), "invalid_snapshot");
    assert_eq!(server.tokens(), 1);
}
