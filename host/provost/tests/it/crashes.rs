//! Providers that die, hang or panic: an error with their name, and the host goes on.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use provost::Error;
use provost::provider::{KeyError, ProviderFailure};
use provost::store::encrypted::ObjectError;
use provost_core::config::{ClassName, Isolation};
use provost_plugin_api::ErrorKind;

use crate::log;
use crate::rig::{Setup, hostile_library, in_both_modes, rig, says};

fn failure(error: &Error) -> &ProviderFailure {
    match error {
        Error::Provider(failure)
        | Error::Object(ObjectError::Key {
            source: KeyError::Provider(failure),
            ..
        }) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_provider_that_ends_its_worker_costs_one_call() {
    let cases = [
        ("Abort", "SIGABRT (signal 6)"),
        ("Segfault", "SIGSEGV (signal 11)"),
        ("Exit", "exited with status 0"),
        (
            "MemoryBomb",
            "ran out of memory, its limit is 536870912 bytes",
        ),
    ];
    for (class, words) in cases {
        let rig = Setup::new(class, Isolation::Process)
            .setting("memory = \"512MiB\"")
            .tables(&format!(
                "[libraries]\nfiles = [\"{}\"]",
                hostile_library().display()
            ))
            .build();
        let other: ClassName = "provost.hostile.Good".parse().unwrap();
        let other = rig.host.provider(&other).unwrap();
        for _ in 0..2 {
            let error = rig.put("memory://m/x", b"x").unwrap_err();
            let named = format!("class `provost.hostile.{class}`");
            says(&error, &[&named, "in materials_for_encrypt", words]);
            assert!(failure(&error).is_violation(), "{error}");
            assert!(!rig.exists("memory://m/x"));
            rig.goes_on();
            assert!(other.status(&other.new_call()).unwrap().healthy);
        }
    }
}

#[test]
fn a_panic_in_a_constructor_is_an_error_of_the_class() {
    in_both_modes(|isolation| {
        let rig = rig("PanicInNew", isolation);
        for _ in 0..2 {
            let error = rig.put("memory://m/x", b"x").unwrap_err();
            says(
                &error,
                &["`provost.hostile.PanicInNew`", "panicked: hostile: in new"],
            );
            assert_eq!(failure(&error).kind(), Some(ErrorKind::Internal));
        }
        assert!(!rig.exists("memory://m/x"));
    });
}

#[test]
fn a_panic_in_a_call_is_an_error_and_the_next_call_works() {
    in_both_modes(|isolation| {
        let rig = rig("PanicInCall", isolation);
        for _ in 0..2 {
            let error = rig.put("memory://m/x", b"x").unwrap_err();
            let call = "answered to materials_for_encrypt";
            says(
                &error,
                &[
                    "`provost.hostile.PanicInCall`",
                    call,
                    "panicked: hostile: in a call",
                ],
            );
            assert_eq!(failure(&error).kind(), Some(ErrorKind::Internal));
            rig.goes_on();
        }
        assert!(!rig.exists("memory://m/x"));
    });
}

#[test]
fn a_panic_in_drop_harms_nobody() {
    in_both_modes(|isolation| {
        let first = rig("PanicInDrop", isolation);
        first.put("memory://m/x", b"text").unwrap();
        assert_eq!(first.get("memory://m/x").unwrap(), b"text");
        drop(first);
        let second = rig("PanicInDrop", isolation);
        second.put("memory://m/x", b"again").unwrap();
        assert_eq!(second.get("memory://m/x").unwrap(), b"again");
    });
    let lines = log::lines_with("provost.hostile.PanicInDrop");
    let panicked = |line: &String| line.contains("while it was dropped, it panicked");
    assert!(lines.iter().any(panicked), "{lines:?}");
}

#[test]
fn a_hang_ends_at_the_deadline_and_the_next_call_works() {
    in_both_modes(|isolation| {
        let rig = Setup::new("Hang", isolation)
            .setting("deadline = \"300ms\"")
            .build();
        // Started: from here on the time is that of the calls.
        rig.goes_on();
        for _ in 0..2 {
            let begun = Instant::now();
            let error = rig.put("memory://m/x", b"x").unwrap_err();
            let took = begun.elapsed();
            assert!(took >= Duration::from_millis(300), "{took:?}");
            assert!(took < Duration::from_secs(5), "{took:?}");
            says(
                &error,
                &[
                    "provost.hostile.Hang`",
                    "materials_for_encrypt",
                    "within 300ms",
                ],
            );
            assert!(!failure(&error).is_violation());
            rig.goes_on();
        }
        assert!(!rig.exists("memory://m/x"));
    });
}

#[test]
fn a_constructor_that_hangs_ends_at_the_deadline_and_keeps_nobody_waiting() {
    in_both_modes(|isolation| {
        let rig = Setup::new("HangInNew", isolation)
            .setting("deadline = \"3s\"")
            .tables(&format!(
                "[libraries]\nfiles = [\"{}\"]",
                hostile_library().display()
            ))
            .build();
        let other: ClassName = "provost.hostile.Good".parse().unwrap();
        std::thread::scope(|scope| {
            let begun = Instant::now();
            let hanging = scope.spawn(|| rig.host.provider(&rig.class).unwrap_err());
            // Well after that began, and well before it ends.
            std::thread::sleep(Duration::from_millis(200));
            rig.host.provider(&other).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(3));
            let error = hanging.join().unwrap();
            assert!(begun.elapsed() < Duration::from_secs(20));
            says(&error, &["`provost.hostile.HangInNew`", "within 3s"]);
            assert!(!failure(&error).is_violation());
        });
    });
}

#[test]
fn a_provider_that_hangs_in_process_leaves_other_providers_alone() {
    let hanging = Setup::new("Hang", Isolation::InProcess)
        .setting("deadline = \"100ms\"")
        .build();
    assert!(hanging.put("memory://m/x", b"x").is_err());
    // Its thread hangs on while this runs.
    let good = rig("Good", Isolation::InProcess);
    good.put("memory://m/x", b"text").unwrap();
    assert_eq!(good.get("memory://m/x").unwrap(), b"text");
}

#[test]
fn a_flood_on_stdout_neither_blocks_nor_fills_the_log() {
    let rig = rig("FloodStdout", Isolation::Process);
    rig.put("memory://m/x", b"text").unwrap();
    assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
    drop(rig);
    let lines = log::lines_with("the host's log is mine");
    assert!(!lines.is_empty());
    // Three calls, each of 16 MiB: 300,000 lines.
    assert!(lines.len() < 1000, "{} lines", lines.len());
    let named = |line: &String| line.contains("provost.hostile.FloodStdout");
    assert!(lines.iter().all(named), "{:?}", lines.first());
}

#[test]
fn calls_made_at_the_same_time_each_get_their_answer() {
    in_both_modes(|isolation| {
        let rig = Setup::new("Slow", isolation).conf("ms", "\"20\"").build();
        let objects = rig.objects("memory://m/0").unwrap();
        let names: Vec<_> = (0..12)
            .map(|n| rig.uri(&format!("memory://m/{n}")))
            .collect();
        rig.wait(async {
            let mut tasks = Vec::new();
            for (n, uri) in names.iter().enumerate() {
                let (objects, uri) = (objects.clone(), uri.clone());
                let text = std::io::Cursor::new(vec![b'x'; n]);
                let task = async move { objects.put(&uri, text, None, None).await };
                tasks.push(tokio::task::spawn(task));
            }
            for task in tasks {
                task.await.unwrap().unwrap();
            }
        });
        for n in 0..12 {
            let name = format!("memory://m/{n}");
            assert_eq!(rig.get(&name).unwrap(), vec![b'x'; n]);
        }
    });
}

#[test]
fn the_deadline_is_that_of_each_call_not_of_all_calls_of_a_write() {
    in_both_modes(|isolation| {
        // Two calls at the first write: for the materials, and for the proof.
        let rig = Setup::new("Slow", isolation)
            .setting("deadline = \"1500ms\"")
            .conf("ms", "\"900\"")
            .build();
        rig.put("memory://m/x", b"text").unwrap();
        assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
    });
}

#[test]
fn a_provider_that_hangs_in_process_is_given_so_many_threads_and_no_more() {
    let rig = Setup::new("Hang", Isolation::InProcess)
        .setting("deadline = \"200ms\"")
        .build();
    let provider = rig.provider().unwrap();
    let ended = rig.wait(async {
        let mut asked = Vec::new();
        for _ in 0..100 {
            let provider = provider.clone();
            asked.push(tokio::task::spawn(async move {
                let hang = |p: &provost::ProviderHandle| {
                    let request = provost_plugin_api::EncryptRequest::new(
                        p.new_call(),
                        provost_plugin_api::Purpose::ObjectStore,
                    );
                    p.materials_for_encrypt(&request).map(|_| ())
                };
                provider
                    .ask("materials_for_encrypt", hang)
                    .await
                    .unwrap_err()
            }));
        }
        let mut ended = Vec::new();
        for asked in asked {
            ended.push(asked.await.unwrap());
        }
        ended
    });
    let hung = ended
        .iter()
        .filter(|e| matches!(e, ProviderFailure::Deadline { .. }));
    assert_eq!(hung.count(), 64);
    let busy = ended
        .iter()
        .filter(|e| matches!(e, ProviderFailure::Busy { .. }));
    assert_eq!(busy.count(), 36);

    // None of the 64 comes back, and a write says why it was not made.
    let error = rig.put("memory://m/x", b"x").unwrap_err();
    says(
        &error,
        &[
            "provost.hostile.Hang`",
            "was not asked",
            "ended within 200ms",
        ],
    );
    assert!(!failure(&error).is_violation());
    assert!(error.hint().unwrap().contains("only a restart ends them"));
    // Another provider has threads of its own.
    let good = self::rig("Good", Isolation::InProcess);
    good.put("memory://m/x", b"text").unwrap();
}

#[test]
fn a_slow_provider_is_asked_by_as_many_threads_as_it_has_lanes() {
    let rig = Setup::new("Slow", Isolation::Process)
        .setting("lanes = 2")
        .conf("ms", "\"1\"")
        .build();
    let provider = rig.provider().unwrap();
    let (running, most) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    rig.wait(async {
        let mut asked = Vec::new();
        for _ in 0..10 {
            let (provider, running, most) = (provider.clone(), running.clone(), most.clone());
            asked.push(tokio::task::spawn(async move {
                let call = move |_: &provost::ProviderHandle| {
                    most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::sleep(Duration::from_millis(20));
                    running.fetch_sub(1, SeqCst);
                    Ok(())
                };
                provider.ask("status", call).await.unwrap();
            }));
        }
        for asked in asked {
            asked.await.unwrap();
        }
    });
    assert_eq!(most.load(SeqCst), 2);
}

#[test]
fn a_write_that_is_given_up_leaves_the_lane_to_the_next() {
    let rig = Setup::new("Slow", Isolation::Process)
        .setting("lanes = 1")
        .setting("deadline = \"2s\"")
        .conf("ms", "\"300\"")
        .build();
    rig.put("memory://m/x", b"text").unwrap();
    let (objects, uri) = (
        rig.objects("memory://m/y").unwrap(),
        rig.uri("memory://m/y"),
    );
    for _ in 0..3 {
        let put = objects.put(&uri, std::io::Cursor::new(b"text"), None, None);
        let given_up =
            rig.wait(async { tokio::time::timeout(Duration::from_millis(50), put).await });
        assert!(given_up.is_err());
        rig.put("memory://m/z", b"text").unwrap();
        rig.goes_on();
    }
    // As often before its first turn.
    for _ in 0..3 {
        let put = objects.put(&uri, std::io::Cursor::new(b"text"), None, None);
        rig.wait(async { tokio::time::timeout(Duration::ZERO, put).await })
            .unwrap_err();
        rig.put("memory://m/z", b"text").unwrap();
    }
    assert!(!rig.exists("memory://m/y"));
}
