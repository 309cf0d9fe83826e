//! What each class does, as far as this process survives it.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)] // helpers of tests, too

use std::sync::{Arc, Mutex};
use std::time::Duration;

use provost_hostile_provider::provost_plugin_v1;
use provost_plugin_api::host::{CallError, ForeignModule, ForeignProvider, limits};
use provost_plugin_api::{
    Attributes, Call, Conf, DecryptRequest, EncryptRequest, ErrorKind, GenerateRequest,
    MaterialsDescription, ProviderError, Purpose, RawKey, RawMaterials, SecretBytes, UnwrapRequest,
    WrapRequest,
};

type Lines = Arc<Mutex<Vec<String>>>;

fn create(class: &str, conf: &Conf) -> (Result<ForeignProvider, CallError>, Lines) {
    let lines = Lines::default();
    let log = Arc::clone(&lines);
    let module = ForeignModule::of_static(&provost_plugin_v1).unwrap();
    let class = format!("provost.hostile.{class}");
    let provider = module.create(&class, conf, &Attributes::new(), move |_, line| {
        log.lock().unwrap().push(line.to_owned());
    });
    (provider, lines)
}

fn made(class: &str, conf: &Conf) -> ForeignProvider {
    create(class, conf).0.unwrap()
}

fn call() -> Call {
    Call::new("test", Duration::from_secs(10))
}

fn encrypt(provider: &ForeignProvider) -> Result<RawMaterials, CallError> {
    provider.materials_for_encrypt(&EncryptRequest::new(call(), Purpose::ObjectStore))
}

fn decrypt(
    provider: &ForeignProvider,
    description: Option<MaterialsDescription>,
) -> Result<Vec<RawMaterials>, CallError> {
    let request = DecryptRequest::new(call(), Purpose::ObjectStore, "AES/GCM");
    let candidates = provider.materials_for_decrypt(&request.with_description(description));
    candidates.map(provost_plugin_api::Candidates::into_vec)
}

fn key(materials: &RawMaterials) -> &[u8] {
    match &materials.key {
        RawKey::Symmetric(key) => key.secret_bytes(),
        other => panic!("{other:?}"),
    }
}

fn refusal(error: CallError) -> ProviderError {
    match error {
        CallError::Provider(error) => error,
        CallError::Protocol(text) => panic!("{text}"),
    }
}

fn protocol(error: CallError) -> String {
    match error {
        CallError::Protocol(text) => text,
        CallError::Provider(error) => panic!("{error}"),
    }
}

#[test]
fn a_panic_in_new_is_an_internal_error() {
    let error = refusal(create("PanicInNew", &Conf::new()).0.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert_eq!(error.message(), "panicked: hostile: in new");
}

#[test]
fn a_panic_in_a_call_leaves_the_provider_usable() {
    let provider = made("PanicInCall", &Conf::new());
    for _ in 0..2 {
        let error = refusal(encrypt(&provider).unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.message(), "panicked: hostile: in a call");
    }
    assert!(provider.status(&call()).unwrap().healthy);
}

#[test]
fn a_panic_in_drop_reaches_the_log_and_nothing_else() {
    let (provider, lines) = create("PanicInDrop", &Conf::new());
    drop(provider.unwrap());
    let lines = lines.lock().unwrap();
    assert_eq!(
        *lines,
        ["while it was dropped, it panicked: hostile: in drop"]
    );
}

#[test]
fn wrong_materials_arrive_as_they_are_for_the_host_to_judge() {
    let short = encrypt(&made("ShortKey", &Conf::new())).unwrap();
    assert_eq!(key(&short).len(), 15);
    let zero = encrypt(&made("ZeroKey", &Conf::new())).unwrap();
    assert_eq!(key(&zero), [0; 32]);
    let wrong = encrypt(&made("WrongAlgorithm", &Conf::new())).unwrap();
    assert_eq!(wrong.algorithm, "AES/CBC/PKCS5Padding");
}

#[test]
fn a_changing_key_changes_under_one_description() {
    let provider = made("ChangingKey", &Conf::new());
    let (one, two) = (encrypt(&provider).unwrap(), encrypt(&provider).unwrap());
    assert_eq!(one.description, two.description);
    assert_ne!(key(&one), key(&two));
}

#[test]
fn a_forgetful_key_is_known_to_one_instance_only() {
    let (one, two) = (
        made("ForgetfulKey", &Conf::new()),
        made("ForgetfulKey", &Conf::new()),
    );
    let first = encrypt(&one).unwrap();
    let description = first.description.clone();
    let same = decrypt(&one, Some(description.clone())).unwrap();
    assert_eq!(key(&same[0]), key(&first));
    let other = decrypt(&two, Some(description)).unwrap();
    assert_ne!(key(&other[0]), key(&first));
}

#[test]
fn a_huge_description_is_refused_by_its_size() {
    let text = protocol(encrypt(&made("HugeDescription", &Conf::new())).unwrap_err());
    assert_eq!(
        text,
        "`description` has 1048576 bytes, at most 65536 are allowed"
    );
    let conf = Conf::new().with("bytes", limits::DESCRIPTION.to_string());
    let description = encrypt(&made("HugeDescription", &conf))
        .unwrap()
        .description;
    assert_eq!(description.get("huge").map(str::len), Some(65536 - 4));
}

#[test]
fn a_description_that_is_not_utf8_is_refused() {
    let text = protocol(encrypt(&made("NotUtf8Description", &Conf::new())).unwrap_err());
    assert_eq!(text, "`description: value` is not UTF-8 from byte 0 on");
}

#[test]
fn a_noisy_error_is_cut_off_between_characters() {
    let error = refusal(encrypt(&made("NoisyError", &Conf::new())).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Denied);
    let length = error.message().len();
    assert!(
        (limits::MESSAGE - 3..=limits::MESSAGE).contains(&length),
        "{length}"
    );
}

#[test]
fn good_keys_depend_on_the_seed_alone() {
    let one = encrypt(&made("Good", &Conf::new())).unwrap();
    let two = encrypt(&made("Good", &Conf::new())).unwrap();
    let other = encrypt(&made("Good", &Conf::new().with("seed", "other"))).unwrap();
    assert_eq!(key(&one), key(&two));
    assert_ne!(key(&one), key(&other));
    assert_eq!(key(&one).len(), 32);
    assert_eq!(one.description, MaterialsDescription::new().with("k", "1"));
    let back = decrypt(&made("Good", &Conf::new()), Some(one.description.clone())).unwrap();
    assert_eq!(key(&back[0]), key(&one));
    let wrong = MaterialsDescription::new().with("k", "2");
    let error = refusal(decrypt(&made("Good", &Conf::new()), Some(wrong)).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn older_generations_decrypt_after_a_rotation() {
    let old = encrypt(&made("Rotating", &Conf::new())).unwrap();
    let rotated = made("Rotating", &Conf::new().with("generation", "2"));
    let new = encrypt(&rotated).unwrap();
    assert_eq!(new.generation, "2");
    assert_ne!(key(&old), key(&new));
    let found = decrypt(&rotated, Some(old.description.clone())).unwrap();
    assert_eq!(key(&found[0]), key(&old));
    let unknown = decrypt(&made("Rotating", &Conf::new()), Some(new.description));
    assert_eq!(refusal(unknown.unwrap_err()).kind(), ErrorKind::NotFound);
}

#[test]
fn without_a_description_the_newest_candidate_comes_first() {
    let old = encrypt(&made("NoDescription", &Conf::new())).unwrap();
    assert!(old.description.is_empty());
    let rotated = made("NoDescription", &Conf::new().with("generation", "3"));
    let candidates = decrypt(&rotated, None).unwrap();
    let generations: Vec<_> = candidates.iter().map(|c| c.generation.as_str()).collect();
    assert_eq!(generations, ["3", "2", "1"]);
    assert_eq!(key(&candidates[2]), key(&old));
}

#[test]
fn a_held_key_wraps_in_one_instance_and_unwraps_in_another() {
    let (one, two) = (made("Held", &Conf::new()), made("Held", &Conf::new()));
    let materials = encrypt(&one).unwrap();
    let RawKey::ProviderHeld {
        key_id,
        wrap_algorithm,
    } = &materials.key
    else {
        panic!("{:?}", materials.key)
    };
    let unwrap = |ciphertext: &[u8], aad: &[u8], description: &MaterialsDescription| {
        two.unwrap(
            &UnwrapRequest::new(call(), key_id, wrap_algorithm, ciphertext, aad)
                .with_description(Some(description.clone())),
        )
    };

    let request = GenerateRequest::new(call(), key_id, wrap_algorithm, b"aad");
    let (data_key, wrapped) = one.generate_data_key(&request).unwrap();
    assert_eq!(wrapped.bytes.len(), 12 + 32 + 16);
    let back = unwrap(&wrapped.bytes, b"aad", &wrapped.description).unwrap();
    assert_eq!(back, data_key);

    let plaintext = SecretBytes::copy_from(b"composed by the host");
    let request = WrapRequest::new(call(), key_id, wrap_algorithm, plaintext, b"aad");
    let wrapped = one.wrap(&request).unwrap();
    let back = unwrap(&wrapped.bytes, b"aad", &wrapped.description).unwrap();
    assert_eq!(back.secret_bytes(), b"composed by the host");

    let error = unwrap(&wrapped.bytes, b"other", &wrapped.description).unwrap_err();
    assert_eq!(refusal(error).kind(), ErrorKind::Rejected);
}
