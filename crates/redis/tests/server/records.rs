//! What is kept, and what is written over it.

use crate::support::{PASSWORD, Redis, TestClock, Tokens, key, keys, workspan};
use futures_util::future::join_all;
use grantline_redis::{RedisStore, redis};
use grantline_reqwest::{Connection, MemoryStore, Notice, Snapshot, Store};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A record and its key.
async fn record(clock: &Arc<TestClock>) -> (String, Snapshot) {
    let (tokens, kept) = (Tokens::start(), MemoryStore::new());
    let connection = workspan(&tokens, clock).store(kept.clone()).build().unwrap();
    connection.token().await.unwrap();
    let key = key(&connection);
    let record = kept.load(&key).await.unwrap().unwrap();
    (key, record)
}

#[tokio::test]
async fn a_record_is_written_only_over_the_expected_one() {
    let redis = Redis::start();
    let (key, record) = record(&TestClock::new(&redis).await).await;
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    assert!(store.load(&key).await.unwrap().is_none());
    assert!(!store.save(&key, &record, 1).await.unwrap(), "there is none");
    assert!(store.save(&key, &record, 0).await.unwrap());
    assert!(!store.save(&key, &record, 0).await.unwrap(), "there is one");
    assert!(store.save(&key, &record, 1).await.unwrap());
    assert_eq!(store.load(&key).await.unwrap().unwrap(), record);
}

#[tokio::test]
async fn of_many_writers_one_wins() {
    let redis = Redis::start();
    let (key, record) = record(&TestClock::new(&redis).await).await;
    let url = redis.url();
    let write = async || RedisStore::connect(&url).await.unwrap().save(&key, &record, 0).await.unwrap();
    let written = join_all((0..20).map(|_| write())).await;
    assert_eq!(written.iter().filter(|written| **written).count(), 1);
}

#[tokio::test]
async fn keys_have_a_prefix_and_end_when_asked() {
    let redis = Redis::start();
    let (key, record) = record(&TestClock::new(&redis).await).await;
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let short = store.clone().prefix("ours:").keep_for(Duration::from_secs(3600));
    assert!(store.save(&key, &record, 0).await.unwrap());
    assert!(short.save(&key, &record, 0).await.unwrap(), "another prefix is another record");
    let mut bare = redis.bare().await;
    let mut found = keys(&mut bare, "*").await;
    found.sort();
    assert_eq!(found, [format!("grantline:{key}"), format!("ours:{key}")]);
    let ends =
        async |key: &String| redis::cmd("PTTL").arg(key).query_async::<i64>(&mut bare.clone()).await.unwrap();
    assert_eq!(ends(&found[0]).await, -1);
    assert!((3_500_000..=3_600_000).contains(&ends(&found[1]).await));
}

#[tokio::test]
async fn connections_with_one_key_share_one_token() {
    let redis = Redis::start();
    let (tokens, clock) = (Tokens::start(), TestClock::new(&redis).await);
    let url = redis.url();
    let connect = async || {
        let store = RedisStore::connect(&url).await.unwrap();
        workspan(&tokens, &clock).store(store).build().unwrap()
    };
    assert_eq!(connect().await.token().await.unwrap().value.expose(), "t0ken-0");
    clock.pass(Duration::from_secs(3600));
    let connections: Vec<Connection> = join_all((0..20).map(|_| connect())).await;
    for token in join_all(connections.iter().map(Connection::token)).await {
        assert_eq!(token.unwrap().value.expose(), "t0ken-1");
    }
    assert_eq!(tokens.asked(), 2, "one for the first token, one for all whose token had expired");
    assert!(keys(&mut redis.bare().await, "*-lease").await.is_empty());
}

#[tokio::test]
async fn a_broken_record_is_left_alone_and_told() {
    let redis = Redis::start();
    let clock = TestClock::new(&redis).await;
    let (key, record) = record(&clock).await;
    let mut bare = redis.bare().await;
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let newer = r#"{"version":99,"revision":1}"#.as_bytes();
    for content in [b"{ torn".as_slice(), newer, b"[]", b"7", b"\xff"] {
        let full = format!("grantline:{key}");
        redis::cmd("SET").arg(&full).arg(content).exec_async(&mut bare).await.unwrap();
        for error in [store.load(&key).await.unwrap_err(), store.save(&key, &record, 1).await.unwrap_err()] {
            let told = error.to_string();
            assert!(told.contains(&full) && told.contains("delete"), "{told}");
        }
        let kept: Vec<u8> = redis::cmd("GET").arg(&full).query_async(&mut bare).await.unwrap();
        assert_eq!(kept, content);
    }
}

#[tokio::test]
async fn a_connection_serves_beside_a_broken_record() {
    let redis = Redis::start();
    let (tokens, clock) = (Tokens::start(), TestClock::new(&redis).await);
    let notices: Arc<Mutex<Vec<Notice>>> = Arc::default();
    let listener = notices.clone();
    let connection = workspan(&tokens, &clock)
        .store(RedisStore::connect(&redis.url()).await.unwrap())
        .on_notice(move |notice| listener.lock().unwrap().push(notice.clone()))
        .build()
        .unwrap();
    let full = format!("grantline:{}", key(&connection));
    let mut bare = redis.bare().await;
    redis::cmd("SET").arg(&full).arg("{ torn").exec_async(&mut bare).await.unwrap();
    connection.token().await.unwrap();
    let told = |notice: &Notice| match notice {
        Notice::Failed { message, harmless: true, .. } => message.contains(&full),
        _ => false,
    };
    assert_eq!(notices.lock().unwrap().iter().filter(|notice| told(notice)).count(), 1);
    let kept: String = redis::cmd("GET").arg(&full).query_async(&mut bare).await.unwrap();
    assert_eq!(kept, "{ torn");
    assert!(!format!("{notices:?}").contains(PASSWORD));
}
