//! One call for all who ask the same at the same time.
//!
//! For decryption alone: its answer is the same whoever asks. A new data key is made for one.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};

use aws_lc_rs::digest;
use provost_core::envelope::key_wrap::ComposedKmsUnwrap;
use provost_plugin_api::SecretBytes;
use tokio::sync::Mutex;

use super::KmsError;

type Answer = Result<Arc<SecretBytes>, KmsError>;
type Slot = Arc<Mutex<Option<Answer>>>;

/// The calls under way. An answer is kept for those who wait for it, and no longer.
#[derive(Debug, Default)]
pub(super) struct Flights(SyncMutex<HashMap<[u8; 32], Slot>>);

impl Flights {
    /// The answer to `question`: of the call under way, or of `call`. Whoever leads may go away;
    /// then the next one calls.
    pub(super) async fn join(
        &self,
        question: &ComposedKmsUnwrap,
        call: impl Future<Output = Answer>,
    ) -> Answer {
        let name = name(question);
        let flight = Flight {
            flights: self,
            slot: Arc::clone(self.lock().entry(name).or_default()),
            name,
        };
        let mut answer = flight.slot.lock().await;
        if let Some(answer) = &*answer {
            return answer.clone();
        }
        let found = call.await;
        *answer = Some(found.clone());
        // Who comes from now on asks anew: a key may have been disabled meanwhile.
        self.lock().remove(&name);
        found
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves nothing behind when the last one who asks goes away.
struct Flight<'f> {
    flights: &'f Flights,
    slot: Slot,
    name: [u8; 32],
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        let ours = flights
            .get(&self.name)
            .is_some_and(|slot| Arc::ptr_eq(slot, &self.slot));
        // The map's, and this one.
        if ours && Arc::strong_count(&self.slot) == 2 {
            flights.remove(&self.name);
        }
    }
}

/// Names a question: each part with its length before it, so that no two have one name.
fn name(question: &ComposedKmsUnwrap) -> [u8; 32] {
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(question.key_id().as_bytes());
    part(question.ciphertext());
    for (name, value) in question.context().iter() {
        part(name.as_bytes());
        part(value.as_bytes());
    }
    let mut name = [0; 32];
    for (to, from) in name.iter_mut().zip(hash.finish().as_ref()) {
        *to = *from;
    }
    name
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::future::join4;

    use super::*;
    use crate::kms::keys::tests::question;

    fn plaintext() -> Arc<SecretBytes> {
        Arc::new(SecretBytes::new(vec![7; 32]))
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn identical_questions_at_the_same_time_are_one_call() {
        let (flights, calls) = (Flights::default(), AtomicUsize::new(0));
        let ask = |key: &'static str| {
            let (flights, calls) = (&flights, &calls);
            async move {
                let call = async {
                    calls.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Ok(plaintext())
                };
                flights.join(&question(key, "wrapped"), call).await.unwrap();
            }
        };
        let same = "arn:aws:kms:us-east-1:111122223333:key/a";
        let other = "arn:aws:kms:us-east-1:111122223333:key/b";
        wait(join4(ask(same), ask(same), ask(same), ask(other)));
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        assert!(flights.lock().is_empty(), "answers are not kept");
        wait(ask(same));
        assert_eq!(
            calls.load(Ordering::Relaxed),
            3,
            "what is over is asked anew"
        );
    }

    #[test]
    fn who_waits_calls_itself_when_the_first_goes_away() {
        wait(the_first_goes_away());
    }

    async fn the_first_goes_away() {
        let flights = Flights::default();
        let key = "arn:aws:kms:us-east-1:111122223333:key/a";
        let asked = question(key, "wrapped");
        {
            let mut first = std::pin::pin!(flights.join(&asked, std::future::pending()));
            let waited = tokio::time::timeout(Duration::from_millis(10), &mut first).await;
            assert!(waited.is_err());
            let second = flights.join(&asked, async { Ok(plaintext()) });
            let waited = tokio::time::timeout(Duration::from_millis(10), second).await;
            assert!(waited.is_err(), "it waits for the first");
        }
        assert!(flights.lock().is_empty());
        flights
            .join(&asked, async { Ok(plaintext()) })
            .await
            .unwrap();
    }
}
