//! What requests, `refresh`, `status` and bad configurations get.

use std::time::Duration;

use provost_plugin_api::{
    Attributes, Call, Candidates, Conf, ConfValue, DecryptRequest, EncryptRequest,
    EncryptionMaterialsProvider, ErrorKind, MaterialsDescription, Provider, ProviderError, Purpose,
    RawKey, RawMaterials, SecretBytes,
};
use provost_rsa_keys::RsaKeys;

use crate::{Folder, NAME, PRIVATE, PUBLIC, fixture, provider};

fn call() -> Call {
    let mut call = Call::new("test", Duration::from_secs(10));
    call.attributes.push(Attributes::OBJECT_URI, "s3://b/x");
    call
}

fn encrypt(provider: &RsaKeys) -> RawMaterials {
    let request = EncryptRequest::new(call(), Purpose::ObjectStore);
    provider.materials_for_encrypt(&request).unwrap()
}

fn decrypt(
    provider: &RsaKeys,
    stored: Option<MaterialsDescription>,
) -> Result<Vec<RawMaterials>, ProviderError> {
    let request = DecryptRequest::new(call(), Purpose::ObjectStore, "RSA-OAEP-SHA1");
    provider
        .materials_for_decrypt(&request.with_description(stored))
        .map(Candidates::into_vec)
}

fn named(name: &str) -> MaterialsDescription {
    MaterialsDescription::new().with("rsa_name", name)
}

/// Public and private half.
fn halves(materials: &RawMaterials) -> (&[u8], Option<&[u8]>) {
    match &materials.key {
        RawKey::Rsa { public, private } => {
            (public, private.as_ref().map(SecretBytes::secret_bytes))
        }
        other => panic!("not an RSA key: {other:?}"),
    }
}

#[test]
fn both_halves_as_der_with_the_description_of_the_sample_provider() {
    let folder = Folder::new();
    for (public, private) in [("public.pem", "private.pem"), ("public.der", "private.der")] {
        let provider = provider(folder.conf(public, Some(private))).unwrap();
        let materials = encrypt(&provider);
        let (public, private) = (fixture("public.der"), fixture("private.der"));
        assert_eq!(halves(&materials), (&public[..], Some(&private[..])));
        assert_eq!(materials.description, named("key-1"));
        assert_eq!(materials.algorithm, "AES/GCM/NoPadding");
    }
}

#[test]
fn a_node_without_the_private_half_only_writes() {
    let folder = Folder::new();
    let provider = provider(folder.conf("public.pem", None)).unwrap();
    assert_eq!(
        halves(&encrypt(&provider)),
        (&fixture("public.der")[..], None)
    );
    let status = provider.status(&call()).unwrap();
    assert!(
        status.healthy && status.message.contains("encrypts only"),
        "{status}"
    );
    let found = decrypt(&provider, Some(named("key-1"))).unwrap();
    assert_eq!(halves(&found[0]).1, None);
}

#[test]
fn only_another_name_is_another_key() {
    let folder = Folder::new();
    let provider = provider(folder.conf("public.pem", Some("private.pem"))).unwrap();
    let unnamed = MaterialsDescription::new().with("Path", "s3://b/x");
    for stored in [
        None,
        Some(MaterialsDescription::new()),
        Some(unnamed),
        Some(named("key-1")),
    ] {
        let found = decrypt(&provider, stored).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(halves(&found[0]).1, Some(&fixture("private.der")[..]));
    }
    for other in ["key-2", "", "KEY-1", "key-1 "] {
        let error = decrypt(&provider, Some(named(other))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains(&format!("`{other}`")), "{error}");
    }
    let hostile = "\u{1b}[31m".repeat(10_000);
    let error = decrypt(&provider, Some(named(&hostile))).unwrap_err();
    assert!(error.message().len() < 2000 && !error.message().contains(char::is_control));
}

#[test]
fn paths_may_be_file_uris() {
    let folder = Folder::new();
    let path = folder.file("public", &fixture("public.der"), 0o644);
    for form in ["file://", "file:"] {
        let conf = Conf::new()
            .with(NAME, "key-1")
            .with(PUBLIC, format!("{form}{}", path.display()));
        assert!(provider(conf).is_ok(), "{form}");
    }
}

#[test]
fn a_half_given_as_a_secret_value_is_the_key_itself() {
    let folder = Folder::new();
    let mut conf = folder.conf("public.pem", None);
    let pem = SecretBytes::new(fixture("private.pem"));
    conf.insert(PRIVATE, ConfValue::Secret(pem));
    let provider = provider(conf).unwrap();
    provider.refresh(&call()).unwrap();
    assert_eq!(
        halves(&encrypt(&provider)).1,
        Some(&fixture("private.der")[..])
    );
}

#[test]
fn a_refresh_takes_both_halves_or_none() {
    let folder = Folder::new();
    let conf = folder.conf("public.pem", Some("private.pem"));
    let provider = provider(conf).unwrap();

    // Good and different, as far as this provider looks: the host checks the DER.
    folder.file("public.pem", &[0x30, 1], 0o644);
    folder.file("private.pem", b"damaged", 0o600);
    let error = provider.refresh(&call()).unwrap_err();
    assert_eq!(
        (error.kind(), error.conf_key()),
        (ErrorKind::Configuration, Some(PRIVATE))
    );
    assert_eq!(halves(&encrypt(&provider)).0, fixture("public.der"));
    let status = provider.status(&call()).unwrap();
    assert!(
        status.healthy && status.message.contains("refresh failed"),
        "{status}"
    );

    folder.file("private.pem", &[0x30, 2], 0o600);
    provider.refresh(&call()).unwrap();
    assert_eq!(
        halves(&encrypt(&provider)),
        (&[0x30, 1][..], Some(&[0x30, 2][..]))
    );
    assert_eq!(
        provider.status(&call()).unwrap().message,
        "encrypts and decrypts"
    );
}

#[test]
fn configuration_mistakes_name_their_key() {
    let folder = Folder::new();
    let good = || folder.conf("public.pem", None);
    let open = folder.file("open", &fixture("private.pem"), 0o644);
    let shared = folder.file("shared", &fixture("public.pem"), 0o666);
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    for (conf, key, says) in [
        (Conf::new(), NAME, "not set"),
        (good().with(NAME, ""), NAME, "empty"),
        (Conf::new().with(NAME, "k"), PUBLIC, "not set"),
        (good().with(PUBLIC, ""), PUBLIC, "empty"),
        (good().with(PUBLIC, "public.pem"), PUBLIC, "absolute"),
        (
            good().with(PUBLIC, "s3://b/public.der"),
            PUBLIC,
            "local files only",
        ),
        (
            good().with(PRIVATE, "s3n://b/private.der"),
            PRIVATE,
            "local files only",
        ),
        (good().with(PRIVATE, ""), PRIVATE, "empty"),
        (
            good().with(PRIVATE, "/missing/private.der"),
            PRIVATE,
            "/missing/private.der",
        ),
        (good().with(PRIVATE, path(&open)), PRIVATE, "chmod 600"),
        (good().with(PUBLIC, path(&shared)), PUBLIC, "chmod go-w"),
        (folder.conf("certificate.pem", None), PUBLIC, "CERTIFICATE"),
        (
            folder.conf("public.pem", Some("private-pkcs1.pem")),
            PRIVATE,
            "openssl pkcs8",
        ),
    ] {
        let error = provider(conf).err().unwrap();
        assert_eq!(
            (error.kind(), error.conf_key()),
            (ErrorKind::Configuration, Some(key)),
            "{says}"
        );
        assert!(error.message().contains(says), "{error}");
    }
}
