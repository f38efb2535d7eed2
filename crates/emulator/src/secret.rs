//! Secrets of the emulator's accounts, and the values it makes.
//!
//! Decides: a secret is compared in constant time and never printed; made values come from the caller's
//! entropy and a serial, so that two requests with equal entropy still get different tokens.

use std::fmt;

use hmac_sha256::{HMAC, Hash};

use crate::codec::base64url;

/// A secret of an account.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Compares digests without an early exit, so neither length nor prefix shows in the time taken.
    pub(crate) fn matches(&self, presented: &str) -> bool {
        let (own, other) = (Hash::hash(self.0.as_bytes()), Hash::hash(presented.as_bytes()));
        own.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }

    /// For the list of accounts and for replies that repeat the value: both show it on purpose.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// An account that may ask for tokens.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Secret,
}

impl Client {
    pub(crate) fn new(id: &str, secret: &str) -> Self {
        Self { id: id.into(), secret: Secret::new(secret) }
    }

    /// The account with exactly this id and secret; nothing is trimmed or corrected.
    pub(crate) fn authenticate<'a>(clients: &'a [Self], id: &str, secret: &str) -> Option<&'a Self> {
        clients.iter().find(|client| client.id == id).filter(|client| client.secret.matches(secret))
    }
}

/// Makes unpredictable values for one request.
#[derive(Debug)]
pub(crate) struct Mint<'a> {
    entropy: [u8; 32],
    serial: &'a mut u64,
}

impl<'a> Mint<'a> {
    pub(crate) const fn new(entropy: [u8; 32], serial: &'a mut u64) -> Self {
        Self { entropy, serial }
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        *self.serial += 1;
        HMAC::mac(self.serial.to_be_bytes(), self.entropy)
    }

    /// 43 characters of base64url.
    pub(crate) fn opaque(&mut self) -> String {
        base64url(&self.bytes())
    }

    /// A version 4 UUID (RFC 9562 section 5.4).
    pub(crate) fn uuid(&mut self) -> String {
        let bytes = self.bytes();
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.iter().take(16).enumerate() {
            let byte = match index {
                6 => byte & 0x0f | 0x40,
                8 => byte & 0x3f | 0x80,
                _ => *byte,
            };
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        text
    }
}
