//! Whether `peers.json` is true, asked of the servers themselves: no connection takes part.

use crate::each_peer;
use interop::{Peer, Rotation, facts};

each_peer!(treats_refresh_tokens_as_the_table_says);

async fn treats_refresh_tokens_as_the_table_says(name: &str) {
    for rotation in facts(name).rotations {
        let peer = Peer::rotating(name, rotation);
        let first = peer.mint().await;
        let answer = peer.refresh(&first).await.unwrap();
        assert!(peer.accepts(&answer.access_token).await, "{rotation:?}");
        match (rotation, &answer.refresh_token) {
            (Rotation::None, None) => {
                peer.refresh(&first).await.unwrap();
            }
            (Rotation::Same, Some(same)) => {
                assert_eq!(*same, first);
                peer.refresh(&first).await.unwrap();
            }
            (Rotation::Rotate, Some(next)) => {
                assert_eq!(peer.refresh(&first).await.unwrap_err(), "invalid_grant");
                assert!(peer.accepts(&answer.access_token).await, "a refusal harms nobody");
                peer.refresh(next).await.unwrap();
            }
            (Rotation::RotateRevokeFamily, Some(next)) => {
                assert_eq!(peer.refresh(&first).await.unwrap_err(), "invalid_grant");
                assert!(!peer.accepts(&answer.access_token).await, "the family has ended");
                assert_eq!(peer.refresh(next).await.unwrap_err(), "invalid_grant");
            }
            (Rotation::GraceReplay, Some(next)) => {
                let again = peer.refresh(&first).await.unwrap();
                assert_eq!(again.refresh_token.as_ref(), Some(next));
                assert_eq!(again.access_token, answer.access_token);
            }
            (rotation, sent) => {
                panic!("{rotation:?}: {} refresh token was sent", if sent.is_some() { "a" } else { "no" })
            }
        }
    }
}
