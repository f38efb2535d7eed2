//! A Redis that is gone, silent, or of another opinion.

use crate::support::{PASSWORD, Redis, TestClock, Tokens, key, workspan};
use grantline_redis::RedisStore;
use grantline_redis::redis::{self, Client, aio::ConnectionManager, aio::ConnectionManagerConfig};
use grantline_reqwest::{Notice, Store};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test]
async fn a_store_survives_a_restart_of_redis() {
    let mut redis = Redis::start();
    let (tokens, clock) = (Tokens::start(), TestClock::new(&redis).await);
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let connection = workspan(&tokens, &clock).store(store.clone()).build().unwrap();
    connection.token().await.unwrap();
    let key = key(&connection);
    assert!(store.load(&key).await.unwrap().is_some());
    redis.restart();
    assert!(store.load(&key).await.unwrap().is_none(), "this Redis keeps nothing");
    redis.stop();
    assert!(store.load(&key).await.is_err());
    redis.restart();
    assert!(store.load(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn a_connection_serves_without_redis() {
    let mut redis = Redis::start();
    let (tokens, clock) = (Tokens::start(), TestClock::new(&redis).await);
    let notices: Arc<Mutex<Vec<Notice>>> = Arc::default();
    let listener = notices.clone();
    let connection = workspan(&tokens, &clock)
        .store(RedisStore::connect(&redis.url()).await.unwrap())
        .on_notice(move |notice| listener.lock().unwrap().push(notice.clone()))
        .build()
        .unwrap();
    redis.stop();
    assert_eq!(connection.token().await.unwrap().value.expose(), "t0ken-0");
    clock.pass(Duration::from_secs(3600));
    assert_eq!(connection.token().await.unwrap().value.expose(), "t0ken-1");
    let notices = notices.lock().unwrap();
    let told = |notice: &&Notice| match notice {
        Notice::Failed { message, harmless: true, .. } => message.contains("in Redis at"),
        _ => false,
    };
    assert_eq!(notices.iter().filter(told).count(), 2, "{notices:?}");
    assert!(!format!("{notices:?}").contains(PASSWORD));
}

/// The clock of the runtime stands still until nobody has anything else to do: two seconds are none.
#[tokio::test(start_paused = true)]
async fn a_silent_redis_holds_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://:{PASSWORD}@{}", listener.local_addr().unwrap());
    let began = tokio::time::Instant::now();
    let error = RedisStore::connect(&url).await.unwrap_err().to_string();
    assert!(!error.contains(PASSWORD), "{error}");
    let endless = ConnectionManagerConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let client = Client::open(url).unwrap();
    let manager = ConnectionManager::new_lazy_with_config(client, endless).unwrap();
    let store = RedisStore::from_connection(manager);
    let error = store.load("workspan-0123").await.unwrap_err().to_string();
    assert!(error.contains("grantline:workspan-0123") && error.contains("2 seconds"), "{error}");
    assert!(store.lease("workspan-0123", Duration::from_secs(1)).await.is_err());
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
}

#[tokio::test]
async fn no_password_is_shown() {
    let mut redis = Redis::start();
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let mut shown = vec![format!("{store:?}")];
    let wrong = RedisStore::connect(&redis.url_with("wr0ng-p4ssw0rd")).await.unwrap_err().to_string();
    assert!(wrong.contains("check the user name and the password"), "{wrong}");
    shown.push(wrong);
    redis.stop();
    shown.push(store.load("workspan-0123").await.unwrap_err().to_string());
    shown.push(RedisStore::connect(&redis.url()).await.unwrap_err().to_string());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [
        format!("redis://user:{PASSWORD}@{closed}"),
        format!("http://user:{PASSWORD}@{closed}"),
        format!("redis://user:{PASSWORD}@{closed}/no-number"),
        format!("redis://user:4711/{PASSWORD}@{closed}"),
        format!("redis://user:4711#{PASSWORD}@{closed}"),
        PASSWORD.to_owned(),
    ] {
        shown.push(RedisStore::connect(&url).await.unwrap_err().to_string());
    }
    for text in shown {
        assert!(!text.contains("p4ssw0rd") && !text.contains("4711"), "{text}");
    }
}

#[tokio::test]
async fn an_answer_is_explained_without_its_words() {
    let redis = Redis::start();
    let mut bare = redis.bare().await;
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    redis::cmd("LPUSH").arg("grantline:list").arg(1).exec_async(&mut bare).await.unwrap();
    let error = store.load("list").await.unwrap_err().to_string();
    assert!(error.contains("grantline:list") && error.contains("holds something else"), "{error}");
}
