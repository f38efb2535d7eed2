//! What every JavaScript host has: a clock, random bytes and timers.

use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use grantline_core::UnixTime;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(callback: &Function, millis: i32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue) -> Result<(), JsValue>;
}

/// The time by the host's own clock.
#[must_use]
pub fn now() -> UnixTime {
    // A clock before 1970 is none; `as` cuts it, and anything that is no number, to zero.
    UnixTime::from_millis(js_sys::Date::now() as u64)
}

/// Milliseconds since `time`, for notices: they tell how long things really took, whatever a test's clock says.
pub(crate) fn since(time: UnixTime) -> u64 {
    u64::try_from(now().since(time).as_millis()).unwrap_or(u64::MAX)
}

/// Fresh random bytes.
#[must_use]
pub fn entropy() -> [u8; 32] {
    let mut bytes = [0; 32];
    // They spread moments in time, no more: a host without `crypto` renews a little less evenly.
    let _ = get_random_values(&mut bytes);
    bytes
}

/// A timer, ended when it is dropped so that it keeps no process alive.
pub(crate) struct Timer {
    id: JsValue,
    rings: JsFuture,
}

impl Timer {
    /// Longer waits would overflow `setTimeout`, which then does not wait at all.
    const LONGEST: u64 = i32::MAX as u64;

    pub(crate) fn start(millis: u64) -> Self {
        let mut id = JsValue::UNDEFINED;
        let millis = millis.min(Self::LONGEST) as i32;
        let rings = Promise::new(&mut |resolve, _| {
            if let Ok(timer) = set_timeout(&resolve, millis) {
                id = timer;
            }
        });
        Self { id, rings: rings.into() }
    }

    /// Waits until it rings.
    pub(crate) async fn wait(mut self) {
        let mut rings = pin!(&mut self.rings);
        // The promise is resolved by `setTimeout` and never rejected.
        let _ = rings.as_mut().await;
    }

    /// The outcome of `work`, unless this timer rings first.
    pub(crate) async fn limit<T>(mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(outcome) = work.as_mut().poll(context) {
                return Poll::Ready(Some(outcome));
            }
            pin!(&mut self.rings).poll(context).map(|_| None)
        })
        .await
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // It may have rung already.
        let _ = clear_timeout(&self.id);
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    /// `setTimeout` takes 32 bits, and rings at once if there are more.
    #[wasm_bindgen_test]
    fn a_huge_sleep_does_not_ring_at_once() {
        let run = |script: &str| Function::new_no_args(script).call0(&JsValue::UNDEFINED).unwrap();
        run("globalThis.own = setTimeout; globalThis.asked = [];
             globalThis.setTimeout = (_, millis) => void asked.push(millis);");
        for millis in [0, 250, i32::MAX as u64, i32::MAX as u64 + 1, 1 << 32, u64::MAX] {
            drop(Timer::start(millis));
        }
        let asked = run("globalThis.setTimeout = own; return asked.join(' ')").as_string().unwrap();
        assert_eq!(asked, "0 250 2147483647 2147483647 2147483647 2147483647");
    }
}
