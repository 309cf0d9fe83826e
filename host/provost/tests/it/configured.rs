//! What the security configuration enables is done, and nothing else.

use std::path::Path;

use provost::{ApiMisuse, Error, Host};
use provost_core::config::{Isolation, SecurityConfiguration, Source};

use crate::plugins::private_folder;
use crate::rig::{Setup, all_words, at_once, hostile_library, install, pipe, rig, says};

fn host(at_rest: &str) -> Host {
    let text = format!(
        r#"{{"EncryptionConfiguration": {{"EnableInTransitEncryption": false, {at_rest}}}}}"#
    );
    let security = SecurityConfiguration::parse(Source::new("security.json", text), None)
        .unwrap_or_else(|errors| panic!("{errors}"));
    Host::builder()
        .configuration(Setup::new("Good", Isolation::Process).configuration())
        .security_configuration(security.value)
        .worker_program(env!("CARGO_BIN_EXE_provost"))
        .build()
        .unwrap()
}

fn refusal(host: &Host) -> Error {
    let uri = "memory://m/x".parse().unwrap();
    host.objects(&uri).unwrap_err()
}

#[test]
fn without_a_security_configuration_there_are_no_objects() {
    let host = Host::builder()
        .worker_program(env!("CARGO_BIN_EXE_provost"))
        .build()
        .unwrap();
    let error = refusal(&host);
    assert!(
        matches!(error, Error::Misuse(ApiMisuse::NoSecurityConfiguration)),
        "{error:?}"
    );
}

#[test]
fn what_it_disables_is_refused() {
    let error = refusal(&host(r#""EnableAtRestEncryption": false"#));
    assert!(matches!(error, Error::Disabled { .. }), "{error:?}");
    says(
        &error,
        &["`security.json` does not enable client-side encryption of objects"],
    );
}

#[test]
fn no_class_has_keys_where_the_store_encrypts() {
    let error = refusal(&host(
        r#""EnableAtRestEncryption": true, "AtRestEncryptionConfiguration":
           {"S3EncryptionConfiguration": {"EncryptionMode": "SSE-S3"}}"#,
    ));
    says(&error, &["security.json:", "no class has keys"]);
}

#[test]
fn a_jar_without_a_stand_in_is_an_error_that_shows_the_line() {
    let error = refusal(&host(
        r#""EnableAtRestEncryption": true, "AtRestEncryptionConfiguration":
           {"S3EncryptionConfiguration": {"EncryptionMode": "CSE-Custom",
            "S3Object": "s3://bucket/keys.jar",
            "EncryptionKeyProviderClass": "com.example.Keys"}}"#,
    ));
    says(&error, &["security.json:", "com.example.Keys", "JAR"]);
    assert!(
        error
            .hint()
            .unwrap()
            .contains("[classes.\"com.example.Keys\"]")
    );
    assert!(error.diagnostics().is_some());
}

/// A class that is named twice, with the library of its bucket after that of all others.
fn two_libraries(
    host: provost_core::config::HostConfiguration,
    first: &Path,
    second: &Path,
) -> Result<provost::ProviderHandle, Error> {
    let named = |library: &Path| {
        format!(
            r#""EncryptionMode": "CSE-Custom", "S3Object": "{}",
               "EncryptionKeyProviderClass": "provost.hostile.Good""#,
            library.display()
        )
    };
    let text = format!(
        r#"{{"EncryptionConfiguration": {{"EnableInTransitEncryption": false,
            "EnableAtRestEncryption": true, "AtRestEncryptionConfiguration":
            {{"S3EncryptionConfiguration": {{ {},
            "Overrides": [{{"BucketName": "other", {}}}]}}}}}}}}"#,
        named(first),
        named(second),
    );
    let security = SecurityConfiguration::parse(Source::new("security.json", text), None)
        .unwrap_or_else(|errors| panic!("{errors}"));
    let host = Host::builder()
        .configuration(host)
        .security_configuration(security.value)
        .worker_program(env!("CARGO_BIN_EXE_provost"))
        .build()
        .unwrap();
    host.provider(&"provost.hostile.Good".parse().unwrap())
}

#[test]
fn a_class_with_two_libraries_is_an_error_at_both_places() {
    let host = || provost::configuration::host_without_file().unwrap().value;
    let folder = private_folder();
    let other = folder.path().join("libother.so");
    install(&other, std::fs::read(hostile_library()).unwrap());
    let error = two_libraries(host(), &hostile_library(), &other).unwrap_err();
    let shown =
        [other.display(), hostile_library().display()].map(|path| format!("`file://{path}`"));
    says(
        &error,
        &[
            "security.json:5:",
            "at security.json:3",
            &shown[0],
            &shown[1],
        ],
    );
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("[classes.\"provost.hostile.Good\"]\nlibrary = "),
        "{hint}"
    );
    // One library under two names is no conflict.
    let link = folder.path().join("liblink.so");
    std::os::unix::fs::symlink(hostile_library(), &link).unwrap();
    two_libraries(host(), &hostile_library(), &link).unwrap();
    // Nor is any, where provost.toml says which one is meant.
    let meant = Setup::new("Good", Isolation::Process)
        .library(&other)
        .configuration();
    let provider = two_libraries(meant, &hostile_library(), &other).unwrap();
    let canonical = other.canonicalize().unwrap();
    assert_eq!(*provider.name().library, canonical);
}

#[test]
fn a_provider_that_refuses_a_setting_has_it_underlined() {
    let rig = Setup::new("Slow", Isolation::Process)
        .conf("ms", "\"soon\"")
        .build();
    let error = rig.provider().unwrap_err();
    says(&error, &["provost.toml:", "`ms`"]);
}

#[test]
fn a_handle_says_where_its_provider_runs() {
    for isolation in [Isolation::Process, Isolation::InProcess] {
        let handle = rig("Good", isolation).provider().unwrap();
        assert_eq!(handle.isolation(), isolation);
    }
}

#[test]
fn a_configuration_from_a_pipe_is_refused_at_once() {
    let folder = private_folder();
    let path = folder.path().join("configuration");
    pipe(&path);
    let (host, security) = at_once(move || {
        let security = provost::configuration::load_security(&path).map(drop);
        let host = provost::configuration::load_host(&path).map(drop);
        (host.unwrap_err(), security.unwrap_err())
    });
    for error in [host, security] {
        let error = Error::from(error);
        let words = all_words(&error);
        assert!(
            words.contains("a pipe or a device, expected a file"),
            "{words}"
        );
        assert!(
            error.hint().unwrap().contains("save it as a file"),
            "{words}"
        );
    }
}
