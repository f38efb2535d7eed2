//! `grantline key`: a new key for the store, on standard output.

use crate::failure::Failure;
use crate::output;
use grantline_reqwest::StoreKeys;

pub(crate) fn run() -> Result<(), Failure> {
    let key = StoreKeys::generate().map_err(|error| Failure::Machine(error.to_string()))?;
    // The key is what was asked for: it goes to standard output and nowhere else.
    output::line(key.expose())
}
