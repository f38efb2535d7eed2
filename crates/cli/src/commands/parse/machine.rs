//! The real machine, brought to the point where it waits for an answer, and given this one.

use crate::failure::Failure;
use crate::rehearsal::{ACCESS_TOKEN, Props, answer, auth, requests, signed};
use grantline_core::{
    Ambient, Error, Event, Flow, Grant, Granted, Purpose, Response, Settings, Snapshot, Step, Token,
};
use std::sync::Arc;

/// What the machine came to, and what it holds then.
pub(super) struct Outcome {
    pub(super) result: Result<Arc<Token>, Error>,
    pub(super) record: Snapshot,
    /// The request that was answered: its number, from 0, and whether it is the last.
    pub(super) purpose: Purpose,
    pub(super) step: usize,
    pub(super) last: bool,
}

/// Who answers what.
pub(super) struct Rehearsal<'a> {
    pub(super) settings: &'a Arc<Settings>,
    pub(super) props: &'a Props,
    pub(super) response: &'a Response,
    /// The request that gets the answer, from 1; otherwise the last.
    pub(super) step: Option<usize>,
    pub(super) ambient: Ambient,
}

enum Answered {
    Ended(Box<Outcome>),
    /// It asks for something else.
    GoesOn,
}

impl Rehearsal<'_> {
    /// Reads the answer to a first grant, or where there is none, or one is wanted, to a renewal.
    pub(super) fn read(&self, renewal: bool) -> Result<Outcome, Error> {
        let auth = auth(self.settings);
        let purpose = if renewal || auth.acquire.is_empty() { Purpose::Renew } else { Purpose::Acquire };
        let stuck = Error::Misuse { state: "rehearsing", event: "an answer without an end" };
        match self.answer(purpose)? {
            Answered::Ended(outcome) => Ok(*outcome),
            // A renewal was refused, and the machine goes on to a first grant. What the refusal says is read alike.
            Answered::GoesOn if purpose == Purpose::Renew && !auth.acquire.is_empty() => {
                match self.answer(Purpose::Acquire)? {
                    Answered::Ended(outcome) => Ok(*outcome),
                    Answered::GoesOn => Err(stuck),
                }
            }
            Answered::GoesOn => Err(stuck),
        }
    }

    /// Whether there is such a request at all.
    pub(super) fn check(&self, renewal: bool) -> Result<(), Failure> {
        let auth = auth(self.settings);
        let many = if renewal || auth.acquire.is_empty() { auth.renew.len() } else { auth.acquire.len() };
        match (many, self.step) {
            (0, _) if renewal => {
                Err(Failure::Usage("this connector has no request for a renewal".to_owned()))
            }
            (0, _) => Err(Failure::Usage(
                "this connector makes no token request: its token comes from elsewhere".to_owned(),
            )),
            (many, Some(step)) if !(1..=many).contains(&step) => {
                Err(Failure::Usage(format!("there is no request {step}: they are numbered from 1 to {many}")))
            }
            _ => Ok(()),
        }
    }

    /// Gives the answer to its request each time it is made, as a server does that does not change its mind, and
    /// others to the requests around it.
    fn answer(&self, purpose: Purpose) -> Result<Answered, Error> {
        let templates = requests(self.settings, purpose);
        let wanted = self.step.map_or(templates.len(), |step| step.min(templates.len())) - 1;
        let mut grant = Grant::new(self.settings.clone());
        grant.restore(self.props.record(self.settings, purpose, &self.ambient)?)?;
        let mut event = if purpose == Purpose::Renew { Event::Renew } else { Event::START };
        let (mut step, mut asked) = (0, false);
        let last = wanted + 1 == templates.len();
        let ended = |result, record| {
            Answered::Ended(Box::new(Outcome { result, record, purpose, step: wanted, last }))
        };
        loop {
            event = match grant.advance(event, &self.ambient) {
                Ok(Step::Send(request)) if request.purpose == purpose => {
                    let here = step == wanted;
                    asked |= here;
                    // A redirect that is followed is another request of the same step.
                    step += usize::from(!(here && (300..400).contains(&self.response.status)));
                    Event::Response(if here { self.response.clone() } else { self.around(step - 1, purpose) })
                }
                Ok(Step::Send(_)) => return Ok(Answered::GoesOn),
                Ok(Step::Sign(signing)) => signed(signing, false),
                Ok(Step::Sleep { .. }) => {
                    // It begins with the first request again.
                    step = 0;
                    Event::Woke
                }
                Ok(Step::Done { output: Granted::Token { token, .. } }) => {
                    return Ok(ended(Ok(token), grant.snapshot()));
                }
                Err(error) if asked => return Ok(ended(Err(error), grant.snapshot())),
                Err(error) => return Err(error),
                Ok(_) => return Ok(Answered::GoesOn),
            };
        }
    }

    /// An answer to a request that is not the one.
    fn around(&self, step: usize, purpose: Purpose) -> Response {
        let templates = requests(self.settings, purpose);
        let rule = auth(self.settings).token.as_ref().filter(|_| step + 1 == templates.len());
        let captured = |name: &str| self.props.captured(name).to_owned();
        let request = templates[step.min(templates.len() - 1)];
        answer(request, &captured, rule.map(|rule| (rule, ACCESS_TOKEN)))
    }
}
