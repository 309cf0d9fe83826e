//! What the security configuration enables is done, and nothing else.

use provost::{ApiMisuse, Error, Host};
use provost_core::config::{Isolation, SecurityConfiguration, Source};

use crate::rig::{Setup, rig, says};

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
fn what_is_not_supported_yet_is_said_to_be_so() {
    let error = refusal(&host(
        r#""EnableAtRestEncryption": true, "AtRestEncryptionConfiguration":
           {"S3EncryptionConfiguration": {"EncryptionMode": "SSE-S3"}}"#,
    ));
    says(&error, &["security.json:", "SSE-S3", "not supported yet"]);
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
