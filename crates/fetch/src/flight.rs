//! A flight: one run of the grant, and everyone who waits for it.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use grantline_core::{Error, Granted};
use std::rc::Rc;

pub(crate) type Outcome = Result<Granted, Error>;

/// What a run of a grant is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Aim {
    /// A token that serves.
    Serve,
    /// A new token, whatever is at hand.
    Renew,
    /// No token.
    Revoke,
}

/// One run of a grant. Whoever stops waiting leaves; the run goes on.
pub(crate) struct Flight {
    pub(crate) aim: Aim,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    outcome: Option<Outcome>,
    waiting: Vec<Waker>,
}

impl Flight {
    pub(crate) fn new(aim: Aim, outcome: Option<Outcome>) -> Rc<Self> {
        Rc::new(Self { aim, state: RefCell::new(State { outcome, waiting: Vec::new() }) })
    }

    /// Ends the flight and wakes everyone.
    pub(crate) fn land(&self, outcome: Outcome) {
        let waiting = {
            let mut state = self.state.borrow_mut();
            state.outcome = Some(outcome);
            core::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits for the end.
    pub(crate) async fn landed(&self) -> Outcome {
        // Each waiter has one place, so that one that is polled often does not fill the list.
        let mut place = None;
        poll_fn(|context| {
            let mut state = self.state.borrow_mut();
            if let Some(outcome) = &state.outcome {
                return Poll::Ready(outcome.clone());
            }
            match place.and_then(|place: usize| state.waiting.get_mut(place)) {
                Some(waker) => waker.clone_from(context.waker()),
                None => {
                    place = Some(state.waiting.len());
                    state.waiting.push(context.waker().clone());
                }
            }
            Poll::Pending
        })
        .await
    }
}
