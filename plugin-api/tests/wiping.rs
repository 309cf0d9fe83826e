//! No secret stays behind in freed memory, on its whole way through a library and back.
//!
//! The allocator of this program looks at every block that it takes back: the block is still
//! allocated then, so nothing is read that may not be.

// An allocator cannot be written without.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used)] // helpers of tests, too

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::slice;
use std::time::Duration;

use provost_plugin_api::host::ForeignModule;
use provost_plugin_api::*;

/// Occurs nowhere but in secrets.
const MARK: u8 = 0xa7;
/// The same in base64.
const MARK_AS_PEM: &[u8] = b"p6enp6enp6enp6en";

thread_local! {
    static FOUND: Cell<usize> = const { Cell::new(0) };
}

struct Watching;

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on. Zeroed, so that all of a block may be read.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is allocated until the end, initialised, and nobody else's.
        let bytes = unsafe { slice::from_raw_parts(block, layout.size()) };
        let secret = |window: &[u8]| window == [MARK; 16] || window == MARK_AS_PEM;
        if bytes.windows(16).any(secret) {
            let _ = FOUND.try_with(|count| count.set(count.get() + 1));
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

fn secrets_left_by(action: impl FnOnce()) -> usize {
    FOUND.with(|count| count.set(0));
    action();
    FOUND.with(Cell::get)
}

fn secret(length: usize) -> SecretBytes {
    SecretBytes::new(vec![MARK; length])
}

struct Keys(SecretBytes);

impl Provider for Keys {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let key = context.conf().require_secret("key")?;
        Ok(Self(SecretBytes::copy_from(key)))
    }
}

impl EncryptionMaterialsProvider for Keys {
    fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        let mut materials = RawMaterials::symmetric(self.0.clone_secret());
        materials.attributes.push_secret("more", secret(64));
        Ok(materials)
    }

    fn materials_for_decrypt(&self, _: &DecryptRequest) -> Result<Candidates, ProviderError> {
        Ok(RawMaterials::rsa(Vec::new(), Some(secret(1200))).into())
    }

    fn generate_data_key(
        &self,
        request: &GenerateRequest,
    ) -> Result<(SecretBytes, Wrapped), ProviderError> {
        Ok((secret(request.length), Wrapped::new(vec![1; 60])))
    }

    fn wrap(&self, request: &WrapRequest) -> Result<Wrapped, ProviderError> {
        assert_eq!(request.plaintext, secret(32));
        Ok(Wrapped::new(vec![1; 60]))
    }

    fn unwrap(&self, _: &UnwrapRequest) -> Result<SecretBytes, ProviderError> {
        Ok(secret(32))
    }
}

impl TlsArtifactsProvider for Keys {
    fn tls_artifacts(&self, _: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        Ok(RawTlsArtifacts::from_pem(secret(1700), b"chain".to_vec()))
    }
}

export_providers! {
    materials "com.example.Keys" => Keys;
    tls "com.example.Tls" => Keys;
}

fn call() -> Call {
    let mut call = Call::new("r", Duration::from_secs(1));
    call.attributes.push_secret("grant", secret(40));
    call
}

fn use_everything() {
    let module = ForeignModule::of_static(&provost_plugin_v1).unwrap();
    let mut conf = Conf::new();
    conf.insert("key", ConfValue::Secret(secret(32)));
    let mut attributes = Attributes::new();
    attributes.push_secret("grant", secret(48));
    let keys = module.create("com.example.Keys", &conf, &attributes, |_, _| ());
    let keys = keys.unwrap();
    let tls = module.create("com.example.Tls", &conf, &attributes, |_, _| ());
    let tls = tls.unwrap();

    let encrypt = EncryptRequest::new(call(), Purpose::ObjectStore);
    let key = keys.materials_for_encrypt(&encrypt).unwrap().key;
    assert!(matches!(key, RawKey::Symmetric(key) if key == secret(32)));
    let decrypt = DecryptRequest::new(call(), Purpose::ObjectStore, "AES/GCM");
    keys.materials_for_decrypt(&decrypt).unwrap();
    let generate = GenerateRequest::new(call(), "k", "AES/GCM", b"");
    keys.generate_data_key(&generate).unwrap();
    let wrap = WrapRequest::new(call(), "k", "AES/GCM", secret(32), b"");
    keys.wrap(&wrap).unwrap();
    let unwrap = UnwrapRequest::new(call(), "k", "AES/GCM", b"x", b"");
    keys.unwrap(&unwrap).unwrap();
    let request = TlsRequest::new(call(), Vec::new(), None);
    tls.tls_artifacts(&request).unwrap();
}

#[test]
fn the_watch_sees_what_is_not_wiped() {
    assert_eq!(secrets_left_by(|| drop(vec![MARK; 32])), 1);
    let pem = secrets_left_by(|| {
        let artifacts = RawTlsArtifacts::from_der(&secret(1200), &[[1, 2, 3]]);
        drop(artifacts.private_key.secret_bytes().to_vec());
    });
    assert_eq!(pem, 1);
}

#[test]
fn every_operation_leaves_nothing() {
    assert_eq!(secrets_left_by(use_everything), 0);
}

#[test]
fn a_private_key_from_der_leaves_nothing() {
    let left = secrets_left_by(|| {
        let artifacts = RawTlsArtifacts::from_der(&secret(1200), &[[1, 2, 3]]);
        assert!(
            artifacts
                .private_key
                .secret_bytes()
                .starts_with(b"-----BEGIN PRIVATE KEY-----")
        );
    });
    assert_eq!(left, 0);
}
