//! Without the feature `sign`: nothing is signed.

use grantline_core::{Event, Fault, FaultKind, Signing};
use std::future::{Ready, ready};

/// Does the step.
/// Without a signer it says so.
pub fn answer(_: Signing) -> Ready<Event> {
    let problem = "this program was built without the feature 'sign' of grantline-reqwest";
    ready(Event::Failed(Fault::new(FaultKind::Signing, problem)))
}
