//! R1 to R12, as far as a file alone can decide them.

use provost_core::config::{CertificateSource, Severity};

use crate::{assert_has, clean, one_error, one_warning, sample, security, underlined};

pub(crate) const KEY: &str =
    "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012";

pub(crate) fn in_transit(certificates: &str) -> String {
    format!(
        r#"{{"EncryptionConfiguration": {{
            "EnableInTransitEncryption": true,
            "InTransitEncryptionConfiguration": {{
                "TLSCertificateConfiguration": {certificates}
            }}
        }}}}"#
    )
}

pub(crate) fn at_rest(fields: &str) -> String {
    format!(
        r#"{{"EncryptionConfiguration": {{
            "EnableAtRestEncryption": true,
            "AtRestEncryptionConfiguration": {{ {fields} }}
        }}}}"#
    )
}

pub(crate) fn s3(fields: &str) -> String {
    at_rest(&format!(r#""S3EncryptionConfiguration": {{ {fields} }}"#))
}

pub(crate) fn disk(fields: &str) -> String {
    at_rest(&format!(
        r#""LocalDiskEncryptionConfiguration": {{ {fields} }}"#
    ))
}

#[test]
fn r1_pem_has_no_class() {
    let text = in_transit(
        r#"{"CertificateProviderType": "PEM", "S3Object": "s3://bucket/c.zip",
            "CertificateProviderClass": "com.example.Tls"}"#,
    );
    let error = one_error(security(&text));
    assert_eq!(underlined(&error), "\"CertificateProviderClass\"");
    assert_has(error.message(), "`PEM` has no `CertificateProviderClass`");
}

#[test]
fn r1_custom_needs_a_class() {
    let text =
        in_transit(r#"{"CertificateProviderType": "Custom", "S3Object": "s3://bucket/c.jar"}"#);
    let error = one_error(security(&text));
    assert_eq!(underlined(&error), "\"Custom\"");
    assert_has(error.message(), "needs `CertificateProviderClass`");
}

#[test]
fn r1_pem_needs_a_zip() {
    let error = one_error(security(&in_transit(
        r#"{"CertificateProviderType": "PEM"}"#,
    )));
    assert_has(error.message(), "needs `S3Object`");
    let jar = r#"{"CertificateProviderType": "PEM", "S3Object": "s3://bucket/c.jar"}"#;
    assert_has(
        one_warning(security(&in_transit(jar))).message(),
        "wants a zip",
    );
}

#[test]
fn r1_the_provider_type_is_needed() {
    let error = one_error(security(&in_transit(
        r#"{"S3Object": "s3://bucket/c.zip"}"#,
    )));
    assert_has(error.message(), "needs `CertificateProviderType`");
    assert_has(error.hint_text().unwrap(), "PEM, Custom");
}

#[test]
fn r2_both_forms_and_every_partition_name_the_same_object() {
    for location in [
        "s3://bucket/c.zip",
        "s3a://bucket/c.zip",
        "s3n://bucket/c.zip",
        "arn:aws:s3:::bucket/c.zip",
        "arn:aws-cn:s3:::bucket/c.zip",
        "arn:aws-us-gov:s3:::bucket/c.zip",
        "arn:aws-iso:s3:::bucket/c.zip",
        "arn:aws-iso-b:s3:::bucket/c.zip",
    ] {
        let text = in_transit(&format!(
            r#"{{"CertificateProviderType": "PEM", "S3Object": "{location}"}}"#
        ));
        let configuration = clean(security(&text));
        match configuration.in_transit().unwrap().certificates().get() {
            CertificateSource::Pem { zip } => assert_eq!(zip.to_string(), "s3://bucket/c.zip"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn r2_a_relative_location_needs_the_folder_of_the_file() {
    let text = in_transit(r#"{"CertificateProviderType": "PEM", "S3Object": "certs/c.zip"}"#);
    let error = one_error(security(&text));
    assert_has(error.message(), "relative");
    assert_eq!(underlined(&error), "\"certs/c.zip\"");
}

#[test]
fn r3_a_bare_key_id_or_alias_is_refused_with_the_whole_form() {
    let id = "12345678-1234-1234-1234-123456789012";
    let text = s3(&format!(
        r#""EncryptionMode": "SSE-KMS", "AwsKmsKey": "{id}""#
    ));
    let error = one_error(security(&text));
    assert_has(error.message(), "key id alone");
    assert_has(error.hint_text().unwrap(), &format!(":key/{id}"));

    let text = s3(r#""EncryptionMode": "SSE-KMS", "AwsKmsKey": "alias/mine""#);
    assert_has(one_error(security(&text)).message(), "alias alone");
}

#[test]
fn r3_an_alias_arn_passes_with_a_warning() {
    let alias = "arn:aws:kms:us-east-1:123456789012:alias/mine";
    let text = s3(&format!(
        r#""EncryptionMode": "CSE-KMS", "AwsKmsKey": "{alias}""#
    ));
    let warning = one_warning(security(&text));
    assert_eq!(underlined(&warning), format!("\"{alias}\""));
}

#[test]
fn r4_keys_have_to_be_in_the_clusters_region() {
    let configuration = clean(security(&sample("pem-arn-sse-kms-local-disk-kms.json")));
    assert!(configuration.check_region("us-east-1").is_empty());
    let errors = configuration.check_region("eu-west-1");
    assert_eq!(errors.len(), 2, "one for each key");
    assert_eq!(errors[0].severity(), Severity::Error);
    assert_has(
        errors[0].message(),
        "the key is in us-east-1, the cluster is in eu-west-1",
    );
    assert_eq!(underlined(&errors[0]), format!("\"{KEY}\""));
    assert!(errors[0].position() < errors[1].position());
}

#[test]
fn r4_keys_of_two_regions_are_a_warning() {
    let text = at_rest(&format!(
        r#""S3EncryptionConfiguration": {{"EncryptionMode": "SSE-KMS", "AwsKmsKey": "{KEY}"}},
           "LocalDiskEncryptionConfiguration": {{"EncryptionKeyProviderType": "AwsKms",
               "AwsKmsKey": "arn:aws:kms:eu-west-1:123456789012:key/1"}}"#
    ));
    assert_has(
        one_warning(security(&text)).message(),
        "this key is in eu-west-1",
    );
}

fn two_classes(s3_class: &str, disk_class: &str) -> String {
    at_rest(&format!(
        r#""S3EncryptionConfiguration": {{"EncryptionMode": "CSE-Custom",
               "S3Object": "s3://bucket/a.jar", "EncryptionKeyProviderClass": "{s3_class}"}},
           "LocalDiskEncryptionConfiguration": {{"EncryptionKeyProviderType": "Custom",
               "S3Object": "s3://bucket/b.jar", "EncryptionKeyProviderClass": "{disk_class}"}}"#
    ))
}

#[test]
fn r6_one_class_for_s3_and_local_disk_is_refused() {
    let error = one_error(security(&two_classes("com.example.A", "com.example.A")));
    assert_has(
        error.message(),
        "`com.example.A` is named for local disks and, on line 4, for S3",
    );
    assert_has(error.hint_text().unwrap(), "each its own class");
    assert_eq!(error.position().line, 6);
    let configuration = clean(security(&two_classes("com.example.A", "com.example.B")));
    assert_eq!(configuration.classes().count(), 2);
}

#[test]
fn r6_the_class_of_an_override_counts() {
    let text = at_rest(
        r#""S3EncryptionConfiguration": {"EncryptionMode": "SSE-S3", "Overrides": [
               {"BucketName": "one", "EncryptionMode": "CSE-Custom",
                "S3Object": "s3://bucket/a.jar", "EncryptionKeyProviderClass": "com.example.A"}]},
           "LocalDiskEncryptionConfiguration": {"EncryptionKeyProviderType": "Custom",
               "S3Object": "s3://bucket/b.jar", "EncryptionKeyProviderClass": "com.example.A"}"#,
    );
    assert_has(
        one_error(security(&text)).message(),
        "named for local disks",
    );
}

#[test]
fn r7_ebs_encryption_needs_a_kms_key() {
    let text = disk(
        r#""EncryptionKeyProviderType": "Custom", "S3Object": "s3://bucket/b.jar",
           "EncryptionKeyProviderClass": "com.example.A", "EnableEbsEncryption": true"#,
    );
    assert_has(
        one_error(security(&text)).message(),
        "needs `EncryptionKeyProviderType` `AwsKms`",
    );
    let off = text.replace(
        "\"EnableEbsEncryption\": true",
        "\"EnableEbsEncryption\": false",
    );
    clean(security(&off));
}

#[test]
fn r8_sse_c_does_not_exist() {
    let error = one_error(security(&s3(r#""EncryptionMode": "SSE-C""#)));
    assert_has(error.message(), "does not exist in EMR");
    assert_has(
        error.hint_text().unwrap(),
        "SSE-S3, SSE-KMS, CSE-KMS, CSE-Custom",
    );
}

#[test]
fn r9_an_unknown_field_is_refused_with_the_nearest_name() {
    for (wrong, right) in [
        (
            s3(r#""EncryptionMode": "SSE-S3", "AwsKMSKey": "x""#),
            "AwsKmsKey",
        ),
        (
            s3(r#""EncryptionMode": "SSE-S3", "Override": []"#),
            "Overrides",
        ),
        (
            r#"{"encryptionConfiguration": {}}"#.to_owned(),
            "EncryptionConfiguration",
        ),
    ] {
        let found = security(&wrong).unwrap_err();
        let error = found.errors().next().unwrap();
        assert_has(error.message(), "unknown field");
        assert_has(
            error.hint_text().unwrap(),
            &format!("did you mean `{right}`?"),
        );
    }
    let error = one_error(security(r#"{"EncryptionConfiguration": {"Zzz": 1}}"#));
    assert!(!error.hint_text().unwrap().contains("did you mean"));
    assert_has(error.hint_text().unwrap(), "EnableAtRestEncryption");
}

#[test]
fn r9_the_old_name_of_the_type_is_known_too() {
    let text = disk(&format!(
        r#""LocalDiskEncryptionKeyProviderType": "AwsKms", "AwsKmsKey": "{KEY}""#
    ));
    let error = one_error(security(&text));
    assert_has(
        error.hint_text().unwrap(),
        "did you mean `EncryptionKeyProviderType`?",
    );
}

#[test]
fn r9_several_errors_are_shown_in_one_run() {
    let text = s3(r#""EncryptionMode": "SSE-X", "AwsKmsKey": "y", "Zzz": 1"#);
    let found = security(&text).unwrap_err();
    let marks: Vec<&str> = found.errors().map(underlined).collect();
    assert_eq!(marks, ["\"SSE-X\"", "\"y\"", "\"Zzz\""]);
}

#[test]
fn r10_the_grammar_of_emr_on_eks_is_another_one() {
    let text = r#"{"securityConfigurationData": {"authorizationConfiguration": {
        "encryptionConfiguration": {"inTransitEncryptionConfiguration": {
            "tlsCertificateConfiguration": {"certificateProviderType": "PEM",
                "privateCertificateSecretArn": "a", "publicCertificateSecretArn": "b"}}}}}}"#;
    let error = one_error(security(text));
    assert_has(error.message(), "belongs to EMR on EKS");
    assert_has(error.hint_text().unwrap(), "EMR on EC2");
    let text = s3(r#""EncryptionMode": "SSE-KMS", "AwsKmsKeyId": "x""#);
    assert_eq!(underlined(&one_error(security(&text))), "\"AwsKmsKeyId\"");
}

#[test]
fn r10_the_halves_are_independent() {
    let configuration = clean(security(&sample("in-transit-pem.json")));
    assert!(configuration.at_rest().is_none() && configuration.in_transit().is_some());
    let configuration = clean(security(&sample("sse-s3.json")));
    assert!(configuration.at_rest().is_some() && configuration.in_transit().is_none());
}
