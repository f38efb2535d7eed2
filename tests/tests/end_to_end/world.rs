//! An emulator with a clock that only the test moves, and connections that share this clock.

use grantline_connectors as connectors;
use grantline_core::{Notice, UnixTime};
use grantline_emulator::{Change, Counts, Server, System};
use grantline_reqwest::{BoxFuture, Builder, Clock, Connection};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// 2026-11-22T05:19:01Z
const START: u64 = 1_795_324_741_000;

pub(crate) const SYSTEMS: [System; 4] =
    [System::Workspan, System::Appspace, System::WorkspaceOneAccess, System::Workstream];

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) notices: Arc<Mutex<Vec<Notice>>>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let clock = grantline_emulator::Clock::manual(START);
        let server = Server::start_with("127.0.0.1:0".parse().unwrap(), clock).await.unwrap();
        Self { server, notices: Arc::default() }
    }

    /// A connection to a system with its account.
    pub(crate) fn connection(&self, system: System) -> Connection {
        self.builder(system).build().unwrap()
    }

    pub(crate) fn builder(&self, system: System) -> Builder {
        let notices = self.notices.clone();
        let accounts = self.server.accounts();
        let parameters = accounts.of(system).parameters.iter().map(|(name, value)| (*name, value.as_str()));
        let name = if system == System::WorkspanSandbox { "workspan" } else { system.name() };
        Connection::builder(connectors::find(name).unwrap())
            .parameters(parameters)
            .allow_loopback()
            .clock(self.clock())
            .on_notice(move |notice| notices.lock().unwrap().push(notice.clone()))
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SharedClock(self.server.clock().clone()))
    }

    pub(crate) fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.server.clock().now_ms())
    }

    pub(crate) fn change(&self, system: System, change: Change) {
        self.server.emulator().control(system, change).unwrap();
    }

    /// Adds a fault to the next so many token requests.
    pub(crate) fn fault(&self, system: System, effect: Value, times: u32) {
        let fault = json!({ "effect": effect, "only": "token", "times": times });
        self.change(system, Change::Fault { fault: serde_json::from_value(fault).unwrap() });
    }

    pub(crate) fn settings(&self, system: System, settings: Value) {
        let Value::Object(settings) = settings else { panic!("settings are an object") };
        self.change(system, Change::Settings { settings });
    }

    pub(crate) fn counts(&self, system: System) -> Counts {
        self.server.emulator().counts(system)
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.server.clock().advance(seconds * 1000);
    }

    /// Moves the clock past the end of a token.
    pub(crate) fn outlive(&self, token: &grantline_core::Token) {
        self.server.clock().set(token.expires_at.unwrap().as_millis() + 1000);
    }
}

/// A harmless API path of each system.
pub(crate) fn path(system: System) -> &'static str {
    match system {
        System::Workspan | System::WorkspanSandbox => "/app/v1/company",
        System::Appspace => "/api/v3/users/me",
        System::WorkspaceOneAccess => "/SAAS/jersey/manager/api/scim/Me",
        System::Workstream => "/positions",
    }
}

struct SharedClock(grantline_emulator::Clock);

impl Clock for SharedClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.0.now_ms())
    }

    /// To sleep is to move the clock.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.advance(u64::try_from(duration.as_millis()).unwrap());
        Box::pin(std::future::ready(()))
    }
}
