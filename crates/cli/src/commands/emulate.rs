//! `grantline emulate`: the four systems on this machine, until Ctrl-C.

use crate::args::Emulate;
use crate::failure::Failure;
use crate::output;
use crate::table;
use grantline_emulator::{Accounts, Server, System};
use serde_json::json;

pub(crate) async fn run(options: &Emulate) -> Result<(), Failure> {
    let server = Server::start(options.listen).await.map_err(|error| {
        Failure::Machine(format!(
            "cannot listen on {}: {error}\n  --listen 127.0.0.1:0 takes any free port",
            options.listen
        ))
    })?;
    if !options.listen.ip().is_loopback() {
        eprintln!("warning: the emulator can be reached from other machines; its credentials are public");
    }
    let accounts = server.accounts();
    if options.json {
        output::line(json!({ "listen": server.addr().to_string(), "systems": accounts }))?;
    } else {
        output::line(page(&server, &accounts))?;
    }
    // Ends on Ctrl-C or, where there is one, on a request to terminate.
    wait().await;
    server.stop().await;
    Ok(())
}

fn page(server: &Server, accounts: &Accounts) -> String {
    let mut table = table::new(["System", "Parameter", "Value"]);
    for (system, account) in &accounts.systems {
        for (index, (name, value)) in account.parameters.iter().enumerate() {
            let system = if index == 0 { system.name() } else { "" };
            table.add_row([system, name, value]);
        }
        let more = [("(API key)", &account.api_key), ("(console token)", &account.console_token)];
        for (name, value) in more.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            table.add_row(["", name, value]);
        }
    }
    let account = accounts.of(System::Workspan);
    let value = |name: &str| account.parameters.get(name).map_or("", String::as_str);
    let [secret, base, client] = ["clientSecret", "baseUrl", "clientId"].map(value);
    let address = server.addr();
    format!(
        "The four systems, emulated on http://{address}\n\n{table}\nTry, in another terminal:\n  \
         export GRANTLINE_WORKSPAN_CLIENTSECRET={secret}\n  \
         grantline token workspan --set baseUrl={base} --set clientId={client}\n\
         Faults and the clock: POST http://{address}/_emulator/... . Ctrl-C ends it."
    )
}

#[cfg(unix)]
async fn wait() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = terminate.recv() => {} }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn wait() {
    drop(tokio::signal::ctrl_c().await);
}
