//! JSON Web Tokens (RFC 7519) in compact form.
//!
//! Decides: HS256 tokens carry a real signature under a key fixed in this file; RS256 tokens carry 256
//! deterministic bytes instead of a signature, because the emulator publishes no key and nobody can or
//! should verify them. The emulator itself recognises tokens by their exact text, never by a signature.

use hmac_sha256::HMAC;
use serde::Serialize;

use crate::codec::base64url;

const KEY: &[u8] = b"grantline emulator: no real system uses this key";

/// Header of every token here; `alg` comes first, as in the samples.
#[derive(Serialize)]
struct Header {
    alg: &'static str,
    typ: &'static str,
}

/// A token with an HMAC SHA-256 signature.
pub(crate) fn hs256(claims: &impl Serialize) -> String {
    let signed = unsigned("HS256", claims);
    let signature = base64url(&HMAC::mac(&signed, KEY));
    format!("{signed}.{signature}")
}

/// A token that looks like RS256 and cannot be verified.
pub(crate) fn rs256_lookalike(claims: &impl Serialize) -> String {
    let signed = unsigned("RS256", claims);
    let block = |index: u8| HMAC::mac([signed.as_bytes(), &[index]].concat(), KEY);
    let signature: Vec<u8> = (0..8).flat_map(block).collect();
    format!("{signed}.{}", base64url(&signature))
}

fn unsigned(alg: &'static str, claims: &impl Serialize) -> String {
    let part = |bytes: serde_json::Result<Vec<u8>>| base64url(&bytes.expect("claims have string keys"));
    let header = part(serde_json::to_vec(&Header { alg, typ: "JWT" }));
    format!("{header}.{}", part(serde_json::to_vec(claims)))
}
