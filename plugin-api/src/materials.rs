//! What a key provider returns: materials, unvalidated, and their description.

use std::fmt;

use crate::{Attributes, ErrorKind, ProviderError, SecretBytes};

/// The materials description: a flat map of strings, stored with the object (`x-amz-matdesc`) and
/// given back to the provider to decrypt it.
///
/// Kept sorted by name; two descriptions are equal when their maps are. It is stored in the clear
/// and, for AES and RSA wraps, not authenticated: it may choose a key, never grant anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct MaterialsDescription(Vec<(String, String)>);

impl MaterialsDescription {
    /// An empty description.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with_capacity(entries: usize) -> Self {
        Self(Vec::with_capacity(entries))
    }

    /// A description of entries in any order, or the first that repeats a name.
    pub(crate) fn of_entries(entries: Vec<(String, String)>) -> Result<Self, usize> {
        if entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Ok(Self(entries));
        }
        let mut description = Self::with_capacity(entries.len());
        for (index, (name, value)) in entries.into_iter().enumerate() {
            if description.insert(name, value).is_some() {
                return Err(index);
            }
        }
        Ok(description)
    }

    /// Sets `name` to `value`; returns what it was before.
    #[inline]
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) -> Option<String> {
        let (name, value) = (name.into(), value.into());
        if self.0.last().is_none_or(|(last, _)| *last < name) {
            self.0.push((name, value));
            return None;
        }
        self.insert_between(name, value)
    }

    fn insert_between(&mut self, name: String, value: String) -> Option<String> {
        match self.0.binary_search_by(|(n, _)| n.as_str().cmp(&name)) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// The same, for building in one expression.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.insert(name, value);
        self
    }

    /// Removes `name`; returns what it was.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let at = self
            .0
            .binary_search_by(|(n, _)| n.as_str().cmp(name))
            .ok()?;
        Some(self.0.remove(at).1)
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self
            .0
            .binary_search_by(|(n, _)| n.as_str().cmp(name))
            .ok()?;
        Some(&self.0[at].1)
    }

    /// The value of `name`, compared without regard to ASCII case; an exact match wins.
    pub fn get_ignore_case(&self, name: &str) -> Option<&str> {
        self.get(name).or_else(|| {
            self.0
                .iter()
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.as_str())
        })
    }

    /// All entries, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries, sorted by name.
    pub fn into_entries(self) -> Vec<(String, String)> {
        self.0
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for MaterialsDescription {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut description = Self::with_capacity(entries.size_hint().0);
        for (name, value) in entries {
            description.insert(name, value);
        }
        description
    }
}

/// Materials as a provider returned them: nothing about them has been checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct RawMaterials {
    /// What is stored with the object, and given back to decrypt it.
    pub description: MaterialsDescription,
    /// Which state of the provider's keys this is, in the provider's own words.
    pub generation: String,
    /// The content algorithm; must be [`RawMaterials::ALGORITHM`].
    pub algorithm: String,
    /// The key itself, or where it is.
    pub key: RawKey,
    /// Facts that have no field yet.
    pub attributes: Attributes,
}

/// The key of [`RawMaterials`].
#[derive(Debug)]
#[non_exhaustive]
pub enum RawKey {
    /// An AES key of 16, 24 or 32 bytes.
    Symmetric(SecretBytes),
    /// An RSA key pair of at least 2048 bits.
    Rsa {
        /// The public half: X.509 `SubjectPublicKeyInfo`, DER.
        public: Vec<u8>,
        /// The private half: PKCS#8, DER. Absent on nodes that only write.
        private: Option<SecretBytes>,
    },
    /// A key in AWS KMS; the host calls KMS itself.
    Kms {
        /// The key's ARN, or its id where account and region are the host's own.
        key_id: String,
    },
    /// A key that never leaves the provider, which is asked to wrap and unwrap.
    ProviderHeld {
        /// The provider's name for the key; comes back in every wrap and unwrap request.
        key_id: String,
        /// How it wraps: `AES/GCM` or `RSA-OAEP-SHA1`.
        wrap_algorithm: String,
    },
}

impl RawMaterials {
    /// The only content algorithm there is.
    pub const ALGORITHM: &'static str = "AES/GCM/NoPadding";

    /// Materials with this key, an empty description and an empty generation.
    pub fn new(key: RawKey) -> Self {
        Self {
            description: MaterialsDescription::new(),
            generation: String::new(),
            algorithm: Self::ALGORITHM.to_owned(),
            key,
            attributes: Attributes::new(),
        }
    }

    /// Materials that wrap data keys with this AES key.
    pub fn symmetric(key: SecretBytes) -> Self {
        Self::new(RawKey::Symmetric(key))
    }

    /// Materials that wrap data keys with this RSA key pair; see [`RawKey::Rsa`] for the encodings.
    pub fn rsa(public: Vec<u8>, private: Option<SecretBytes>) -> Self {
        Self::new(RawKey::Rsa { public, private })
    }

    /// Materials whose key stays in AWS KMS.
    pub fn kms(key_id: impl Into<String>) -> Self {
        Self::new(RawKey::Kms {
            key_id: key_id.into(),
        })
    }

    /// Materials whose key stays with the provider.
    pub fn provider_held(key_id: impl Into<String>, wrap_algorithm: impl Into<String>) -> Self {
        let (key_id, wrap_algorithm) = (key_id.into(), wrap_algorithm.into());
        Self::new(RawKey::ProviderHeld {
            key_id,
            wrap_algorithm,
        })
    }

    /// Sets the description.
    #[must_use]
    pub fn with_description(mut self, description: MaterialsDescription) -> Self {
        self.description = description;
        self
    }

    /// Sets the generation.
    #[must_use]
    pub fn with_generation(mut self, generation: impl Into<String>) -> Self {
        self.generation = generation.into();
        self
    }
}

/// One to eight materials that may decrypt an object, best first.
///
/// More than one is for objects that were stored without a description: the host tries them in
/// order, only where the wrap is authenticated.
#[derive(Debug)]
pub struct Candidates(Vec<RawMaterials>);

impl Candidates {
    /// The most there may be.
    pub const MAX: usize = 8;

    /// The materials, best first.
    pub fn into_vec(self) -> Vec<RawMaterials> {
        self.0
    }
}

impl From<RawMaterials> for Candidates {
    fn from(materials: RawMaterials) -> Self {
        Self(vec![materials])
    }
}

impl TryFrom<Vec<RawMaterials>> for Candidates {
    type Error = ProviderError;

    /// None is [`ErrorKind::NotFound`], more than [`Candidates::MAX`] is [`ErrorKind::Internal`].
    fn try_from(materials: Vec<RawMaterials>) -> Result<Self, ProviderError> {
        match materials.len() {
            0 => Err(ProviderError::not_found("no key matches")),
            n if n > Self::MAX => Err(ProviderError::new(
                ErrorKind::Internal,
                format!("{n} candidates; at most {} are allowed", Self::MAX),
            )),
            _ => Ok(Self(materials)),
        }
    }
}

/// A wrapped data key, from a provider that holds the key itself.
#[derive(Debug)]
#[non_exhaustive]
pub struct Wrapped {
    /// `AES/GCM`: IV (12 bytes), ciphertext, tag (16 bytes). `RSA-OAEP-SHA1`: the RSA block.
    pub bytes: Vec<u8>,
    /// Entries to add to the stored description, such as a key version.
    pub description: MaterialsDescription,
    /// Facts that have no field yet.
    pub attributes: Attributes,
}

impl Wrapped {
    /// A wrapped key that adds nothing to the description.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            description: MaterialsDescription::new(),
            attributes: Attributes::new(),
        }
    }

    /// Sets the entries to add to the stored description.
    #[must_use]
    pub fn with_description(mut self, description: MaterialsDescription) -> Self {
        self.description = description;
        self
    }
}

/// What a provider says of itself, without using a key.
#[derive(Debug)]
#[non_exhaustive]
pub struct Status {
    /// Whether it expects its next call to succeed.
    pub healthy: bool,
    /// Which state of its keys or artifacts it holds.
    pub generation: String,
    /// One line for the operator; may be empty.
    pub message: String,
    /// Facts that have no field yet.
    pub attributes: Attributes,
}

impl Status {
    /// All is well, with this generation.
    pub fn healthy(generation: impl Into<String>) -> Self {
        Self {
            healthy: true,
            generation: generation.into(),
            message: String::new(),
            attributes: Attributes::new(),
        }
    }

    /// All is not well, and why.
    pub fn unhealthy(generation: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            healthy: false,
            message: message.into(),
            ..Self::healthy(generation)
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.healthy { "healthy" } else { "unhealthy" })?;
        if !self.generation.is_empty() {
            write!(f, ", generation {}", self.generation)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}
