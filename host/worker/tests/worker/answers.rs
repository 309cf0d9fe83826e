//! What providers answer, and how it arrives.

use std::time::{Duration, Instant};

use provost_plugin_api::{
    Attributes, ConfValue, DecryptRequest, ErrorKind, GenerateRequest, MaterialsDescription,
    Purpose, SecretBytes, TlsRequest, UnwrapRequest, WrapRequest,
};
use provost_worker::{Answer, Request, TEXT_LIMIT, Worker, WorkerFailure};

use super::Tests;
use super::collect::Collected;
use super::setup::{
    AMPLE, call, encrypt, encrypt_within, key_of, slow, spec, started, status, worker,
};

pub(crate) const TESTS: Tests = &[
    ("a_good_provider_answers_alike_in_every_worker", good),
    (
        "a_provider_held_key_generates_wraps_and_unwraps_through_a_worker",
        held,
    ),
    ("what_a_class_does_not_offer_is_its_own_answer", unsupported),
    (
        "a_panic_in_a_call_is_an_answer_and_the_worker_goes_on",
        panic_in_call,
    ),
    ("a_constructor_that_fails_is_the_providers_answer", refusals),
    (
        "an_error_arrives_short_and_without_control_characters",
        noisy,
    ),
    (
        "an_answer_that_breaks_the_contract_is_a_protocol_violation",
        malformed,
    ),
    (
        "a_secret_of_the_configuration_is_in_no_error",
        secret_in_error,
    ),
    (
        "a_flood_on_stdout_is_logged_in_part_and_the_call_answered",
        flood,
    ),
    ("as_many_calls_run_in_parallel_as_there_are_lanes", parallel),
    (
        "no_more_calls_run_in_parallel_than_there_are_lanes",
        no_more,
    ),
    ("waiting_for_a_lane_counts_and_kills_nothing", waiting),
];

fn good() {
    let worker = worker("Good");
    let first = encrypt(&worker).unwrap().unwrap();
    assert_eq!(key_of(&first).len(), 32);
    assert_eq!(first.description.get("k"), Some("1"));
    assert_eq!(
        (first.generation.as_str(), first.algorithm.as_str()),
        ("1", "AES/GCM/NoPadding")
    );
    let fresh = worker.fresh().unwrap().unwrap();
    assert_ne!(fresh.process_id(), worker.process_id());
    let request = DecryptRequest::new(call(), Purpose::ObjectStore, "AES/GCM")
        .with_description(Some(first.description.clone()));
    let answer = fresh.call(Request::MaterialsForDecrypt(&request), AMPLE);
    let Answer::Candidates(candidates) = answer.unwrap().unwrap() else {
        panic!()
    };
    assert_eq!(candidates.len(), 1);
    assert_eq!(key_of(&candidates[0]), key_of(&first));

    let unknown = MaterialsDescription::new().with("k", "7");
    let request = DecryptRequest::new(call(), Purpose::ObjectStore, "AES/GCM")
        .with_description(Some(unknown));
    let error = worker
        .call(Request::MaterialsForDecrypt(&request), AMPLE)
        .unwrap()
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::NotFound, "no key `7`")
    );
    let refreshed = worker
        .call(Request::Refresh(&call()), AMPLE)
        .unwrap()
        .unwrap();
    assert!(matches!(refreshed, Answer::Refreshed));
}

fn held() {
    let worker = worker("Held");
    let materials = encrypt(&worker).unwrap().unwrap();
    let provost_plugin_api::RawKey::ProviderHeld {
        key_id,
        wrap_algorithm,
    } = &materials.key
    else {
        panic!("{materials:?}")
    };
    let request = GenerateRequest::new(call(), key_id, wrap_algorithm, b"aad");
    let answer = worker
        .call(Request::GenerateDataKey(&request), AMPLE)
        .unwrap()
        .unwrap();
    let Answer::DataKey(key, wrapped) = answer else {
        panic!()
    };
    assert_eq!(key.len(), 32);
    let request = UnwrapRequest::new(call(), key_id, wrap_algorithm, &wrapped.bytes, b"aad")
        .with_description(Some(wrapped.description.clone()));
    let answer = worker
        .call(Request::Unwrap(&request), AMPLE)
        .unwrap()
        .unwrap();
    let Answer::Unwrapped(unwrapped) = answer else {
        panic!()
    };
    assert_eq!(unwrapped, key);
    let plaintext = SecretBytes::copy_from(b"data key");
    let request = WrapRequest::new(call(), key_id, wrap_algorithm, plaintext, b"aad");
    let answer = worker
        .call(Request::Wrap(&request), AMPLE)
        .unwrap()
        .unwrap();
    let Answer::Wrapped(wrapped) = answer else {
        panic!()
    };
    let request = UnwrapRequest::new(call(), key_id, wrap_algorithm, &wrapped.bytes, b"other")
        .with_description(Some(wrapped.description.clone()));
    let error = worker
        .call(Request::Unwrap(&request), AMPLE)
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
}

fn unsupported() {
    let worker = worker("Good");
    let request = TlsRequest::new(call(), vec!["node".to_owned()], None);
    let error = worker
        .call(Request::TlsArtifacts(&request), AMPLE)
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

fn panic_in_call() {
    let worker = worker("PanicInCall");
    let process = worker.process_id();
    for _ in 0..3 {
        let error = encrypt(&worker).unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(status(&worker).unwrap().healthy);
    }
    assert_eq!(worker.process_id(), process);
    drop(super::setup::worker("PanicInDrop"));
}

fn refusals() {
    let error = Worker::start(spec("PanicInNew")).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    let mut wrong = spec("Slow");
    wrong.conf = wrong.conf.with("ms", "soon");
    let error = Worker::start(wrong).unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.conf_key()),
        (ErrorKind::Configuration, Some("ms"))
    );
    let error = Worker::start(spec("NoSuchClass")).unwrap().unwrap_err();
    assert!(error.message().contains("NoSuchClass"), "{error}");
}

fn noisy() {
    let error = encrypt(&worker("NoisyError")).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(
        error.message().len() <= TEXT_LIMIT + 3,
        "{}",
        error.message().len()
    );
    assert!(error.message().starts_with("[2J[31mred"), "{error}");
    let evil = |c: char| c.is_control() || c == '\u{202e}';
    assert!(!error.message().contains(evil));
}

fn malformed() {
    for class in ["NotUtf8Description", "HugeDescription"] {
        let worker = worker(class);
        let process = worker.process_id();
        let error = encrypt(&worker).unwrap_err();
        let WorkerFailure::Protocol { what } = &error.failure else {
            panic!("{error:?}")
        };
        assert!(what.contains("description"), "{what}");
        assert!(status(&worker).unwrap().healthy);
        assert_eq!(worker.process_id(), process);
    }
}

fn secret_in_error() {
    let secret = "correct-horse-battery";
    let mut spec = spec("Slow");
    spec.conf = spec.conf.with("ms", secret);
    spec.conf.insert(
        "password",
        ConfValue::Secret(SecretBytes::copy_from(secret.as_bytes())),
    );
    let error = Worker::start(spec).unwrap().unwrap_err();
    assert!(error.message().contains("[secret]"), "{error}");
    assert!(!format!("{error:?} {error}").contains(secret));

    let mut spec = super::setup::spec("Good");
    spec.conf.insert(
        "password",
        ConfValue::Secret(SecretBytes::copy_from(secret.as_bytes())),
    );
    let mut attributes = Attributes::new();
    attributes.push_secret("token", SecretBytes::copy_from(b"s3cr3t-attribute"));
    spec.attributes = attributes;
    let worker = started(spec);
    let shown = format!("{worker:?}");
    assert!(
        !shown.contains(secret) && !shown.contains("s3cr3t-attribute"),
        "{shown}"
    );
    assert_eq!(
        worker.text_filter().clean("a s3cr3t-attribute"),
        "a [secret]"
    );
}

fn flood() {
    let log = Collected::default();
    log.during(|| {
        let worker = worker("FloodStdout");
        assert_eq!(key_of(&encrypt(&worker).unwrap().unwrap()).len(), 32);
    });
    let lines = log.lines();
    let about = "class=\"provost.hostile.FloodStdout\" stream=\"stdout\"";
    assert!(lines.iter().all(|line| line.contains(about)), "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("INFO provost::provider message=the host's log is mine"))
    );
    assert!(lines.iter().any(|line| line.contains("lines dropped")));
    assert!(lines.len() < 1000, "{} lines of 300 000", lines.len());
}

/// Four calls at once, all of which are to be answered.
fn four(worker: &Worker) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| encrypt(worker).unwrap().unwrap());
        }
    });
}

fn parallel() {
    for lanes in [4, 1, 2] {
        // This provider answers nobody before that many calls are inside it.
        let mut together = spec("Together");
        together.conf = together.conf.with("calls", lanes.to_string());
        together.lanes = lanes;
        four(&started(together));
    }
}

fn no_more() {
    const MS: u32 = 100;
    for (lanes, rounds) in [(1, 4), (2, 2)] {
        let worker = slow(MS, lanes);
        let begun = Instant::now();
        four(&worker);
        let (least, took) = (
            Duration::from_millis(u64::from(MS)) * rounds,
            begun.elapsed(),
        );
        assert!(took >= least, "{lanes} lanes: {took:?}");
    }
}

fn waiting() {
    let worker = slow(600, 1);
    let process = worker.process_id();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| encrypt(&worker));
        std::thread::sleep(Duration::from_millis(100));
        let error = encrypt_within(&worker, Duration::from_millis(50)).unwrap_err();
        let after = Duration::from_millis(50);
        assert_eq!(error.failure, WorkerFailure::Deadline { after });
        assert!(first.join().unwrap().unwrap().is_ok());
    });
    assert_eq!(worker.process_id(), process);
}
