//! What can go wrong between a client and a system.
//!
//! Decides: which requests a fault hits, and whether the system processed the request before the fault
//! showed. A fault that replaces the answer leaves the system untouched, unless it says `processed`;
//! a fault that spoils the answer lets the system work first.

use serde::{Deserialize, Serialize};

use crate::http::{Cut, Reply, Response};
use crate::log::Kind;
use crate::secret::Mint;
use crate::service::{Call, Service};
use crate::time::http_date;

/// A fault and the requests it hits. Several may be active at once; the first that replaces the answer
/// does so, and all that spoil it are applied.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub effect: Effect,
    /// Hit only requests of this kind; all when absent.
    #[serde(default)]
    pub only: Option<Kind>,
    /// Hit so many requests, then vanish; until cleared when absent.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What a fault does.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// The answer comes later.
    Latency {
        /// By so much.
        ms: u64,
    },
    /// The connection is reset and the system has not seen the request.
    CutBeforeRead,
    /// The system has done what was asked, and the connection is reset without an answer.
    CutAfterRead,
    /// Half of the body comes, although the head promises all of it.
    TruncatedBody,
    /// A page of a proxy comes instead: 502 for a broken gateway, 200 for a captive portal.
    Html {
        /// Its status.
        status: u16,
    },
    /// 429 in the shape of the system.
    TooManyRequests {
        /// The `Retry-After` header, if any.
        #[serde(default)]
        retry_after: Option<RetryAfter>,
    },
    /// Any status, with an error body in the shape of the system.
    Status {
        /// The status.
        status: u16,
        /// Whether the system did what was asked first, as when a gateway loses patience.
        #[serde(default)]
        processed: bool,
    },
    /// 200 with `{"error": ..}` in it.
    ErrorInOk {
        /// The OAuth error code.
        error: String,
    },
    /// 307 to another place: a client must not follow it with credentials.
    Redirect {
        /// The place.
        location: String,
    },
    /// A byte order mark precedes the body.
    Bom,
    /// The body is declared as `text/plain`.
    TextPlain,
    /// So many spaces follow the body.
    BigBody {
        /// Bytes.
        bytes: u64,
    },
}

/// The `Retry-After` header (RFC 9110 section 10.2.3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(u64),
    /// The date that is so many seconds away.
    DateIn(u64),
}

/// The active faults of a system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    /// The effects that hit a request of this kind; counted faults use themselves up.
    pub(crate) fn take(&mut self, kind: Kind) -> Vec<Effect> {
        let hits = |fault: &Fault| fault.only.is_none_or(|only| only == kind) && fault.times != Some(0);
        let mut effects = Vec::new();
        for fault in self.0.iter_mut().filter(|fault| hits(fault)) {
            fault.times = fault.times.map(|times| times - 1);
            effects.push(fault.effect.clone());
        }
        self.0.retain(|fault| fault.times != Some(0));
        effects
    }
}

/// Answers a call under these effects.
pub(crate) fn answer(
    effects: &[Effect],
    service: &mut dyn Service,
    call: &Call<'_>,
    mint: &mut Mint<'_>,
) -> Reply {
    let delay = |effect: &Effect| if let Effect::Latency { ms } = effect { *ms } else { 0 };
    let delay_ms = effects.iter().map(delay).fold(0, u64::saturating_add);
    if effects.contains(&Effect::CutBeforeRead) {
        return Reply { delay_ms, cut: Some(Cut::BeforeRead), ..Response::empty(502).into() };
    }
    let instead = effects.iter().find_map(|effect| replacement(effect, service, call));
    let processed = effects.iter().any(|effect| matches!(effect, Effect::Status { processed: true, .. }));
    let own = (instead.is_none() || processed).then(|| service.answer(call, mint));
    let response = instead.or(own).unwrap_or_else(|| Response::empty(500));
    let mut reply = Reply { delay_ms, ..response.into() };
    effects.iter().for_each(|effect| spoil(effect, &mut reply));
    reply
}

fn replacement(effect: &Effect, service: &dyn Service, call: &Call<'_>) -> Option<Response> {
    Some(match effect {
        Effect::Html { status } => Response::html(*status, "This page comes from a proxy"),
        Effect::TooManyRequests { retry_after } => {
            let response = service.failure(service.kind(call), 429, "too many requests");
            match retry_after {
                None => response,
                Some(RetryAfter::Seconds(seconds)) => response.with("retry-after", seconds.to_string()),
                Some(RetryAfter::DateIn(seconds)) => {
                    let at_ms = call.now_ms.saturating_add(seconds.saturating_mul(1000));
                    response.with("retry-after", http_date(at_ms))
                }
            }
        }
        Effect::Status { status, .. } => {
            service.failure(service.kind(call), *status, "this failure was asked for")
        }
        Effect::ErrorInOk { error } => Response::json(200, &serde_json::json!({ "error": error })),
        Effect::Redirect { location } => Response::empty(307).with("location", location),
        _ => return None,
    })
}

fn spoil(effect: &Effect, reply: &mut Reply) {
    match effect {
        Effect::CutAfterRead => reply.cut = Some(Cut::AfterRead),
        Effect::TruncatedBody => reply.cut = Some(Cut::Truncated),
        Effect::Bom => {
            reply.response.body.splice(0..0, [0xef, 0xbb, 0xbf]);
        }
        Effect::TextPlain => reply.response.set("content-type", "text/plain"),
        Effect::BigBody { bytes } => reply.padding = *bytes,
        _ => {}
    }
}
