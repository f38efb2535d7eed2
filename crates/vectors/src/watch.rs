//! Whoever looks at everything that a replay shows, for instance for secrets in it.

use core::fmt::Debug;
use grantline_core::Error;

/// Is told of everything that the core would print. The default looks at nothing.
pub trait Watch {
    /// Something is shown by its `Debug`.
    fn debug(&mut self, _what: &'static str, _value: &dyn Debug) {}

    /// A text is shown.
    fn text(&mut self, _what: &'static str, _text: String) {}

    /// An error is shown, in one of its forms.
    fn error(&mut self, _error: &Error) {}
}

/// Nobody looks.
impl Watch for () {}
