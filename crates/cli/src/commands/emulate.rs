//! `grantline emulate`: the four systems on this machine, until Ctrl-C.

use crate::args::Emulate;
use crate::failure::Failure;
use crate::table;
use grantline_emulator::{Accounts, Server};
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
        println!("{}", json!({ "listen": server.addr().to_string(), "systems": accounts }));
    } else {
        print(&server, &accounts);
    }
    // Ends on Ctrl-C or, where there is one, on a request to terminate.
    wait().await;
    server.stop().await;
    Ok(())
}

fn print(server: &Server, accounts: &Accounts) {
    println!("The four systems, emulated on http://{}\n", server.addr());
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
    println!("{table}");
    if let Some((_, account)) = accounts.systems.iter().find(|(system, _)| system.name() == "workspan") {
        let value = |name: &str| account.parameters.get(name).map_or("", String::as_str);
        println!(
            "Try, in another terminal:\n  export GRANTLINE_WORKSPAN_CLIENTSECRET={}\n  grantline token workspan \
             --allow-loopback --set baseUrl={} --set clientId={}",
            value("clientSecret"),
            value("baseUrl"),
            value("clientId")
        );
    }
    println!("Faults and the clock: POST http://{}/_emulator/... . Ctrl-C ends it.", server.addr());
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
