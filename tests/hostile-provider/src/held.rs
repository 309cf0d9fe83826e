//! A provider that keeps its key to itself.

use std::fs;
use std::path::PathBuf;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use provost_plugin_api::{
    Candidates, ClassContext, DecryptRequest, EncryptRequest, EncryptionMaterialsProvider,
    ErrorKind, GenerateRequest, MaterialsDescription, Provider, ProviderError, RawMaterials,
    SecretBytes, UnwrapRequest, WrapRequest, Wrapped,
};

use crate::good::{derive, seed};

const KEY_ID: &str = "held-1";
const ALGORITHM: &str = "AES/GCM";
/// The entry that its wraps add to the description, and that it wants back.
const VERSION: &str = "key-version";

/// One AES key that no answer contains.
pub(crate) struct Held {
    cipher: Aes256Gcm,
    version: Option<PathBuf>,
}

impl Provider for Held {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let key = derive(seed(context.conf()), 1);
        let cipher = Aes256Gcm::new_from_slice(key.secret_bytes())
            .map_err(|error| ProviderError::new(ErrorKind::Internal, error.to_string()))?;
        let version = context.conf().path("version.file");
        Ok(Self { cipher, version })
    }
}

impl EncryptionMaterialsProvider for Held {
    fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        let description = MaterialsDescription::new().with("held", KEY_ID);
        Ok(RawMaterials::provider_held(KEY_ID, ALGORITHM)
            .with_description(description)
            .with_generation("1"))
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        let description = request.description.clone().unwrap_or_default();
        if description.get("held") != Some(KEY_ID) {
            return Err(ProviderError::not_found(
                "the description is not of this key",
            ));
        }
        Ok(RawMaterials::provider_held(KEY_ID, ALGORITHM)
            .with_description(description)
            .with_generation("1")
            .into())
    }

    fn generate_data_key(
        &self,
        request: &GenerateRequest,
    ) -> Result<(SecretBytes, Wrapped), ProviderError> {
        expect(&request.key_id, &request.wrap_algorithm)?;
        let mut data_key = SecretBytes::new(vec![0; request.length]);
        random(data_key.secret_bytes_mut())?;
        let wrapped = self.seal(data_key.secret_bytes(), &request.aad)?;
        Ok((data_key, wrapped))
    }

    fn wrap(&self, request: &WrapRequest) -> Result<Wrapped, ProviderError> {
        expect(&request.key_id, &request.wrap_algorithm)?;
        self.seal(request.plaintext.secret_bytes(), &request.aad)
    }

    fn unwrap(&self, request: &UnwrapRequest) -> Result<SecretBytes, ProviderError> {
        expect(&request.key_id, &request.wrap_algorithm)?;
        let version = request.description.as_ref();
        match version.and_then(|description| description.get(VERSION)) {
            None => {
                return Err(ProviderError::not_found(
                    "the description names no key version",
                ));
            }
            Some("lost") => return Err(ProviderError::not_found("that key version is gone")),
            Some(_) => {}
        }
        let rejected = || ProviderError::new(ErrorKind::Rejected, "not wrapped by this key");
        let (iv, sealed) = request
            .ciphertext
            .split_first_chunk::<12>()
            .ok_or_else(rejected)?;
        let payload = Payload {
            msg: sealed,
            aad: &request.aad,
        };
        let plaintext = self.cipher.decrypt(&Nonce::from(*iv), payload);
        plaintext.map(SecretBytes::new).map_err(|_| rejected())
    }
}

impl Held {
    fn version(&self) -> Result<String, ProviderError> {
        let Some(file) = &self.version else {
            return Ok("1".to_owned());
        };
        let wrong = |e: std::io::Error| ProviderError::configuration("version.file", e.to_string());
        fs::read_to_string(file).map_err(wrong)
    }

    fn seal(&self, plaintext: &[u8], aad: &[u8]) -> Result<Wrapped, ProviderError> {
        let mut iv = [0; 12];
        random(&mut iv)?;
        let payload = Payload {
            msg: plaintext,
            aad,
        };
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(iv), payload)
            .map_err(|error| ProviderError::new(ErrorKind::Internal, error.to_string()))?;
        let version = match self.version()?.as_str() {
            "empty" => return Ok(Wrapped::new(Vec::new())),
            "panic" => panic!("hostile: asked to wrap"),
            "denied" => return Err(ProviderError::new(ErrorKind::Denied, "not now")),
            "each" => format!("{iv:?}"),
            version => version.to_owned(),
        };
        let description = MaterialsDescription::new().with(VERSION, version);
        Ok(Wrapped::new([iv.as_slice(), &sealed].concat()).with_description(description))
    }
}

fn expect(key_id: &str, algorithm: &str) -> Result<(), ProviderError> {
    if key_id != KEY_ID {
        return Err(ProviderError::not_found(format!("no key `{key_id}`")));
    }
    if algorithm != ALGORITHM {
        let message = format!("wraps with `{ALGORITHM}`, not `{algorithm}`");
        return Err(ProviderError::new(ErrorKind::Unsupported, message));
    }
    Ok(())
}

fn random(bytes: &mut [u8]) -> Result<(), ProviderError> {
    getrandom::fill(bytes).map_err(|e| ProviderError::new(ErrorKind::Unavailable, e.to_string()))
}
