//! The keys of an encrypting store: how they are given, and how a record is encrypted with one.
//!
//! XChaCha20-Poly1305, because its nonce is long enough to be drawn anew for each write by any number of processes
//! that know nothing of each other; the 96 bits of AES-GCM and of plain ChaCha20 would ask for a counter or for new
//! keys. It is authenticated together with what the envelope says and with the key of the connection, so a record
//! is worth nothing in the place of another.

use super::StoreError;
use super::record::{CIPHER, Envelope, FORMAT, NAME_DIGITS, Trouble, VERSION};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use grantline_core::Secret;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// One or more keys of an encrypting [`FileStore`](super::FileStore): the first encrypts, all of them decrypt.
///
/// A key is 32 random bytes. `Debug` shows the names of keys, which tell nothing about them; the bytes are wiped from
/// memory with their last owner.
#[derive(Clone)]
pub struct StoreKeys(Arc<Vec<Key>>);

struct Key {
    bytes: Box<Zeroizing<[u8; SIZE]>>,
    name: String,
}

impl StoreKeys {
    /// The environment variable that holds the keys of programs which take them from there.
    pub const VARIABLE: &'static str = "GRANTLINE_STORE_KEY";

    /// Reads keys from text: each 32 bytes in base64 (plain or for URLs) or 64 hexadecimal digits, with commas or
    /// white space between them.
    ///
    /// # Errors
    /// There is none, or one of them is no key. The text is not repeated.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        let keys: Vec<_> = words.map(Key::parse).collect();
        let number = keys.len();
        let bad = keys.iter().position(Option::is_none);
        match (bad, number) {
            (_, 0) => Err(StoreError::new(format!("there is no key in it; {NEEDED}"))),
            (None, _) => Ok(Self(Arc::new(keys.into_iter().flatten().collect()))),
            (Some(_), 1) => Err(StoreError::new(format!("it is no key; {NEEDED}"))),
            (Some(bad), _) => {
                Err(StoreError::new(format!("number {} of {number} is no key; {NEEDED}", bad + 1)))
            }
        }
    }

    /// The keys in the environment variable [`StoreKeys::VARIABLE`]; `None` if it is not set.
    ///
    /// # Errors
    /// It is set, even if to nothing, and holds no keys: a store must not become a plain one by a slip.
    pub fn from_env() -> Result<Option<Self>, StoreError> {
        let Some(text) = std::env::var_os(Self::VARIABLE) else { return Ok(None) };
        // Whatever is no Unicode is no key either.
        let text = Zeroizing::new(text.into_string().unwrap_or_else(|_| "?".to_owned()));
        let wrong = |error| StoreError::new(format!("the variable {}: {error}", Self::VARIABLE));
        Self::parse(&text).map(Some).map_err(wrong)
    }

    /// One key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; SIZE]) -> Self {
        Self(Arc::new(vec![Key::new(Box::new(Zeroizing::new(bytes)))]))
    }

    /// A new random key, in the form that [`StoreKeys::parse`] reads.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn generate() -> Result<Secret, StoreError> {
        let mut bytes = Zeroizing::new([0; SIZE]);
        getrandom::fill(bytes.as_mut_slice())
            .map_err(|error| StoreError::new(format!("no random bytes: {error}")))?;
        Ok(BASE64.encode(bytes.as_slice()).into())
    }

    /// Adds keys that only decrypt. To change a key, put the new one before the old one until every record has been
    /// written again.
    #[must_use]
    pub fn and_old(self, old: &Self) -> Self {
        let keys = self.0.iter().chain(old.0.iter());
        let copy = |key: &Key| Key { bytes: key.bytes.clone(), name: key.name.clone() };
        Self(Arc::new(keys.map(copy).collect()))
    }

    /// An envelope with this record.
    pub(super) fn seal(&self, connection: &str, mut record: Zeroizing<Vec<u8>>) -> Result<String, Trouble> {
        // A constructor that leaves it empty does not exist.
        let key = self.0.first().ok_or(Trouble::Unsealed("there is no key"))?;
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| Trouble::Unsealed("the system gives no random bytes"))?;
        let bound = bound(&key.name, connection);
        key.cipher()
            .encrypt_in_place(&XNonce::from(nonce), bound.as_bytes(), &mut *record)
            .map_err(|_| Trouble::Unsealed("it is too large"))?;
        // Nothing in it needs an escape.
        Ok(format!(
            r#"{{"format":"{FORMAT}","version":{VERSION},"cipher":"{CIPHER}","key":"{}","nonce":"{}","record":"{}"}}"#,
            key.name,
            BASE64.encode(nonce),
            BASE64.encode(record.as_slice())
        ))
    }

    /// The record in an envelope.
    pub(super) fn open(
        &self,
        connection: &str,
        envelope: &Envelope<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        let Some(key) = self.0.iter().find(|key| key.name == envelope.key) else {
            return Err(Trouble::OtherKey { wanted: envelope.key.to_owned(), known: self.names() });
        };
        let nonce: [u8; NONCE] = BASE64
            .decode(envelope.nonce)
            .ok()
            .and_then(|nonce| nonce.try_into().ok())
            .ok_or(Trouble::Broken)?;
        let mut record = Zeroizing::new(BASE64.decode(envelope.record).map_err(|_| Trouble::Broken)?);
        let bound = bound(&key.name, connection);
        key.cipher()
            .decrypt_in_place(&XNonce::from(nonce), bound.as_bytes(), &mut *record)
            .map_err(|_| Trouble::Changed)?;
        Ok(record)
    }

    fn names(&self) -> String {
        self.0.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Debug for StoreKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreKeys({})", self.names())
    }
}

impl Key {
    fn new(bytes: Box<Zeroizing<[u8; SIZE]>>) -> Self {
        let digest = hmac_sha256::HMAC::mac(NAMING, bytes.as_slice());
        let name = digest.iter().take(NAME_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect();
        Self { bytes, name }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut bytes = Box::new(Zeroizing::new([0; SIZE]));
        if text.len() == 2 * SIZE {
            let mut digits = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
            for byte in bytes.iter_mut() {
                *byte = digits.next()?? << 4 | digits.next()??;
            }
        } else {
            let engine = if text.contains(['-', '_']) { &FOR_URLS } else { &BASE64 };
            // The length is not known before it is read.
            let decoded = Zeroizing::new(engine.decode(text).ok()?);
            bytes.copy_from_slice(decoded.get(..SIZE).filter(|all| all.len() == decoded.len())?);
        }
        Some(Self::new(bytes))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&**self.bytes).into())
    }
}

/// What is authenticated beside the record. The connection comes last, because it alone may hold anything.
fn bound(key: &str, connection: &str) -> String {
    format!("{FORMAT}\n{VERSION}\n{CIPHER}\n{key}\n{connection}")
}

const SIZE: usize = 32;
const NONCE: usize = 24;
/// Keeps the name of a key apart from anything else that is made of it.
const NAMING: &[u8] = b"grantline: the name of a store's key";
const NEEDED: &str = "a key is 32 random bytes in base64 (44 characters) or hexadecimal (64 digits): \
    `grantline key` or `openssl rand -base64 32` makes one";
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const FOR_URLS: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
