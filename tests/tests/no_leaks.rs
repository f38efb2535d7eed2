//! No secret of any vector stands in anything that the core would print.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::{Shown, load, replay};
use grantline_core::{Error, Fault, FaultKind};
use grantline_vectors::Watch;

#[test]
fn nothing_that_is_shown_holds_a_secret() {
    let (mut texts, mut secrets, mut leaks) = (0, 0, Vec::new());
    for vector in load().unwrap() {
        let outcome = replay(&vector);
        let known = vector.secrets(&outcome.securestrings);
        texts += outcome.shown.len();
        secrets += known.len();
        leaks.extend(outcome.shown.leaks(&known).into_iter().map(|leak| format!("{}: {leak}", vector.file)));
    }
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
    assert!(texts > 1000 && secrets > 200, "only {texts} texts and {secrets} secrets were looked at");
}

/// The search itself: every form of a secret is found in every kind of text that is kept.
#[test]
fn a_planted_secret_is_found() {
    let secret = "s3cr3t/with+more & \"text\"";
    let planted = [
        secret,
        "s3cr3t%2Fwith%2Bmore%20%26%20%22text%22",
        "s3cr3t%2fwith%2bmore%20%26%20%22text%22",
        "s3cr3t%2Fwith%2Bmore+%26+%22text%22",
        r#"s3cr3t/with+more & \"text\""#,
        "czNjcjN0L3dpdGgrbW9yZSAmICJ0ZXh0Ig",
        // 'id:' and 'user:' before it, as in Basic credentials.
        "aWQ6czNjcjN0L3dpdGgrbW9yZSAmICJ0ZXh0Ig==",
        "dXNlcjpzM2NyM3Qvd2l0aCttb3JlICYgInRleHQi",
        "dXNyOnMzY3IzdC93aXRoK21vcmUgJiAidGV4dCI=",
    ];
    for text in planted {
        let mut shown = Shown::default();
        shown.text("text", format!("before {text} after"));
        assert!(!shown.leaks(&[secret.to_owned()]).is_empty(), "not found: {text}");
        let mut shown = Shown::default();
        shown.error(&Error::Transport(Fault::new(FaultKind::Lost, format!("sent {text}"))));
        assert!(!shown.leaks(&[secret.to_owned()]).is_empty(), "not found in an error: {text}");
    }
    let mut innocent = Shown::default();
    innocent.text("text", "s3cr3t is not the secret".to_owned());
    assert!(innocent.leaks(&[secret.to_owned()]).is_empty());
}

/// The secrets of a vector are all found where they stand.
#[test]
fn the_secrets_of_a_vector_are_known() {
    let vectors = load().unwrap();
    let secrets = |file: &str| {
        let vector = vectors.iter().find(|vector| vector.file == file).unwrap();
        vector.secrets(&replay(vector).securestrings)
    };
    let first = secrets("workspace-one-access/001-first-grant.json");
    assert!(first.iter().any(|secret| secret == "fFjs8tGiloQD5ze4pL42EV6s0mufGrOG"));
    assert!(first.iter().any(|secret| secret == "bXlfY2xpZW50OmZGanM4dEdpbG9RRDV6ZTRwTDQyRVY2czBtdWZHck9H"));
    // The access token and the refresh token of the answer, too.
    assert!(first.len() >= 4, "{}", first.len());
    let call = secrets("workspan/046-call-loses-the-connection.json");
    assert!(call.iter().any(|secret| secret == "token-that-must-not-be-shown"));
}
