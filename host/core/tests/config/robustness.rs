//! Broken texts: a value or a diagnostic with a place in the text, never a panic.

use std::path::Path;

use proptest::prelude::*;
use provost_core::config::{Diagnostics, HostConfiguration, Loaded, SecurityConfiguration, Source};

use crate::sample;

const SECURITY: [&str; 4] = [
    "custom-throughout.json",
    "kerberos-pem-sse-s3-ebs-alias.json",
    "sse-kms-overrides.json",
    "pem-cse-kms-local-disk-custom.json",
];

fn parse_security(source: Source) -> Result<Loaded<SecurityConfiguration>, Diagnostics> {
    SecurityConfiguration::parse(source, Some(Path::new("/etc/provost")))
}

fn parse_host(source: Source) -> Result<Loaded<HostConfiguration>, Diagnostics> {
    HostConfiguration::parse(source, Path::new("/etc/provost"), &|_| None)
}

/// Every diagnostic points into the text, at a place that a person finds again.
fn check<T>(bytes: Vec<u8>, parse: fn(Source) -> Result<Loaded<T>, Diagnostics>) -> bool {
    let result = Source::from_bytes("file", bytes).and_then(parse);
    let (accepted, found) = match result {
        Ok(loaded) => (true, loaded.warnings),
        Err(found) => {
            assert!(found.errors().next().is_some(), "refused without an error");
            (false, found.into_iter().collect())
        }
    };
    for diagnostic in found {
        let text = diagnostic.source().text();
        let span = diagnostic.span();
        assert!(
            text.get(span.start..span.end).is_some(),
            "{diagnostic}: {span:?}"
        );
        let position = diagnostic.position();
        let line = text.split('\n').nth(position.line - 1).unwrap();
        assert!(
            (1..=line.chars().count() + 1).contains(&position.column),
            "{diagnostic}"
        );
        if let Some(excerpt) = diagnostic.excerpt() {
            assert!(
                excerpt.text.get(excerpt.underline).is_some(),
                "{diagnostic}"
            );
        }
    }
    accepted
}

/// Each proper prefix, and each byte changed in two ways.
fn broken(text: &str) -> impl Iterator<Item = Vec<u8>> {
    let cuts = (0..text.len()).map(|end| text.as_bytes()[..end].to_vec());
    let flips = (0..text.len()).flat_map(move |at| {
        [0x01, 0x20, 0x80].into_iter().map(move |mask| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= mask;
            bytes
        })
    });
    cuts.chain(flips)
}

#[test]
fn a_security_configuration_cut_or_flipped_anywhere() {
    for name in SECURITY {
        let text = sample(name);
        let whole = text.trim_end().len();
        for cut in 0..whole {
            assert!(
                !check(text.as_bytes()[..cut].to_vec(), parse_security),
                "{name} cut at {cut}"
            );
        }
        for bytes in broken(&text) {
            check(bytes, parse_security);
        }
    }
}

#[test]
fn a_host_configuration_cut_or_flipped_anywhere() {
    let text = sample("provost.toml").replace("# pin =", "pin =");
    assert!(
        check(text.clone().into_bytes(), parse_host),
        "the sample itself"
    );
    for bytes in broken(&text) {
        check(bytes, parse_host);
    }
}

#[test]
fn a_secret_survives_no_cut_or_flip() {
    let secret = "hunter2hunter2";
    let text = format!("[classes.\"a.b\".conf]\nx = {{ secret = \"{secret}\" }}\ny = 1\nz = 2\n");
    for bytes in broken(&text) {
        let Err(found) = Source::from_bytes("file", bytes).and_then(parse_host) else {
            continue;
        };
        for diagnostic in &found {
            let excerpt = diagnostic.excerpt().map(|e| e.text.to_owned());
            let output = format!("{diagnostic} {:?} {excerpt:?}", diagnostic.hint_text());
            // Flips change one of the two halves, so look for either.
            assert!(!output.contains("hunter2"), "{output}");
        }
    }
}

fn json() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "EncryptionConfiguration",
        "EnableAtRestEncryption",
        "AtRestEncryptionConfiguration",
        "S3EncryptionConfiguration",
        "EncryptionMode",
        "CSE-Custom",
        "AwsKmsKey",
        "Overrides",
        "x",
    ]);
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i32>().prop_map(|n| n.to_string()),
        word.clone().prop_map(|w| format!("{w:?}")),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let field = (word.clone(), inner.clone()).prop_map(|(k, v)| format!("{k:?}:{v}"));
        prop_oneof![
            prop::collection::vec(field, 0..5).prop_map(|f| format!("{{{}}}", f.join(","))),
            prop::collection::vec(inner, 0..5).prop_map(|v| format!("[{}]", v.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_a_configuration_or_a_diagnostic(text in any::<String>()) {
        check(text.clone().into_bytes(), parse_security);
        check(text.into_bytes(), parse_host);
    }

    #[test]
    fn any_bytes_are_a_configuration_or_a_diagnostic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(bytes.clone(), parse_security);
        check(bytes, parse_host);
    }

    #[test]
    fn any_punctuation_is_a_configuration_or_a_diagnostic(
        text in "[\\[\\]{}\",.:=#'a-c0-9\\\\ \n]{0,80}"
    ) {
        check(text.clone().into_bytes(), parse_security);
        check(text.into_bytes(), parse_host);
    }

    #[test]
    fn any_json_is_a_configuration_or_a_diagnostic(text in json()) {
        check(text.into_bytes(), parse_security);
    }
}
