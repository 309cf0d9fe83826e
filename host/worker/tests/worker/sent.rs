//! Calls that are sent, and whose answers are taken later.

use std::time::{Duration, Instant};

use provost_plugin_api::{EncryptRequest, MaterialsDescription, Purpose};
use provost_worker::{Answer, Request, Worker, WorkerError, WorkerFailure};

use super::Tests;
use super::setup::{
    AMPLE, call, encrypt, eventually, key_of, kill, kill_idle, slow, state_of, worker,
};

pub(crate) const TESTS: Tests = &[
    ("an_answer_that_is_there_is_taken_at_once", at_once),
    (
        "a_sent_call_whose_answer_is_not_there_is_waited_for",
        waited_for,
    ),
    ("a_sent_call_has_its_deadline", deadline),
    ("nothing_is_sent_where_it_would_have_to_wait", no_lane),
    ("a_sent_call_that_is_dropped_ends_its_worker", dropped),
    (
        "a_sent_call_in_a_worker_that_died_idle_is_made_again",
        died_idle,
    ),
    (
        "a_sent_call_in_a_killed_worker_is_reported_not_repeated",
        killed,
    ),
    (
        "sent_calls_that_shared_a_worker_with_a_crash_are_made_again",
        shared,
    ),
];

fn request() -> EncryptRequest {
    EncryptRequest::new(call(), Purpose::ObjectStore)
}

/// Sends a call, has something happen, and takes the answer's key.
fn sent(worker: &Worker, meanwhile: impl FnOnce()) -> Result<usize, WorkerError> {
    let request = request();
    let request = Request::MaterialsForEncrypt(&request);
    let call = worker.send(request, AMPLE).unwrap();
    meanwhile();
    match worker.finish(call, request)?.unwrap() {
        Answer::Materials(materials) => Ok(key_of(&materials).len()),
        other => panic!("{other:?}"),
    }
}

fn at_once() {
    let worker = slow(200, 1);
    let request = request();
    let request = Request::MaterialsForEncrypt(&request);
    let call = worker.send(request, AMPLE).unwrap();
    assert!(!call.is_answered());
    eventually("there is an answer", || call.is_answered());
    let begun = Instant::now();
    let answer = worker.finish(call, request).unwrap().unwrap();
    assert!(matches!(answer, Answer::Materials(_)), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_millis(150));
    assert_eq!(sent(&worker, || {}).unwrap(), 32);
}

fn waited_for() {
    let worker = slow(200, 1);
    let process = worker.process_id();
    assert_eq!(sent(&worker, || {}).unwrap(), 32);
    assert_eq!(worker.process_id(), process);
}

fn deadline() {
    let worker = slow(5000, 1);
    let request = request();
    let request = Request::MaterialsForEncrypt(&request);
    let call = worker.send(request, Duration::from_millis(100)).unwrap();
    let error = worker.finish(call, request).unwrap_err();
    assert!(
        matches!(error.failure, WorkerFailure::Deadline { .. }),
        "{error:?}"
    );
}

fn no_lane() {
    let worker = slow(300, 2);
    let request = request();
    let request = Request::MaterialsForEncrypt(&request);
    let first = worker.send(request, AMPLE).unwrap();
    let second = worker.send(request, AMPLE).unwrap();
    assert!(worker.send(request, AMPLE).is_none());
    worker.finish(first, request).unwrap().unwrap();
    worker.finish(second, request).unwrap().unwrap();
    let mut large = EncryptRequest::new(call(), Purpose::ObjectStore);
    let value = "x".repeat(100_000);
    large.description = Some(MaterialsDescription::new().with("large", value));
    assert!(
        worker
            .send(Request::MaterialsForEncrypt(&large), AMPLE)
            .is_none()
    );
    assert_eq!(sent(&worker, || {}).unwrap(), 32);
}

fn dropped() {
    let worker = slow(5000, 2);
    let process = worker.process_id().unwrap();
    let request = request();
    drop(worker.send(Request::MaterialsForEncrypt(&request), AMPLE));
    assert!(matches!(state_of(process), None | Some('Z')));
}

fn died_idle() {
    let worker = worker("Good");
    let process = kill_idle(&worker);
    assert_eq!(sent(&worker, || {}).unwrap(), 32);
    assert_ne!(worker.process_id().unwrap(), process);
}

fn killed() {
    let worker = slow(400, 4);
    let process = worker.process_id().unwrap();
    let error = sent(&worker, || {
        std::thread::sleep(Duration::from_millis(150));
        kill(process);
    });
    let error = error.unwrap_err();
    assert!(
        matches!(error.failure, WorkerFailure::Signalled { signal: 9, .. }),
        "{error:?}"
    );
}

fn shared() {
    let worker = slow(400, 4);
    let process = worker.process_id().unwrap();
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| encrypt(&worker));
        std::thread::sleep(Duration::from_millis(50));
        let answered = sent(&worker, || {
            std::thread::sleep(Duration::from_millis(100));
            kill(process);
        });
        assert_eq!(answered.unwrap(), 32);
        assert!(beside.join().unwrap().unwrap().is_ok());
    });
}
