use std::io;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const MIB: u64 = 1 << 20;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(work)
}

fn refused() -> ObjectError {
    ObjectError::Source(io::Error::other("refused"))
}

/// Numbers from 0, up to `end`.
fn count(end: usize) -> impl Fn(&mut usize) -> Result<Option<usize>, ObjectError> {
    move |next| {
        let number = *next;
        *next += 1;
        Ok((number < end).then_some(number))
    }
}

#[test]
fn chunks_take_a_quarter_of_the_window_at_most() {
    for (window, cores, threads) in [
        (16 * MIB, 64, 1),
        (64 * MIB, 2, 2),
        (64 * MIB, 64, 13),
        (1024 * MIB, 64, MOST),
        (0, 8, 1),
    ] {
        assert_eq!(Threads::within(window, cores), Threads(threads));
        let chunks = (threads + BESIDE) as u64;
        assert!(window == 0 || chunks * CHUNK as u64 <= window / 4);
    }
}

#[test]
fn results_come_in_the_order_of_the_steps_though_work_overtakes() {
    // The work on an even number waits for that on the odd one after it.
    let barriers: Vec<_> = (0..50).map(|_| Barrier::new(2)).collect();
    let work = move |number: usize| {
        barriers[number / 2].wait();
        Ok(number)
    };
    let results = block_on(async {
        let mut numbers = InOrder::start(Threads(2), 0, count(100), work);
        let mut results = Vec::new();
        while let Some(number) = numbers.next().await {
            results.push(number.unwrap());
        }
        assert!(numbers.finish().await.unwrap() > 100);
        results
    });
    assert!(results.into_iter().eq(0..100));
}

#[test]
fn an_error_of_step_or_work_comes_in_its_place_and_is_the_end_of_steps() {
    for failing_step in [true, false] {
        let next = move |next: &mut usize| match *next {
            7 if failing_step => Err(refused()),
            number => count(20)(next).map(|_| Some(number)),
        };
        let work = |number| {
            if number == 7 {
                Err(refused())
            } else {
                Ok(number)
            }
        };
        block_on(async {
            let mut numbers = InOrder::start(Threads(3), 0, next, work);
            for expected in 0..7 {
                assert_eq!(numbers.next().await.unwrap().unwrap(), expected);
            }
            let error = numbers.next().await.unwrap();
            assert!(matches!(error, Err(ObjectError::Source(_))));
            if failing_step {
                assert!(numbers.next().await.is_none());
            }
        });
    }
}

#[test]
fn a_panic_is_an_error_and_no_end() {
    block_on(async {
        let next = |next: &mut usize| {
            assert!(*next < 3, "on purpose");
            count(9)(next)
        };
        let mut numbers = InOrder::start(Threads(2), 0, next, Ok);
        while numbers.next().await.is_some() {}
        let finished = numbers.finish().await;
        assert!(matches!(finished, Err(ObjectError::Thread(_))));

        let work = |number| {
            assert!(number != 3, "on purpose");
            Ok(number)
        };
        let mut numbers = InOrder::start(Threads(2), 0, count(9), work);
        let mut panicked = 0;
        while let Some(number) = numbers.next().await {
            panicked += usize::from(number.is_err());
        }
        assert_eq!(panicked, 1);
        assert!(numbers.finish().await.is_err());
    });
}

#[test]
fn steps_run_no_further_ahead_than_the_threads_and_three() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let next = move |next: &mut usize| {
        counted.fetch_add(1, Ordering::SeqCst);
        count(1000)(next)
    };
    block_on(async {
        let mut numbers = InOrder::start(Threads(4), 0, next, Ok);
        let mut got = 0;
        while let Some(number) = numbers.next().await {
            number.unwrap();
            got += 1;
            assert!(taken.load(Ordering::SeqCst) <= got + 4 + BESIDE);
        }
        assert_eq!(got, 1000);
    });
}

#[test]
fn workers_do_everything_or_say_what_failed() {
    let sum = Arc::new(AtomicUsize::new(0));
    let added = Arc::clone(&sum);
    block_on(async {
        let workers = Workers::start(Threads(3), move |number| {
            added.fetch_add(number, Ordering::SeqCst);
            Ok(())
        });
        for number in 1..=100 {
            assert!(workers.give(number).await);
        }
        workers.finish().await.unwrap();
        assert_eq!(sum.load(Ordering::SeqCst), 5050);

        let workers = Workers::start(Threads(3), |number| match number {
            50 => Err(refused()),
            _ => Ok(()),
        });
        let mut given = 0;
        while workers.give(given).await {
            given += 1;
        }
        assert!(given >= 50);
        assert!(matches!(
            workers.finish().await,
            Err(ObjectError::Source(_))
        ));
    });
}
