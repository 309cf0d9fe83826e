//! Key materials: what a provider returned, and what has been checked.
//!
//! [`RawMaterials`] come from a provider and say anything. [`EncryptionMaterials`] and
//! [`DecryptionMaterials`] exist only after `validate`; the envelope takes nothing else.

mod description;
mod error;
mod identifier;
mod rsa;
mod wrapping_key;

use provost_plugin_api::{MaterialsDescription, RawMaterials};

pub use description::{MAX_DESCRIPTION_BYTES, MAX_DESCRIPTION_ENTRIES, MAX_DESCRIPTION_NAME_BYTES};
pub use error::MaterialsError;
pub use identifier::{MAX_GENERATION_BYTES, MAX_KEY_ID_BYTES};
pub use rsa::RsaKey;
pub use wrapping_key::{AesKey, KmsKey, ProviderHeldKey, WrappingKey};

use description::Keeping;
use wrapping_key::PrivateHalf;

/// Materials that may wrap a new data key.
#[derive(Debug)]
pub struct EncryptionMaterials {
    description: MaterialsDescription,
    generation: String,
    key: WrappingKey,
}

impl EncryptionMaterials {
    /// Checks what a provider returned for encryption.
    ///
    /// The description is about to be stored, so it must keep to the bounds, use no reserved name
    /// and hold no control characters. An RSA private half is optional.
    pub fn validate(raw: RawMaterials) -> Result<Self, MaterialsError> {
        let (description, generation, key) = checked(raw, Keeping::Stored, PrivateHalf::Optional)?;
        Ok(Self {
            description,
            generation,
            key,
        })
    }

    /// What is stored with the object, before a wrap adds to it.
    pub fn description(&self) -> &MaterialsDescription {
        &self.description
    }

    /// The description with the entries that a provider's wrap added, such as a key version.
    ///
    /// An entry that contradicts the description is refused: the provider would be asked to
    /// decrypt with another description than the one it chose.
    pub fn description_with(
        &self,
        additions: &MaterialsDescription,
    ) -> Result<MaterialsDescription, MaterialsError> {
        let mut merged = self.description.clone();
        for (name, value) in additions.iter() {
            if let Some(before) = merged.insert(name, value)
                && before != value
            {
                return Err(MaterialsError::ContradictingEntry {
                    name: description::shown(name),
                });
            }
        }
        description::check(&merged, Keeping::Stored, self.key.is_kms())?;
        Ok(merged)
    }

    /// Which state of the provider's keys this is.
    pub fn generation(&self) -> &str {
        &self.generation
    }

    /// The key that wraps.
    pub fn wrapping_key(&self) -> &WrappingKey {
        &self.key
    }
}

/// Materials that may unwrap a stored data key.
#[derive(Debug)]
pub struct DecryptionMaterials {
    description: MaterialsDescription,
    generation: String,
    key: WrappingKey,
}

impl DecryptionMaterials {
    /// Checks what a provider returned for decryption.
    ///
    /// An RSA key needs its private half. The description is not stored again: other clients may
    /// have written names that Provost would not, so it is only bounded.
    pub fn validate(raw: RawMaterials) -> Result<Self, MaterialsError> {
        let (description, generation, key) = checked(raw, Keeping::Read, PrivateHalf::Required)?;
        Ok(Self {
            description,
            generation,
            key,
        })
    }

    /// The description that the provider gave these materials.
    pub fn description(&self) -> &MaterialsDescription {
        &self.description
    }

    /// Which state of the provider's keys this is.
    pub fn generation(&self) -> &str {
        &self.generation
    }

    /// The key that unwraps.
    pub fn wrapping_key(&self) -> &WrappingKey {
        &self.key
    }
}

fn checked(
    raw: RawMaterials,
    keeping: Keeping,
    private_half: PrivateHalf,
) -> Result<(MaterialsDescription, String, WrappingKey), MaterialsError> {
    if raw.algorithm != RawMaterials::ALGORITHM {
        return Err(MaterialsError::Algorithm {
            expected: RawMaterials::ALGORITHM,
            got: description::shown(&raw.algorithm),
        });
    }
    identifier::check_generation(&raw.generation)?;
    let key = WrappingKey::validate(raw.key, private_half)?;
    description::check(&raw.description, keeping, key.is_kms())?;
    Ok((raw.description, raw.generation, key))
}

#[cfg(test)]
mod tests;
