//! Values that are made from others for one request: encodings, hashes, times, random bytes, signed JSON Web Tokens.
//!
//! All that a request needs is made before it is built, each value once, so that a time or a random text that stands
//! twice in it is the same. What a signature needs leaves as [`Signing`], for no key arithmetic is done here; with the
//! signature the same values are made again from the same moment and the same random bytes.

use crate::error::SettingsError;
use crate::flow::Ambient;
use crate::json::Json;
use crate::manifest::{
    Algorithm, Decoding, Derived, Encoding, Jwt, Now, Random, RandomFormat, Side, TimeFormat,
};
use crate::pem;
use crate::render::{self, Values};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::template::{Slot, Template, Value, percent};
use crate::time::UnixTime;
use crate::url::Url;
use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding as _};
use core::fmt;
use core::time::Duration;
use hmac_sha256::{HMAC, Hash};
use serde::ser::SerializeMap;

/// What is to be signed, and with what.
#[derive(Clone, Eq, PartialEq)]
pub struct Signing {
    /// How.
    pub algorithm: Algorithm,
    /// The private key: base64 of its PKCS#8 DER.
    pub key: Secret,
    /// The text that is signed.
    pub data: String,
}

impl Signing {
    /// The message for whoever signs: it must hold the key.
    pub(crate) fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("algorithm", self.algorithm.name())?;
        map.serialize_entry("key", self.key.expose())?;
        map.serialize_entry("data", &self.data)
    }
}

impl fmt::Debug for Signing {
    /// Not the data: its claims name people and accounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signing {{ algorithm: {:?}, key: {:?} }}", self.algorithm, self.key)
    }
}

/// A value that was made.
#[derive(Debug)]
pub(crate) struct Made {
    name: String,
    text: Secret,
    secret: bool,
    bare: bool,
}

impl Made {
    /// The value of this name among `all`.
    pub(crate) fn find<'a>(all: &'a [Self], name: &str) -> Option<Value<'a>> {
        let made = all.iter().find(|made| made.name == name)?;
        // Written into the request that needs it, with a mask over it.
        Some(Value { text: made.text.expose(), secret: made.secret, bare: made.bare, separator: None })
    }

    /// What must not be seen of `all`.
    pub(crate) fn secrets(all: Vec<Self>) -> impl Iterator<Item = Secret> {
        all.into_iter().filter(|made| made.secret).map(|made| made.text)
    }
}

/// How far the making came.
#[derive(Debug)]
pub(crate) enum Making<T> {
    /// All is there.
    Done(T),
    /// A signature is missing.
    Sign(Signing),
}

/// From what moment and random bytes values are made, and the signatures that are there already, in their order.
#[derive(Clone, Copy)]
pub(crate) struct Material<'a> {
    pub(crate) ambient: &'a Ambient,
    pub(crate) signatures: &'a [String],
}

/// Makes every value that the templates need.
pub(crate) fn make(
    templates: &[&Template],
    values: Values<'_>,
    material: Material<'_>,
) -> Result<Making<Vec<Made>>, SettingsError> {
    let auth = values.settings.auth();
    let all = &auth.values;
    if all.is_empty() {
        return Ok(Making::Done(Vec::new()));
    }
    let wanted = auth.names_in(templates.iter().copied(), Derived::templates);
    let mut made = Vec::new();
    let mut signatures = material.signatures.iter();
    for (name, derived) in all.iter().filter(|(name, _)| wanted.contains(&name.as_str())) {
        let mut work = Work { values: Values { made: &made, ..values }, secret: false };
        let text = match derived {
            Derived::Jwt(jwt) if jwt.algorithm != Algorithm::Hs256 => {
                let Some(data) = work.signed_part(jwt, material.ambient.now)? else { continue };
                let key = work.private_key(jwt)?;
                let Some(signature) = signatures.next() else {
                    return Ok(Making::Sign(Signing { algorithm: jwt.algorithm, key, data }));
                };
                work.secret = true;
                Some(format!("{data}.{signature}"))
            }
            _ => work.derive(name, derived, material.ambient)?,
        };
        let (Some(text), secret) = (text, work.secret) else { continue };
        made.push(Made { name: name.clone(), text: text.into(), secret, bare: derived.is_number() });
    }
    Ok(Making::Done(made))
}

/// Encodings of secrets that are always the same, so that no message repeats them.
pub(crate) fn encoded_secrets(settings: &Settings) -> Vec<String> {
    let encoded = settings.auth().values.iter().filter_map(|(name, derived)| {
        let Derived::Encode(_) = derived else { return None };
        let mut work = Work { values: Values::of(settings), secret: false };
        let text = work.derive(name, derived, &Ambient::default()).ok()??;
        work.secret.then_some(text)
    });
    encoded.collect()
}

impl Derived {
    /// Every template of the value.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Encode(encode) => vec![&encode.of],
            Self::Sha256(hash) => vec![&hash.of],
            Self::HmacSha256(hmac) => vec![&hmac.of, &hmac.key],
            Self::Json(json) => vec![&json.of],
            Self::Split(split) => vec![&split.of],
            Self::Origin(origin) => vec![&origin.of],
            Self::Now(_) | Self::Random(_) => Vec::new(),
            Self::Jwt(jwt) => {
                let mut all = vec![&jwt.key];
                for (_, value) in jwt.header.iter().chain(jwt.claims.iter()) {
                    value.templates(&mut |template| all.push(template));
                }
                all
            }
        }
    }

    const fn is_number(&self) -> bool {
        let Self::Now(now) = self else { return false };
        now.format.is_number() && !now.quoted
    }
}

struct Work<'a> {
    values: Values<'a>,
    /// Whether a secret went into the value.
    secret: bool,
}

impl Work<'_> {
    fn derive(
        &mut self,
        name: &str,
        derived: &Derived,
        ambient: &Ambient,
    ) -> Result<Option<String>, SettingsError> {
        Ok(Some(match derived {
            Derived::Encode(encode) => {
                let Some(bytes) = self.bytes(&encode.of, encode.from)? else { return Ok(None) };
                encode.to.write(&bytes)
            }
            Derived::Sha256(hash) => {
                let Some(bytes) = self.bytes(&hash.of, hash.from)? else { return Ok(None) };
                hash.to.unwrap_or(Encoding::Hex).write(&Hash::hash(&bytes))
            }
            Derived::HmacSha256(hmac) => {
                let Some(bytes) = self.bytes(&hmac.of, Decoding::Text)? else { return Ok(None) };
                let Some(key) = self.bytes(&hmac.key, hmac.key_from)? else { return Ok(None) };
                hmac.to.unwrap_or(Encoding::Hex).write(&HMAC::mac(&bytes, &key))
            }
            Derived::Json(json) => {
                let Some(text) = self.text(&json.of)? else { return Ok(None) };
                let tree = Json::parse(&text).map_err(|_| blamed(&json.of, "is not JSON".to_owned()))?;
                let missing = || blamed(&json.of, format!("has no text at '{}'", json.at));
                tree.at(&json.at).and_then(Json::word).ok_or_else(missing)?
            }
            Derived::Split(split) => {
                let Some(text) = self.text(&split.of)? else { return Ok(None) };
                let missing = || blamed(&split.of, format!("has no '{}' in it", split.at));
                let (before, after) = text.split_once(&split.at).ok_or_else(missing)?;
                self.secret &= !split.public;
                if split.take == Side::Before { before.to_owned() } else { after.to_owned() }
            }
            Derived::Origin(origin) => {
                let Some(text) = self.text(&origin.of)? else { return Ok(None) };
                let url = Url::parse(&text).map_err(|problem| blamed(&origin.of, problem.to_owned()))?;
                url.origin.to_owned()
            }
            Derived::Now(now) => now.write(ambient.now),
            Derived::Random(random) => random.write(name, &ambient.entropy),
            Derived::Jwt(jwt) => {
                let Some(data) = self.signed_part(jwt, ambient.now)? else { return Ok(None) };
                let Some(key) = self.bytes(&jwt.key, jwt.key_from)? else { return Ok(None) };
                self.secret = true;
                format!("{data}.{}", Encoding::Base64Url.write(&HMAC::mac(data.as_bytes(), &key)))
            }
        }))
    }

    fn text(&mut self, template: &Template) -> Result<Option<String>, SettingsError> {
        let (mut out, mut secrets) = (String::new(), Vec::new());
        let written = template.write(&self.values, Slot::Raw, &mut out, &mut secrets)?;
        self.secret |= !secrets.is_empty();
        Ok(written.map(|()| out))
    }

    fn bytes(&mut self, template: &Template, from: Decoding) -> Result<Option<Vec<u8>>, SettingsError> {
        let Some(text) = self.text(template)? else { return Ok(None) };
        let (bytes, wanted) = match from {
            Decoding::Text => return Ok(Some(text.into_bytes())),
            Decoding::Hex => (unhex(&text), "hex"),
            Decoding::Base64 => (unbase64(&text), "base64"),
            Decoding::Pem => (pem::first(&text).map(|(_, bytes)| bytes), "PEM"),
        };
        bytes.map(Some).ok_or_else(|| blamed(template, format!("is not {wanted}")))
    }

    /// The header and the claims, as they are signed.
    fn signed_part(&mut self, jwt: &Jwt, now: UnixTime) -> Result<Option<String>, SettingsError> {
        let mut header = format!("{{\"alg\":\"{}\",\"typ\":\"JWT\"", jwt.algorithm.name());
        let mut claims = String::from("{");
        let mut secrets = Vec::new();
        render::write_named(&jwt.header, Some(','), &self.values, &mut header, &mut secrets)?;
        let more = render::write_named(&jwt.claims, None, &self.values, &mut claims, &mut secrets)?;
        if let Some(lifetime) = jwt.lifetime_seconds {
            let (issued, ends) =
                (now.as_millis() / 1000, now.after(Duration::from_secs(lifetime)).as_millis() / 1000);
            let lead = if more { "," } else { "" };
            claims.push_str(&format!("{lead}\"iat\":{issued},\"exp\":{ends}"));
        }
        header.push('}');
        claims.push('}');
        // A missing key makes the value absent, like any other that it is made of.
        let key = self.text(&jwt.key)?;
        let part = |text: &str| Encoding::Base64Url.write(text.as_bytes());
        Ok(key.map(|_| format!("{}.{}", part(&header), part(&claims))))
    }

    fn private_key(&mut self, jwt: &Jwt) -> Result<Secret, SettingsError> {
        let text = self.text(&jwt.key)?.unwrap_or_default();
        let der = pem::private_key(&text).map_err(|problem| blamed(&jwt.key, problem.to_owned()))?;
        Ok(Base64::encode_string(&der).into())
    }
}

fn blamed(template: &Template, problem: String) -> SettingsError {
    SettingsError::Invalid { parameter: template.names().next().unwrap_or_default().to_owned(), problem }
}

impl Encoding {
    fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Base64 => Base64::encode_string(bytes),
            Self::Base64Url => Base64UrlUnpadded::encode_string(bytes),
            Self::Hex => hex(bytes),
            Self::UpperHex => hex(bytes).to_ascii_uppercase(),
            Self::Percent => {
                let mut out = String::new();
                percent(bytes, b"-._~", false, &mut out);
                out
            }
        }
    }
}

impl Random {
    fn write(&self, name: &str, entropy: &[u8; 32]) -> String {
        // A hash, so that neither other values nor what else is drawn from the entropy tells anything of this one.
        let mut hash = Hash::new();
        hash.update(entropy);
        hash.update(name);
        let mut bytes = hash.finalize();
        let count = self.bytes.and_then(|count| usize::try_from(count).ok()).unwrap_or(16).min(bytes.len());
        match self.to.unwrap_or(RandomFormat::Hex) {
            RandomFormat::Hex => hex(&bytes[..count]),
            RandomFormat::Base64 => Base64::encode_string(&bytes[..count]),
            RandomFormat::Base64Url => Base64UrlUnpadded::encode_string(&bytes[..count]),
            RandomFormat::Digits => bytes[..count].iter().map(|byte| char::from(b'0' + byte % 10)).collect(),
            RandomFormat::Uuid => {
                bytes[6] = bytes[6] & 0x0f | 0x40;
                bytes[8] = bytes[8] & 0x3f | 0x80;
                let digits = hex(&bytes[..16]);
                let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
                parts.map(|part| digits.get(part).unwrap_or_default()).join("-")
            }
        }
    }
}

impl Now {
    fn write(&self, now: UnixTime) -> String {
        let seconds = |seconds: Option<u64>| Duration::from_secs(seconds.unwrap_or(0));
        let time = now.after(seconds(self.plus_seconds)).before(seconds(self.minus_seconds));
        // `2026-11-22T05:19:01Z`
        let iso = time.to_string();
        let day = iso.get(..10).unwrap_or_default();
        match self.format {
            TimeFormat::Iso => iso,
            TimeFormat::IsoMilliseconds => {
                format!("{}.{:03}Z", iso.trim_end_matches('Z'), time.as_millis() % 1000)
            }
            TimeFormat::Http => time.http_date(),
            TimeFormat::Date => day.to_owned(),
            TimeFormat::CompactDate => day.replace('-', ""),
            TimeFormat::Compact => iso.replace(['-', ':'], ""),
            TimeFormat::EpochSeconds => (time.as_millis() / 1000).to_string(),
            TimeFormat::EpochMilliseconds => time.as_millis().to_string(),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Hex digits in pairs; colons and white space between them do not count, as in the thumbprints that are shown.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| *c != ':' && !c.is_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Base64 in either alphabet, with or without padding.
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let standard = |c: char| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    };
    let text: String = text.chars().filter(|c| !c.is_whitespace()).map(standard).collect();
    Base64Unpadded::decode_vec(text.trim_end_matches('=')).ok()
}
