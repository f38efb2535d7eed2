//! Faults of the core that are known and open. Inputs that meet one are passed over, so that the others are found; each
//! has its input in `regressions`, and leaves this file when it is repaired.

/// A host name may have an `xn--` label that means nothing, which no client connects to (`broken-label`).
#[must_use]
pub fn is_broken_label(url: &str) -> bool {
    url.to_ascii_lowercase().contains("xn--")
}
