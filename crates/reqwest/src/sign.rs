//! Signatures, by the library that rustls uses: with which key, and what is said of a key that does not do.
//!
//! What is signed, and when, is the core's decision.

use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantline_core::manifest::Algorithm;
use grantline_core::{Event, Fault, FaultKind, Signing};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

/// The kinds of keys, by the identifier that stands in them (RFC 5958; RFC 8017, 5480, 8410).
const KINDS: [(&[u8], Kind); 9] = [
    (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", Kind::Rsa),
    (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", Kind::Other("an RSA key for PSS only")),
    (b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", Kind::P256),
    (b"\x06\x05\x2b\x81\x04\x00\x22", Kind::Other("a key for the curve P-384")),
    (b"\x06\x05\x2b\x81\x04\x00\x23", Kind::Other("a key for the curve P-521")),
    (b"\x06\x05\x2b\x81\x04\x00\x0a", Kind::Other("a key for the curve secp256k1")),
    (b"\x06\x03\x2b\x65\x70", Kind::Ed25519),
    (b"\x06\x03\x2b\x65\x71", Kind::Other("an Ed448 key")),
    (b"\x06\x07\x2a\x86\x48\xce\x38\x04\x01", Kind::Other("a DSA key")),
];
/// The identifier stands within so many bytes.
const HEAD: usize = 48;

/// What kind of key it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Rsa,
    P256,
    Ed25519,
    Other(&'static str),
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::Rsa => "an RSA key",
            Self::P256 => "a key for the curve P-256",
            Self::Ed25519 => "an Ed25519 key",
            Self::Other(words) => words,
        }
    }
}

/// Does the step.
///
/// With an RSA key that takes 2 ms (2048 bits) to 7 ms (4096 bits), which is too long for a thread that has other tasks to
/// drive; the others are as fast as the way there, and take it for the sake of one way.
pub async fn answer(signing: Signing) -> Event {
    let work = move || {
        // The signer needs the key itself. Its bytes are wiped when dropped.
        let key = STANDARD.decode(signing.key.expose()).map(Zeroizing::new).map_err(|_| UNREADABLE)?;
        sign(signing.algorithm, &key, signing.data.as_bytes()).map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
    };
    match spawn_blocking(work).await.unwrap_or_else(|_| Err(FAILED.to_owned())) {
        Ok(signature) => Event::Signed(signature),
        Err(problem) => Event::Failed(Fault::new(FaultKind::Signing, problem)),
    }
}

const UNREADABLE: &str = "it cannot be read: it is damaged, or no private key in PKCS#8";
const FAILED: &str = "it was taken, but the signature failed";

/// Signs `data` with a private key in PKCS#8 DER.
///
/// # Errors
/// What is wrong with the key. Nothing of it is quoted.
fn sign(algorithm: Algorithm, key: &[u8], data: &[u8]) -> Result<Vec<u8>, String> {
    match algorithm {
        Algorithm::Rs256 => rsa(algorithm, &RSA_PKCS1_SHA256, key, data),
        // The salt is as long as the hash (RFC 7518, section 3.5).
        Algorithm::Ps256 => rsa(algorithm, &RSA_PSS_SHA256, key, data),
        Algorithm::Es256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key)
                .map_err(|error| refused(algorithm, Kind::P256, key, error))?;
            let signature = pair.sign(&SystemRandom::new(), data).map_err(|_| FAILED)?;
            Ok(signature.as_ref().to_vec())
        }
        Algorithm::EdDsa => {
            let pair = Ed25519KeyPair::from_pkcs8(key)
                .map_err(|error| refused(algorithm, Kind::Ed25519, key, error))?;
            Ok(pair.try_sign(data).map_err(|_| FAILED)?.as_ref().to_vec())
        }
        // Made in the core.
        Algorithm::Hs256 => Err("HS256 needs no private key".to_owned()),
    }
}

fn rsa(
    algorithm: Algorithm,
    encoding: &'static dyn RsaEncoding,
    key: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, String> {
    let pair = RsaKeyPair::from_pkcs8(key).map_err(|error| refused(algorithm, Kind::Rsa, key, error))?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), data, &mut signature).map_err(|_| FAILED)?;
    Ok(signature)
}

/// Why the library does not take a key.
fn refused(algorithm: Algorithm, wanted: Kind, key: &[u8], error: KeyRejected) -> String {
    match kind(key) {
        Some(kind) if kind != wanted => {
            format!("it is {}, and {} needs {}", kind.words(), algorithm.name(), wanted.words())
        }
        _ if error.description_() == "TooSmall" => {
            "it is an RSA key of less than 2048 bits: too short to be safe".to_owned()
        }
        _ if error.description_() == "TooLarge" => {
            "it is an RSA key of more than 8192 bits: too long".to_owned()
        }
        _ => UNREADABLE.to_owned(),
    }
}

fn kind(key: &[u8]) -> Option<Kind> {
    let head = key.get(..HEAD).unwrap_or(key);
    let holds = |identifier: &[u8]| head.windows(identifier.len()).any(|bytes| bytes == identifier);
    KINDS.iter().find(|(identifier, _)| holds(identifier)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests;
