//! The tokens a system has given out.
//!
//! Decides: a token is live, expired or revoked, and belongs to one client and one environment. Tokens
//! are kept under the digest of their text, so a look-up takes no secret-dependent time and printing the
//! store shows no token. Does not decide what a token may be used for; each system does.

use std::collections::BTreeMap;

use hmac_sha256::Hash;

/// Above this many tokens the expired ones are forgotten, so that long simulations stay small.
const CROWDED: usize = 50_000;

/// What a token is good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Use {
    Access,
    Refresh,
    Session,
}

/// A token that was given out.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) usage: Use,
    pub(crate) client: String,
    pub(crate) environment: String,
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    /// Absent for a token whose life starts when it is first looked at.
    pub(crate) expires_ms: Option<u64>,
    pub(crate) revoked: bool,
    /// Tokens with one origin, where a system revokes them together.
    pub(crate) family: u64,
}

impl Token {
    pub(crate) fn new(usage: Use, client: &str, expires_ms: u64) -> Self {
        Self {
            usage,
            client: client.into(),
            environment: String::new(),
            name: String::new(),
            scopes: Vec::new(),
            expires_ms: Some(expires_ms),
            revoked: false,
            family: 0,
        }
    }

    pub(crate) fn expired(&self, now_ms: u64) -> bool {
        self.expires_ms.is_some_and(|expires| expires <= now_ms)
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refused {
    Unknown,
    Revoked,
    Expired,
}

/// All tokens of a system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens(BTreeMap<[u8; 32], Token>);

impl Tokens {
    pub(crate) fn add(&mut self, text: &str, token: Token, now_ms: u64) {
        if self.0.len() >= CROWDED {
            self.0.retain(|_, token| !token.expired(now_ms));
        }
        self.0.insert(digest(text), token);
    }

    pub(crate) fn find(&self, text: &str) -> Option<&Token> {
        self.0.get(&digest(text))
    }

    pub(crate) fn find_mut(&mut self, text: &str) -> Option<&mut Token> {
        self.0.get_mut(&digest(text))
    }

    /// The token, if it is of this use and may be used now.
    pub(crate) fn live(&self, text: &str, usage: Use, now_ms: u64) -> Result<&Token, Refused> {
        let token = self.find(text).filter(|token| token.usage == usage).ok_or(Refused::Unknown)?;
        match token {
            _ if token.revoked => Err(Refused::Revoked),
            _ if token.expired(now_ms) => Err(Refused::Expired),
            _ => Ok(token),
        }
    }

    /// Revokes one token; false if it is unknown or was revoked before.
    pub(crate) fn revoke(&mut self, text: &str) -> bool {
        self.find_mut(text).is_some_and(|token| !std::mem::replace(&mut token.revoked, true))
    }

    /// Revokes every token that the condition names.
    pub(crate) fn revoke_where(&mut self, condition: impl Fn(&Token) -> bool) {
        self.0.values_mut().filter(|token| condition(token)).for_each(|token| token.revoked = true);
    }

    pub(crate) fn expire_all(&mut self) {
        self.0.values_mut().for_each(|token| token.expires_ms = Some(0));
    }
}

/// The key of a token or refresh token in a store.
pub(crate) fn digest(text: &str) -> [u8; 32] {
    Hash::hash(text.as_bytes())
}
