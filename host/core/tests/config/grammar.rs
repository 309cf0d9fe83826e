//! Conditional fields, switches, overrides, and libraries of classes.

use provost_core::config::{LocalDiskKey, S3Encryption};

use crate::rules::{KEY, at_rest, disk, s3};
use crate::{assert_has, clean, host, one_error, one_warning, sample, security, underlined};

#[test]
fn each_mode_needs_and_forbids_its_fields() {
    let object = r#""S3Object": "s3://bucket/a.so""#;
    let class = r#""EncryptionKeyProviderClass": "com.example.A""#;
    let key = format!(r#""AwsKmsKey": "{KEY}""#);
    for (mode, fields, part) in [
        ("SSE-S3", key.as_str(), "`SSE-S3` has no `AwsKmsKey`"),
        ("SSE-S3", object, "`SSE-S3` has no `S3Object`"),
        ("SSE-KMS", "", "`SSE-KMS` needs `AwsKmsKey`"),
        ("CSE-KMS", "", "`CSE-KMS` needs `AwsKmsKey`"),
        (
            "CSE-Custom",
            object,
            "`CSE-Custom` needs `EncryptionKeyProviderClass`",
        ),
        ("CSE-Custom", class, "`CSE-Custom` needs `S3Object`"),
    ] {
        let comma = if fields.is_empty() { "" } else { "," };
        let text = s3(&format!(r#""EncryptionMode": "{mode}"{comma} {fields}"#));
        assert_has(one_error(security(&text)).message(), part);
    }
    let text = s3(&format!(
        r#""EncryptionMode": "CSE-Custom", {object}, {class}, {key}"#
    ));
    assert_has(
        one_error(security(&text)).message(),
        "`CSE-Custom` has no `AwsKmsKey`",
    );
    let text = s3(&format!(r#""EncryptionMode": "CSE-KMS", {key}, {class}"#));
    assert_has(
        one_error(security(&text)).message(),
        "has no `EncryptionKeyProviderClass`",
    );
    let text = s3(&format!(
        r#""EncryptionMode": "CSE-Custom", {object}, {class}"#
    ));
    let configuration = clean(security(&text));
    let encryption = configuration.at_rest().unwrap().s3().unwrap().encryption();
    assert!(matches!(encryption.get(), S3Encryption::CseCustom(_)));
}

#[test]
fn each_provider_type_needs_and_forbids_its_fields() {
    let text = disk(r#""EncryptionKeyProviderType": "AwsKms""#);
    assert_has(
        one_error(security(&text)).message(),
        "`AwsKms` needs `AwsKmsKey`",
    );
    let text = disk(&format!(
        r#""EncryptionKeyProviderType": "AwsKms", "AwsKmsKey": "{KEY}", "S3Object": "s3://bucket/x""#
    ));
    assert_has(
        one_error(security(&text)).message(),
        "`AwsKms` has no `S3Object`",
    );
    let text = disk(&format!(
        r#""EncryptionKeyProviderType": "Custom", "AwsKmsKey": "{KEY}",
           "S3Object": "s3://bucket/x", "EncryptionKeyProviderClass": "com.example.A""#
    ));
    assert_has(
        one_error(security(&text)).message(),
        "`Custom` has no `AwsKmsKey`",
    );
    let text = disk(&format!(r#""AwsKmsKey": "{KEY}""#));
    assert_has(
        one_error(security(&text)).message(),
        "needs `EncryptionKeyProviderType`",
    );
}

#[test]
fn enabled_without_a_configuration_is_refused() {
    let text = r#"{"EncryptionConfiguration": {"EnableInTransitEncryption": true}}"#;
    let error = one_error(security(text));
    assert_eq!(underlined(&error), "true");
    assert_has(
        error.message(),
        "there is no `InTransitEncryptionConfiguration`",
    );
    let error = one_error(security(&at_rest("")));
    assert_has(error.message(), "neither `S3EncryptionConfiguration` nor");
}

#[test]
fn disabled_with_a_configuration_is_checked_and_unused() {
    let text = s3(r#""EncryptionMode": "SSE-S3""#).replace("true", "false");
    let warning = one_warning(security(&text));
    assert_has(
        warning.message(),
        "`AtRestEncryptionConfiguration` is not used",
    );
    assert!(security(&text).unwrap().value.at_rest().is_none());
    let wrong = text.replace("SSE-S3", "SSE-X");
    assert_has(one_error(security(&wrong)).message(), "cannot be `SSE-X`");
}

#[test]
fn booleans_as_text_pass_with_a_warning() {
    let text = s3(r#""EncryptionMode": "SSE-S3""#).replace("true", "\"true\"");
    let warning = one_warning(security(&text));
    assert_has(warning.hint_text().unwrap(), "write true without quotes");
    assert!(security(&text).unwrap().value.at_rest().is_some());
    for wrong in ["\"True\"", "\"yes\"", "1", "null", "[]"] {
        let text = s3(r#""EncryptionMode": "SSE-S3""#).replace("true", wrong);
        let found = security(&text).unwrap_err();
        assert_has(
            found.errors().next().unwrap().message(),
            "`true` or `false`",
        );
    }
}

#[test]
fn overrides_name_each_bucket_once() {
    let one = r#"{"BucketName": "one", "EncryptionMode": "SSE-S3"}"#;
    let text = s3(&format!(
        r#""EncryptionMode": "SSE-S3", "Overrides": [{one}, {one}]"#
    ));
    assert_has(
        one_error(security(&text)).message(),
        "bucket `one` for the second time",
    );
    let text = s3(r#""EncryptionMode": "SSE-S3", "Overrides": [{"EncryptionMode": "SSE-S3"}]"#);
    assert_has(one_error(security(&text)).message(), "needs `BucketName`");
    let text = s3(r#""EncryptionMode": "SSE-S3",
           "Overrides": [{"BucketName": "s3://one", "EncryptionMode": "SSE-S3"}]"#);
    assert_has(one_error(security(&text)).message(), "is not a bucket name");
}

#[test]
fn what_concerns_others_is_kept() {
    let text = r#"{"AuthorizationConfiguration": {"EmrFsConfiguration": {"RoleMappings": []}},
        "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": 2}}"#;
    let warning = one_warning(security(text));
    assert_has(warning.message(), "nothing is encrypted");
    let configuration = security(text).unwrap().value;
    let kept: Vec<(&str, &str)> = configuration.untouched().collect();
    assert_eq!(
        kept,
        [
            (
                "AuthorizationConfiguration",
                r#"{"EmrFsConfiguration": {"RoleMappings": []}}"#
            ),
            (
                "InstanceMetadataServiceConfiguration",
                r#"{"MinimumInstanceMetadataServiceVersion": 2}"#
            ),
        ]
    );
}

#[test]
fn an_unmapped_jar_is_refused_with_the_lines_to_add() {
    let configuration = clean(security(&sample("in-transit-custom.json")));
    let class = configuration.classes().next().unwrap();
    let error = configuration
        .resolve_library(&clean(host("")), class)
        .unwrap_err();
    assert_eq!(
        underlined(&error),
        "\"s3://MyConfig/artifacts/MyCerts.jar\""
    );
    assert_has(
        error.hint_text().unwrap(),
        "[classes.\"com.mycompany.MyCertProvider\"]\nlibrary = \"/path/to/lib.so\"",
    );
    let mapped = host("[classes.\"com.mycompany.MyCertProvider\"]\nlibrary = \"/opt/lib.so\"\n");
    let library = configuration
        .resolve_library(&clean(mapped), class)
        .unwrap();
    assert_eq!(library.location.to_string(), "file:///opt/lib.so");
}

#[test]
fn a_fetched_library_needs_a_digest_or_the_operators_word() {
    let text = disk(
        r#""EncryptionKeyProviderType": "Custom", "S3Object": "s3://bucket/lib.so",
           "EncryptionKeyProviderClass": "com.example.A""#,
    );
    let configuration = clean(security(&text));
    let disk = configuration.at_rest().unwrap().local_disk().unwrap();
    let LocalDiskKey::Custom(class) = disk.key().get() else {
        panic!("a class");
    };
    let error = configuration
        .resolve_library(&clean(host("")), class)
        .unwrap_err();
    assert_has(error.message(), "has no digest");
    let allowed = clean(host("[classes.\"com.example.A\"]\nunpinned = \"allow\"\n"));
    assert_eq!(
        configuration
            .resolve_library(&allowed, class)
            .unwrap()
            .sha256,
        None
    );
    let digest = "0f".repeat(32);
    let pinned = host(&format!(
        "[classes.\"com.example.A\"]\nsha256 = \"{digest}\"\n"
    ));
    let library = configuration
        .resolve_library(&clean(pinned), class)
        .unwrap();
    assert_eq!(library.sha256.unwrap().to_string(), digest);
}
