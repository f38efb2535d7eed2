//! How a record stands in a file: as JSON, or as JSON in an encrypted envelope.
//!
//! An envelope says of itself what it is, so that a wrong or missing key gets an answer that helps, and the file
//! stays: it may be the only copy of a refresh token. A plain record is read whether there is a key or not; with a
//! key, the next write encrypts it.

#[cfg(feature = "encrypt")]
use super::keys::StoreKeys;
use grantline_core::json::Json;
use grantline_core::{Error, Snapshot};
use thiserror::Error as ThisError;
use zeroize::Zeroizing;

/// Reads and writes the content of record files.
#[derive(Clone, Debug, Default)]
pub(super) struct Codec {
    #[cfg(feature = "encrypt")]
    pub(super) keys: Option<StoreKeys>,
}

impl Codec {
    /// The text of a file with this record.
    pub(super) fn write(&self, connection: &str, record: &Snapshot) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        let mut text = Zeroizing::new(Vec::with_capacity(USUAL));
        serde_json::to_writer(&mut *text, record).map_err(|_| Trouble::Unwritable)?;
        #[cfg(feature = "encrypt")]
        if let Some(keys) = &self.keys {
            return Ok(Zeroizing::new(keys.seal(connection, text)?.into_bytes()));
        }
        let _ = connection;
        Ok(text)
    }

    /// The record in the text of a file.
    pub(super) fn read(&self, connection: &str, text: &str) -> Result<Snapshot, Trouble> {
        match Json::parse(text) {
            Ok(json) if json.get("format").is_some() => self.open(connection, Envelope::read(&json)?),
            Ok(json) => Snapshot::from_json(&json).map_err(Trouble::Record),
            Err(_) => Snapshot::parse(text).map_err(Trouble::Record),
        }
    }

    #[cfg(feature = "encrypt")]
    fn open(&self, connection: &str, envelope: Envelope<'_>) -> Result<Snapshot, Trouble> {
        let Some(keys) = &self.keys else { return Err(Trouble::NoKey(envelope.key.to_owned())) };
        let record = keys.open(connection, &envelope)?;
        let text = core::str::from_utf8(&record).map_err(|_| Trouble::Changed)?;
        Snapshot::parse(text).map_err(Trouble::Record)
    }

    #[cfg(not(feature = "encrypt"))]
    #[expect(clippy::unused_self, reason = "the other build needs it")]
    fn open(&self, _: &str, envelope: Envelope<'_>) -> Result<Snapshot, Trouble> {
        Err(Trouble::CannotDecrypt(envelope.key.to_owned()))
    }
}

/// The members of an encrypted record, as they stand in the file.
pub(super) struct Envelope<'a> {
    /// The name of the key: it tells which of several fits, and nothing about the key.
    pub(super) key: &'a str,
    #[cfg_attr(not(feature = "encrypt"), expect(dead_code, reason = "only decryption needs it"))]
    pub(super) nonce: &'a str,
    #[cfg_attr(not(feature = "encrypt"), expect(dead_code, reason = "only decryption needs it"))]
    pub(super) record: &'a str,
}

impl<'a> Envelope<'a> {
    fn read(json: &'a Json) -> Result<Self, Trouble> {
        let text = |name: &str| json.get(name).and_then(Json::as_str).ok_or(Trouble::Broken);
        if text("format")? != FORMAT {
            return Err(Trouble::Broken);
        }
        match json.get("version").and_then(Json::as_u64) {
            Some(VERSION) => {}
            Some(newer) if newer > VERSION => return Err(Trouble::Newer),
            _ => return Err(Trouble::Broken),
        }
        let key = text("key")?;
        // It is shown to people, so it must be what it should be.
        if text("cipher")? != CIPHER
            || key.len() != NAME_DIGITS
            || !key.bytes().all(|c| c.is_ascii_hexdigit())
        {
            return Err(Trouble::Broken);
        }
        Ok(Self { key, nonce: text("nonce")?, record: text("record")? })
    }
}

/// Why the content of a file gives no record, and what to do.
#[derive(Debug, ThisError)]
pub(super) enum Trouble {
    #[error("{0} ({ASIDE})")]
    Record(Error),
    #[error("it is no readable encrypted record ({ASIDE})")]
    Broken,
    #[error("it was encrypted by a newer version of Grantline: use that one, or another directory")]
    Newer,
    #[cfg(feature = "encrypt")]
    #[error("it is encrypted with the key {0}, and this store has no key: {GIVE}")]
    NoKey(String),
    #[cfg(feature = "encrypt")]
    #[error(
        "it is encrypted with the key {wanted}, and this store has {known}: {GIVE}, beside the present one"
    )]
    OtherKey { wanted: String, known: String },
    #[cfg(not(feature = "encrypt"))]
    #[error("it is encrypted with the key {0}, and this program was built without the feature `encrypt`")]
    CannotDecrypt(String),
    #[cfg(feature = "encrypt")]
    #[error(
        "it cannot be decrypted, though its key is here: it was changed, or belongs to another connection ({ASIDE})"
    )]
    Changed,
    #[cfg(feature = "encrypt")]
    #[error("it cannot be encrypted: {0}")]
    Unsealed(&'static str),
    #[error("the record cannot be put into words")]
    Unwritable,
}

const ASIDE: &str = "move the file away, or delete it";
#[cfg(feature = "encrypt")]
const GIVE: &str = "give that key to FileStore::encrypted or in the variable GRANTLINE_STORE_KEY";
/// Records are smaller, so that the buffer need not grow and leave copies behind.
const USUAL: usize = 1 << 16;

/// What an envelope calls itself.
pub(super) const FORMAT: &str = "grantline-encrypted-record";
pub(super) const VERSION: u64 = 1;
pub(super) const CIPHER: &str = "xchacha20-poly1305";
pub(super) const NAME_DIGITS: usize = 16;
