//! The main job on one system: get a token, use it, outlive it, end it, and be refused.

use super::report::{Outcome, Report, Row, denied, wire};
use crate::failure::Failure;
use crate::life::words;
use grantline_core::{Error, MASK, Notice, Secret, Token, UnixTime};
use grantline_emulator::{Change, Server, System};
use grantline_reqwest::{BoxFuture, Clock, Connection};
use indicatif::ProgressBar;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many steps a job has.
pub(super) const STEPS: u64 = 8;

type Notices = Arc<Mutex<Vec<Notice>>>;

/// One system, a connection to it, and what was seen so far.
pub(super) struct Job<'a> {
    system: System,
    server: &'a Server,
    progress: &'a ProgressBar,
    connection: Connection,
    notices: Notices,
    path: &'static str,
    outcome: Outcome,
    /// When the present step began.
    began: Instant,
}

/// What a step came to: words for the table, or a failure.
type Outcomes = Result<String, String>;

impl<'a> Job<'a> {
    pub(super) fn new(
        system: System,
        server: &'a Server,
        progress: &'a ProgressBar,
    ) -> Result<Self, Failure> {
        let notices = Notices::default();
        let connection = connect(system, server, &notices, None)?;
        let path = match system {
            System::Workspan | System::WorkspanSandbox => "/app/v1/company",
            System::Appspace => "/api/v3/channelDirectory",
            System::WorkspaceOneAccess => "/SAAS/jersey/manager/api/scim/Me",
            System::Workstream => "/positions",
        };
        Ok(Self {
            system,
            server,
            progress,
            connection,
            notices,
            path,
            outcome: Outcome::default(),
            began: Instant::now(),
        })
    }

    pub(super) async fn run(mut self, report: &mut Report) -> Result<(), Failure> {
        let acquired = self.token().await;
        self.outcome.acquired = acquired.is_ok();
        self.row(report, "get a token", self.life(&acquired));
        let called = self.call().await;
        self.outcome.called = called.is_ok();
        self.row(report, "call the API", called);
        let passed = self.let_it_die(acquired.as_ref().ok());
        self.row(report, "let the token die", passed);
        let renewed = self.token().await;
        let other = matches!((&acquired, &renewed), (Ok(old), Ok(new)) if old.value != new.value);
        self.row(report, "renew", self.life(&renewed));
        let again = self.call().await;
        self.outcome.renewed = other && again.is_ok();
        self.row(report, "call again", again);
        let (how, revoked) = self.revoke().await;
        self.row(report, how, revoked.clone());
        let refused = self.old_token(renewed.as_ref().ok()).await;
        self.outcome.revoked = revoked.is_ok() && refused.is_ok();
        let plain = format!("GET {}  authorization: Bearer {MASK}", self.path);
        self.row_with(report, "use the old token", refused, vec![format!("{plain} (by a plain client)")]);
        let denial = self.wrong_secret().await?;
        self.outcome.denied = denial.as_ref().ok().map(denied);
        self.row(report, "give a wrong secret", denial.map(|error| error.to_string()));
        report.close(self.system.name(), &self.outcome);
        Ok(())
    }

    /// Adds a row with all that went over the wire since the last one.
    fn row(&mut self, report: &mut Report, step: &str, outcome: Outcomes) {
        let base_url = self.server.base_url(self.system);
        let wire: Vec<_> = self.heard().drain(..).filter_map(|notice| wire(&notice, &base_url)).collect();
        self.outcome.requests += wire.len();
        self.row_with(report, step, outcome, wire);
    }

    fn row_with(&mut self, report: &mut Report, step: &str, outcome: Outcomes, wire: Vec<String>) {
        let (result, fine) = match outcome {
            Ok(result) => (result, true),
            Err(problem) => (problem, false),
        };
        let millis = self.began.elapsed().as_secs_f64() * 1000.0;
        report.add(Row {
            system: self.system.name().to_owned(),
            step: step.to_owned(),
            wire,
            result,
            fine,
            millis,
        });
        self.began = Instant::now();
        self.progress.set_message(format!("{}: {step}", self.system.name()));
        self.progress.inc(1);
    }

    /// What the connection told since the last row.
    fn heard(&self) -> MutexGuard<'_, Vec<Notice>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn token(&self) -> Result<Arc<Token>, String> {
        self.connection.token().await.map_err(|error| error.to_string())
    }

    fn life(&self, token: &Result<Arc<Token>, String>) -> Outcomes {
        let now = UnixTime::from_millis(self.server.clock().now_ms());
        let token = token.as_ref().map_err(Clone::clone)?;
        let renewed = self.heard().iter().any(|notice| matches!(notice, Notice::Renewed { .. }));
        let how = if renewed { "renewed" } else { "granted" };
        let end = token.expires_at.map(|end| format!(" for {}", words(end.since(now))));
        Ok(format!("{how}: a token{}", end.unwrap_or_default()))
    }

    async fn call(&self) -> Outcomes {
        let response = self.connection.get(self.path).send().await.map_err(|error| error.to_string())?;
        let status = response.status();
        let length = response.bytes().await.map_err(|error| error.without_url().to_string())?.len();
        if status.is_success() { Ok(format!("{status}, {length} bytes")) } else { Err(status.to_string()) }
    }

    fn let_it_die(&self, token: Option<&Arc<Token>>) -> Outcomes {
        let end = token.and_then(|token| token.expires_at).ok_or("its end is not known")?;
        self.server.clock().set(end.after(Duration::from_secs(1)).as_millis());
        Ok("the clock moved past its end".to_owned())
    }

    /// By the service's own request, or, where it has none, as its administrator does in the console.
    async fn revoke(&self) -> (&'static str, Outcomes) {
        match self.connection.revoke().await {
            Ok(true) => ("revoke", Ok("ended at the server".to_owned())),
            Ok(false) => {
                let ended = self.server.emulator().control(self.system, Change::RevokeAll);
                let said =
                    ended.map(|_| "the service has no request for it: ended by its administrator".to_owned());
                ("revoke (console)", said.map_err(|error| error.to_string()))
            }
            Err(error) => ("revoke", Err(error.to_string())),
        }
    }

    /// The API must refuse the token that was revoked; a plain client shows it, because ours would get a new one.
    async fn old_token(&self, token: Option<&Arc<Token>>) -> Outcomes {
        let token = token.ok_or("there is none")?;
        let url = format!("{}{}", self.server.base_url(self.system), self.path);
        // The emulator on loopback is the only one that sees it.
        let request = reqwest::Client::new().get(url).bearer_auth(token.value.expose());
        let status = request.send().await.map_err(|error| error.without_url().to_string())?.status();
        if status == 401 { Ok(format!("refused: {status}")) } else { Err(format!("still taken: {status}")) }
    }

    async fn wrong_secret(&self) -> Result<Result<Error, String>, Failure> {
        let connection = connect(self.system, self.server, &self.notices, Some("a-wrong-secret"))?;
        Ok(match connection.token().await {
            Ok(_) => Err("a token was given for a wrong secret".to_owned()),
            Err(error) => Ok(error),
        })
    }
}

fn connect(
    system: System,
    server: &Server,
    notices: &Notices,
    wrong_secret: Option<&str>,
) -> Result<Connection, Failure> {
    let connector = grantline_connectors::find(system.name())?;
    let accounts = server.accounts();
    let parameters = accounts.of(system).parameters.iter().map(|(name, value)| {
        let is_secret = matches!(*name, "clientSecret" | "refreshToken");
        let value = wrong_secret.filter(|_| is_secret).unwrap_or(value.as_str());
        ((*name).to_owned(), Secret::from(value))
    });
    let notices = notices.clone();
    let connection = Connection::builder(connector)
        .parameters(parameters)
        .allow_loopback()
        .clock(Arc::new(SharedClock(server.clock().clone())))
        .on_notice(move |notice| notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice.clone()))
        .build()?;
    Ok(connection)
}

/// The emulator's clock as the connections' own. To sleep is to move it.
struct SharedClock(grantline_emulator::Clock);

impl Clock for SharedClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.0.now_ms())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.advance(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        Box::pin(std::future::ready(()))
    }
}
