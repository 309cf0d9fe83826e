//! Java key stores: what is found in them, and how others are refused.

use provost_core::tls::{DefaultRoots, RootsError, limits};

use crate::made::{
    Entry, JKS, Made, PKCS12, PKCS12_AS_USUAL, PKCS12_LEGACY, PKCS12_WITHOUT_PASSWORD, cacerts,
    jks, listed,
};
use crate::{assert_has, fingerprint, fingerprints, read, refused};

#[test]
fn a_store_of_each_kind_has_what_keytool_lists() {
    for how in [
        JKS,
        PKCS12,
        PKCS12_AS_USUAL,
        PKCS12_LEGACY,
        PKCS12_WITHOUT_PASSWORD,
    ] {
        let made = Made::new();
        let roots = read(&made.store(how)).unwrap();
        let expected = listed(&made.path("store"));
        assert_eq!(expected.len(), 2, "{how:?}");
        assert_eq!(fingerprints(&roots), expected, "{how:?}");
        assert_eq!(roots.skipped(), 0);
        assert_eq!(roots.name(), "cacerts");
    }
}

#[test]
fn javas_own_cacerts_has_what_keytool_lists() {
    let path = cacerts();
    let roots = read(&std::fs::read(&path).unwrap()).unwrap();
    let expected = listed(&path);
    assert!(expected.len() > 50, "{}", expected.len());
    assert_eq!(fingerprints(&roots), expected);
    assert_eq!(roots.skipped(), 0);
}

#[test]
fn the_certificate_of_a_private_key_is_no_root() {
    for how in [JKS, PKCS12] {
        let made = Made::new();
        let error = refused(read(&made.store_of_a_key(how)));
        assert_eq!(error, RootsError::NoneTrusted { count: 1 });
        assert_has(&error.hint().unwrap(), "keytool -importcert");
        let roots = read(&made.store(how)).unwrap();
        let expected = ["one", "two"].map(|name| fingerprint(&made.der(name)));
        assert_eq!(fingerprints(&roots), expected.into(), "{how:?}");
    }
}

#[test]
fn a_password_that_does_not_open_a_store_is_said_so() {
    for (how, kind) in [(JKS, "JKS"), (PKCS12, "PKCS#12")] {
        let made = Made::new();
        let store = made.store(how);
        let error = refused(DefaultRoots::from_java_keystore(
            "cacerts", &store, "changed",
        ));
        assert_eq!(error, RootsError::Password { kind });
        assert_has(&error.to_string(), kind);
        assert_has(&error.hint().unwrap(), "`changeit`");
    }
    // Of one that has no password, it does not matter.
    let store = Made::new().store(PKCS12_WITHOUT_PASSWORD);
    let roots = DefaultRoots::from_java_keystore("cacerts", &store, "changed").unwrap();
    assert_eq!(roots.roots().len(), 2);
}

#[test]
fn certificates_that_nothing_marks_as_trusted_are_no_roots() {
    let made = Made::new();
    let store = made.openssl_store();
    assert_eq!(refused(read(&store)), RootsError::NoneTrusted { count: 2 });
}

#[test]
fn a_store_that_is_encrypted_under_another_password_without_a_digest_is_unreadable() {
    let no_digest = "-J-Dkeystore.pkcs12.macAlgorithm=NONE";
    let store = Made::new().store(&[PKCS12, &[no_digest]].concat());
    assert_eq!(read(&store).unwrap().roots().len(), 2);
    let error = refused(DefaultRoots::from_java_keystore(
        "cacerts", &store, "changed",
    ));
    assert!(
        matches!(
            error,
            RootsError::Unreadable {
                kind: "PKCS#12",
                ..
            }
        ),
        "{error}"
    );
    assert_has(&error.hint().unwrap(), "keytool -list -rfc");
}

#[test]
fn a_store_that_asks_for_too_much_work_is_refused_before_it_is_done() {
    for setting in ["macIterationCount", "certPbeIterationCount"] {
        let made = Made::new();
        let rounds = format!("-J-Dkeystore.pkcs12.{setting}=1000001");
        let store = made.store(&[PKCS12_AS_USUAL, &[&rounds]].concat());
        let error = refused(read(&store));
        assert_has(&error.to_string(), "ask for too much work");
    }
}

#[test]
fn every_alias_and_version_of_a_jks_store_is_read() {
    let made = Made::new();
    let (one, two) = (made.der("one"), made.der("two"));
    let entry = |alias, certificate| Entry {
        tag: 2,
        alias,
        certificate,
    };
    let entries = [entry("főtanúsítvány", &one), entry("two", &two)];
    for version in [1, 2] {
        let store = jks(version, 2, &entries);
        let roots = read(&store).unwrap();
        let path = made.path("by hand");
        std::fs::write(&path, store).unwrap();
        assert_eq!(fingerprints(&roots), listed(&path), "version {version}");
        assert_eq!(roots.roots().len(), 2);
    }
    // Java counts such an entry and then does not find it.
    let roots = read(&jks(2, 1, &[entry("Capital", &one)])).unwrap();
    assert_eq!(fingerprints(&roots), [fingerprint(&one)].into());
}

#[test]
fn a_root_that_does_not_parse_is_left_out_and_counted() {
    let made = Made::new();
    let one = made.der("one");
    let entry = |alias, certificate| Entry {
        tag: 2,
        alias,
        certificate,
    };
    let roots = read(&jks(2, 2, &[entry("a", &one), entry("b", &one[..50])])).unwrap();
    assert_eq!(roots.roots().len(), 1);
    assert_eq!(roots.skipped(), 1);
    let error = refused(read(&jks(2, 1, &[entry("b", &one[..50])])));
    assert_eq!(error, RootsError::NoneParses { count: 1 });
    assert_eq!(refused(read(&jks(2, 0, &[]))), RootsError::Empty);
}

#[test]
fn what_is_no_store_is_named() {
    let made = Made::new();
    let jceks = made.store(&["-storetype", "JCEKS"]);
    for (bytes, found, hint) in [
        (Vec::new(), "empty", "name the key store itself"),
        (
            made.bytes("one.pem"),
            "PEM text",
            "pem:PATH in place of cacerts:PATH",
        ),
        (
            made.der("one"),
            "a certificate, DER",
            "openssl x509 -inform der",
        ),
        (jceks, "a JCEKS store", "keytool -list -rfc"),
        (
            b"<html>".to_vec(),
            "something that begins with 3c68746d",
            "keytool -list -rfc",
        ),
    ] {
        let error = refused(read(&bytes));
        let expected = format!("it is {found}; expected a Java key store, JKS or PKCS#12");
        assert_eq!(error.to_string(), expected);
        assert_has(&error.hint().unwrap(), hint);
    }
}

#[test]
fn a_store_is_measured_before_it_is_read() {
    let mut store = vec![0; limits::KEY_STORE + 1];
    store[..4].copy_from_slice(&[0xfe, 0xed, 0xfe, 0xed]);
    let error = refused(read(&store));
    assert_eq!(
        error.to_string(),
        "it has 16777217 bytes; at most 16777216 are read"
    );
}
