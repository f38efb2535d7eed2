//! How long tokens live, whatever clocks say.

use crate::events::{message, times};
use crate::{moved, settings};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::time::Duration;
use grantline_core::json::Json;
use grantline_core::{
    Ambient, Event, Fault, FaultKind, Flow, Grant, Granted, Reading, Step, Token, UnixTime,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A clock that passes time and is wrong now and then, and a token whose server is gone.
fn wrong_clock() -> impl Strategy<Value = Vec<(u64, i64)>> {
    let day = 86_400_i64;
    let passes = prop_oneof![0..120_u64, 0..90_000_u64];
    let jumps = prop_oneof![4 => Just(0), 2 => -day..day, 1 => -15..15_i64, 1 => -400 * day..400 * day];
    vec((passes, jumps), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_token_is_renewed_within_its_life(
        at in 0..4_000_000_000_u64, life in times(), margin in times(), entropy in any::<[u8; 32]>()
    ) {
        let (at, margin) = (UnixTime::from_secs(at), Duration::from_secs(margin));
        let end = at.after(Duration::from_secs(life));
        let token = Token::new("t".into(), at, Some(end), margin, &entropy);
        let due = token.renew_at.unwrap();
        prop_assert!(at <= due && due <= end);
        let lead = end.since(due);
        let most = margin.min(end.since(at) / 2);
        prop_assert!(lead <= most, "{lead:?} before the end, at most {most:?}");
        // Spread over no more than half of it.
        prop_assert!(lead + Duration::from_millis(1) >= most / 2, "{lead:?} of {most:?}");
        prop_assert!(!token.is_alive(end) && (life == 0 || token.is_alive(at)));
    }

    /// A token that tells when it was made lives as long here as there, however wrong the server's clock is; one that
    /// only tells its end is taken at its word.
    #[test]
    fn the_clock_of_a_server_does_not_shorten_a_life(
        life in times(), skew in -400_000_000..400_000_000_i64, told: bool, wait in 0..30_u64
    ) {
        let sent = UnixTime::from_secs(1_700_000_000);
        let mut grant = Grant::new(settings().swap_remove(0));
        grant.advance(Event::START, &Ambient::new(sent, [0; 32])).unwrap();
        let made = 1_700_000_000_u64.saturating_add_signed(skew);
        let end = made.saturating_add(life.min(i64::MAX as u64 / 2));
        let issued = if told { format!(r#""iat":{made},"#) } else { String::new() };
        let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{{issued}"exp":{end}}}"#));
        let body = format!(r#"{{"access_token":"e30.{claims}.c2ln"}}"#);
        let answer = message(vec![("kind", "response".into()), ("status", Json::Int(200)), ("body", body.as_str().into())]);
        let now = sent.after(Duration::from_secs(wait));
        let Ok(Step::Done { output: Granted::Token { token, .. } }) = grant.advance(answer, &Ambient::new(now, [0; 32])) else {
            panic!("a token was expected");
        };
        let wanted = if told { sent.after(Duration::from_secs(end - made)) } else { UnixTime::from_secs(end) };
        prop_assert_eq!(token.expires_at, Some(wanted));
    }

    /// Whatever the clock does: a token that was found dead serves nobody again, and none serves for longer than it
    /// lives, but for the seconds by which a clock may go back unnoticed.
    #[test]
    fn no_clock_prolongs_a_token(
        which in 0..3_usize, life in prop_oneof![0..40_u64, 0..200_000_u64], steps in wrong_clock()
    ) {
        let mut grant = Grant::new(settings().swap_remove(which));
        let mut wall = UnixTime::from_secs(1_700_000_000);
        grant.advance(Event::START, &Ambient::new(wall, [0; 32])).unwrap();
        let body = format!(r#"{{"access_token":"t","token":"t","expires_in":{life}}}"#);
        let answer = message(vec![("kind", "response".into()), ("status", Json::Int(200)), ("body", body.as_str().into())]);
        grant.advance(answer, &Ambient::new(wall, [0; 32])).unwrap();
        let (mut passed, mut unnoticed, mut dead) = (0, 0, false);
        for (seconds, jump) in steps {
            // Time passes, is seen, and then the clock is set.
            for (real, shift) in [(seconds, 0), (0, jump)] {
                passed += real;
                unnoticed += if shift < 0 { 10 } else { 0 };
                wall = moved(wall, i64::try_from(real).unwrap() + shift);
                let ambient = Ambient::new(wall, [0; 32]);
                let seen = !matches!(grant.read(wall), Reading::Stale);
                let mut outcome = grant.advance(Event::START, &ambient);
                let served = matches!(outcome, Ok(Step::Done { .. }));
                while matches!(outcome, Ok(Step::Send(_) | Step::Sleep { .. })) {
                    let lost = Event::Failed(Fault::new(FaultKind::Unreachable, ""));
                    let event = if matches!(outcome, Ok(Step::Send(_))) { lost } else { Event::Woke };
                    outcome = grant.advance(event, &ambient);
                }
                let served = served || matches!(outcome, Ok(Step::Done { .. }));
                prop_assert!(!(dead && (seen || served)), "a dead token serves again");
                prop_assert!(!served || passed <= life + unnoticed, "{passed} s of {life}");
                prop_assert!(seen || !served, "what no reader would take was handed out");
                dead |= !served;
            }
        }
    }
}
