//! Certificates of servers and clients, with a real TLS server and an authority that nobody else trusts.

use crate::support::{Reply, Server, TestClock, workspan};
use grantline_reqwest::{Error, reqwest};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;

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
        let tls = ServerConfig::builder().with_no_client_auth();
        let tls = tls.with_single_cert(vec![certificate], key).unwrap();
        Server::start_tls(Arc::new(tls), answer)
    }
}

fn answer(hit: &crate::support::Hit, before: usize) -> Reply {
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
