//! Which key is asked for, where, with which context; and when KMS is not asked.

use std::collections::BTreeMap;

use provost::provider::Proven;
use provost_core::envelope::Format;

use crate::faults::{Fault, Proxy};
use crate::rig::Setup;
use crate::server::{counted, new_key, new_key_of, requests};

const BODY: &[u8] = b"a body of some length";

fn both(key: &str) -> [Setup; 2] {
    [Setup::cse_kms(key), Setup::provider(&[("key_id", key)])]
}

#[test]
fn an_object_is_written_and_read_with_one_call_each_after_the_proof() {
    for (format, algorithm) in [("V2", "AES/GCM/NoPadding"), ("V3", "115")] {
        for provider in [false, true] {
            let key = new_key("eu-central-1");
            let [kms, custom] = both(&key);
            let setup = if provider { custom } else { kms };
            let prefix = "[[prefixes]]\nprefix = \"file://{root}/\"\nwrite.format =";
            let rig = setup.tables(&format!("{prefix} \"{format}\"")).build();
            let stored = rig.put("a", BODY).unwrap();
            let proof = if provider {
                Proven::NewWorker
            } else {
                Proven::Unwrapped
            };
            assert_eq!(stored.proof, proof);
            assert_eq!(
                stored.format,
                if format == "V2" {
                    Format::V2
                } else {
                    Format::V3
                }
            );
            assert_eq!(stored.description.get("aws:x-amz-cek-alg"), Some(algorithm));
            assert_eq!(stored.description.get("kms_cmk_id"), None);
            assert_eq!(rig.put("b", BODY).unwrap().proof, Proven::Earlier);
            let calls = counted(&key);
            assert_eq!(
                (calls["GenerateDataKey"], calls["Decrypt"]),
                (2, 1),
                "{calls:?}"
            );
            assert_eq!(rig.get("a").unwrap(), BODY);
            assert_eq!(counted(&key)["Decrypt"], 2);
            for request in requests(&[&key]) {
                assert_eq!(request.region.as_deref(), Some("eu-central-1"), "the ARN's");
                if request.operation != "CreateKey" {
                    let context = request.context.unwrap();
                    assert_eq!(context["aws:x-amz-cek-alg"], algorithm);
                    assert_eq!(context.len(), 1);
                }
            }
        }
    }
}

#[test]
fn calls_go_to_the_region_of_the_key_in_every_partition() {
    for (partition, region) in [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
        let made = new_key(region);
        let id = made.rsplit('/').next().unwrap();
        let key = format!(
            "arn:{partition}:kms:{region}:{}:key/{id}",
            crate::server::ACCOUNT
        );
        assert_eq!(made, key, "the partition is the region's");
        for setup in both(&key) {
            let rig = setup.build();
            rig.put("a", BODY).unwrap();
            assert_eq!(rig.get("a").unwrap(), BODY);
        }
        let regions: Vec<_> = requests(&[&key]).into_iter().map(|r| r.region).collect();
        assert!(!regions.is_empty() && regions.iter().all(|r| r.as_deref() == Some(region)));
    }
}

#[test]
fn a_key_of_another_account_is_given_by_its_arn() {
    let key = new_key_of("210987654321", "eu-west-1");
    assert!(key.contains(":210987654321:key/"), "{key}");
    for setup in both(&key) {
        let rig = setup.build();
        rig.put("a", BODY).unwrap();
        assert_eq!(rig.get("a").unwrap(), BODY);
    }
    let asked = requests(&[&key]);
    assert!(
        asked.iter().any(|r| r.operation == "GenerateDataKey"),
        "{asked:?}"
    );
    assert!(asked.iter().any(|r| r.operation == "Decrypt"), "{asked:?}");
    // Its id alone is looked for among the caller's own keys.
    let id = key.rsplit('/').next().unwrap();
    let rig = Setup::provider(&[("key_id", id)])
        .kms("region = \"eu-west-1\"")
        .build();
    let words = provost_words(&rig.put("a", BODY).unwrap_err());
    assert!(words.contains("NotFoundException"), "{words}");
}

#[test]
fn a_foreign_key_in_an_object_costs_no_call() {
    let (mine, foreign) = (new_key("us-east-1"), new_key("us-east-1"));
    for setup in both(&mine) {
        let rig = setup.build();
        rig.put("a", BODY).unwrap();
        let before = requests(&[&mine, &foreign]).len();
        let swapped =
            |value: &str| value.replacen('{', &format!("{{\"kms_cmk_id\":\"{foreign}\","), 1);
        rig.take(&rig, "a", "x-amz-t", swapped);
        let error = rig.get("a").unwrap_err();
        let words = provost_words(&error);
        assert!(
            words.contains(&foreign) && words.contains("configured here"),
            "{words}"
        );
        assert!(error.hint().unwrap().contains("KMS was not asked"));
        assert_eq!(requests(&[&mine, &foreign]).len(), before, "not one call");
    }
}

#[test]
fn another_context_than_the_materials_costs_no_call() {
    let key = new_key("us-east-1");
    let description = [("key_id", key.as_str()), ("description", "team=payroll")];
    let writer = Setup::provider(&description).build();
    let stored = writer.put("a", BODY).unwrap();
    assert_eq!(stored.description.get("team"), Some("payroll"));
    assert_eq!(writer.get("a").unwrap(), BODY);
    let others = [("key_id", key.as_str()), ("description", "team=sales")];
    let reader = Setup::provider(&others).build();
    reader.take(&writer, "a", "", str::to_owned);
    let before = requests(&[&key]).len();
    let words = provost_words(&reader.get("a").unwrap_err());
    assert!(
        words.contains("team=payroll") && words.contains("team=sales"),
        "{words}"
    );
    assert_eq!(requests(&[&key]).len(), before);
}

#[test]
fn a_context_that_was_changed_is_refused_by_kms() {
    // What the host cannot see, KMS authenticates: here the wrapped key is of another context.
    let key = new_key("us-east-1");
    let a = Setup::provider(&[("key_id", &key), ("description", "team=a")]).build();
    let b = Setup::provider(&[("key_id", &key), ("description", "team=b")]).build();
    a.put("x", BODY).unwrap();
    b.take(&a, "x", "x-amz-t", |value| value.replace("\"a\"", "\"b\""));
    let error = b.get("x").unwrap_err();
    let words = provost_words(&error);
    assert!(words.contains("InvalidCiphertextException"), "{words}");
    assert!(
        error.hint().unwrap().contains("team=b"),
        "the context is shown"
    );
}

#[test]
fn what_a_provider_is_told_is_not_in_the_context() {
    let key = new_key("us-east-1");
    for (description, team) in [("", None), ("team=payroll", Some("payroll"))] {
        let before = requests(&[&key]).len();
        let rig = Setup::provider(&[("key_id", key.as_str()), ("description", description)])
            .tables("cluster_id = \"j-TOLD\"\n[description]\npopulate = true")
            .build();
        let stored = rig.put("a", BODY).unwrap().description;
        assert_eq!(rig.get("a").unwrap(), BODY);
        let mut returned = vec![("aws:x-amz-cek-alg", "115")];
        returned.extend(team.map(|team| ("team", team)));
        let returned: BTreeMap<String, String> = returned
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let asked = requests(&[&key]);
        assert!(asked.len() - before >= 3, "{asked:?}");
        for request in &asked[before..] {
            assert_eq!(request.context.as_ref(), Some(&returned), "{request:?}");
        }
        assert_eq!(stored.len(), returned.len());
        assert_eq!(stored.get("team"), team);
    }
}

#[test]
fn populated_entries_are_authenticated_and_bind_the_object() {
    let key = new_key("us-east-1");
    let rig = Setup::cse_kms(&key)
        .tables("[description]\npopulate = true")
        .build();
    let stored = rig.put("a", BODY).unwrap();
    let uri = rig.uri("a").to_string();
    assert_eq!(stored.description.get("Path"), Some(uri.as_str()));
    assert_eq!(rig.get("a").unwrap(), BODY);
    let (metadata, body) = rig.stored("a");
    rig.store("moved", metadata, body);
    let before = requests(&[&key]).len();
    let words = provost_words(&rig.get("moved").unwrap_err());
    assert!(words.contains(&uri), "{words}");
    assert_eq!(requests(&[&key]).len(), before);
}

#[test]
fn after_a_change_of_keys_the_old_ones_are_tried_in_order() {
    let (old, new) = (new_key("us-east-1"), new_key("us-east-1"));
    let before = Setup::cse_kms(&old).build();
    before.put("a", BODY).unwrap();
    let decrypt_keys = format!("decrypt_keys = [\"{old}\"]");
    let after = [
        Setup::cse_kms(&new).kms(&decrypt_keys),
        Setup::provider(&[("key_id", &new), ("decrypt_key_ids", &old)]),
    ];
    for setup in after {
        let proxy = Proxy::start();
        let rig = setup.endpoint(&proxy.url).build();
        rig.take(&before, "a", "", str::to_owned);
        // What KMS says of another key than the one that wrapped; moto says AccessDenied.
        proxy.fail([Fault::Answer(400, "IncorrectKeyException")]);
        assert_eq!(rig.get("a").unwrap(), BODY);
        assert_eq!(proxy.count("Decrypt"), 2);
        // No other error leads to the next key.
        proxy.fail([Fault::Answer(400, "AccessDeniedException")]);
        let words = provost_words(&rig.get("a").unwrap_err());
        assert!(
            words.contains(&new) && words.contains("AccessDenied"),
            "{words}"
        );
        assert_eq!(proxy.count("Decrypt"), 3);
    }
    let without = Setup::cse_kms(&new).build();
    without.take(&before, "a", "", str::to_owned);
    assert!(without.get("a").is_err());
}

/// An error with its causes.
pub(crate) fn provost_words(error: &provost::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        words.push_str(": ");
        words.push_str(&source.to_string());
        cause = source.source();
    }
    words
}

/// An object as Amazon's clients wrote it with `kms`: the context is the whole description, which
/// names the key, and is not bound to the content algorithm. S3EC format, section 4.
fn legacy(key: &str, named: &str) -> (provost::store::Metadata, Vec<u8>) {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    let made = crate::server::runtime().block_on(async {
        let kms = crate::server::administrator("us-east-1").await;
        let call = kms.generate_data_key().key_id(key);
        let call = call.key_spec(aws_sdk_kms::types::DataKeySpec::Aes256);
        call.encryption_context("kms_cmk_id", named)
            .send()
            .await
            .unwrap()
    });
    let data_key = UnboundKey::new(&AES_256_GCM, made.plaintext().unwrap().as_ref()).unwrap();
    let mut body = BODY.to_vec();
    LessSafeKey::new(data_key)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key([7; 12]),
            Aad::empty(),
            &mut body,
        )
        .unwrap();
    let wrapped = STANDARD.encode(made.ciphertext_blob().unwrap());
    let description = format!("{{\"kms_cmk_id\":\"{named}\"}}");
    let mut metadata = provost::store::Metadata::new();
    for (name, value) in [
        ("x-amz-key-v2", wrapped.as_str()),
        ("x-amz-iv", &STANDARD.encode([7; 12])),
        ("x-amz-cek-alg", "AES/GCM/NoPadding"),
        ("x-amz-wrap-alg", "kms"),
        ("x-amz-tag-len", "128"),
        ("x-amz-matdesc", &description),
    ] {
        metadata.insert(name, value).unwrap();
    }
    (metadata, body)
}

#[test]
fn a_legacy_object_is_read_where_that_is_accepted_and_its_key_is_configured() {
    let (key, foreign) = (new_key("us-east-1"), new_key("us-east-1"));
    let accepted = "[[prefixes]]\nprefix = \"file://{root}/\"\nread.legacy = \"decrypt\"";
    for setup in both(&key) {
        let rig = setup.build();
        let (metadata, body) = legacy(&key, &key);
        rig.store("a", metadata, body);
        let before = requests(&[&key]).len();
        assert!(rig.get("a").is_err(), "legacy is refused by default");
        assert_eq!(requests(&[&key]).len(), before);
    }
    for setup in both(&key) {
        let rig = setup.tables(accepted).build();
        let (metadata, body) = legacy(&key, &key);
        rig.store("a", metadata, body);
        assert_eq!(rig.get("a").unwrap(), BODY);
        // Wrapped with the foreign key, which the object names.
        let (metadata, body) = legacy(&foreign, &foreign);
        rig.store("b", metadata, body);
        // Wrapped with the right key, under the name of the foreign one.
        let (metadata, body) = legacy(&key, &foreign);
        rig.store("c", metadata, body);
        let before = requests(&[&key, &foreign]).len();
        for name in ["b", "c"] {
            let words = provost_words(&rig.get(name).unwrap_err());
            assert!(words.contains(&foreign), "{words}");
        }
        assert_eq!(requests(&[&key, &foreign]).len(), before, "not one call");
    }
}
