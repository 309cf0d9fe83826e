//! The memory of a call that is over, for the next one on the same thread: a request has more
//! pieces than most providers' whole work.

use std::cell::Cell;
use std::time::Duration;

use crate::Call;

/// The most that is kept of one piece, in bytes.
const MOST: usize = 1024;

thread_local! {
    static SPARE: Cell<Option<Call>> = const { Cell::new(None) };
}

/// A call whose contents are to be replaced. It has no secret attribute.
pub(super) fn take() -> Call {
    let spare = SPARE.try_with(Cell::take).ok().flatten();
    spare.unwrap_or_else(|| Call::new(String::new(), Duration::ZERO))
}

/// Keeps the memory of a call that was answered, unless it is much. Secrets are wiped now.
pub(super) fn keep(mut call: Call) {
    call.attributes.clear_secret();
    if call.request_id.capacity() <= MOST && call.attributes.capacity() <= MOST {
        // A thread that ends keeps nothing.
        let _ = SPARE.try_with(|spare| spare.set(Some(call)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretBytes;

    fn call_with(value: &[u8]) -> Call {
        let mut call = Call::new("one", Duration::from_secs(1));
        call.attributes.push("name", value);
        call.attributes
            .push_secret("token", SecretBytes::copy_from(b"secret"));
        call
    }

    #[test]
    fn what_is_kept_has_no_secret() {
        keep(call_with(b"value"));
        let kept = take();
        assert!(kept.attributes.get_secret("token").is_none());
        assert_eq!(kept.attributes.iter_secret().len(), 0);
    }

    #[test]
    fn a_new_request_replaces_every_attribute_of_the_one_before() {
        keep(call_with(b"a longer value"));
        let mut call = take();
        let pairs: [(&str, &[u8]); 2] = [("a", b"1"), ("b", b"2")];
        call.attributes.refill(pairs.into_iter());
        assert_eq!(call.attributes.iter().collect::<Vec<_>>(), pairs);
        call.attributes.refill([("c", &b""[..])].into_iter());
        assert_eq!(
            call.attributes.iter().collect::<Vec<_>>(),
            [("c", &b""[..])]
        );
        call.attributes.refill([].into_iter());
        assert!(call.attributes.is_empty());
    }

    #[test]
    fn much_memory_is_not_kept() {
        drop(take());
        keep(call_with(&[7; MOST]));
        assert_eq!(take().attributes.iter().len(), 0);
    }
}
