//! Signatures by the host's WebCrypto. The private key goes in and cannot be read out again.
//!
//! What is signed, and when, is the core's decision.

use crate::fault::property;
use js_sys::{Array, JSON, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

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

/// Signs `data` with a private key in PKCS#8 DER.
///
/// # Errors
/// What is wrong with the key or the host, in words that quote nothing of either.
pub(crate) async fn sign(algorithm: &str, key: &[u8], data: &[u8]) -> Result<Vec<u8>, String> {
    let name = match algorithm {
        "RS256" => "RSASSA-PKCS1-v1_5",
        "PS256" => "RSA-PSS",
        "ES256" => "ECDSA",
        _ => "Ed25519",
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
        return Err("the private key is an RSA key of less than 2048 bits: too short to be safe".to_owned());
    }
    let signing = sign_with(&parameters, &key, data).map_err(|error| refused(algorithm, &error))?;
    let signature = JsFuture::from(signing).await.map_err(|error| refused(algorithm, &error))?;
    Ok(Uint8Array::new(&signature).to_vec())
}

const NO_CRYPTO: &str = "this platform has no WebCrypto, or the page was not loaded over https";

/// The host's own words say little, and may be any.
fn refused(algorithm: &str, error: &JsValue) -> String {
    let known = property(error, "name").as_string().as_deref() != Some("NotSupportedError");
    if known {
        format!("the private key cannot be read, or is of the wrong kind for {algorithm}")
    } else {
        format!("this platform has no {algorithm}")
    }
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
            ("RS256", RSA, 256),
            ("PS256", r#"{"name":"RSA-PSS","hash":"SHA-256","modulusLength":3072,"saltLength":32}"#, 384),
            ("ES256", P256, 64),
            ("EdDSA", r#"{"name":"Ed25519"}"#, 64),
        ] {
            let (key, verify) = pair(parameters).await;
            let signature = sign(algorithm, &key, DATA).await.unwrap();
            assert_eq!(signature.len(), length, "{algorithm}");
            assert!(verifies(&verify, &signature, DATA).await, "{algorithm}");
            assert!(!verifies(&verify, &signature, b"other data").await, "{algorithm}");
        }
    }

    #[wasm_bindgen_test]
    async fn what_is_wrong_with_a_key_is_said_plainly() {
        let unfit = |algorithm| {
            Err(format!("the private key cannot be read, or is of the wrong kind for {algorithm}"))
        };
        let (rsa, _) = pair(RSA).await;
        let (p256, _) = pair(P256).await;
        for (algorithm, key) in [
            ("RS256", p256.as_slice()),
            ("PS256", &p256),
            ("ES256", &rsa),
            ("EdDSA", &rsa),
            ("ES256", &p256[..p256.len() - 1]),
            ("RS256", b""),
        ] {
            assert_eq!(sign(algorithm, key, DATA).await, unfit(algorithm));
        }
        let (short, _) = pair(r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256","modulusLength":1024}"#).await;
        let said = sign("RS256", &short, DATA).await.unwrap_err();
        assert!(said.contains("too short"), "{said}");
    }
}
