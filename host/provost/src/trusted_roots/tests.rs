//! What no file on this machine can be made to do.

use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use provost_core::config::DefaultRootsSource;
use rustls_native_certs::load_certs_from_paths;

use super::{TrustedRootsError, deadline, native};
use crate::error::chain;

/// A self-signed certificate, PEM.
fn root(folder: &Path) -> Vec<u8> {
    let (key, pem) = (folder.join("key"), folder.join("root.pem"));
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=root"])
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(&pem)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::read(pem).unwrap()
}

#[test]
fn a_bad_root_of_the_system_does_not_take_the_others_along() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    let bad = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    let unparsed = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    std::fs::write(&bundle, [&root(folder.path()), &bad[..], unparsed].concat()).unwrap();
    let found = load_certs_from_paths(Some(&bundle), None);
    assert_eq!((found.certs.len(), found.errors.len()), (2, 1));
    let roots = native(found).unwrap();
    assert_eq!((roots.roots().len(), roots.skipped()), (1, 1));
    assert_eq!(roots.name(), "native (the system's)");
}

#[test]
fn a_system_without_roots_is_an_error_that_says_where_else_they_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    let error = native(load_certs_from_paths(Some(&bundle), None)).unwrap_err();
    let text = chain(&error);
    assert!(
        text.starts_with("the system has no trusted roots: "),
        "{text}"
    );
    assert!(text.contains("/bundle"), "{text}");
    std::fs::write(&bundle, "").unwrap();
    let error = native(load_certs_from_paths(Some(&bundle), None)).unwrap_err();
    assert_eq!(chain(&error), "the system has no trusted roots");
    let hint = error.hint().unwrap();
    for part in ["ca-certificates", "SSL_CERT_FILE=", "`--default-roots`"] {
        assert!(hint.contains(part), "{hint}");
    }
}

#[test]
fn what_takes_too_long_is_given_up() {
    let source = DefaultRootsSource::Cacerts("/etc/cacerts".into());
    // Nothing is sent until the test is over.
    let (_sender, receiver) = mpsc::channel::<()>();
    let deadline = Duration::from_millis(20);
    let error = deadline::within(deadline, &source, move || receiver.recv()).unwrap_err();
    assert!(matches!(error, TrustedRootsError::Slow { .. }), "{error}");
    assert!(
        error.to_string().contains("`cacerts:/etc/cacerts` takes"),
        "{error}"
    );
}

#[test]
fn a_reader_that_panics_is_an_error() {
    let source = DefaultRootsSource::Native;
    let panics = || panic!("on purpose");
    let error = deadline::within::<()>(Duration::MAX, &source, panics).unwrap_err();
    assert!(
        matches!(error, TrustedRootsError::Unfinished { .. }),
        "{error}"
    );
}
