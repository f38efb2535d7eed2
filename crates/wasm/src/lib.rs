//! JavaScript bindings of Grantline: conversions only, no logic.

use wasm_bindgen::prelude::wasm_bindgen;

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
