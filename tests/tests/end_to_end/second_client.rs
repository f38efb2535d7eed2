//! The example that drives the core with another HTTP client is run, not only compiled.

use crate::world::World;
use grantline_emulator::System;
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn example_over_ureq_gets_a_token() {
    let world = World::new().await;
    let accounts = world.server.accounts();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for system in [System::Workspan, System::WorkspaceOneAccess, System::Workstream] {
        let file = format!("{root}/crates/connectors/connectors/{}.json", system.name());
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(root).args([
            "run",
            "--quiet",
            "--package",
            "grantline-core",
            "--example",
            "ureq",
            "--",
        ]);
        let output = command.arg(file).envs(&accounts.of(system).parameters).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.len() > 40, "{system}: a token");
        assert_eq!(world.counts(system).token_requests, 1, "{system}");
    }
}
