//! Signatures by the host's WebCrypto. The private key goes in and cannot be read out again.
//!
//! What is signed, and when, is the core's decision.

use crate::fault::property;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use grantline_core::manifest::Algorithm;
use grantline_core::{Event, Fault, FaultKind, Signing};
use js_sys::{Array, JSON, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use zeroize::Zeroizing;

#[wasm_bindgen]
extern "C" {
    // Both copy the bytes before they return, so that views of the module's memory will do.
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = importKey)]
    fn import_key(
        format: &str,
        key: &[u8],
        algorithm: &JsValue,
        extractable: bool,
        usages: &Array,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = sign)]
    fn sign_with(algorithm: &JsValue, key: &JsValue, data: &[u8]) -> Result<Promise, JsValue>;
}

/// Does the step.
pub(crate) async fn answer(Signing { algorithm, key, data }: &Signing) -> Event {
    // The host needs the key itself. Its bytes are wiped when dropped.
    let outcome = match Base64::decode_vec(key.expose()).map(Zeroizing::new) {
        Ok(key) => sign(*algorithm, &key, data.as_bytes()).await,
        Err(_) => Err(unfit(*algorithm)),
    };
    match outcome {
        Ok(signature) => Event::Signed(Base64UrlUnpadded::encode_string(&signature)),
        Err(problem) => Event::Failed(Fault::new(FaultKind::Signing, problem)),
    }
}

/// Signs `data` with a private key in PKCS#8 DER.
///
/// # Errors
/// What is wrong with the key or the host, in words that quote nothing of either.
async fn sign(algorithm: Algorithm, key: &[u8], data: &[u8]) -> Result<Vec<u8>, String> {
    let name = match algorithm {
        Algorithm::Rs256 => "RSASSA-PKCS1-v1_5",
        Algorithm::Ps256 => "RSA-PSS",
        Algorithm::Es256 => "ECDSA",
        Algorithm::EdDsa => "Ed25519",
        // Made in the core.
        Algorithm::Hs256 => return Err("HS256 needs no private key".to_owned()),
    };
    // One for all: what an algorithm does not know, it does not look at.
    let text = format!(r#"{{"name":"{name}","hash":"SHA-256","namedCurve":"P-256","saltLength":32}}"#);
    let parameters = JSON::parse(&text).unwrap_or_default();
    let usages = Array::of1(&"sign".into());
    let importing = import_key("pkcs8", key, &parameters, false, &usages);
    // Only a host without WebCrypto throws here: everything else is a rejection.
    let importing = importing.map_err(|_| NO_CRYPTO.to_owned())?;
    let key = JsFuture::from(importing).await.map_err(|error| refused(algorithm, &error))?;
    let bits = property(&property(&key, "algorithm"), "modulusLength");
    if bits.as_f64().is_some_and(|bits| bits < 2048.0) {
        return Err("it is an RSA key of less than 2048 bits: too short to be safe".to_owned());
    }
    let signing = sign_with(&parameters, &key, data).map_err(|error| refused(algorithm, &error))?;
    let signature = JsFuture::from(signing).await.map_err(|error| refused(algorithm, &error))?;
    Ok(Uint8Array::new(&signature).to_vec())
}

const NO_CRYPTO: &str = "this platform has no WebCrypto, or the page was not loaded over https";

/// The host's own words say little, and may be any.
fn refused(algorithm: Algorithm, error: &JsValue) -> String {
    if property(error, "name").as_string().as_deref() == Some("NotSupportedError") {
        return format!("this platform has no {}", algorithm.name());
    }
    unfit(algorithm)
}

fn unfit(algorithm: Algorithm) -> String {
    format!("it cannot be read, or is of the wrong kind for {}", algorithm.name())
}

#[cfg(all(test, target_arch = "wasm32"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use js_sys::Function;
    use wasm_bindgen_test::wasm_bindgen_test;

    const DATA: &[u8] = b"header.claims";

    /// Makes a key pair; gives the private key, and a function that verifies with the public one.
    async fn pair(parameters: &str) -> (Vec<u8>, Function) {
        let script = "const algorithm = JSON.parse(parameters);
            algorithm.publicExponent = new Uint8Array([1, 0, 1]);
            return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']).then(async (pair) => [
                new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)),
                (signature, data) => crypto.subtle.verify(algorithm, pair.publicKey, signature, data),
            ]);";
        let made =
            Function::new_with_args("parameters", script).call1(&JsValue::UNDEFINED, &parameters.into());
        let made: Array = JsFuture::from(Promise::from(made.unwrap())).await.unwrap().into();
        (Uint8Array::new(&made.get(0)).to_vec(), made.get(1).into())
    }

    async fn verifies(verify: &Function, signature: &[u8], data: &[u8]) -> bool {
        let [signature, data] = [signature, data].map(Uint8Array::from);
        let verified = verify.call2(&JsValue::UNDEFINED, &signature, &data).unwrap();
        JsFuture::from(Promise::from(verified)).await.unwrap().is_truthy()
    }

    const RSA: &str = r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256","modulusLength":2048}"#;
    const P256: &str = r#"{"name":"ECDSA","namedCurve":"P-256","hash":"SHA-256"}"#;

    #[wasm_bindgen_test]
    async fn the_host_verifies_what_it_signed_here() {
        for (algorithm, parameters, length) in [
            (Algorithm::Rs256, RSA, 256),
            (
                Algorithm::Ps256,
                r#"{"name":"RSA-PSS","hash":"SHA-256","modulusLength":3072,"saltLength":32}"#,
                384,
            ),
            (Algorithm::Es256, P256, 64),
            (Algorithm::EdDsa, r#"{"name":"Ed25519"}"#, 64),
        ] {
            let (key, verify) = pair(parameters).await;
            let signature = sign(algorithm, &key, DATA).await.unwrap();
            assert_eq!(signature.len(), length, "{algorithm:?}");
            assert!(verifies(&verify, &signature, DATA).await, "{algorithm:?}");
            assert!(!verifies(&verify, &signature, b"other data").await, "{algorithm:?}");
        }
    }

    #[wasm_bindgen_test]
    async fn what_is_wrong_with_a_key_is_said_plainly() {
        let (rsa, _) = pair(RSA).await;
        let (p256, _) = pair(P256).await;
        for (algorithm, key) in [
            (Algorithm::Rs256, p256.as_slice()),
            (Algorithm::Ps256, &p256),
            (Algorithm::Es256, &rsa),
            (Algorithm::EdDsa, &rsa),
            (Algorithm::Es256, &p256[..p256.len() - 1]),
            (Algorithm::Rs256, b""),
        ] {
            assert_eq!(sign(algorithm, key, DATA).await, Err(unfit(algorithm)));
        }
        let (short, _) = pair(r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256","modulusLength":1024}"#).await;
        let said = sign(Algorithm::Rs256, &short, DATA).await.unwrap_err();
        assert!(said.contains("too short"), "{said}");
    }
}
