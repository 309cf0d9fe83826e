//! Keys, deterministic randomness, and the whole way there and back.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeySize, PrivateDecryptingKey};
use provost_core::envelope::key_wrap::{unwrap, wrap};
use provost_core::envelope::{
    ContentError, ContentMetadata, DataKey, EnvelopePlace, Format, KeyWrapError, Legacy, Located,
    MetadataError, Randomness, RandomnessError, ReadPolicy, StoredEnvelope, Unauthenticated,
    WriteFormat, WritePlace, open, seal,
};
use provost_core::materials::{DecryptionMaterials, EncryptionMaterials};
use provost_plugin_api::{MaterialsDescription, RawMaterials, SecretBytes};

/// `SplitMix64`: the same bytes for the same seed.
pub(crate) struct Seeded(pub(crate) u64);

impl Randomness for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (z ^ (z >> 31)).to_le_bytes()[0];
        }
        Ok(())
    }
}

/// Plaintext of this length.
pub(crate) fn plaintext(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    Seeded(length as u64 + 1).fill(&mut bytes).unwrap();
    bytes
}

/// A wrapping key that tests know from the outside.
#[derive(Clone)]
pub(crate) enum Key {
    Aes(Vec<u8>),
    Rsa(&'static RsaPair),
}

pub(crate) struct RsaPair {
    pub(crate) spki: Vec<u8>,
    pub(crate) pkcs8: Vec<u8>,
}

impl RsaPair {
    fn generate(size: KeySize) -> Self {
        let private = PrivateDecryptingKey::generate(size).unwrap();
        let spki: PublicKeyX509Der<'_> = private.public_key().as_der().unwrap();
        let pkcs8: Pkcs8V1Der<'_> = private.as_der().unwrap();
        Self {
            spki: spki.as_ref().to_vec(),
            pkcs8: pkcs8.as_ref().to_vec(),
        }
    }
}

/// An RSA key of 2048 bits, the same for the whole run.
pub(crate) fn rsa() -> Key {
    static PAIR: OnceLock<RsaPair> = OnceLock::new();
    Key::Rsa(PAIR.get_or_init(|| RsaPair::generate(KeySize::Rsa2048)))
}

/// Another one.
pub(crate) fn other_rsa() -> Key {
    static PAIR: OnceLock<RsaPair> = OnceLock::new();
    Key::Rsa(PAIR.get_or_init(|| RsaPair::generate(KeySize::Rsa2048)))
}

/// An AES key of this many bytes.
pub(crate) fn aes(length: usize) -> Key {
    let mut key = vec![0; length];
    Seeded(0xae5 + length as u64).fill(&mut key).unwrap();
    Key::Aes(key)
}

/// Another AES key of 32 bytes.
pub(crate) fn other_aes() -> Key {
    Key::Aes((0..32).collect())
}

impl Key {
    pub(crate) fn raw(&self) -> RawMaterials {
        match self {
            Self::Aes(key) => RawMaterials::symmetric(SecretBytes::copy_from(key)),
            Self::Rsa(pair) => {
                RawMaterials::rsa(pair.spki.clone(), Some(SecretBytes::copy_from(&pair.pkcs8)))
            }
        }
    }

    pub(crate) fn encryption(&self, description: &MaterialsDescription) -> EncryptionMaterials {
        EncryptionMaterials::validate(self.raw().with_description(description.clone())).unwrap()
    }

    pub(crate) fn decryption(&self) -> DecryptionMaterials {
        DecryptionMaterials::validate(self.raw()).unwrap()
    }
}

/// An object as a store would keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) file: Option<Vec<u8>>,
    pub(crate) body: Vec<u8>,
}

/// Every reason for which an object does not open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Metadata(MetadataError),
    KeyWrap(KeyWrapError),
    Content(ContentError),
}

pub(crate) fn description() -> MaterialsDescription {
    MaterialsDescription::new()
        .with("key", "blue/7")
        .with("note", "grün \"and\" 鍵 🔑")
}

/// Seals `plaintext` in pieces of `piece` bytes.
pub(crate) fn seal_object(
    key: &Key,
    format: WriteFormat,
    place: WritePlace,
    description: &MaterialsDescription,
    plaintext: &[u8],
    piece: usize,
) -> Stored {
    seal_with(42, key, format, place, description, plaintext, piece)
}

/// The same, with other randomness for another seed.
pub(crate) fn seal_with(
    seed: u64,
    key: &Key,
    format: WriteFormat,
    place: WritePlace,
    description: &MaterialsDescription,
    plaintext: &[u8],
    piece: usize,
) -> Stored {
    let mut randomness = Seeded(seed);
    let data_key = DataKey::generate(&mut randomness).unwrap();
    let materials = key.encryption(description);
    let wrapped = wrap(&materials, format, data_key, &mut randomness).unwrap();
    let length = Some(plaintext.len() as u64);
    let (mut sealer, envelope) = seal(wrapped, length, &mut randomness).unwrap();
    let StoredEnvelope {
        object_metadata,
        instruction_file,
        ..
    } = envelope.place(place, 0).unwrap();
    let mut body = plaintext.to_vec();
    for piece in body.chunks_mut(piece) {
        sealer.update(piece).unwrap();
    }
    body.extend_from_slice(&sealer.finish().unwrap());
    Stored {
        metadata: object_metadata,
        file: instruction_file,
        body,
    }
}

/// Accepts whatever can be read.
pub(crate) fn any_policy() -> ReadPolicy {
    ReadPolicy::new(
        [Format::V1, Format::V2, Format::V3],
        [EnvelopePlace::Metadata, EnvelopePlace::InstructionFile],
    )
    .with_legacy(Legacy::Decrypt)
    .with_unauthenticated(Unauthenticated::Accept)
}

pub(crate) fn parse(
    metadata: &[(String, String)],
    file: Option<&[u8]>,
    policy: &ReadPolicy,
) -> Result<ContentMetadata, MetadataError> {
    let entries = metadata.iter().map(|(name, value)| (name, value));
    match ContentMetadata::locate(entries, policy)? {
        Located::InMetadata(metadata) => Ok(metadata),
        Located::InInstructionFile(waiting) => match file {
            Some(file) => waiting.with_file(file),
            None => Err(waiting.without_file()),
        },
    }
}

/// Opens the object in pieces of `piece` bytes; releases nothing unverified.
pub(crate) fn open_object(
    materials: &DecryptionMaterials,
    stored: &Stored,
    piece: usize,
) -> Result<Vec<u8>, Refused> {
    let metadata = parse(&stored.metadata, stored.file.as_deref(), &any_policy())
        .map_err(Refused::Metadata)?;
    let data_key = unwrap(materials, metadata.encrypted_data_key()).map_err(Refused::KeyWrap)?;
    let body_length = stored.body.len() as u64;
    let mut opener = open(&metadata, &data_key, Some(body_length)).map_err(Refused::Content)?;
    let mut body = stored.body.clone();
    let (ciphertext, tag) = body.split_last_chunk_mut().unwrap();
    for piece in ciphertext.chunks_mut(piece) {
        opener.update_unverified(piece).map_err(Refused::Content)?;
    }
    opener.finish(tag).map_err(Refused::Content)?;
    let length = metadata.plaintext_length(body_length).unwrap();
    body.truncate(length.try_into().unwrap());
    Ok(body)
}

pub(crate) fn as_map(metadata: &[(String, String)]) -> BTreeMap<String, String> {
    metadata.iter().cloned().collect()
}
