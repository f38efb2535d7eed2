//! JavaScript bindings of Grantline: conversions only, no logic.
//!
//! This module is for the built-in connectors and loaded by everyone; `grantline-wasm-complete` adds what connectors of
//! one's own need.
//!
//! The hand-written TypeScript in `pkg/src` is the only caller. What crosses the boundary is the message form of
//! the core: events come as JSON text, because reading that is in the module anyway, and steps, tokens and errors
//! go out as plain objects.

mod connection;
mod convert;
mod flows;

pub use connection::Connection;
pub use convert::{thrown, to_js, to_json};
pub use flows::{CallFlow, GrantFlow};

use wasm_bindgen::prelude::wasm_bindgen;

/// Small rather than fast: the module allocates a few hundred times for each token.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The version of this package.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn the_version_is_that_of_the_package() {
        assert_eq!(super::version(), env!("CARGO_PKG_VERSION"));
    }
}
