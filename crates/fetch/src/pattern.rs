//! Patterns of parameters, by the host's own regular expressions.

use grantline_core::manifest::{ConnectorError, Manifest, Problem, Severity};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type RegExp;
    #[wasm_bindgen(catch, constructor)]
    fn new(pattern: &str, flags: &str) -> Result<RegExp, JsValue>;
    #[wasm_bindgen(method)]
    fn test(this: &RegExp, text: &str) -> bool;
}

/// Whether the whole value matches. Nothing matches a pattern that [`check`] refuses.
pub(crate) fn matches(pattern: &str, value: &str) -> bool {
    RegExp::new(&format!("^(?:{pattern})$"), "u").is_ok_and(|regex| regex.test(value))
}

/// Whether all patterns of a connector can be read.
///
/// # Errors
/// Which cannot.
pub(crate) fn check(manifest: &Manifest) -> Result<(), ConnectorError> {
    let sets = manifest.sets.iter().map(|set| &set.parameters);
    for parameter in [&manifest.parameters].into_iter().chain(sets).flatten() {
        // Alone: `a)|(b` would pass in the group that it is put into.
        if parameter.pattern.as_ref().is_some_and(|pattern| RegExp::new(pattern, "u").is_err()) {
            let message = format!("the pattern of '{}' cannot be read", parameter.name);
            let problem = Problem { pointer: String::new(), message, severity: Severity::Error };
            return Err(ConnectorError { problems: vec![problem] });
        }
    }
    Ok(())
}
