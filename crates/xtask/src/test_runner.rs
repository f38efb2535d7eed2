//! `cargo xtask test-runner`: runs wasm tests in Node, or in Chromium with `WASM_BINDGEN_USE_BROWSER=1`.
//!
//! The runner comes from the same pinned crate as the bindings, so their versions always agree.

use std::ffi::OsString;

use anyhow::Result;

/// Runs the test binary that cargo names in `args`.
pub(crate) fn run(args: Vec<OsString>) -> Result<()> {
    let name = OsString::from("wasm-bindgen-test-runner");
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::iter::once(name).chain(args))
}
