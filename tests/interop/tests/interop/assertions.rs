//! `private_key_jwt` (RFC 7523) with `oidc-provider`: the client signs an assertion instead of sending a secret.

use interop::Peer;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, SignatureAlgorithm};

const ALGORITHMS: [(&str, &SignatureAlgorithm); 4] = [
    ("RS256", &PKCS_RSA_SHA256),
    ("PS256", &PKCS_RSA_SHA256),
    ("ES256", &PKCS_ECDSA_P256_SHA256),
    ("EdDSA", &PKCS_ED25519),
];

#[tokio::test]
async fn assertions_of_every_algorithm_are_taken() {
    let keys = ALGORITHMS.map(|(_, kind)| KeyPair::generate_for(kind).unwrap());
    let peer = Peer::with_keys(&keys.each_ref().map(KeyPair::public_key_pem));
    for ((algorithm, _), key) in ALGORITHMS.iter().zip(&keys) {
        let connection = peer.signing(algorithm, &key.serialize_pem()).build().unwrap();
        let token = connection.token().await.unwrap_or_else(|error| panic!("{algorithm}: {error}"));
        assert!(peer.accepts(token.value.expose()).await, "{algorithm}");
        assert_eq!(connection.test().await.unwrap().status, 200, "{algorithm}");
        // An assertion is taken once, so that this one must be another.
        connection.renew().await.unwrap_or_else(|error| panic!("{algorithm}: {error}"));
    }
    assert_eq!(peer.proxy.grants(), ["client_credentials"; 2 * ALGORITHMS.len()]);
}

#[tokio::test]
async fn an_assertion_of_another_key_is_refused_once() {
    for (algorithm, kind) in ALGORITHMS {
        let [known, other] = [(); 2].map(|()| KeyPair::generate_for(kind).unwrap());
        let peer = Peer::with_keys(&[known.public_key_pem()]);
        let connection = peer.signing(algorithm, &other.serialize_pem()).build().unwrap();
        for _ in 0..3 {
            let error = connection.token().await.unwrap_err();
            let denial = error.denial().unwrap_or_else(|| panic!("{algorithm}: {error}"));
            assert_eq!((denial.status, denial.code.as_deref()), (401, Some("invalid_client")));
        }
        assert_eq!(peer.proxy.grants().len(), 1, "{algorithm}: the refusal is remembered");
    }
}
