//! Keys that a provider keeps to itself, used through the interface.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)] // helpers of tests, too

use std::time::Duration;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use provost_plugin_api::host::{CallError, ForeignModule, ForeignProvider};
use provost_plugin_api::*;

fn internal(error: impl std::fmt::Debug) -> ProviderError {
    ProviderError::new(ErrorKind::Internal, format!("{error:?}"))
}

fn rejected<E>(_: E) -> ProviderError {
    ProviderError::new(ErrorKind::Rejected, "not wrapped by this key")
}

/// As an HSM does it: the key is made inside and has no way out.
struct Aes {
    cipher: Aes256Gcm,
}

impl Aes {
    fn seal(&self, plaintext: &[u8], aad: &[u8]) -> Result<Wrapped, ProviderError> {
        let mut iv = [0; 12];
        getrandom::fill(&mut iv).map_err(internal)?;
        let payload = Payload {
            msg: plaintext,
            aad,
        };
        let sealed = self.cipher.encrypt(&Nonce::from(iv), payload);
        let bytes = [iv.as_slice(), &sealed.map_err(internal)?].concat();
        Ok(Wrapped::new(bytes)
            .with_description(MaterialsDescription::new().with("key-version", "3")))
    }
}

impl Provider for Aes {
    fn new(_: &ClassContext) -> Result<Self, ProviderError> {
        let mut key = SecretBytes::new(vec![0; 32]);
        getrandom::fill(key.secret_bytes_mut()).map_err(internal)?;
        let cipher = Aes256Gcm::new_from_slice(key.secret_bytes()).map_err(internal)?;
        Ok(Self { cipher })
    }
}

impl EncryptionMaterialsProvider for Aes {
    fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        Ok(RawMaterials::provider_held("slot-1", "AES/GCM"))
    }

    fn materials_for_decrypt(&self, _: &DecryptRequest) -> Result<Candidates, ProviderError> {
        Ok(RawMaterials::provider_held("slot-1", "AES/GCM").into())
    }

    fn generate_data_key(
        &self,
        request: &GenerateRequest,
    ) -> Result<(SecretBytes, Wrapped), ProviderError> {
        let mut key = SecretBytes::new(vec![0; request.length]);
        getrandom::fill(key.secret_bytes_mut()).map_err(internal)?;
        let wrapped = self.seal(key.secret_bytes(), &request.aad)?;
        Ok((key, wrapped))
    }

    fn wrap(&self, request: &WrapRequest) -> Result<Wrapped, ProviderError> {
        self.seal(request.plaintext.secret_bytes(), &request.aad)
    }

    fn unwrap(&self, request: &UnwrapRequest) -> Result<SecretBytes, ProviderError> {
        let description = request.description.as_ref();
        if description.and_then(|d| d.get("key-version")) != Some("3") {
            return Err(ProviderError::not_found("no such key version"));
        }
        let (iv, sealed) = request
            .ciphertext
            .split_first_chunk::<12>()
            .ok_or_else(|| rejected(()))?;
        let payload = Payload {
            msg: sealed,
            aad: &request.aad,
        };
        let opened = self.cipher.decrypt(&Nonce::from(*iv), payload);
        opened.map(SecretBytes::new).map_err(rejected)
    }
}

/// As a key service does it that only encrypts and decrypts: the host makes the data key.
struct Service(Aes);

impl Provider for Service {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Aes::new(context).map(Self)
    }
}

impl EncryptionMaterialsProvider for Service {
    fn materials_for_encrypt(&self, r: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        self.0.materials_for_encrypt(r)
    }

    fn materials_for_decrypt(&self, r: &DecryptRequest) -> Result<Candidates, ProviderError> {
        self.0.materials_for_decrypt(r)
    }

    fn wrap(&self, request: &WrapRequest) -> Result<Wrapped, ProviderError> {
        self.0.wrap(request)
    }

    fn unwrap(&self, request: &UnwrapRequest) -> Result<SecretBytes, ProviderError> {
        self.0.unwrap(request)
    }
}

export_providers! {
    materials "com.example.hsm.Aes" => Aes;
    materials "com.example.Service" => Service;
}

fn provider(class: &str) -> ForeignProvider {
    let module = ForeignModule::of_static(&provost_plugin_v1).unwrap();
    let (conf, attributes) = (Conf::new(), Attributes::new());
    module.create(class, &conf, &attributes, |_, _| ()).unwrap()
}

fn call() -> Call {
    Call::new("r", Duration::from_secs(1))
}

/// The key id and the wrap algorithm that the provider names; and that it names nothing more.
fn held(provider: &ForeignProvider) -> (String, String) {
    let request = EncryptRequest::new(call(), Purpose::ObjectStore);
    match provider.materials_for_encrypt(&request).unwrap().key {
        RawKey::ProviderHeld {
            key_id,
            wrap_algorithm,
        } => (key_id, wrap_algorithm),
        other => panic!("{other:?}"),
    }
}

fn kind(error: CallError) -> ErrorKind {
    match error {
        CallError::Provider(error) => error.kind(),
        CallError::Protocol(text) => panic!("{text}"),
    }
}

#[test]
fn a_held_aes_key_generates_wraps_and_unwraps() {
    let provider = provider("com.example.hsm.Aes");
    let (id, algorithm) = held(&provider);
    let unwrap = |wrapped: &Wrapped, aad: &[u8]| {
        provider.unwrap(
            &UnwrapRequest::new(call(), &id, &algorithm, &wrapped.bytes, aad)
                .with_description(Some(wrapped.description.clone())),
        )
    };

    let request = GenerateRequest::new(call(), &id, &algorithm, b"AES/GCM/NoPadding");
    let (data_key, wrapped) = provider.generate_data_key(&request).unwrap();
    assert_eq!(data_key.len(), 32);
    assert_eq!(wrapped.bytes.len(), 12 + 32 + 16);
    assert_eq!(wrapped.description.get("key-version"), Some("3"));
    assert_eq!(unwrap(&wrapped, b"AES/GCM/NoPadding").unwrap(), data_key);

    let plaintext = SecretBytes::copy_from(&[9; 32]);
    let request = WrapRequest::new(call(), &id, &algorithm, plaintext, b"aad");
    let mut wrapped = provider.wrap(&request).unwrap();
    assert_eq!(unwrap(&wrapped, b"aad").unwrap().secret_bytes(), [9; 32]);

    assert_eq!(
        kind(unwrap(&wrapped, b"other").unwrap_err()),
        ErrorKind::Rejected
    );
    wrapped.bytes[20] ^= 1;
    assert_eq!(
        kind(unwrap(&wrapped, b"aad").unwrap_err()),
        ErrorKind::Rejected
    );
    wrapped.description = MaterialsDescription::new();
    assert_eq!(
        kind(unwrap(&wrapped, b"aad").unwrap_err()),
        ErrorKind::NotFound
    );
}

#[test]
fn a_held_key_is_of_no_use_to_another_instance_that_has_its_own() {
    let (one, two) = (
        provider("com.example.hsm.Aes"),
        provider("com.example.hsm.Aes"),
    );
    let (id, algorithm) = held(&one);
    let request = GenerateRequest::new(call(), &id, &algorithm, b"");
    let (_, wrapped) = one.generate_data_key(&request).unwrap();
    let request = UnwrapRequest::new(call(), &id, &algorithm, &wrapped.bytes, b"")
        .with_description(Some(wrapped.description));
    assert_eq!(kind(two.unwrap(&request).unwrap_err()), ErrorKind::Rejected);
}

#[test]
fn a_service_that_makes_no_data_keys_wraps_what_the_host_composed() {
    let provider = provider("com.example.Service");
    let (id, algorithm) = held(&provider);

    let request = GenerateRequest::new(call(), &id, &algorithm, b"");
    let error = provider.generate_data_key(&request).unwrap_err();
    assert_eq!(kind(error), ErrorKind::Unsupported);

    let plaintext = SecretBytes::copy_from(&[7; 50]);
    let request = WrapRequest::new(call(), &id, &algorithm, plaintext, b"aad");
    let wrapped = provider.wrap(&request).unwrap();
    let request = UnwrapRequest::new(call(), &id, &algorithm, &wrapped.bytes, b"aad")
        .with_description(Some(wrapped.description));
    assert_eq!(provider.unwrap(&request).unwrap().secret_bytes(), [7; 50]);
}
