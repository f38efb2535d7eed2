//! The native adapter against token servers that other people wrote: `peers.json` says what each can do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assertions;
mod credentials;
mod life;
mod lost;
mod servers;

/// Makes a test of a check for each server.
macro_rules! each_peer {
    ($($check:ident),+ $(,)?) => {$(
        mod $check {
            #[tokio::test]
            async fn oidc_provider() {
                super::$check("oidc-provider").await;
            }

            #[tokio::test]
            async fn node_oauth() {
                super::$check("node-oauth").await;
            }

            #[tokio::test]
            async fn authlib() {
                super::$check("authlib").await;
            }

            #[tokio::test]
            async fn django_oauth_toolkit() {
                super::$check("django-oauth-toolkit").await;
            }
        }
    )+};
}
use each_peer;
