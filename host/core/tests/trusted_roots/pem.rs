//! Roots from PEM files.

use provost_core::tls::{DefaultRoots, RootsError, limits};

use crate::made::{JKS, Made};
use crate::{assert_has, fingerprint, fingerprints, refused};

#[test]
fn a_pem_file_has_its_certificates_whatever_stands_between_them() {
    let made = Made::new();
    let (one, two) = (made.bytes("one.pem"), made.bytes("two.pem"));
    let expected = ["one", "two"].map(|name| fingerprint(&made.der(name)));
    let plain = [&one[..], &two].concat();
    let commented = [b"# root one\n\n", &one[..], b"\n# root two\n======\n", &two].concat();
    for file in [plain, commented] {
        let roots = DefaultRoots::from_pem("roots.pem", &file).unwrap();
        assert_eq!(fingerprints(&roots), expected.clone().into());
        assert_eq!(roots.skipped(), 0);
        assert_eq!(roots.name(), "roots.pem");
    }
}

#[test]
fn what_keytool_writes_down_of_a_store_is_read() {
    let made = Made::new();
    // The hint about stores that are not read here leads to this.
    made.store(&["-storetype", "JCEKS"]);
    let list = made.keytool(&["-list", "-rfc"]);
    let roots = DefaultRoots::from_pem("roots.pem", list.as_bytes()).unwrap();
    let expected = ["one", "two"].map(|name| fingerprint(&made.der(name)));
    assert_eq!(fingerprints(&roots), expected.into());
}

#[test]
fn a_damaged_pem_file_is_refused_at_its_line() {
    let made = Made::new();
    let mut file = made.bytes("one.pem");
    let good = file.split(|b| *b == b'\n').count() - 1;
    file.extend_from_slice(b"-----BEGIN CERTIFICATE-----\nMIIB!\n-----END CERTIFICATE-----\n");
    let error = refused(DefaultRoots::from_pem("roots.pem", &file));
    let RootsError::Pem {
        line: Some(line), ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert!((good + 1..=good + 3).contains(line), "{error}");
    assert_has(&error.to_string(), &format!("line {line}: "));
}

#[test]
fn a_pem_file_without_a_certificate_is_refused_with_what_is_in_it() {
    let made = Made::new();
    let cacerts = "cacerts:PATH in place of pem:PATH";
    for (file, hint) in [
        (Vec::new(), "certificates as PEM"),
        (b"no roots yet\n".to_vec(), "certificates as PEM"),
        (made.bytes("one.key"), "remove it"),
        (made.der("one"), "FILE"),
        (made.store(JKS), cacerts),
        (made.openssl_store(), cacerts),
    ] {
        let error = refused(DefaultRoots::from_pem("roots.pem", &file));
        assert_has(&error.hint().unwrap(), hint);
    }
}

#[test]
fn a_pem_file_is_measured_before_it_is_read() {
    let file = vec![b'\n'; limits::TRUSTED_FILE + 1];
    let error = refused(DefaultRoots::from_pem("roots.pem", &file));
    let (at_most, got) = (limits::TRUSTED_FILE, limits::TRUSTED_FILE + 1);
    assert_eq!(error, RootsError::TooLarge { at_most, got });
}
