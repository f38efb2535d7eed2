//! What happens on the day, and when.

use chaos::{Blackout, Fleet, Moment, RedisServer, now};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};

/// After an answer, its tokens are in the store, and whoever queued for them has them, when this has passed.
const SHARED: Duration = Duration::from_millis(700);
/// How long Redis is gone when it is killed and started with its data.
const RESTART: Duration = Duration::from_millis(500);
/// How long it is out of reach: silent at first, then gone. Longer than a token lives, so that every process comes to
/// the point at which it is alone: it may not use the refresh token that all of them remember.
const OUT_OF_REACH: Duration = Duration::from_secs(6);

/// The day, and what it has seen.
pub(crate) struct Day {
    pub(crate) fleet: Fleet,
    pub(crate) blackouts: Vec<Blackout>,
    /// How often each kind of thing happened.
    pub(crate) incidents: BTreeMap<&'static str, u32>,
    redis: RedisServer,
    moments: UnboundedReceiver<Moment>,
}

impl Day {
    pub(crate) fn new(fleet: Fleet, redis: RedisServer, moments: UnboundedReceiver<Moment>) -> Self {
        Self { fleet, blackouts: Vec::new(), incidents: BTreeMap::new(), redis, moments }
    }

    /// Kills workers, at any moment and in the middle of exchanges in turn; Redis is restarted after a third of the
    /// time, and out of reach after two thirds.
    pub(crate) async fn run(mut self, length: Duration) -> Self {
        let began = Instant::now();
        let (mut restarted, mut vanished) = (false, false);
        for round in 0_u32.. {
            sleep(Duration::from_millis(fastrand::u64(2000..5000))).await;
            let passed = began.elapsed();
            if passed >= length {
                break;
            }
            if passed >= length / 3 && !restarted {
                restarted = true;
                self.restart_redis().await;
            } else if passed >= length * 2 / 3 && !vanished {
                vanished = true;
                self.lose_redis().await;
            } else if round % 2 == 0 {
                self.kill_anyone().await;
            } else {
                self.kill_in_an_exchange().await;
            }
        }
        // Everybody has time to recover: what is lost now is lost.
        sleep(Duration::from_secs(5)).await;
        self
    }

    async fn kill_anyone(&mut self) {
        let slot = fastrand::usize(..super::WORKERS);
        self.kill(slot, "worker killed at any moment").await;
    }

    /// Waits for a request whose answer is slow, and kills whoever sent it: before the server has rotated, after that,
    /// or when the answer has just gone.
    async fn kill_in_an_exchange(&mut self) {
        self.forget_moments();
        let slow = async {
            loop {
                if let Moment::Slow { who, takes } = self.moments.recv().await.unwrap() {
                    return (who, takes);
                }
            }
        };
        // One in three is slow, and one comes every three seconds.
        let Ok((who, takes)) = timeout(Duration::from_secs(60), slow).await else {
            panic!("no token was asked for within a minute");
        };
        sleep(Duration::from_millis(fastrand::u64(..takes + 20))).await;
        if self.fleet.at(who.slot) == who {
            self.kill(who.slot, "worker killed in an exchange").await;
        }
    }

    async fn kill(&mut self, slot: usize, why: &'static str) {
        self.count(why);
        self.fleet.kill(slot).unwrap();
        sleep(Duration::from_millis(fastrand::u64(100..1000))).await;
        self.fleet.replace(slot).unwrap();
    }

    async fn restart_redis(&mut self) {
        self.after_a_renewal().await;
        self.count("Redis killed and started with its data");
        let from = now();
        self.redis.kill().unwrap();
        sleep(RESTART).await;
        self.redis.restart().unwrap();
        self.blackouts.push(Blackout { from, to: now() });
    }

    async fn lose_redis(&mut self) {
        self.after_a_renewal().await;
        self.count("Redis out of reach");
        let half = OUT_OF_REACH / 2;
        let from = now();
        self.redis.freeze().unwrap();
        // A worker that remembers nothing, and finds nobody to ask.
        let slot = fastrand::usize(..super::WORKERS);
        self.fleet.kill(slot).unwrap();
        self.fleet.replace(slot).unwrap();
        sleep(half).await;
        self.redis.kill().unwrap();
        sleep(half).await;
        self.redis.restart().unwrap();
        self.blackouts.push(Blackout { from, to: now() });
    }

    async fn after_a_renewal(&mut self) {
        self.forget_moments();
        while !matches!(self.moments.recv().await.unwrap(), Moment::Answered) {}
        sleep(SHARED).await;
    }

    fn forget_moments(&mut self) {
        while self.moments.try_recv().is_ok() {}
    }

    fn count(&mut self, what: &'static str) {
        *self.incidents.entry(what).or_default() += 1;
    }
}
