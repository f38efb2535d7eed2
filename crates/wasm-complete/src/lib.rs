//! The wasm module for connectors of one's own: all of `grantline-wasm`, and what reads and checks connector files.
//!
//! It is loaded when it is needed, by `connect` with a connector file and by `check`. A connection that is made here
//! lives here; the two modules share nothing.

mod operation;

pub use operation::{OperationFlow, operation};

use grantline_core::manifest::{self, Problem, Severity};
use grantline_core::{Connector, Error};
use grantline_wasm::{Connection, to_js};
use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// A connection to the service that a connector file describes, or to a built-in one by its id; for the rest see
/// [`Connection::of`].
///
/// # Errors
/// An object with the fields of an error.
#[wasm_bindgen]
pub fn connect(
    file: &str,
    options: &JsValue,
    fetch: Option<Function>,
    clock: Option<Function>,
    listener: Option<Function>,
    keeper: Option<Function>,
    signer: Function,
) -> Result<Connection, JsValue> {
    let connector = if file.trim_start().starts_with('{') {
        Connector::from_json(file).map_err(Error::from)
    } else {
        grantline_connectors::find(file)
    };
    Connection::of(connector, options, fetch, clock, listener, keeper, Some(signer))
}

/// What is wrong with a connector file: a list of objects with `pointer`, `message` and `severity`.
#[wasm_bindgen]
#[must_use]
pub fn check(file: &str) -> JsValue {
    #[derive(Serialize)]
    struct Shown {
        pointer: String,
        message: String,
        severity: &'static str,
    }
    let shown = |Problem { pointer, message, severity }| {
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        };
        Shown { pointer, message, severity }
    };
    to_js(&manifest::check(file).into_iter().map(shown).collect::<Vec<_>>())
}

/// The code of every error there is.
#[wasm_bindgen(js_name = errorCodes)]
#[must_use]
pub fn error_codes() -> Vec<String> {
    Error::CODES.map(str::to_owned).to_vec()
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_file_that_is_none_has_a_problem() {
        let problems = js_sys::Array::from(&super::check("{"));
        assert_eq!(problems.length(), 1);
    }
}
