//! Token requests with an assertion that is signed here, with keys in each of the forms that people have.

use crate::support::{Reply, Server};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantline_reqwest::{Connection, Connector};
use p256::SecretKey;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::signature::Verifier;

fn connection(server: &Server, algorithm: &str, key: &str) -> Connection {
    let connector = serde_json::json!({
        "id": "assertions", "title": "Assertions", "base_url": "{baseUrl}", "hosts": [{ "named_by": "baseUrl" }],
        "parameters": [
            { "name": "baseUrl", "title": "Base URL", "type": "string" },
            { "name": "privateKey", "title": "Private key", "type": "securestring" }
        ],
        "auth": {
            "values": { "assertion": { "jwt": {
                "algorithm": algorithm, "key": "{privateKey}", "claims": { "iss": "me" }, "lifetime_seconds": 60
            } } },
            "acquire": { "method": "POST", "url": "{baseUrl}/token", "form": { "assertion": "{assertion}" } },
            "token": { "value": "/access_token", "expiry": [{ "seconds": "/expires_in" }] },
            "apply": { "headers": { "authorization": "Bearer {accessToken}" } }
        }
    });
    Connection::builder(Connector::from_json(&connector.to_string()).unwrap())
        .parameters([("baseUrl", server.url.as_str()), ("privateKey", key)])
        .allow_loopback()
        .build()
        .unwrap()
}

/// The assertion of the only request: what is signed, and its signature.
async fn signed(algorithm: &str, key: &str) -> (String, Vec<u8>) {
    let server = Server::start(|_, before| Reply::token(before, 3600));
    connection(&server, algorithm, key).token().await.unwrap();
    let hits = server.hits();
    assert_eq!(hits.len(), 1);
    let assertion = hits[0].body.strip_prefix("assertion=").unwrap();
    let (data, signature) = assertion.rsplit_once('.').unwrap();
    (data.to_owned(), URL_SAFE_NO_PAD.decode(signature).unwrap())
}

#[tokio::test]
async fn keys_may_come_in_pkcs8_pkcs1_and_sec1() {
    let rsa = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let rsa = rsa::PrivateKey::from_pkcs8_der(&rsa.serialize_der()).unwrap();
    let verifier = rsa::pkcs1v15::VerifyingKey::<sha2::Sha256>::new(rsa.to_public_key());
    let (pkcs8, pkcs1) = (rsa.to_pkcs8_pem(LineEnding::LF), rsa.to_pkcs1_pem(LineEnding::CRLF));
    for pem in [pkcs8.unwrap().to_string(), pkcs1.unwrap().to_string()] {
        for text in [pem.clone(), pem.replace("\r\n", "\n").replace('\n', "\\n")] {
            let (data, signature) = signed("RS256", &text).await;
            verifier.verify(data.as_bytes(), &signature.as_slice().try_into().unwrap()).unwrap();
        }
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    let ec = SecretKey::from_slice(&bytes).unwrap();
    let verifier = p256::ecdsa::VerifyingKey::from(ec.public_key());
    let (pkcs8, sec1) = (ec.to_pkcs8_pem(LineEnding::LF).unwrap(), ec.to_sec1_pem(LineEnding::LF).unwrap());
    for pem in [pkcs8.as_str(), sec1.as_str()] {
        let (data, signature) = signed("ES256", pem).await;
        let signature = p256::ecdsa::Signature::from_slice(&signature).unwrap();
        verifier.verify(data.as_bytes(), &signature).unwrap();
    }
}

#[tokio::test]
async fn a_key_that_does_not_do_is_the_parameter_at_fault() {
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let error = connection(&server, "RS256", &pem).token().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "parameter 'privateKey' cannot sign: it is a key for the curve P-256, and RS256 needs an RSA key"
    );
    assert_eq!((error.code(), server.hits().len()), ("invalid_parameter", 0));
}
