//! RSA keys: parsed, large enough, and both halves of one pair.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::{
    OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use provost_plugin_api::SecretBytes;

use super::MaterialsError;

const MIN_BITS: usize = 2048;
const MAX_BITS: usize = 8192;

/// An RSA key of 2048 to 8192 bits; the private half may be absent.
#[derive(Debug)]
pub struct RsaKey {
    public: OaepPublicEncryptingKey,
    private: Option<PrivateHalf>,
    /// `SubjectPublicKeyInfo`, DER: equal for equal keys.
    spki: Vec<u8>,
}

/// The private half, for the wrap that is written and for those that are only read.
#[derive(Debug)]
struct PrivateHalf {
    oaep: OaepPrivateDecryptingKey,
    pkcs8: SecretBytes,
}

impl RsaKey {
    pub(super) fn parse(
        public: &[u8],
        private: Option<&SecretBytes>,
    ) -> Result<Self, MaterialsError> {
        let length = public.len();
        let rejected = |reason: String| MaterialsError::RsaPublicKey { length, reason };
        let given = public;
        let public = PublicEncryptingKey::from_der(given)
            .map_err(|e| size_error("public", e).unwrap_or_else(|| rejected(e.to_string())))?;
        let spki = spki(&public).map_err(rejected)?;
        // The parser passes over bytes after the key, and takes keys that are for signatures only.
        if spki != given {
            return Err(rejected("not the key's one DER encoding".to_owned()));
        }
        let private = match private {
            Some(private) => Some(PrivateHalf {
                oaep: parse_private(private, &public, &spki)?,
                pkcs8: private.clone_secret(),
            }),
            None => None,
        };
        let public = OaepPublicEncryptingKey::new(public).map_err(|e| rejected(e.to_string()))?;
        Ok(Self {
            public,
            private,
            spki,
        })
    }

    /// The modulus size in bits.
    pub fn bits(&self) -> usize {
        self.public.key_size_bits()
    }

    /// The modulus size in bytes, which is the length of what it wraps.
    pub fn modulus_bytes(&self) -> usize {
        self.public.key_size_bytes()
    }

    /// Whether the private half is there.
    pub fn has_private_half(&self) -> bool {
        self.private.is_some()
    }

    pub(crate) fn public(&self) -> &OaepPublicEncryptingKey {
        &self.public
    }

    pub(crate) fn private(&self) -> Option<&OaepPrivateDecryptingKey> {
        self.private.as_ref().map(|half| &half.oaep)
    }

    /// The private half as PKCS#8, checked: legacy paddings take it in other hands.
    pub(crate) fn private_pkcs8(&self) -> Option<&SecretBytes> {
        self.private.as_ref().map(|half| &half.pkcs8)
    }

    pub(super) fn spki(&self) -> &[u8] {
        &self.spki
    }
}

fn parse_private(
    pkcs8: &SecretBytes,
    public: &PublicEncryptingKey,
    public_spki: &[u8],
) -> Result<OaepPrivateDecryptingKey, MaterialsError> {
    let rejected = |reason: String| MaterialsError::RsaPrivateKey {
        length: pkcs8.len(),
        reason,
    };
    let private = PrivateDecryptingKey::from_pkcs8(pkcs8.secret_bytes())
        .map_err(|e| size_error("private", e).unwrap_or_else(|| rejected(e.to_string())))?;
    if spki(&private.public_key()).map_err(rejected)? != public_spki {
        return Err(MaterialsError::RsaMismatch {
            public_bits: public.key_size_bits(),
            private_bits: private.key_size_bits(),
        });
    }
    OaepPrivateDecryptingKey::new(private).map_err(|e| rejected(e.to_string()))
}

fn spki(key: &PublicEncryptingKey) -> Result<Vec<u8>, String> {
    let der: PublicKeyX509Der<'_> = key.as_der().map_err(|e| e.to_string())?;
    Ok(der.as_ref().to_vec())
}

/// The size bounds are aws-lc-rs's own for encryption keys; it names them in its errors.
fn size_error(half: &'static str, error: KeyRejected) -> Option<MaterialsError> {
    match error.to_string().as_str() {
        "TooSmall" => Some(MaterialsError::RsaTooSmall {
            half,
            minimum: MIN_BITS,
        }),
        "TooLarge" => Some(MaterialsError::RsaTooLarge {
            half,
            maximum: MAX_BITS,
        }),
        _ => None,
    }
}
