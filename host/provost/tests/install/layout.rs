//! What is written.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use provost::install::{EndEntity, InstallError, Installation, Provenance, Role};
use provost_core::tls::Certificate;
use provost_core::tls::render::{Access, RenderedFile, RenderedFiles};
use provost_plugin_api::SecretBytes;
use serde_json::json;

use crate::rig::{CHAIN, KEY, TRUSTED, contents, current, install, is_set, mode, names, set};

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn sha256(path: &Path) -> String {
    let text = run(
        "openssl",
        &["dgst", "-sha256", "-r", path.to_str().unwrap()],
    );
    text.split(' ').next().unwrap().to_owned()
}

fn manifest(generation: &Path) -> serde_json::Value {
    let text = std::fs::read(generation.join("generation.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn a_first_installation_is_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let at = folder.path().join("above/tls");
    let (key, certificate) = (scratch.path().join("key"), scratch.path().join("der"));
    let (key, certificate) = (key.to_str().unwrap(), certificate.to_str().unwrap());
    run(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            key,
            "-out",
            certificate,
            "-outform",
            "DER",
            "-subj",
            "/CN=*.example.com",
            "-days",
            "30",
        ],
    );
    let spki = scratch.path().join("spki");
    run(
        "openssl",
        &[
            "pkey",
            "-in",
            key,
            "-pubout",
            "-outform",
            "DER",
            "-out",
            spki.to_str().unwrap(),
        ],
    );
    let dates = [
        "x509",
        "-in",
        certificate,
        "-inform",
        "DER",
        "-noout",
        "-dates",
        "-dateopt",
        "iso_8601",
    ];
    let dates = run("openssl", &dates).replace(' ', "T");
    let (not_before, not_after) = dates.trim().split_once('\n').unwrap();
    let parsed = Certificate::parse(&std::fs::read(certificate).unwrap()).unwrap();
    let mut provenance =
        Provenance::new("/srv/\u{1b}[31mcertificates.zip").with_provider_generation("seven");
    provenance.end_entity = Some(EndEntity::of(&parsed));

    let installed = Installation::at(&at)
        .install(&set("first"), &provenance)
        .unwrap();
    assert_eq!((installed.generation, installed.previous), (1, None));
    assert!(!installed.unchanged && installed.warnings.is_empty());
    assert!(installed.fsync > std::time::Duration::ZERO && installed.fsync < installed.total);
    let generation = at.join("generations/1");
    assert_eq!(installed.path, generation);

    assert_eq!(names(&at), ["current", "generations", "lock"]);
    assert_eq!(names(&at.join("generations")), ["1"]);
    assert_eq!(current(&at).unwrap(), "generations/1");
    assert!(is_set(&generation, "first"));
    let modes = [
        (at.clone(), 0o755),
        (at.join("generations"), 0o755),
        (at.join("lock"), 0o600),
        (generation.clone(), 0o755),
        (generation.join(KEY), 0o600),
        (generation.join(CHAIN), 0o644),
        (generation.join(TRUSTED), 0o644),
        (generation.join("generation.json"), 0o644),
    ];
    for (path, expected) in modes {
        assert_eq!(mode(&path), expected, "{}", path.display());
    }

    let mut found = manifest(&generation);
    let time = found["installed"].take();
    let time = humantime::parse_rfc3339(time.as_str().unwrap()).unwrap();
    assert!(time.elapsed().unwrap().as_secs() < 600);
    let size = |name: &str| {
        contents("first")
            .iter()
            .find(|f| f.0 == name)
            .unwrap()
            .1
            .len()
    };
    let user = rustix::process::geteuid().as_raw();
    let public = |name: &str| {
        json!({
            "name": name, "access": "public", "owner": user, "size": size(name),
            "sha256": sha256(&generation.join(name)),
        })
    };
    let expected = json!({
        "version": 1,
        "generation": 1,
        "previous": null,
        "installed": null,
        "source": "/srv/\\u{1b}[31mcertificates.zip",
        "provider_generation": "seven",
        "end_entity": {
            "subject": "CN=*.example.com",
            "sha256": sha256(Path::new(certificate)),
            "spki_sha256": sha256(&spki),
            "not_before": not_before.strip_prefix("notBefore=").unwrap(),
            "not_after": not_after.strip_prefix("notAfter=").unwrap(),
        },
        "files": [
            { "name": KEY, "access": "private", "owner": user, "size": size(KEY) },
            public(CHAIN),
            public(TRUSTED),
        ],
    });
    assert_eq!(found, expected);
}

#[test]
fn what_is_installed_can_be_looked_at_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    assert!(at.current().unwrap().is_none());
    assert!(at.list().unwrap().is_empty());
    let absent = Installation::at(folder.path().join("absent"));
    assert!(absent.current().unwrap().is_none());
    assert!(absent.list().unwrap().is_empty());

    install(&at, "first");
    install(&at, "none trusted");
    let generation = at.current().unwrap().unwrap();
    assert_eq!(generation.number(), 2);
    assert_eq!(generation.path(), folder.path().join("generations/2"));
    assert_eq!(generation.manifest().source, "none trusted");
    let raw = generation.read().unwrap();
    let expected = contents("none trusted");
    assert_eq!(raw.private_key.unwrap().secret_bytes(), expected[0].1);
    assert_eq!(raw.certificate_chain.unwrap(), expected[1].1);
    assert_eq!(raw.trusted_certificates, None);
    assert!(raw.findings.is_empty());

    let listed = at.list().unwrap();
    let roles: Vec<_> = listed.iter().map(|l| (l.number, l.role)).collect();
    assert_eq!(roles, [(1, Role::Previous), (2, Role::Current)]);
    assert_eq!(listed[0].manifest.as_ref().unwrap().source, "first");
}

#[test]
fn the_same_files_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "first");
    install(&at, "second");
    let facts = |path: &str| {
        let facts = folder.path().join(path).symlink_metadata().unwrap();
        (
            facts.ino(),
            facts.mtime(),
            facts.mtime_nsec(),
            facts.ctime_nsec(),
        )
    };
    let all = [
        "current",
        "generations",
        "generations/2",
        "generations/2/privateKey.pem",
    ];
    let before = all.map(facts);
    let again = install(&at, "second");
    assert!(again.unchanged);
    assert_eq!((again.generation, again.previous), (2, Some(1)));
    assert_eq!(all.map(facts), before);
    assert!(!install(&at, "first").unchanged, "that is the previous one");
}

#[test]
fn the_generation_before_is_kept_and_the_one_before_that_removed() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    for (label, number, kept) in [
        ("a", 1, vec!["1"]),
        ("b", 2, vec!["1", "2"]),
        ("c", 3, vec!["2", "3"]),
        ("d", 4, vec!["3", "4"]),
    ] {
        let installed = install(&at, label);
        assert_eq!(installed.generation, number);
        assert_eq!(names(&folder.path().join("generations")), kept);
        let path = folder.path().join(current(folder.path()).unwrap());
        assert!(is_set(&path, label));
    }
}

#[test]
fn a_number_is_not_followed_when_it_is_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "first");
    let last = folder.path().join(format!("generations/{}", u64::MAX));
    std::fs::create_dir(last).unwrap();
    let error = at
        .install(&set("second"), &Provenance::new(""))
        .unwrap_err();
    assert!(
        matches!(error, InstallError::Numbers { last: u64::MAX, .. }),
        "{error}"
    );
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path().join("tls"));
    let error = |files: Vec<(String, usize)>| {
        let files = files.into_iter().map(|(name, size)| {
            let contents = SecretBytes::new(vec![b'x'; size]);
            RenderedFile::new(name.parse().unwrap(), Access::Public, contents)
        });
        let files = RenderedFiles::new(files.collect()).unwrap();
        at.install(&files, &Provenance::new(""))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(vec![("generation.json".to_owned(), 1)]),
        "no installed file can be named `generation.json`: the manifest is"
    );
    assert_eq!(
        error(vec![("large".to_owned(), (16 << 20) + 1)]),
        "`large` has 16777217 bytes; at most 16777216 are installed"
    );
    assert_eq!(
        error((0..65).map(|n| (format!("{n}"), 1)).collect()),
        "65 files; at most 64 are installed"
    );
    assert!(names(folder.path()).is_empty());
}

#[test]
fn the_largest_manifest_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    let files = (0..64).map(|n| {
        let name = format!("{n:02}{}", "x".repeat(62)).parse().unwrap();
        RenderedFile::new(name, Access::Public, SecretBytes::copy_from(b"x"))
    });
    let files = RenderedFiles::new(files.collect()).unwrap();
    let long = "\u{10ffff}\"\\\u{1}".repeat(100);
    let provenance = Provenance::new(&long).with_provider_generation(&long);
    at.install(&files, &provenance).unwrap();
    assert_eq!(at.current().unwrap().unwrap().manifest().files.len(), 64);
}
