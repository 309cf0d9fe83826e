//! A writer that is killed before any of its steps leaves the old object or the new one.
//!
//! This program starts itself again as the writer, once for each step, and the writer kills itself
//! there; so it has a main of its own instead of the test harness.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use provost::store::{
    Condition, FileStore, Metadata, ObjectPrefix, ObjectStore, ObjectStoreExt, ObjectUri,
};
use rustix::process::{Signal, getpid, kill_process};
use std::sync::atomic::{AtomicUsize, Ordering};

const WRITER: &str = "PROVOST_TEST_CRASHING_WRITER";

/// What lies there before, what the writer does.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Case {
    FirstPut,
    Replace,
    /// Old and new body agree in their last 16 bytes and their size.
    ReplaceAlike,
    /// The old object is a file that no store wrote.
    ReplaceForeign,
    /// The body stays.
    Metadata,
    Delete,
}

/// What a reader finds.
#[derive(Clone, PartialEq, Debug)]
enum Seen {
    Nothing,
    Object { body: Vec<u8>, tag: Option<String> },
}

impl Case {
    const ALL: [Self; 6] = [
        Self::FirstPut,
        Self::Replace,
        Self::ReplaceAlike,
        Self::ReplaceForeign,
        Self::Metadata,
        Self::Delete,
    ];

    fn before(self) -> Seen {
        match self {
            Self::FirstPut => Seen::Nothing,
            Self::ReplaceForeign => object(b"by hand", None),
            _ => object(b"old, and its last sixteen bytes", Some("old")),
        }
    }

    fn after(self) -> Seen {
        match self {
            Self::Delete => Seen::Nothing,
            Self::Metadata => object(b"old, and its last sixteen bytes", Some("new")),
            Self::ReplaceAlike => object(b"new, and its last sixteen bytes", Some("new")),
            _ => object(b"new body", Some("new")),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

fn object(body: &[u8], tag: Option<&str>) -> Seen {
    let (body, tag) = (body.to_vec(), tag.map(str::to_owned));
    Seen::Object { body, tag }
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(work)
}

async fn put(store: &FileStore, uri: &ObjectUri, seen: &Seen) {
    let Seen::Object { body, tag } = seen else {
        return store.delete(uri, None).await.unwrap();
    };
    let mut metadata = Metadata::new();
    if let Some(tag) = tag {
        metadata.insert("tag", tag).unwrap();
    }
    let mut writer = store.put(uri, metadata).await.unwrap();
    let (first, second) = body.split_at(body.len() / 2);
    writer.write(Bytes::copy_from_slice(first)).await.unwrap();
    writer.write(Bytes::copy_from_slice(second)).await.unwrap();
    writer.finish().await.unwrap();
}

async fn look(store: &FileStore, uri: &ObjectUri) -> Seen {
    match store.get_bytes(uri, 1000).await {
        Ok((head, body)) => object(&body, head.metadata.get("tag")),
        Err(e) if e.is_not_found() => Seen::Nothing,
        Err(e) => panic!("neither the old nor the new object can be read: {e}"),
    }
}

fn store(named: bool) -> FileStore {
    if named {
        FileStore::new().with_named_staging()
    } else {
        FileStore::new()
    }
}

fn uri_in(folder: &Path) -> ObjectUri {
    ObjectUri::from_file_path(&folder.join("below/object")).unwrap()
}

fn prepare(folder: &Path, case: Case) {
    if case == Case::ReplaceForeign {
        std::fs::create_dir(folder.join("below")).unwrap();
        std::fs::write(folder.join("below/object"), b"by hand").unwrap();
    } else if case.before() != Seen::Nothing {
        wait_for(put(&store(false), &uri_in(folder), &case.before()));
    }
}

/// The writer: does what the case says, and kills itself before step number `at`.
fn write_and_die(arguments: &str) {
    let parts: Vec<_> = arguments.splitn(4, ' ').collect();
    let case = Case::ALL
        .into_iter()
        .find(|c| c.to_string() == parts[0])
        .unwrap();
    let (at, named): (usize, bool) = (parts[1].parse().unwrap(), parts[2].parse().unwrap());
    let steps = AtomicUsize::new(0);
    let store = store(named).with_watcher(move |_| {
        if steps.fetch_add(1, Ordering::SeqCst) == at {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
    });
    let uri = uri_in(Path::new(parts[3]));
    if case == Case::Metadata {
        let new = Metadata::try_from(vec![("tag", "new")]).unwrap();
        wait_for(store.replace_metadata(&uri, new, Condition::Always)).unwrap();
    } else {
        wait_for(put(&store, &uri, &case.after()));
    }
}

/// Runs the writer; says whether it lived to the end.
fn writer_lives(folder: &Path, case: Case, at: usize, named: bool) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .env(WRITER, format!("{case} {at} {named} {}", folder.display()))
        .status()
        .unwrap();
    assert!(
        status.success() || status.signal() == Some(Signal::KILL.as_raw()),
        "{case}, step {at}: {status}"
    );
    status.success()
}

fn check(case: Case, named: bool) {
    let mut seen = Vec::new();
    for at in 0.. {
        assert!(at < 100, "{case}: the writer never comes to its end");
        let folder = tempfile::tempdir().unwrap();
        let uri = uri_in(folder.path());
        prepare(folder.path(), case);
        let lived = writer_lives(folder.path(), case, at, named);

        let found = wait_for(look(&FileStore::new(), &uri));
        assert!(
            found == case.before() || found == case.after(),
            "{case}, killed before step {at}: {found:?}"
        );
        let all: ObjectPrefix = format!("file://{}", folder.path().display())
            .parse()
            .unwrap();
        let listed = wait_for(FileStore::new().list_all(&all)).unwrap();
        let listed: Vec<_> = listed.into_iter().map(|i| i.uri).collect();
        let expected = if found == Seen::Nothing {
            vec![]
        } else {
            vec![uri.clone()]
        };
        assert_eq!(
            listed, expected,
            "{case}, killed before step {at}: listing and reading differ"
        );
        seen.push(found);

        // The next writer of the name cleans up after the dead one.
        let last = object(b"last", Some("last"));
        wait_for(put(&store(named), &uri, &last));
        assert_eq!(wait_for(look(&FileStore::new(), &uri)), last);
        assert_eq!(
            names(folder.path()),
            ["object", "object.metadata.json"],
            "{case}, step {at}"
        );
        wait_for(FileStore::new().delete(&uri, None)).unwrap();
        assert_eq!(names(folder.path()), [""; 0], "{case}, step {at}");
        if lived {
            break;
        }
    }
    // The object changes once, somewhere between the first step and the last.
    let change = seen.iter().position(|s| *s == case.after()).unwrap();
    assert!(change > 0, "{case}: changed before the first step");
    assert!(
        seen[change..].iter().all(|s| *s == case.after()),
        "{case}: changed back"
    );
    let (steps, mode) = (seen.len() - 1, if named { "named" } else { "unnamed" });
    let least = match case {
        Case::Delete | Case::Metadata => 7,
        _ => 15,
    };
    assert!(steps >= least, "{case}: only {steps} steps are watched");
    println!("{case}, {mode} staging: killed at each of {steps} steps, changed after {change}");
}

fn names(folder: &Path) -> Vec<String> {
    let names = folder.join("below").read_dir().unwrap();
    let mut names: Vec<_> = names
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn main() {
    if let Ok(arguments) = std::env::var(WRITER) {
        return write_and_die(&arguments);
    }
    for named in [false, true] {
        for case in Case::ALL {
            check(case, named);
        }
    }
}
