//! Every published sample, with its outcome.

use provost_core::config::{
    CertificateSource, LocalDiskKey, Location, S3Encryption, SecurityConfiguration, Severity,
};

use crate::{assert_has, clean, host, one_error, one_warning, sample, security, underlined};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012";

fn accepted(name: &str) -> SecurityConfiguration {
    clean(security(&sample(name)))
}

fn s3(configuration: &SecurityConfiguration) -> &S3Encryption {
    configuration.at_rest().unwrap().s3().unwrap().encryption()
}

fn disk(configuration: &SecurityConfiguration) -> &LocalDiskKey {
    configuration.at_rest().unwrap().local_disk().unwrap().key()
}

fn disk_kms(configuration: &SecurityConfiguration) -> &str {
    match disk(configuration) {
        LocalDiskKey::AwsKms { key } => key.as_str(),
        other => panic!("{other:?}"),
    }
}

fn zip(configuration: &SecurityConfiguration) -> String {
    match configuration.in_transit().unwrap().certificates().get() {
        CertificateSource::Pem { zip } => zip.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn in_transit_pem() {
    let configuration = accepted("in-transit-pem.json");
    assert!(configuration.at_rest().is_none());
    assert_eq!(
        zip(&configuration),
        "s3://MyConfigStore/artifacts/MyCerts.zip"
    );
    assert_eq!(configuration.classes().count(), 0);
}

#[test]
fn in_transit_custom() {
    let configuration = accepted("in-transit-custom.json");
    let class = configuration.classes().next().unwrap();
    assert_eq!(class.class.as_str(), "com.mycompany.MyCertProvider");
    assert_eq!(
        class.library.to_string(),
        "s3://MyConfig/artifacts/MyCerts.jar"
    );
    assert!(class.library.is_jar());
}

#[test]
fn pem_arn_sse_kms_local_disk_kms() {
    let configuration = accepted("pem-arn-sse-kms-local-disk-kms.json");
    assert_eq!(
        zip(&configuration),
        "s3://MyConfigStore/artifacts/MyCerts.zip"
    );
    match s3(&configuration) {
        S3Encryption::SseKms { key } => assert_eq!(key.as_str(), KEY),
        other => panic!("{other:?}"),
    }
    assert_eq!(disk_kms(&configuration), KEY);
}

#[test]
fn pem_cse_kms_local_disk_custom() {
    let text = sample("pem-cse-kms-local-disk-custom.json");
    let warning = one_warning(security(&text));
    assert_has(warning.message(), "ends in `.jar`");
    assert_eq!(underlined(&warning), "\"com.mycompany.MyKeyProvider.jar\"");
    let configuration = security(&text).unwrap().value;
    assert!(matches!(s3(&configuration), S3Encryption::CseKms { key } if key.as_str() == KEY));
    let LocalDiskKey::Custom(class) = disk(&configuration) else {
        panic!("a custom provider");
    };
    assert_eq!(class.class.as_str(), "com.mycompany.MyKeyProvider.jar");
    assert!(matches!(class.library.get(), Location::S3(object) if object.bucket() == "artifacts"));
}

#[test]
fn custom_throughout_breaks_r6() {
    let result = security(&sample("custom-throughout.json"));
    let found = result.unwrap_err();
    let warnings = found.iter().filter(|d| d.severity() == Severity::Warning);
    let booleans: Vec<&str> = warnings.map(underlined).collect();
    assert_eq!(booleans, ["\"true\"", "\"true\""]);
    let errors: Vec<_> = found.errors().collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_has(errors[0].message(), "com.mycompany.MyKeyProvider");
    assert_has(errors[0].hint_text().unwrap(), "guide's sample");
}

#[test]
fn sse_s3_local_disk_kms() {
    let configuration = accepted("sse-s3-local-disk-kms.json");
    assert_eq!(s3(&configuration), &S3Encryption::SseS3);
    assert_eq!(disk_kms(&configuration), KEY);
    assert!(configuration.in_transit().is_none());
}

#[test]
fn sse_kms_overrides() {
    let configuration = accepted("sse-kms-overrides.json");
    let s3 = configuration.at_rest().unwrap().s3().unwrap();
    let mode = |bucket: &str| match s3.for_bucket(bucket).get() {
        S3Encryption::SseS3 => "SSE-S3",
        S3Encryption::SseKms { .. } => "SSE-KMS",
        S3Encryption::CseKms { .. } => "CSE-KMS",
        _ => "other",
    };
    assert_eq!(mode("sse-s3-bucket-name"), "SSE-S3");
    assert_eq!(mode("cse-kms-bucket-name"), "CSE-KMS");
    assert_eq!(mode("sse-kms-bucket-name"), "SSE-KMS");
    assert_eq!(mode("any-other-bucket"), "SSE-KMS");
    assert_eq!(s3.overrides().len(), 3);
    assert_eq!(configuration.kms_keys().count(), 3);
}

#[test]
fn sse_s3() {
    let configuration = accepted("sse-s3.json");
    assert_eq!(s3(&configuration), &S3Encryption::SseS3);
    assert!(configuration.at_rest().unwrap().local_disk().is_none());
}

#[test]
fn local_disk_kms() {
    let configuration = accepted("local-disk-kms.json");
    assert!(configuration.at_rest().unwrap().s3().is_none());
    assert!(!configuration.at_rest().unwrap().local_disk().unwrap().ebs());
    assert_eq!(disk_kms(&configuration), KEY);
}

#[test]
fn local_disk_ebs() {
    let configuration = accepted("local-disk-ebs.json");
    assert!(configuration.at_rest().unwrap().local_disk().unwrap().ebs());
}

#[test]
fn kerberos_pem_sse_s3_ebs_alias() {
    let text = sample("kerberos-pem-sse-s3-ebs-alias.json");
    let warning = one_warning(security(&text));
    assert_has(warning.message(), "alias");
    let configuration = security(&text).unwrap().value;
    let (name, json) = configuration.untouched().next().unwrap();
    assert_eq!(name, "AuthenticationConfiguration");
    let kept: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(
        kept["KerberosConfiguration"]["Provider"],
        "ClusterDedicatedKdc"
    );
    assert!(configuration.at_rest().unwrap().local_disk().unwrap().ebs());
}

#[test]
fn local_disk_kms_alias() {
    let text = sample("local-disk-kms-alias.json");
    assert_has(one_warning(security(&text)).message(), "alias");
    let configuration = security(&text).unwrap().value;
    let key = configuration.kms_keys().next().unwrap();
    assert!(key.is_alias());
    assert_eq!((key.region(), key.account()), ("us-west-2", "187416307283"));
}

#[test]
fn pem_sse_s3_local_disk_kms() {
    let configuration = accepted("pem-sse-s3-local-disk-kms.json");
    assert_eq!(
        zip(&configuration),
        "s3://mycertstore/artifacts/MyCerts.zip"
    );
    assert_eq!(s3(&configuration), &S3Encryption::SseS3);
}

#[test]
fn wrong_provider_type_is_refused_with_the_accepted_set() {
    let error = one_error(security(&sample("wrong-provider-type.json")));
    assert_eq!(underlined(&error), "\"AwsS3\"");
    assert_has(
        error.message(),
        "`EncryptionKeyProviderType` cannot be `AwsS3`",
    );
    assert_has(
        error.hint_text().unwrap(),
        "expected one of: AwsKms, Custom",
    );
}

#[test]
fn old_local_disk_name_is_refused_with_the_right_one() {
    let error = one_error(security(&sample("old-local-disk-name.json")));
    assert_eq!(underlined(&error), "\"LocalDiskEncryptionKeyProvider\"");
    assert_has(
        error.hint_text().unwrap(),
        "did you mean `LocalDiskEncryptionConfiguration`?",
    );
}

#[test]
fn our_own_samples_go_together() {
    let configuration = accepted("cse-custom.json");
    let host = clean(host(&sample("provost.toml")));
    let class = configuration.classes().next().unwrap();
    let library = configuration.resolve_library(&host, class).unwrap();
    let expected = "file:///opt/provost/plugins/libprovost_static_keys.so";
    assert_eq!(library.location.to_string(), expected);
    assert_eq!(host.class(class.class.get()).conf.len(), 1);
}

#[test]
fn every_sample_is_listed_in_the_index() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/configurations");
    let index = sample("README.md");
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name != "README.md" {
            assert_has(&index, &format!("`{name}`"));
        }
    }
}
