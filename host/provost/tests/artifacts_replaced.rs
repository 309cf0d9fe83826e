//! A folder of TLS artifacts whose files are replaced while they are read.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::collections::BTreeSet;
use std::fs;
use std::hint::spin_loop;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use provost::artifacts::read_path;
use provost_core::tls::ArtifactFile;

const READS: usize = 200;

/// A secret as Kubernetes mounts it: links through `..data` to one of two folders, whose files have
/// the name of their folder in them.
fn mounted() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for set in ["..one", "..two"] {
        fs::create_dir(folder.path().join(set)).unwrap();
        for file in ArtifactFile::ALL {
            let path = folder.path().join(set).join(file.name());
            fs::write(&path, set).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    for file in ArtifactFile::ALL {
        let link = folder.path().join(file.name());
        symlink(Path::new("..data").join(file.name()), link).unwrap();
    }
    switch(folder.path(), "..one");
    folder
}

fn switch(folder: &Path, to: &str) {
    symlink(to, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
}

#[test]
fn a_secret_that_is_switched_while_it_is_read_is_one_of_the_two_sets() {
    let folder = mounted();
    // One switch in each read, sooner or later in it: both say how many they began and finished.
    let (begun, switched) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let sets = thread::scope(|scope| {
        scope.spawn(|| {
            for read in 1..=READS {
                while begun.load(Ordering::SeqCst) < read {
                    spin_loop();
                }
                for _ in 0..read * 10 {
                    spin_loop();
                }
                switch(folder.path(), ["..one", "..two"][read % 2]);
                switched.store(read, Ordering::SeqCst);
            }
        });
        let sets = (1..=READS).map(|read| {
            begun.store(read, Ordering::SeqCst);
            let raw = read_path(folder.path());
            while switched.load(Ordering::SeqCst) < read {
                thread::yield_now();
            }
            raw
        });
        // Asserted later: a panic in here would leave the other thread waiting.
        sets.collect::<Vec<_>>()
    });
    let mut seen = BTreeSet::new();
    for set in sets {
        // One switch is not enough for a third attempt to fail.
        let raw = set.unwrap();
        assert!(raw.findings.is_empty(), "{:?}", raw.findings);
        let files = ArtifactFile::ALL.map(|file| raw.get(file).unwrap().to_owned());
        assert!(files.iter().all(|file| *file == files[0]), "{files:?}");
        seen.extend(files);
    }
    assert_eq!(seen.len(), 2);
}
