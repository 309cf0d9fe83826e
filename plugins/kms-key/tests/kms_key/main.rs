//! `provost.keys.Kms`: what it names, and what it refuses.

#![allow(clippy::unwrap_used)] // in helpers too

use std::time::Duration;

use provost_kms_key::KmsKey;
use provost_plugin_api::{
    Attributes, Call, ClassContext, Conf, DecryptRequest, EncryptRequest,
    EncryptionMaterialsProvider, MaterialsDescription, Provider, ProviderError, Purpose, RawKey,
    RawMaterials,
};

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/new";
const OLD: &str = "arn:aws-cn:kms:cn-north-1:444455556666:key/old";

fn provider(conf: Conf) -> Result<KmsKey, ProviderError> {
    let context = ClassContext::new("provost.keys.Kms", conf, Attributes::new(), |_, _| ());
    KmsKey::new(&context)
}

fn call() -> Call {
    Call::new("test", Duration::from_secs(1))
}

fn encrypt(provider: &KmsKey, description: Option<MaterialsDescription>) -> RawMaterials {
    let request = EncryptRequest::new(call(), Purpose::ObjectStore).with_description(description);
    provider.materials_for_encrypt(&request).unwrap()
}

fn key_id(materials: &RawMaterials) -> &str {
    match &materials.key {
        RawKey::Kms { key_id } => key_id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_names_the_key_and_its_own_description() {
    let conf = Conf::new()
        .with("key_id", KEY)
        .with("description", "team = payroll, site=berlin");
    let provider = provider(conf).unwrap();
    let asked = MaterialsDescription::new().with("Path", "s3://bucket/key");
    let materials = encrypt(&provider, Some(asked));
    let expected = MaterialsDescription::new()
        .with("team", "payroll")
        .with("site", "berlin");
    assert_eq!(key_id(&materials), KEY);
    assert_eq!(
        materials.description, expected,
        "the request's entries are not taken over"
    );
    assert_eq!(materials.algorithm, RawMaterials::ALGORITHM);
}

#[test]
fn after_a_change_the_new_key_is_tried_first() {
    let conf = Conf::new()
        .with("key_id", KEY)
        .with("decrypt_key_ids", format!("{OLD}, alias/older"));
    let provider = provider(conf).unwrap();
    let request = DecryptRequest::new(call(), Purpose::ObjectStore, "kms+context");
    let candidates = provider.materials_for_decrypt(&request).unwrap().into_vec();
    let ids: Vec<_> = candidates.iter().map(key_id).collect();
    assert_eq!(ids, [KEY, OLD, "alias/older"]);
    assert_eq!(key_id(&encrypt(&provider, None)), KEY);
    let status = provider.status(&call()).unwrap();
    assert!(status.healthy && status.generation == KEY);
}

#[test]
fn what_cannot_be_right_is_refused_with_its_configuration_key() {
    let many: Vec<_> = (0..8).map(|n| format!("alias/{n}")).collect();
    for (name, value) in [
        ("key_id", "two words"),
        ("key_id", "arn:aws:s3:::bucket/key"),
        ("decrypt_key_ids", KEY),
        ("decrypt_key_ids", "alias/a, alias/a"),
        ("decrypt_key_ids", &many.join(",")),
        ("description", "team"),
        ("description", "=payroll"),
        ("description", "a=1, a=2"),
        ("description", "aws:x-amz-cek-alg=115"),
        ("description", "KMS_CMK_ID=x"),
    ] {
        let conf = Conf::new().with("key_id", KEY).with(name, value);
        let Err(error) = provider(conf) else {
            panic!("{name} = {value}");
        };
        assert_eq!(error.conf_key(), Some(name), "{value}");
    }
    assert_eq!(
        provider(Conf::new()).err().unwrap().conf_key(),
        Some("key_id")
    );
}
