//! Connections that share a store.

use crate::support::{Notices, Reply, Server, TestClock, workspan};
use futures_util::future::join_all;
use grantline_connectors as connectors;
use grantline_reqwest::{BoxFuture, Clock, Connection, FileStore, MemoryStore, Notice, Store, UnixTime};
use std::sync::Arc;
use std::time::Duration;

/// A clock whose sleepers wait until the lease of `key` is free.
struct Queue {
    clock: Arc<TestClock>,
    store: Arc<dyn Store>,
    key: String,
}

impl Clock for Queue {
    fn now(&self) -> UnixTime {
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (store, key) = (self.store.clone(), self.key.clone());
        Box::pin(async move {
            while store.lease(&key, duration).await.unwrap().is_none() {
                tokio::task::yield_now().await;
            }
        })
    }
}

fn key(connection: &Connection) -> String {
    format!("workspan-{}", connection.settings().key())
}

#[tokio::test]
async fn connections_with_one_store_share_one_token() {
    let directory = tempfile::tempdir().unwrap();
    let stores: [(Arc<dyn Store>, usize); 2] = [
        (Arc::new(MemoryStore::new()), 20),
        // Each looks at the lock from a thread of its own, so with more of them they would be in each other's way.
        (Arc::new(FileStore::at(directory.path()).unwrap()), 2),
    ];
    for (store, number) in stores {
        let server = Server::start(|_, before| Reply::token(before, 3600));
        let clock = TestClock::new();
        let key = key(&workspan(&server, &clock).build().unwrap());
        let queue = Arc::new(Queue { clock: clock.clone(), store: store.clone(), key });
        let connect =
            |_| workspan(&server, &clock).store(store.clone()).clock(queue.clone()).build().unwrap();
        let connections: Vec<Connection> = (0..number).map(connect).collect();
        for token in join_all(connections.iter().map(Connection::token)).await {
            assert_eq!(token.unwrap().value.expose(), "t0ken-0");
        }
        assert_eq!(server.tokens(), 1);
    }
}

#[tokio::test]
async fn a_rejection_reaches_the_connections_that_share_the_store() {
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let (clock, store) = (TestClock::new(), MemoryStore::new());
    let connect = || workspan(&server, &clock).store(store.clone()).build().unwrap();
    let (one, two) = (connect(), connect());
    let token = one.token().await.unwrap();
    assert_eq!(two.token().await.unwrap(), token);
    let fresh = one.replace(token.clone()).await.unwrap();
    assert_eq!(two.replace(token).await.unwrap(), fresh);
    assert_eq!(server.tokens(), 2);
}

#[tokio::test]
async fn a_restart_goes_on_with_the_file() {
    let directory = tempfile::tempdir().unwrap();
    // A refresh token that changes each time: only the stored one is worth anything.
    let server = Server::start(|hit, before| {
        let expected = if before == 0 { "person".to_owned() } else { format!("refresh-{}", before - 1) };
        assert!(hit.body.contains(&format!(r#""refreshToken":"{expected}""#)), "{}", hit.body);
        let body =
            format!(r#"{{"accessToken":"t0ken-{before}","refreshToken":"refresh-{before}","expiresIn":60}}"#);
        Reply::json(200, body)
    });
    let clock = TestClock::new();
    for restart in 0..3 {
        let connection = Connection::builder(connectors::appspace())
            .parameters([("baseUrl", server.url.as_str()), ("subjectId", "me"), ("refreshToken", "person")])
            .allow_loopback()
            .clock(clock.clone())
            .store(FileStore::at(directory.path()).unwrap())
            .build()
            .unwrap();
        for _ in 0..2 {
            let token = connection.token().await.unwrap();
            assert_eq!(token.value.expose(), format!("t0ken-{restart}"));
        }
        clock.pass_secs(60);
    }
    assert_eq!(server.tokens(), 3);
}

#[tokio::test]
async fn a_broken_file_is_left_alone_and_told() {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::at(directory.path()).unwrap();
    let server = Server::start(|_, before| Reply::token(before, 3600));
    for content in ["{ torn", r#"{"version":99}"#] {
        let notices = Notices::default();
        let builder = workspan(&server, &TestClock::new()).store(store.clone());
        let connection = notices.listen(builder).build().unwrap();
        let path = store.path(&key(&connection));
        std::fs::write(&path, content).unwrap();
        connection.token().await.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        let told = |notice: &Notice| match notice {
            Notice::Failed { message, harmless: true, .. } => message.starts_with(path.to_str().unwrap()),
            _ => false,
        };
        assert_eq!(notices.count(told), 1, "{:?}", notices.all());
    }
}

#[tokio::test]
async fn a_lease_has_one_holder_and_ends_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let stores: [Arc<dyn Store>; 2] =
        [Arc::new(MemoryStore::new()), Arc::new(FileStore::at(directory.path()).unwrap())];
    for store in stores {
        let lease = || store.lease("workspan-0123", Duration::from_secs(1));
        let first = lease().await.unwrap().unwrap();
        assert!(lease().await.unwrap().is_none());
        assert!(store.lease("workspan-4567", Duration::from_secs(1)).await.unwrap().is_some());
        first.release().await.unwrap();
        drop(lease().await.unwrap().unwrap());
        assert!(lease().await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_record_is_written_only_over_the_expected_one() {
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let kept = MemoryStore::new();
    let connection = workspan(&server, &TestClock::new()).store(kept.clone()).build().unwrap();
    connection.token().await.unwrap();
    let key = key(&connection);
    let record = kept.load(&key).await.unwrap().unwrap();
    assert_eq!(record.revision(), 1);
    let directory = tempfile::tempdir().unwrap();
    let stores: [Arc<dyn Store>; 2] =
        [Arc::new(MemoryStore::new()), Arc::new(FileStore::at(directory.path()).unwrap())];
    for store in stores {
        assert!(!store.save(&key, &record, 1).await.unwrap(), "there is none");
        assert!(store.save(&key, &record, 0).await.unwrap());
        assert!(!store.save(&key, &record, 0).await.unwrap(), "there is one");
        assert!(store.save(&key, &record, 1).await.unwrap());
        assert_eq!(store.load(&key).await.unwrap().unwrap(), record);
    }
}
