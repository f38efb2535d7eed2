//! Secrets are a type: never shown, wiped when dropped, reachable only through [`Secret::expose`].

use core::fmt;
use zeroize::Zeroizing;

/// Text that must not be seen: `Debug` and `Display` show a mask, whatever the build.
#[derive(Clone, Eq)]
pub struct Secret(Zeroizing<String>);

/// What stands in the place of a secret wherever something is shown.
pub const MASK: &str = "•••";

impl Secret {
    /// The text itself. Each use says why it needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl PartialEq for Secret {
    /// Looks at every byte, so that the time taken does not tell where two secrets differ.
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}
