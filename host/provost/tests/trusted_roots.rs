//! Default trusted roots: each source that a configuration can name.
#![allow(clippy::unwrap_used)] // helpers of tests, too

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use provost::trusted_roots::{TrustedRootsError, load};
use provost_core::config::DefaultRootsSource;
use provost_core::tls::{Certificate, DefaultRoots, RootsError, limits};

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Serial numbers in hexadecimal, as OpenSSL prints them.
fn serials(roots: &DefaultRoots) -> HashSet<String> {
    let serials = roots.roots().iter().map(|root| {
        let bytes: Vec<String> = root.serial().iter().map(|b| format!("{b:02X}")).collect();
        bytes.concat().trim_start_matches('0').to_owned()
    });
    serials.collect()
}

#[test]
fn webpki_is_what_mozilla_trusts_and_all_of_it_parses() {
    let roots = load(&DefaultRootsSource::Webpki).unwrap();
    assert_eq!(roots.name(), "webpki (Mozilla's)");
    assert_eq!(roots.skipped(), 0);
    assert_eq!(
        roots.roots().len(),
        webpki_root_certs::TLS_SERVER_ROOT_CERTS.len()
    );
    // Among them one whose name everybody knows.
    let names: Vec<String> = roots.roots().iter().map(Certificate::name).collect();
    assert!(
        names.iter().any(|n| n.contains("Amazon Root CA 1")),
        "{names:?}"
    );
}

#[test]
fn native_is_the_systems_bundle() {
    let bundle = std::env::var_os("SSL_CERT_FILE").map_or_else(
        || PathBuf::from("/etc/ssl/certs/ca-certificates.crt"),
        PathBuf::from,
    );
    let roots = load(&DefaultRootsSource::Native).unwrap();
    assert_eq!(roots.name(), "native (the system's)");
    let found = serials(&roots);
    // OpenSSL prints the certificates of a file one by one, here as text.
    let listed = run(
        "openssl",
        &[
            "storeutl",
            "-noout",
            "-text",
            "-certs",
            bundle.to_str().unwrap(),
        ],
    );
    let mut expected = HashSet::new();
    let mut lines = listed.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(serial) = line.strip_prefix("Serial Number:") else {
            continue;
        };
        let serial = match serial.trim() {
            "" => lines.next().unwrap().replace(':', ""),
            // `5 (0x5)`.
            number => number
                .split_once("(0x")
                .unwrap()
                .1
                .trim_end_matches(')')
                .to_owned(),
        };
        expected.insert(serial.to_uppercase().trim_start_matches('0').to_owned());
    }
    assert!(expected.len() > 10, "{listed}");
    let missing: Vec<&String> = expected.difference(&found).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn none_is_none() {
    let roots = load(&DefaultRootsSource::None).unwrap();
    assert_eq!((roots.name(), roots.roots().len()), ("none", 0));
}

#[test]
fn pem_is_a_pem_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = root(folder.path());
    let source = DefaultRootsSource::Pem(path.clone().into());
    let roots = load(&source).unwrap();
    assert_eq!(roots.name(), format!("pem:{path}"));
    let names: Vec<String> = roots.roots().iter().map(Certificate::name).collect();
    assert_eq!(names, ["CN=root"]);
    // Such as the bundle of a system.
    let bundle = "/etc/ssl/certs/ca-certificates.crt";
    let roots = load(&DefaultRootsSource::Pem(bundle.into())).unwrap();
    let text = std::fs::read_to_string(bundle).unwrap();
    let count = text.matches("-----BEGIN CERTIFICATE-----").count();
    assert!(count > 50, "{count}");
    assert_eq!(roots.roots().len(), count);
}

#[test]
fn cacerts_is_a_java_key_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("cacerts");
    let path = store.to_str().unwrap();
    let make = |kind: &str, password: &str| {
        let _ = std::fs::remove_file(&store);
        #[rustfmt::skip]
        run("keytool", &[
            "-importcert", "-noprompt", "-alias", "root", "-storetype", kind,
            "-file", &root(folder.path()), "-keystore", path, "-storepass", password,
        ]);
    };
    let source = DefaultRootsSource::Cacerts(store.clone());
    for kind in ["JKS", "PKCS12"] {
        make(kind, "changeit");
        let roots = load(&source).unwrap();
        assert_eq!(roots.name(), format!("cacerts:{path}"));
        let names: Vec<String> = roots.roots().iter().map(Certificate::name).collect();
        assert_eq!(names, ["CN=root"]);
    }
    make("PKCS12", "something else");
    let error = load(&source).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot use the trusted roots `{path}`")
    );
    let TrustedRootsError::Refused { source, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(source, &RootsError::Password { kind: "PKCS#12" });
    assert_eq!(error.hint(), source.hint());
}

/// The path of a self-signed certificate, PEM.
fn root(folder: &Path) -> String {
    let pem = folder.join("root.pem").to_str().unwrap().to_owned();
    let key = folder.join("key");
    #[rustfmt::skip]
    run("openssl", &[
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-subj", "/CN=root", "-keyout", key.to_str().unwrap(), "-out", &pem,
    ]);
    pem
}

#[test]
fn only_a_file_of_bounded_size_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    run("mkfifo", &[path("pipe").to_str().unwrap()]);
    for (limit, kind) in [
        (
            limits::TRUSTED_FILE,
            DefaultRootsSource::Pem as fn(PathBuf) -> _,
        ),
        (
            limits::KEY_STORE,
            DefaultRootsSource::Cacerts as fn(PathBuf) -> _,
        ),
    ] {
        let read_error = |name: &str| match load(&kind(path(name))).unwrap_err() {
            error @ TrustedRootsError::Read { .. } => error.hint().unwrap(),
            other => panic!("{other:?}"),
        };
        assert!(read_error("missing").contains("check the path"));
        assert_eq!(read_error("."), "name one regular file");
        assert_eq!(read_error("pipe"), "name one regular file");
        // Nothing is stored for it, so only its length can say that it is too large.
        let file = std::fs::File::create(path("large")).unwrap();
        file.set_len(limit as u64 * 3).unwrap();
        let error = load(&kind(path("large"))).unwrap_err();
        let TrustedRootsError::Refused { source, .. } = error else {
            panic!("{error:?}");
        };
        let (at_most, got) = (limit, limit * 3);
        assert_eq!(source, RootsError::TooLarge { at_most, got });
    }
}

#[test]
fn a_file_is_opened_where_the_deadline_holds() {
    // The name of the thread that reads it.
    let path = PathBuf::from("/proc/thread-self/comm");
    let error = load(&DefaultRootsSource::Cacerts(path)).unwrap_err();
    let TrustedRootsError::Refused { source, .. } = error else {
        panic!("{error:?}");
    };
    let start: Vec<String> = b"trus".iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = format!("something that begins with {}", start.concat());
    assert!(source.to_string().contains(&expected), "{source}");
}
