//! The pure function: finds the system, applies its faults, writes the log.
//!
//! Decides: mounting, faults, cross-origin headers, log and counts. What a system answers is decided in
//! the system's own module.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::accounts::Accounts;
use crate::appspace::{self, Appspace};
use crate::change::{Change, Changed, ControlError};
use crate::fault::{self, Faults};
use crate::http::{Cut, Reply, Request, Response, Single};
use crate::log::{Counts, Exchange, Kind, Log};
use crate::secret::Mint;
use crate::service::{self, Call, Service};
use crate::system::System;
use crate::workspace_one::{self, WorkspaceOne};
use crate::workspan::{self, WorkSpan};
use crate::workstream::{self, Workstream};

/// The state of the four systems.
#[derive(Clone)]
pub struct Emulator {
    systems: Systems,
    gates: BTreeMap<System, Gate>,
    serial: u64,
    log: Log,
}

#[derive(Clone)]
struct Systems {
    workspan: WorkSpan,
    sandbox: WorkSpan,
    appspace: Appspace,
    workspace_one: WorkspaceOne,
    workstream: Workstream,
}

impl Systems {
    fn of(&self, system: System) -> &dyn Service {
        match system {
            System::Workspan => &self.workspan,
            System::WorkspanSandbox => &self.sandbox,
            System::Appspace => &self.appspace,
            System::WorkspaceOneAccess => &self.workspace_one,
            System::Workstream => &self.workstream,
        }
    }

    fn of_mut(&mut self, system: System) -> &mut dyn Service {
        match system {
            System::Workspan => &mut self.workspan,
            System::WorkspanSandbox => &mut self.sandbox,
            System::Appspace => &mut self.appspace,
            System::WorkspaceOneAccess => &mut self.workspace_one,
            System::Workstream => &mut self.workstream,
        }
    }
}

/// What stands before a system.
#[derive(Clone)]
struct Gate {
    faults: Faults,
    cors: bool,
    counts: Counts,
}

impl Emulator {
    /// The four systems with their default accounts and switches.
    pub fn new() -> Self {
        let gate = Gate { faults: Faults::default(), cors: true, counts: Counts::default() };
        let systems = Systems {
            workspan: WorkSpan::production(),
            sandbox: WorkSpan::sandbox(),
            appspace: Appspace::new(),
            workspace_one: WorkspaceOne::new(),
            workstream: Workstream::new(),
        };
        Self {
            systems,
            gates: System::ALL.into_iter().map(|system| (system, gate.clone())).collect(),
            serial: 0,
            log: Log::default(),
        }
    }

    /// Answers a request. Equal state, time, entropy and request give an equal reply.
    pub fn handle(&mut self, now_ms: u64, entropy: [u8; 32], request: &Request) -> Reply {
        let Some((system, path)) = System::split(request.path()) else {
            return self.outside(now_ms, request);
        };
        let gate = self.gates.get_mut(&system).expect("every system has a gate");
        if request.method == "OPTIONS" && gate.cors {
            return preflight(request).into();
        }
        let call = Call::new(request, path, now_ms);
        let service = self.systems.of_mut(system);
        let kind = service.kind(&call);
        // A preflight that is not answered as one is still no request of a client.
        let counted = request.method != "OPTIONS";
        let effects = if counted { gate.faults.take(kind) } else { Vec::new() };
        let mut reply = fault::answer(&effects, service, &call, &mut Mint::new(entropy, &mut self.serial));
        if gate.cors {
            allow_origin(&mut reply.response);
        }
        if counted {
            gate.counts.add(kind);
        }
        self.log.push(exchange(now_ms, Some(system), kind, request, &reply));
        reply
    }

    /// Makes a change.
    ///
    /// # Errors
    /// The change does not fit the system, or names an account, token or switch that does not exist.
    pub fn control(&mut self, system: System, change: Change) -> Result<Changed, ControlError> {
        let gate = self.gates.get_mut(&system).expect("every system has a gate");
        match change {
            Change::Fault { fault } => gate.faults.0.push(fault),
            Change::ClearFaults => gate.faults.0.clear(),
            Change::Cors { allowed } => gate.cors = allowed,
            change => return service::change(self.systems.of_mut(system), &change),
        }
        Ok(Changed::default())
    }

    /// The last exchanges, oldest first; at least the last thousand.
    pub fn log(&self) -> &[Exchange] {
        self.log.exchanges()
    }

    /// How many requests a system saw.
    pub fn counts(&self, system: System) -> Counts {
        self.gates[&system].counts
    }

    /// Switches, counts and faults of each system, as JSON without secrets.
    pub fn state(&self) -> Value {
        let of = |system: System| {
            let gate = &self.gates[&system];
            let settings = self.systems.of(system).settings();
            let state = json!({ "settings": settings, "counts": gate.counts, "cors": gate.cors, "faults": gate.faults.0 });
            (system.name().to_owned(), state)
        };
        Value::Object(System::ALL.into_iter().map(of).collect())
    }

    /// The default accounts, as they are now, for an emulator at this address (`http://127.0.0.1:8080`).
    pub fn accounts(&self, base: &str) -> Accounts {
        let base = base.trim_end_matches('/');
        let of = |system: System| (system, self.systems.of(system).account(&system.base_url(base)));
        Accounts { systems: System::ALL.into_iter().map(of).collect() }
    }

    /// The switches of WorkSpan's production base.
    pub fn workspan(&mut self) -> &mut workspan::Settings {
        &mut self.systems.workspan.settings
    }

    /// The switches of WorkSpan's sandbox base.
    pub fn workspan_sandbox(&mut self) -> &mut workspan::Settings {
        &mut self.systems.sandbox.settings
    }

    /// The switches of Appspace.
    pub fn appspace(&mut self) -> &mut appspace::Settings {
        &mut self.systems.appspace.settings
    }

    /// The switches of Workspace ONE Access.
    pub fn workspace_one(&mut self) -> &mut workspace_one::Settings {
        &mut self.systems.workspace_one.settings
    }

    /// The switches of Workstream.
    pub fn workstream(&mut self) -> &mut workstream::Settings {
        &mut self.systems.workstream.settings
    }

    /// `GET /` lists the systems; nothing else lives outside of them.
    fn outside(&mut self, now_ms: u64, request: &Request) -> Reply {
        if request.method == "OPTIONS" {
            return preflight(request).into();
        }
        let mut response = match (request.method.as_str(), request.path()) {
            ("GET", "/") => {
                let host = if let Single::One(host) = request.single("host") { host } else { "127.0.0.1" };
                let systems = self.accounts(&format!("http://{host}"));
                Response::json(
                    200,
                    &json!({ "name": "grantline emulator", "admin": "/_emulator", "systems": systems }),
                )
            }
            _ => {
                let names: Vec<_> = System::ALL.iter().map(|system| format!("/{system}")).collect();
                Response::json(404, &json!({ "error": "no system is mounted here", "systems": names }))
            }
        };
        allow_origin(&mut response);
        let reply = Reply::from(response);
        self.log.push(exchange(now_ms, None, Kind::Api, request, &reply));
        reply
    }
}

impl Default for Emulator {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("state", &self.state()).finish_non_exhaustive()
    }
}

fn exchange(at_ms: u64, system: Option<System>, kind: Kind, request: &Request, reply: &Reply) -> Exchange {
    let status = (reply.cut != Some(Cut::BeforeRead)).then_some(reply.response.status);
    let (method, path) = (request.method.clone(), request.path().to_owned());
    Exchange { at_ms, system, kind, method, path, status, cut: reply.cut }
}

/// Lets pages of any origin read the reply. The real systems are not known to do so; it is here so that
/// the browser build can be tried, and `Change::Cors` turns it off.
fn allow_origin(response: &mut Response) {
    response.set("access-control-allow-origin", "*");
    response.set("access-control-expose-headers", "*");
}

/// Answers a CORS preflight. The asked names are repeated, because `*` does not cover `Authorization`.
pub(crate) fn preflight(request: &Request) -> Response {
    let asked = match request.single("access-control-request-headers") {
        Single::One(names) => names,
        Single::Absent | Single::Repeated => "authorization, content-type, x-ws-env",
    };
    let mut response = Response::empty(204)
        .with("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
        .with("access-control-allow-headers", asked)
        .with("access-control-max-age", "600")
        .with("vary", "access-control-request-headers");
    if request.single("access-control-request-private-network") != Single::Absent {
        response.set("access-control-allow-private-network", "true");
    }
    allow_origin(&mut response);
    response
}
