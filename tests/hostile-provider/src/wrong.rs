//! Classes whose answers are wrong.

// `NotUtf8Description` makes a string that is none.
#![allow(unsafe_code)]

use provost_plugin_api::{
    ClassContext, ErrorKind, MaterialsDescription, ProviderError, RawKey, RawMaterials, SecretBytes,
};

use crate::hostile::Misbehaviour;

type Answer = Result<RawMaterials, ProviderError>;

fn with_key(mut good: RawMaterials, key: SecretBytes) -> RawMaterials {
    good.key = RawKey::Symmetric(key);
    good
}

fn random_key() -> Result<SecretBytes, ProviderError> {
    let mut key = SecretBytes::new(vec![0; 32]);
    getrandom::fill(key.secret_bytes_mut())
        .map_err(|error| ProviderError::new(ErrorKind::Unavailable, error.to_string()))?;
    Ok(key)
}

pub(crate) struct ShortKey;

impl Misbehaviour for ShortKey {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        Ok(with_key(good, SecretBytes::new((1..=15).collect())))
    }
}

pub(crate) struct ZeroKey;

impl Misbehaviour for ZeroKey {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        Ok(with_key(good, SecretBytes::new(vec![0; 32])))
    }
}

pub(crate) struct WrongAlgorithm;

impl Misbehaviour for WrongAlgorithm {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, mut good: RawMaterials) -> Answer {
        "AES/CBC/PKCS5Padding".clone_into(&mut good.algorithm);
        Ok(good)
    }
}

pub(crate) struct ChangingKey;

impl Misbehaviour for ChangingKey {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        Ok(with_key(good, random_key()?))
    }
}

pub(crate) struct ForgetfulKey(SecretBytes);

impl Misbehaviour for ForgetfulKey {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        random_key().map(Self)
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        Ok(with_key(good, self.0.clone_secret()))
    }
}

pub(crate) struct HugeDescription(usize);

impl Misbehaviour for HugeDescription {
    fn start(context: &ClassContext) -> Result<Self, ProviderError> {
        let bytes = context.conf().u64("bytes")?.unwrap_or(1 << 20);
        let bytes = usize::try_from(bytes)
            .map_err(|error| ProviderError::configuration("bytes", error.to_string()))?;
        Ok(Self(bytes))
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        let length = self.0.saturating_sub("huge".len());
        let description = MaterialsDescription::new().with("huge", "x".repeat(length));
        Ok(good.with_description(description))
    }
}

pub(crate) struct NotUtf8Description;

impl Misbehaviour for NotUtf8Description {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        // SAFETY: none. Nothing on the way to the host looks at it as text.
        let broken = unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe]) };
        Ok(good.with_description(MaterialsDescription::new().with("k", broken)))
    }
}
