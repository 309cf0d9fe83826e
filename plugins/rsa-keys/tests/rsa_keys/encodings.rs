//! PEM, DER, and what is refused.

use provost_plugin_api::SecretBytes;
use provost_rsa_keys::{EncodingError, Half, to_der};

use crate::fixture;

fn der(content: &[u8], half: Half) -> Result<SecretBytes, EncodingError> {
    to_der(SecretBytes::copy_from(content), half)
}

#[test]
fn pem_and_der_are_the_same_key() {
    for (pem, expected, half) in [
        ("public.pem", "public.der", Half::Public),
        ("private.pem", "private.der", Half::Private),
    ] {
        let expected = fixture(expected);
        assert_eq!(der(&expected, half).unwrap().secret_bytes(), expected);
        let pem = fixture(pem);
        assert_eq!(der(&pem, half).unwrap().secret_bytes(), expected);

        let text = String::from_utf8(pem).unwrap();
        let windows = text.replace('\n', "\r\n");
        let explained = format!("Bag Attributes: none\n\n{text}\nafter\n");
        for text in [windows, explained] {
            assert_eq!(der(text.as_bytes(), half).unwrap().secret_bytes(), expected);
        }
    }
}

#[test]
fn another_kind_of_key_is_refused_with_the_command_that_converts_it() {
    for (name, half, label, command) in [
        (
            "private-pkcs1.pem",
            Half::Private,
            "RSA PRIVATE KEY",
            "openssl pkcs8 -topk8 -nocrypt",
        ),
        (
            "private-encrypted.pem",
            Half::Private,
            "ENCRYPTED PRIVATE KEY",
            "openssl pkcs8",
        ),
        (
            "public-pkcs1.pem",
            Half::Public,
            "RSA PUBLIC KEY",
            "openssl rsa -RSAPublicKey_in",
        ),
        ("private.pem", Half::Public, "PRIVATE KEY", "openssl pkey"),
        (
            "certificate.pem",
            Half::Public,
            "CERTIFICATE",
            "openssl x509",
        ),
        ("public.pem", Half::Private, "PUBLIC KEY", ""),
    ] {
        let error = der(&fixture(name), half).unwrap_err();
        assert!(
            matches!(&error, EncodingError::Label { got, .. } if got == label),
            "{name}: {error}"
        );
        let words = error.to_string();
        assert!(
            words.contains(&format!("`{label}`")) && words.contains(command),
            "{words}"
        );
    }
}

#[test]
fn several_blocks_are_refused() {
    let twice = [fixture("private.pem"), fixture("private.pem")].concat();
    let error = der(&twice, Half::Private).unwrap_err();
    assert!(
        matches!(error, EncodingError::Blocks { got: 2, .. }),
        "{error}"
    );
    let pair = [fixture("public.pem"), fixture("certificate.pem")].concat();
    let error = der(&pair, Half::Public).unwrap_err();
    assert!(
        matches!(error, EncodingError::Blocks { got: 2, .. }),
        "{error}"
    );
}

#[test]
fn what_is_no_key_is_refused() {
    assert!(matches!(
        der(b"", Half::Public),
        Err(EncodingError::Empty { .. })
    ));
    for content in [
        &b"hello"[..],
        b"\n",
        b" -----BEGIN PUBLIC KEY-----\n",
        &[0; 32],
    ] {
        let error = der(content, Half::Public).unwrap_err();
        assert!(matches!(error, EncodingError::Neither { .. }), "{error}");
    }
    for content in [
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY--\nAAAA\n-----END PUBLIC KEY-----\n",
    ] {
        assert!(der(content.as_bytes(), Half::Public).is_err(), "{content}");
    }
    let label = format!("-----BEGIN \u{1b}[31m{}-----\n", "x".repeat(5000));
    let words = der(label.as_bytes(), Half::Public).unwrap_err().to_string();
    assert!(
        words.len() < 200 && !words.contains(char::is_control),
        "{words}"
    );
}

#[test]
fn pem_cut_at_any_byte_is_an_error_or_the_same_key() {
    let whole = fixture("private.pem");
    let key = fixture("private.der");
    for end in 0..whole.len() {
        if let Ok(cut) = der(&whole[..end], Half::Private) {
            // Only what is cut off after the END line does not matter.
            assert_eq!(cut.secret_bytes(), key, "cut at {end}");
        }
    }
    let without_the_end = whole.len() - "-----END PRIVATE KEY-----\n".len();
    assert!(der(&whole[..without_the_end], Half::Private).is_err());
}

#[test]
fn messages_show_nothing_of_a_private_key() {
    let text = String::from_utf8(fixture("private.pem")).unwrap();
    let line = text.lines().nth(3).unwrap();
    let damaged = text.replacen(line, &format!("{}!", &line[1..]), 1);
    for content in [
        damaged.as_str(),
        line,
        &text.replace("-----END PRIVATE KEY-----", ""),
    ] {
        let words = der(content.as_bytes(), Half::Private)
            .unwrap_err()
            .to_string();
        assert!(!words.contains(&line[1..9]), "{words}");
    }
}
