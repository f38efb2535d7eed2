//! What a manifest says of values that are made from others: typed objects, not an expression language.

use super::read::{choice, one_key, record};
use super::values::{Body, Named};
use crate::json::Pointer;
use crate::template::Template;

one_key! {
    /// A value that is made from others. It can use parameters, captures, and values that stand before it.
    pub enum Derived {
        /// Text in another encoding: base64 if nothing else is said.
        Encode as "encode" (Encode),
        /// A SHA-256 hash.
        Sha256 as "sha256" (Sha256),
        /// An HMAC with SHA-256.
        HmacSha256 as "hmac_sha256" (HmacSha256),
        /// What stands at a place in JSON text, such as a key file that a person pastes whole.
        Json as "json" (JsonMember),
        /// What stands before or after a mark in a text.
        Split as "split" (Split),
        /// The scheme and the host of an address, without its path.
        Origin as "origin" (Origin),
        /// The present time.
        Now as "now" (Now),
        /// Random bytes, new for each request.
        Random as "random" (Random),
        /// A signed JSON Web Token, such as a client assertion (RFC 7523).
        Jwt as "jwt" (Jwt),
    } by derived
}

record! {
    /// Text in another encoding.
    pub struct Encode {
        /// The text.
        of: Template,
        /// What it is encoded in; its bytes are what is encoded anew.
        from: Decoding,
        /// The encoding.
        to: Encoding,
    }
}

record! {
    /// A SHA-256 hash.
    pub struct Sha256 {
        /// The text.
        of: Template,
        /// What it is encoded in; its bytes are hashed.
        from: Decoding,
        /// How the hash is written: hex if nothing else is said.
        to: Option<Encoding>,
    }
}

record! {
    /// An HMAC with SHA-256.
    pub struct HmacSha256 {
        /// The text.
        of: Template,
        /// The key.
        key: Template,
        /// What the key is encoded in.
        key_from: Decoding,
        /// How the code is written: hex if nothing else is said.
        to: Option<Encoding>,
    }
}

record! {
    /// What stands at a place in JSON text.
    pub struct JsonMember {
        /// The text.
        of: Template,
        /// The place: a JSON Pointer.
        at: Pointer,
    }
}

record! {
    /// One side of a text.
    pub struct Split {
        /// The text.
        of: Template,
        /// The mark. The first one counts.
        at: String,
        /// Which side.
        take: Side,
        /// Whether this side may be shown although the text is a secret: the public half of a key.
        public: bool,
    }
}

choice! {
    /// A side of a mark.
    pub enum Side {
        /// What stands before it.
        Before = "before",
        /// What stands after it.
        After = "after",
    }
}

record! {
    /// The scheme and the host of an address.
    pub struct Origin {
        /// The address.
        of: Template,
    }
}

record! {
    /// The present time.
    pub struct Now {
        /// How it is written.
        format: TimeFormat,
        /// So many seconds later.
        plus_seconds: Option<u64>,
        /// So many seconds earlier.
        minus_seconds: Option<u64>,
        /// Whether JSON has a number in quotes.
        quoted: bool,
    }
}

choice! {
    /// How a time is written.
    pub enum TimeFormat {
        /// 2026-11-22T09:00:00Z
        Iso = "iso",
        /// 2026-11-22T09:00:00.000Z
        IsoMilliseconds = "iso_milliseconds",
        /// Sun, 22 Nov 2026 09:00:00 GMT
        Http = "http",
        /// 2026-11-22
        Date = "date",
        /// 20261122
        CompactDate = "compact_date",
        /// 20261122T090000Z
        Compact = "compact",
        /// 1795338000: a number.
        EpochSeconds = "epoch_seconds",
        /// 1795338000000: a number.
        EpochMilliseconds = "epoch_milliseconds",
    } else Iso
}

record! {
    /// Random bytes.
    pub struct Random {
        /// How many, at most 32: 16 if nothing else is said.
        bytes: Option<u64>,
        /// How they are written: hex if nothing else is said.
        to: Option<RandomFormat>,
    }
}

choice! {
    /// How random bytes are written.
    pub enum RandomFormat {
        /// Hex digits.
        Hex = "hex",
        /// Base64.
        Base64 = "base64",
        /// Base64 for URLs, without padding.
        Base64Url = "base64url",
        /// A UUID of version 4 (RFC 9562).
        Uuid = "uuid",
        /// Decimal digits, one for each byte.
        Digits = "digits",
    } else Hex
}

choice! {
    /// What text is encoded in.
    pub enum Decoding {
        /// Nothing: its bytes are UTF-8.
        Text = "text",
        /// Hex digits, with or without colons.
        Hex = "hex",
        /// Base64, standard or for URLs, padded or not.
        Base64 = "base64",
        /// PEM: the bytes of its first block.
        Pem = "pem",
    } else Text
}

choice! {
    /// An encoding.
    pub enum Encoding {
        /// Base64.
        Base64 = "base64",
        /// Base64 for URLs, without padding.
        Base64Url = "base64url",
        /// Hex digits in lower case.
        Hex = "hex",
        /// Hex digits in upper case.
        UpperHex = "upper_hex",
        /// Percent-encoded, a space as %20.
        Percent = "percent",
    } else Base64
}

record! {
    /// A signed JSON Web Token.
    pub struct Jwt {
        /// How it is signed.
        algorithm: Algorithm,
        /// The private key in PEM, or the secret of HS256.
        key: Template,
        /// What the secret of HS256 is encoded in.
        key_from: Decoding,
        /// Further members of the header, such as 'kid'. 'alg' and 'typ' are set by themselves.
        header: Named<Body>,
        /// The claims.
        claims: Named<Body>,
        /// How long it is valid: adds 'iat' and 'exp'.
        lifetime_seconds: Option<u64>,
    }
}

choice! {
    /// How a JSON Web Token is signed (RFC 7518).
    pub enum Algorithm {
        /// HMAC with SHA-256 and a shared secret.
        Hs256 = "HS256",
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}
