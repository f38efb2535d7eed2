//! Private keys as people have them, and the one form in which they are handed to whoever signs.
//!
//! Only the wrapping is looked at: PKCS#1 and SEC1 keys are put into PKCS#8 (RFC 5958), because that is what WebCrypto
//! and native crates both take. Whether the numbers inside are a key is for the signer to say.

use crate::derive::unbase64;

/// RSA without parameters, and EC on P-256 (RFC 8017, A.1; RFC 5480), as an AlgorithmIdentifier.
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const P256: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";

/// The label and the bytes of the first block of a PEM text (RFC 7468). Line breaks may be written as `\n`, as they
/// often are after a way through an environment variable.
pub(crate) fn first(text: &str) -> Option<(String, Vec<u8>)> {
    let text = text.replace("\\n", "\n").replace("\\r", "");
    let mut blocks = text.split("-----BEGIN ").skip(1).filter_map(|block| {
        let (label, rest) = block.split_once("-----")?;
        Some((label, rest.split_once("-----END ")?.0))
    });
    // The curve stands before an EC key, and in it once more.
    let (label, body) = blocks.find(|(label, _)| *label != "EC PARAMETERS")?;
    Some((label.to_owned(), unbase64(body)?))
}

/// The PKCS#8 DER of a private key.
///
/// # Errors
/// What is wrong with the text, without quoting it.
pub(crate) fn private_key(text: &str) -> Result<Vec<u8>, &'static str> {
    if text.contains("Proc-Type:") || text.contains("BEGIN ENCRYPTED") {
        return Err("is encrypted: give the key without its pass phrase (openssl pkcs8 -topk8 -nocrypt)");
    }
    let (label, der) = match first(text) {
        Some(block) => block,
        // The base64 of a PKCS#8 key without the lines around it.
        None => ("PRIVATE KEY".to_owned(), unbase64(text).ok_or(NO_KEY)?),
    };
    match label.as_str() {
        "PRIVATE KEY" if der.first() == Some(&0x30) => Ok(der),
        "RSA PRIVATE KEY" => Ok(pkcs8(RSA, &der)),
        "EC PRIVATE KEY" => Ok(pkcs8(P256, &der)),
        "CERTIFICATE" => Err("is a certificate, not its private key"),
        "PUBLIC KEY" => Err("is a public key: the private one is needed"),
        _ => Err(NO_KEY),
    }
}

const NO_KEY: &str = "is no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----";

fn pkcs8(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let mut inside = vec![0x02, 0x01, 0x00];
    inside.extend(algorithm);
    inside.extend(element(0x04, key));
    element(0x30, &inside)
}

/// A DER element with its length.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut out = vec![tag];
    match significant {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            out.push(0x80 | long.len() as u8);
            out.extend(long);
        }
    }
    out.extend(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_what_is_not_pkcs8() {
        let pem = "-----BEGIN RSA PRIVATE KEY-----\\nMAA=\\n-----END RSA PRIVATE KEY-----";
        let wanted = [&[0x30, 0x16, 2, 1, 0], RSA, &[0x04, 2, 0x30, 0]].concat();
        assert_eq!(private_key(pem), Ok(wanted));
        assert_eq!(element(4, &[0; 200])[..3], [4, 0x81, 200]);
    }

    #[test]
    fn reads_past_the_curve() {
        let curve = "-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n";
        let key = "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----";
        assert_eq!(private_key(&[curve, key].concat()), private_key(key));
        assert!(private_key(key).is_ok());
    }

    #[test]
    fn says_what_it_is_instead() {
        for (text, words) in [
            ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "certificate"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----", "encrypted"),
            ("s3cret", "begins with"),
        ] {
            let problem = private_key(text).unwrap_err();
            assert!(problem.contains(words) && !problem.contains("MAA"), "{problem}");
        }
    }
}
