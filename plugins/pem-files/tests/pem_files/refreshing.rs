//! What `refresh` and `status` do, also while files are replaced.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

use provost_plugin_api::{ErrorKind, Provider};

use crate::{CHAIN, Folder, PRIVATE_KEY, artifacts, call, provider, texts};

/// Lets `current` lead to a folder, in one step.
fn switch(folder: &Folder, to: &str) {
    let next = folder.path().join("next");
    symlink(to, &next).unwrap();
    fs::rename(next, folder.path().join("current")).unwrap();
}

#[test]
fn a_rotation_is_seen_after_refresh_and_not_before() {
    let folder = Folder::new();
    folder.set("2026", "old");
    switch(&folder, "2026");
    let provider = provider(folder.conf("current")).unwrap();
    let before = artifacts(&provider);

    folder.set("2027", "new");
    switch(&folder, "2027");
    let still = artifacts(&provider);
    assert_eq!(texts(&still), texts(&before));
    assert_eq!(still.generation, before.generation);

    provider.refresh(&call()).unwrap();
    let after = artifacts(&provider);
    let (key, chain, trusted) = texts(&after);
    for text in [Some(key), Some(chain), trusted] {
        assert!(text.as_ref().unwrap().ends_with("of new"), "{text:?}");
    }
    assert_ne!(after.generation, before.generation);
    assert_eq!(
        provider.status(&call()).unwrap().generation,
        after.generation
    );
}

#[test]
fn a_refresh_that_fails_keeps_the_whole_set_and_says_so() {
    let folder = Folder::new();
    folder.set("set", "old");
    let provider = provider(folder.conf("set")).unwrap();
    let before = artifacts(&provider);
    assert!(provider.status(&call()).unwrap().healthy);

    // The key is good and new; the chain is not there.
    folder.file("set/privateKey.pem", b"new", 0o600);
    fs::remove_file(folder.path().join("set/certificateChain.pem")).unwrap();
    let error = provider.refresh(&call()).unwrap_err();
    let kind = (error.kind(), error.conf_key());
    assert_eq!(kind, (ErrorKind::Configuration, Some(CHAIN)));
    assert!(error.message().contains("certificateChain.pem"), "{error}");
    assert_eq!(texts(&artifacts(&provider)), texts(&before));
    let status = provider.status(&call()).unwrap();
    assert!(
        status.healthy && status.message.contains("refresh failed"),
        "{status}"
    );
    assert_eq!(status.generation, before.generation);

    // The other way round.
    folder.set("set", "new");
    folder.file("set/privateKey.pem", b"new", 0o640);
    let error = provider.refresh(&call()).unwrap_err();
    assert_eq!(error.conf_key(), Some(PRIVATE_KEY));
    assert_eq!(texts(&artifacts(&provider)), texts(&before));

    folder.set("set", "new");
    provider.refresh(&call()).unwrap();
    let status = provider.status(&call()).unwrap();
    assert!(!status.message.contains("refresh failed"), "{status}");
}

#[test]
fn the_status_shows_nothing_of_the_private_key() {
    let folder = Folder::new();
    folder.set("set", "one");
    let one = provider(folder.conf("set")).unwrap();
    folder.file("set/privateKey.pem", b"another key", 0o600);
    let two = provider(folder.conf("set")).unwrap();
    let shown = |status: &provost_plugin_api::Status| format!("{status} {status:?}");
    assert_eq!(
        shown(&one.status(&call()).unwrap()),
        shown(&two.status(&call()).unwrap())
    );
}

#[test]
fn a_set_is_never_of_two_folders_while_the_link_between_them_is_switched() {
    let folder = Folder::new();
    folder.set("one", "one");
    folder.set("two", "two");
    switch(&folder, "one");
    let provider = provider(folder.conf("current")).unwrap();
    let ended = AtomicBool::new(false);
    let refreshed: Vec<_> = std::thread::scope(|scope| {
        scope.spawn(|| {
            for to in ["two", "one"].iter().cycle() {
                switch(&folder, to);
                if ended.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let refresh = |_| (provider.refresh(&call()), texts(&artifacts(&provider)));
        let refreshed = (0..2000).map(refresh).collect();
        ended.store(true, Ordering::Relaxed);
        refreshed
    });
    let mut seen = [false; 2];
    for (refreshed, (key, chain, trusted)) in refreshed {
        if let Err(error) = refreshed {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            assert!(error.message().contains("switch a link"), "{error}");
        }
        let of = |text: &str| text.rsplit(' ').next().unwrap().to_owned();
        let mark = of(&key);
        seen[usize::from(mark == "two")] = true;
        assert_eq!((&of(&chain), &of(&trusted.unwrap())), (&mark, &mark));
    }
    assert_eq!(seen, [true; 2]);
    provider.refresh(&call()).unwrap();
}
