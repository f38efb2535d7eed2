//! Verifiers, and all keys but the long ones, come from other libraries than the one that signs.

use super::{UNREADABLE, sign};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use getrandom::SysRng;
use grantline_core::manifest::Algorithm;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rsa::PrivateKey;
use rsa::signature::Verifier;
use sha2::Sha256;

const DATA: &[u8] = b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJtZSJ9";
const ALGORITHMS: [Algorithm; 4] = [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn long_rsa(size: KeySize) -> Vec<u8> {
    let key: Pkcs8V1Der = KeyPair::generate(size).unwrap().as_der().unwrap();
    key.as_ref().to_vec()
}

/// Made by slow code, and so only short.
fn short_rsa() -> Vec<u8> {
    let key = PrivateKey::new(&mut SysRng, 1024).unwrap();
    key.to_pkcs8_der().unwrap().as_bytes().to_vec()
}

fn p256() -> Vec<u8> {
    p256::SecretKey::from_slice(&random()).unwrap().to_pkcs8_der().unwrap().as_bytes().to_vec()
}

fn p384() -> Vec<u8> {
    let curve = &ECDSA_P384_SHA384_FIXED_SIGNING;
    EcdsaKeyPair::generate_pkcs8(curve, &SystemRandom::new()).unwrap().as_ref().to_vec()
}

fn ed25519() -> Vec<u8> {
    let key = ed25519_dalek::SigningKey::from_bytes(&random());
    key.to_pkcs8_der().unwrap().as_bytes().to_vec()
}

#[test]
fn rsa_signatures_are_what_others_verify() {
    for (size, length) in [(KeySize::Rsa2048, 256), (KeySize::Rsa3072, 384), (KeySize::Rsa4096, 512)] {
        let key = long_rsa(size);
        let public = PrivateKey::from_pkcs8_der(&key).unwrap().to_public_key();

        let signature = sign(Algorithm::Rs256, &key, DATA).unwrap();
        assert_eq!(signature.len(), length);
        let verifier = rsa::pkcs1v15::VerifyingKey::<Sha256>::new(public.clone());
        verifier.verify(DATA, &signature.as_slice().try_into().unwrap()).unwrap();
        assert_eq!(sign(Algorithm::Rs256, &key, DATA).unwrap(), signature);
        verifier.verify(b"other data", &signature.as_slice().try_into().unwrap()).unwrap_err();

        let signature = sign(Algorithm::Ps256, &key, DATA).unwrap();
        // A salt of 32 bytes and no other.
        let verifier = rsa::pss::VerifyingKey::<Sha256>::new_with_salt_len(public, 32);
        verifier.verify(DATA, &signature.as_slice().try_into().unwrap()).unwrap();
        verifier.verify(b"other data", &signature.as_slice().try_into().unwrap()).unwrap_err();
        assert_ne!(sign(Algorithm::Ps256, &key, DATA).unwrap(), signature, "the salt is random");
    }
}

#[test]
fn es256_is_r_and_s_of_fixed_length() {
    for _ in 0..64 {
        let key = p256();
        let signature = sign(Algorithm::Es256, &key, DATA).unwrap();
        assert_eq!(signature.len(), 64);
        let public = p256::SecretKey::from_pkcs8_der(&key).unwrap().public_key();
        let verifier = p256::ecdsa::VerifyingKey::from(public);
        let signature = p256::ecdsa::Signature::from_slice(&signature).unwrap();
        verifier.verify(DATA, &signature).unwrap();
        verifier.verify(b"other data", &signature).unwrap_err();
    }
}

#[test]
fn eddsa_is_ed25519() {
    let key = ed25519();
    let signature = sign(Algorithm::EdDsa, &key, DATA).unwrap();
    let verifier = ed25519_dalek::SigningKey::from_pkcs8_der(&key).unwrap().verifying_key();
    let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    verifier.verify(DATA, &signature).unwrap();
    verifier.verify(b"other data", &signature).unwrap_err();
}

/// PKCS#8 of the first version has no public key, that of the second has one.
#[test]
fn ed25519_with_and_without_its_public_key() {
    let key = ed25519_dalek::SigningKey::from_bytes(&random());
    let bytes = ed25519_dalek::pkcs8::KeypairBytes { secret_key: key.to_bytes(), public_key: None };
    let short = bytes.to_pkcs8_der().unwrap();
    let long = key.to_pkcs8_der().unwrap();
    assert!(short.as_bytes().len() < long.as_bytes().len());
    assert_eq!(sign(Algorithm::EdDsa, short.as_bytes(), DATA), sign(Algorithm::EdDsa, long.as_bytes(), DATA));
}

#[test]
fn what_is_wrong_with_a_key_is_said_plainly() {
    let (rsa, p256, p384, ed25519) = (long_rsa(KeySize::Rsa2048), p256(), p384(), ed25519());
    let said = |algorithm, key: &[u8]| sign(algorithm, key, DATA).unwrap_err();
    assert_eq!(said(Algorithm::Rs256, &p256), "it is a key for the curve P-256, and RS256 needs an RSA key");
    assert_eq!(said(Algorithm::Ps256, &ed25519), "it is an Ed25519 key, and PS256 needs an RSA key");
    assert_eq!(said(Algorithm::Es256, &rsa), "it is an RSA key, and ES256 needs a key for the curve P-256");
    assert_eq!(
        said(Algorithm::Es256, &p384),
        "it is a key for the curve P-384, and ES256 needs a key for the curve P-256"
    );
    assert_eq!(
        said(Algorithm::EdDsa, &p384),
        "it is a key for the curve P-384, and EdDSA needs an Ed25519 key"
    );
    assert_eq!(
        said(Algorithm::Rs256, &short_rsa()),
        "it is an RSA key of less than 2048 bits: too short to be safe"
    );
    assert_eq!(said(Algorithm::Hs256, &rsa), "HS256 needs no private key");
    for algorithm in ALGORITHMS {
        for broken in [b"".as_slice(), b"0", &[0x30; 64], b"-----BEGIN PRIVATE KEY-----"] {
            assert_eq!(said(algorithm, broken), UNREADABLE);
        }
    }
}

/// No piece of a key makes the library do anything but refuse, and no message tells of it.
#[test]
fn damaged_keys_are_refused() {
    for (algorithm, key) in [
        (Algorithm::Rs256, long_rsa(KeySize::Rsa2048)),
        (Algorithm::Es256, p256()),
        (Algorithm::EdDsa, ed25519()),
    ] {
        for length in (0..key.len()).step_by(7) {
            let said = sign(algorithm, &key[..length], DATA).unwrap_err();
            assert_eq!(said, UNREADABLE);
        }
    }
}
