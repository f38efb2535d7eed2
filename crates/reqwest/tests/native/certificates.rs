//! Certificates of servers and clients, with a real TLS server and an authority that nobody else trusts.

use crate::support::{Hit, Reply, Server, TestClock, workspan};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use grantline_reqwest::{Builder, Connection, Connector, Error, reqwest};
use p256::SecretKey;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, LineEnding};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier};
use std::sync::Arc;

/// A service that knows its clients by their certificates.
const MTLS: &str = r#"{
    "id": "mtls", "title": "Mutual TLS",
    "parameters": [
        { "name": "baseUrl", "title": "Base URL", "type": "string" },
        { "name": "certificate", "title": "Certificate", "type": "string" },
        { "name": "privateKey", "title": "Private key", "type": "securestring" }
    ],
    "base_url": "{baseUrl}",
    "hosts": [{ "named_by": "baseUrl" }],
    "auth": {
        "acquire": { "method": "POST", "url": "{baseUrl}/token", "form": { "grant_type": "client_credentials" } },
        "token": { "value": "/access_token", "expiry": [{ "seconds": "/expires_in" }] },
        "client_certificate": { "certificate": "{certificate}", "key": "{privateKey}" },
        "apply": { "headers": { "authorization": "Bearer {accessToken}" } }
    }
}"#;

/// An authority of a company.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate of this machine.
    fn server(&self) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let names = ["127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.0).unwrap();
        (certificate.into(), key.into())
    }

    /// A server that asks for no certificate.
    fn open(&self) -> Server {
        let (certificate, key) = self.server();
        let tls = config().with_no_client_auth();
        let tls = tls.with_single_cert(vec![certificate], key).unwrap();
        Server::start_tls(Arc::new(tls), answer)
    }

    /// A server that lets in whoever has a certificate of this authority.
    fn closed(&self) -> Server {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let clients =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build().unwrap();
        let (certificate, key) = self.server();
        let tls = config().with_client_cert_verifier(clients);
        let tls = tls.with_single_cert(vec![certificate], key).unwrap();
        Server::start_tls(Arc::new(tls), answer)
    }

    /// The certificate of a client that has this key, in PEM.
    fn client(&self, key: &KeyPair) -> String {
        CertificateParams::default().signed_by(key, &self.0).unwrap().pem()
    }

    /// A connection with this certificate and key.
    fn connect(&self, server: &Server, certificate: &str, key: &str) -> Builder {
        Connection::builder(Connector::from_json(MTLS).unwrap())
            .parameters([("baseUrl", server.url.as_str()), ("certificate", certificate), ("privateKey", key)])
            .allow_loopback()
            .clock(TestClock::new())
            .root_certificate(self.pem())
    }
}

/// By name: other crates of the workspace bring another one, and rustls then takes none by itself.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn config() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap()
}

fn answer(hit: &Hit, before: usize) -> Reply {
    if hit.is_token() { Reply::token(before, 3600) } else { Reply::json(200, "{}") }
}

#[tokio::test]
async fn an_authority_is_trusted_by_the_connection_that_names_it() {
    let authority = Authority::new();
    let server = authority.open();
    let clock = TestClock::new();
    let error = workspan(&server, &clock).build().unwrap().token().await.unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_eq!(server.tokens(), 0);

    let bundle = format!("a company's own\n{}{}", Authority::new().pem(), authority.pem());
    let connection = workspan(&server, &clock).root_certificate(bundle).build().unwrap();
    assert_eq!(connection.get("/v1").send().await.unwrap().status(), 200);
    assert_eq!((server.tokens(), server.calls().len()), (1, 1));

    // With a program's own settings, too.
    let own = reqwest::Client::builder().user_agent("mine");
    let connection = workspan(&server, &clock).root_certificate(authority.pem()).client_builder(own);
    connection.build().unwrap().get("/v1").send().await.unwrap();
    assert!(server.hits()[2..].iter().all(|hit| hit.header("user-agent") == Some("mine")));

    // Nobody else trusts it now.
    workspan(&server, &clock).build().unwrap().token().await.unwrap_err();
}

#[test]
fn what_is_no_certificate_is_refused() {
    let server = Server::start(answer);
    let key = KeyPair::generate().unwrap().serialize_pem();
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let (none, damaged) = (
        ("", "has no certificate in PEM (-----BEGIN CERTIFICATE-----)"),
        (damaged, "is damaged: it holds something that is no certificate"),
    );
    let cut = ("-----BEGIN CERTIFICATE-----\nAAAA\n", "is damaged: it cannot be read as PEM");
    for (pem, problem) in [none, (key.as_str(), none.1), cut, damaged] {
        let error = workspan(&server, &TestClock::new()).root_certificate(pem).build().unwrap_err();
        assert_eq!(error.to_string(), format!("parameter 'root_certificate' {problem}"));
        assert!(matches!(error, Error::Settings(_)), "{error:?}");
    }
}

/// An RSA key, and the same in PKCS#1.
fn rsa() -> (KeyPair, String) {
    let der: Pkcs8V1Der =
        aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap().as_der().unwrap();
    let pkcs1 = rsa::PrivateKey::from_pkcs8_der(der.as_ref()).unwrap().to_pkcs1_pem(LineEnding::LF).unwrap();
    let key = PrivatePkcs8KeyDer::from(der.as_ref().to_vec());
    (KeyPair::try_from(&key).unwrap(), pkcs1.to_string())
}

#[tokio::test]
async fn token_and_api_requests_show_the_certificate() {
    let authority = Authority::new();
    let ec = KeyPair::generate().unwrap();
    let sec1 = SecretKey::from_pkcs8_der(&ec.serialize_der()).unwrap();
    let sec1 = sec1.to_sec1_pem(LineEnding::CRLF).unwrap().to_string();
    assert!(sec1.starts_with("-----BEGIN EC PRIVATE KEY-----"), "{sec1}");
    let (rsa, pkcs1) = rsa();
    assert!(pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    for (certificate, key) in [
        (authority.client(&ec), ec.serialize_pem()),
        (authority.client(&ec), sec1),
        (authority.client(&rsa), pkcs1),
        (authority.client(&rsa).replace('\n', "\\n"), rsa.serialize_pem().replace('\n', "\\n")),
    ] {
        let server = authority.closed();
        let connection = authority.connect(&server, &certificate, &key).build().unwrap();
        assert_eq!(connection.get("/v1").send().await.unwrap().status(), 200);
        assert_eq!((server.tokens(), server.calls().len()), (1, 1));
        let own = reqwest::Client::builder().user_agent("mine");
        let connection = authority.connect(&server, &certificate, &key).client_builder(own).build().unwrap();
        assert_eq!(connection.get("/v1").send().await.unwrap().status(), 200);
        assert_eq!(server.calls()[1].header("user-agent"), Some("mine"));
    }
}

#[tokio::test]
async fn without_the_right_certificate_nobody_gets_in() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.closed();
    let key = KeyPair::generate().unwrap();
    let stranger = authority.connect(&server, &other.client(&key), &key.serialize_pem());
    let nobody = workspan(&server, &TestClock::new()).root_certificate(authority.pem());
    for builder in [stranger, nobody] {
        let error = builder.build().unwrap().token().await.unwrap_err();
        assert!(matches!(error.code(), "exhausted" | "unreachable" | "connection_lost"), "{error}");
    }
    assert_eq!(server.hits().len(), 0);
}

#[test]
fn what_is_wrong_with_a_client_certificate_is_said_plainly() {
    let authority = Authority::new();
    let server = Server::start(answer);
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let (certificate, pem) = (authority.client(&key), key.serialize_pem());
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let cut = &pem[..pem.len() / 2];
    let no_key = "has no private key in PEM (-----BEGIN PRIVATE KEY-----)";
    let no_certificate = "has no certificate in PEM (-----BEGIN CERTIFICATE-----)";
    for (certificate, key, parameter, problem) in [
        ("MIIB", pem.as_str(), "certificate", no_certificate),
        (&pem, &pem, "certificate", no_certificate),
        (&certificate[..80], &pem, "certificate", "is damaged: it cannot be read as PEM"),
        (&certificate, "s3cret", "privateKey", no_key),
        (&certificate, &certificate, "privateKey", no_key),
        (&certificate, cut, "privateKey", "is damaged: it cannot be read as PEM"),
        (&certificate, encrypted, "privateKey", "is encrypted: give the key without a passphrase"),
        (
            &certificate,
            &other.serialize_pem(),
            "privateKey",
            "cannot be used with its certificate (keys may not",
        ),
    ] {
        let error = authority.connect(&server, certificate, key).build().unwrap_err();
        let wanted = format!("parameter '{parameter}' {problem}");
        assert!(error.to_string().starts_with(&wanted), "{error}");
        assert_eq!(error.code(), "invalid_parameter");
        let inside: Vec<&str> = key.lines().filter(|line| line.len() > 3 && !line.contains("---")).collect();
        assert!(!inside.iter().any(|line| format!("{error} {error:?}").contains(line)), "{error:?}");
    }
    // A client that is made cannot be given one.
    let builder = authority.connect(&server, &certificate, &pem).client(reqwest::Client::new());
    let error = builder.build().unwrap_err();
    assert!(error.to_string().contains("only `client_builder` can be given one"), "{error}");
}
