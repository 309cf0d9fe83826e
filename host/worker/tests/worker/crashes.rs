//! Libraries that take their worker down, and what is left standing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use provost_worker::{SealedLibrary, Worker, WorkerFailure, WorkerProgram, WorkerSpec};

use super::Tests;
use super::collect::Collected;
use super::setup::{
    encrypt, encrypt_within, key_of, kill, kill_idle, library, slow, spec, started, state_of,
    status, worker,
};

pub(crate) const TESTS: Tests = &[
    (
        "every_way_to_die_is_an_error_and_the_next_call_works",
        ways_to_die,
    ),
    ("a_memory_bomb_is_stopped_at_the_limit", memory_bomb),
    ("a_hang_ends_at_the_deadline", hang),
    ("a_worker_that_died_idle_costs_no_call", died_idle),
    (
        "calls_that_shared_a_worker_with_a_crash_are_made_again",
        shared_crash,
    ),
    (
        "calls_that_shared_a_worker_with_an_overrun_are_made_again",
        shared_overrun,
    ),
    (
        "a_single_call_in_a_killed_worker_is_reported_not_repeated",
        single,
    ),
    (
        "the_innocent_always_get_their_answer_beside_a_crashing_call",
        innocent,
    ),
    ("repeated_failures_are_followed_by_a_rest", rest),
    (
        "a_library_that_is_none_or_cut_short_is_an_error",
        no_library,
    ),
];

fn ways_to_die() {
    type Expected = fn(&WorkerFailure) -> bool;
    let cases: [(&str, Expected, &str); 3] = [
        (
            "Abort",
            |f| matches!(f, WorkerFailure::Signalled { signal: 6, .. }),
            "SIGABRT (signal 6)",
        ),
        (
            "Segfault",
            |f| matches!(f, WorkerFailure::Signalled { signal: 11, .. }),
            "SIGSEGV (signal 11)",
        ),
        (
            "Exit",
            |f| matches!(f, WorkerFailure::Exited { status: 0, .. }),
            "exited with status 0",
        ),
    ];
    for (class, expected, words) in cases {
        let worker = worker(class);
        let process = worker.process_id().unwrap();
        let log = Collected::default();
        let error = log.during(|| encrypt(&worker)).unwrap_err();
        assert!(expected(&error.failure), "{error:?}");
        let text = error.to_string();
        let place = format!(
            "class `provost.hostile.{class}` of `libprovost_hostile_provider.so`, in materials_for_encrypt: "
        );
        assert!(text.starts_with(&place) && text.contains(words), "{text}");
        let lines = log.lines();
        assert!(
            lines
                .iter()
                .any(|l| l.contains("provost::worker") && l.contains(words)),
            "{lines:?}"
        );
        assert_eq!(state_of(process), None, "{class} left a process");
        assert!(status(&worker).unwrap().healthy);
        assert_ne!(worker.process_id().unwrap(), process);
    }
}

fn memory_bomb() {
    let limit = 512 << 20;
    let mut spec = spec("MemoryBomb");
    spec.memory = Some(limit);
    let worker = started(spec);
    let error = encrypt(&worker).unwrap_err();
    assert_eq!(
        error.failure,
        WorkerFailure::OutOfMemory { limit: Some(limit) }
    );
    assert!(error.failure.hint().unwrap().contains("memory"));
    assert!(status(&worker).unwrap().healthy);
}

fn hang() {
    let worker = worker("Hang");
    let process = worker.process_id().unwrap();
    let (begun, after) = (Instant::now(), Duration::from_millis(250));
    let error = encrypt_within(&worker, after).unwrap_err();
    assert_eq!(error.failure, WorkerFailure::Deadline { after });
    assert!(begun.elapsed() >= after, "{:?}", begun.elapsed());
    assert_eq!(state_of(process), None, "the hanging worker lives");
    assert!(status(&worker).unwrap().healthy);
}

fn died_idle() {
    let worker = worker("Good");
    let process = kill_idle(&worker);
    assert!(encrypt(&worker).unwrap().is_ok());
    assert_ne!(worker.process_id().unwrap(), process);
}

fn shared_crash() {
    let worker = slow(400, 4);
    let process = worker.process_id().unwrap();
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..3).map(|_| scope.spawn(|| encrypt(&worker))).collect();
        std::thread::sleep(Duration::from_millis(150));
        kill(process);
        for call in calls {
            assert_eq!(key_of(&call.join().unwrap().unwrap().unwrap()).len(), 32);
        }
    });
    assert_eq!(state_of(process), None);
}

fn shared_overrun() {
    let worker = slow(400, 4);
    let process = worker.process_id().unwrap();
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..3).map(|_| scope.spawn(|| encrypt(&worker))).collect();
        std::thread::sleep(Duration::from_millis(50));
        let after = Duration::from_millis(100);
        let error = encrypt_within(&worker, after).unwrap_err();
        assert_eq!(error.failure, WorkerFailure::Deadline { after });
        for call in calls {
            assert_eq!(key_of(&call.join().unwrap().unwrap().unwrap()).len(), 32);
        }
    });
    assert_ne!(worker.process_id().unwrap(), process);
}

fn single() {
    let worker = slow(400, 4);
    let process = worker.process_id().unwrap();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| encrypt(&worker));
        std::thread::sleep(Duration::from_millis(150));
        kill(process);
        let error = call.join().unwrap().unwrap_err();
        assert!(
            matches!(error.failure, WorkerFailure::Signalled { signal: 9, .. }),
            "{error:?}"
        );
    });
}

fn innocent() {
    let worker = worker("Segfault");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let innocent: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut answers = 0;
                    while !over.load(Ordering::Relaxed) {
                        assert!(status(&worker).unwrap().healthy);
                        answers += 1;
                    }
                    answers
                })
            })
            .collect();
        for _ in 0..5 {
            let error = encrypt(&worker).unwrap_err();
            let signalled = matches!(error.failure, WorkerFailure::Signalled { signal: 11, .. });
            assert!(signalled, "{error:?}");
        }
        over.store(true, Ordering::Relaxed);
        for answers in innocent {
            assert!(answers.join().unwrap() > 0);
        }
    });
}

fn rest() {
    let worker = worker("Abort");
    for _ in 0..4 {
        let error = encrypt(&worker).unwrap_err();
        assert!(matches!(
            error.failure,
            WorkerFailure::Signalled { signal: 6, .. }
        ));
    }
    let error = encrypt_within(&worker, Duration::from_millis(20)).unwrap_err();
    let WorkerFailure::BackOff { failures: 4, wait } = error.failure else {
        panic!("{error:?}")
    };
    assert!(wait <= Duration::from_millis(400));
    // Whoever has the time waits for the restart instead.
    assert!(status(&worker).unwrap().healthy);
    // An answer ends the row of failures, so that the next restart is immediate again.
    let log = Collected::default();
    log.during(|| encrypt(&worker)).unwrap_err();
    let lines = log.lines();
    assert!(
        lines.iter().any(|line| line.contains(" failures=1")),
        "{lines:?}"
    );
}

fn no_library() {
    let bytes = library().bytes().unwrap();
    let start = |bytes: &[u8]| {
        let library = SealedLibrary::seal("libcut.so", bytes).unwrap();
        let spec = WorkerSpec::new(WorkerProgram::CurrentExe, library, "provost.hostile.Good");
        Worker::start(spec).unwrap_err()
    };
    let error = start(b"#!/bin/sh\n");
    let WorkerFailure::Open { reason } = &error.failure else {
        panic!("{error:?}")
    };
    assert!(
        reason.starts_with("library `libcut.so` cannot be opened: libcut.so: "),
        "{reason}"
    );
    // The dynamic linker itself is killed by these; the host is not.
    for length in [64, 5000, 65536, 200_000] {
        let error = start(&bytes[..length]);
        let dead = matches!(
            error.failure,
            WorkerFailure::Signalled { .. }
                | WorkerFailure::Open { .. }
                | WorkerFailure::Exited { .. }
        );
        assert!(dead, "{length}: {error:?}");
        assert_eq!(error.call, "start");
    }
}
