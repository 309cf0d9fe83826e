//! Threads that calls of a provider are made on, used again: a new one costs more than a call.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The right to have a thread, given back on drop.
pub(super) type Permit = OwnedSemaphorePermit;

type Job = Box<dyn FnOnce(Thread) + Send>;

/// Threads of one provider, at most as many as there are permits. They end when this is dropped;
/// one that hangs is never used again.
#[derive(Debug)]
pub(super) struct CallThreads {
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Thread>>,
}

/// A thread that waits for work. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Thread(mpsc::Sender<(Job, Thread)>);

impl CallThreads {
    pub(super) fn new(most: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(most)),
            idle: Mutex::default(),
        }
    }

    /// Waits for the right to have a thread.
    pub(super) async fn permit(&self) -> Option<Permit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// The right to have a thread, if one is free.
    pub(super) fn try_permit(&self) -> Option<Permit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// Has a thread do the work, which hands it to [`take_back`](Self::take_back) when it can be
    /// used again.
    pub(super) fn give(&self, work: impl FnOnce(Thread) + Send + 'static) -> io::Result<()> {
        let idle = self.idle().pop();
        let thread = idle.map_or_else(start, Ok)?;
        let sender = thread.0.clone();
        let gone = |_| io::Error::other("the thread ended");
        sender.send((Box::new(work), thread)).map_err(gone)
    }

    /// Keeps a thread for the next call. Its permit is free from now on.
    pub(super) fn take_back(&self, thread: Thread, permit: Permit) {
        self.idle().push(thread);
        drop(permit);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Thread>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Not `spawn_blocking`: a runtime waits for those threads when it ends.
fn start() -> io::Result<Thread> {
    let (sender, jobs) = mpsc::channel::<(Job, Thread)>();
    std::thread::Builder::new()
        .name("provost-provider".into())
        .spawn(move || {
            for (work, thread) in jobs {
                work(thread);
            }
        })?;
    Ok(Thread(sender))
}

#[cfg(test)]
mod tests {
    use std::thread::{ThreadId, current};
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// Where a call was made, which has ended by then.
    fn call(threads: &Arc<CallThreads>) -> ThreadId {
        let (sender, made) = mpsc::channel();
        let permit = threads.try_permit().unwrap();
        let home = Arc::clone(threads);
        let work = move |thread| {
            home.take_back(thread, permit);
            drop(home);
            sender.send(current().id()).unwrap();
        };
        threads.give(work).unwrap();
        made.recv_timeout(SOON).unwrap()
    }

    #[test]
    fn a_thread_is_used_again() {
        let threads = Arc::new(CallThreads::new(2));
        let first = call(&threads);
        assert_eq!(call(&threads), first);
    }

    #[test]
    fn one_that_hangs_is_not_waited_for() {
        let threads = Arc::new(CallThreads::new(2));
        let permit = threads.try_permit().unwrap();
        let (release, hanging) = mpsc::channel::<()>();
        let (sender, hung) = mpsc::channel();
        let work = move |_thread| {
            sender.send(current().id()).unwrap();
            let _ = hanging.recv();
            drop(permit);
        };
        threads.give(work).unwrap();
        let hung = hung.recv_timeout(SOON).unwrap();
        let other = call(&threads);
        assert_ne!(other, hung);
        assert_eq!(call(&threads), other);
        let last = threads.try_permit();
        assert!(last.is_some() && threads.try_permit().is_none());
        drop(release);
    }

    #[test]
    fn they_end_with_their_owner() {
        struct AtEnd(mpsc::Sender<()>);
        impl Drop for AtEnd {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        thread_local!(static END: std::cell::RefCell<Option<AtEnd>> = const { std::cell::RefCell::new(None) });
        let threads = Arc::new(CallThreads::new(1));
        let (sender, ended) = mpsc::channel();
        let permit = threads.try_permit().unwrap();
        let home = Arc::clone(&threads);
        let (taken, back) = mpsc::channel();
        let work = move |thread| {
            END.with(|end| *end.borrow_mut() = Some(AtEnd(sender)));
            home.take_back(thread, permit);
            drop(home);
            taken.send(()).unwrap();
        };
        threads.give(work).unwrap();
        back.recv_timeout(SOON).unwrap();
        assert!(ended.try_recv().is_err());
        drop(threads);
        ended.recv_timeout(SOON).unwrap();
    }
}
