//! Who may renew.

use crate::support::{Redis, keys};
use grantline_redis::redis::aio::MultiplexedConnection;
use grantline_redis::{RedisStore, redis};
use grantline_reqwest::{Lease, Store};
use std::time::Duration;

const HOLD: Duration = Duration::from_secs(120);
const KEY: &str = "grantline:workspan-0123-lease";

async fn lease(store: &RedisStore) -> Option<Box<dyn Lease>> {
    store.lease("workspan-0123", HOLD).await.unwrap()
}

#[tokio::test]
async fn a_lease_has_one_holder() {
    let redis = Redis::start();
    let (one, two) =
        (RedisStore::connect(&redis.url()).await.unwrap(), RedisStore::connect(&redis.url()).await.unwrap());
    let first = lease(&one).await.unwrap();
    assert!(lease(&two).await.is_none());
    assert!(lease(&one).await.is_none(), "not even the holder gets it twice");
    assert!(two.lease("workspan-4567", HOLD).await.unwrap().is_some());
    first.release().await.unwrap();
    assert!(lease(&two).await.is_some());
}

#[tokio::test]
async fn a_lease_ends_after_its_time_and_then_belongs_to_the_next() {
    let redis = Redis::start();
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let mut bare = redis.bare().await;
    let late = lease(&store).await.unwrap();
    // Its time is over now.
    redis::cmd("PEXPIRE").arg(KEY).arg(0).exec_async(&mut bare).await.unwrap();
    let next = lease(&store).await.unwrap();
    late.release().await.unwrap();
    assert!(lease(&store).await.is_none(), "who came late ended another's lease");
    next.release().await.unwrap();
    assert!(keys(&mut bare, "*").await.is_empty());
}

#[tokio::test]
async fn a_dropped_lease_is_given_back() {
    let redis = Redis::start();
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    drop(lease(&store).await.unwrap());
    let freed = async {
        while lease(&store).await.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), freed).await.expect("it is held by nobody");
}

/// Without a runtime nobody gives it back, and nothing panics.
#[test]
fn a_lease_that_outlives_its_runtime_ends_by_itself() {
    let redis = Redis::start();
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = run().block_on(async {
        let store = RedisStore::connect(&redis.url()).await.unwrap();
        lease(&store).await.unwrap()
    });
    drop(held);
    let left: i64 = run()
        .block_on(async { redis::cmd("PTTL").arg(KEY).query_async(&mut redis.bare().await).await.unwrap() });
    assert!(left > 0);
}

/// A killed process takes its runtime along, and gives nothing back.
#[test]
fn a_lease_ends_soon_after_its_holder() {
    let redis = Redis::start();
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = run().block_on(async {
        let store = RedisStore::connect(&redis.url()).await.unwrap();
        lease(&store).await.unwrap()
    });
    let left = run().block_on(async { left(&redis).await });
    assert!((1..=6000).contains(&left), "all others wait for {left} ms");
    drop(held);
}

/// The clock of tokio jumps; that of Redis does not.
#[tokio::test]
async fn a_lease_lives_on_with_its_holder() {
    let redis = Redis::start();
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let held = lease(&store).await.unwrap();
    let mut bare = redis.bare().await;
    let shorten = async |bare: &mut MultiplexedConnection| {
        redis::cmd("PEXPIRE").arg(KEY).arg(3000).exec_async(bare).await.unwrap();
    };
    shorten(&mut bare).await;
    jump(Duration::from_secs(2)).await;
    let longer = async {
        while left(&redis).await <= 3000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(2), longer).await.expect("nobody put off its end");

    held.release().await.unwrap();
    let other = lease(&store).await.unwrap();
    assert!(left(&redis).await > 3000);
    other.release().await.unwrap();
    jump(Duration::from_secs(10)).await;
    assert!(keys(&mut bare, "*").await.is_empty(), "nobody puts off what is over");
}

async fn jump(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

async fn left(redis: &Redis) -> i64 {
    redis::cmd("PTTL").arg(KEY).query_async(&mut redis.bare().await).await.unwrap()
}

/// As the documentation of the crate says.
#[tokio::test]
async fn a_user_with_few_rights_is_enough() {
    let redis = Redis::start();
    let rights = ["on", ">few", "~grantline:*", "-@all", "+get", "+set", "+eval", "+del"];
    let mut bare = redis.bare().await;
    redis::cmd("ACL").arg("SETUSER").arg("few").arg(&rights).exec_async(&mut bare).await.unwrap();
    let store = RedisStore::connect(&format!("{}&user=few", redis.url_with("few"))).await.unwrap();
    assert!(store.load("workspan-0123").await.unwrap().is_none());
    lease(&store).await.unwrap().release().await.unwrap();
    assert!(lease(&store).await.is_some());
    let error = store.prefix("other:").load("workspan-0123").await.unwrap_err().to_string();
    assert!(error.contains("other:workspan-0123") && error.contains("may not"), "{error}");
}
