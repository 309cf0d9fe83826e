//! What the host asks.

use std::time::Duration;

use crate::{Attributes, MaterialsDescription, SecretBytes};

/// What every request carries.
#[derive(Debug)]
#[non_exhaustive]
pub struct Call {
    /// Names this call in the host's log; use it in the provider's log and towards its backend.
    pub request_id: String,
    /// How long the host still waits. A later answer is discarded.
    pub remaining: Duration,
    /// Facts beside the request, such as [`Attributes::OBJECT_URI`].
    pub attributes: Attributes,
}

impl Call {
    /// A call without attributes.
    pub fn new(request_id: impl Into<String>, remaining: Duration) -> Self {
        Self {
            request_id: request_id.into(),
            remaining,
            attributes: Attributes::new(),
        }
    }

    /// The object that the call is about, if the host said.
    pub fn object_uri(&self) -> Option<&str> {
        self.attributes.get_str(Attributes::OBJECT_URI)
    }

    /// The cluster that the host belongs to, if it said.
    pub fn cluster_id(&self) -> Option<&str> {
        self.attributes.get_str(Attributes::CLUSTER_ID)
    }
}

/// What the data key will protect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Objects in an object store.
    ObjectStore,
    /// Volumes of this node.
    LocalDisk,
}

/// "With which materials shall I encrypt?"
#[derive(Debug)]
#[non_exhaustive]
pub struct EncryptRequest {
    /// Request id, time left, attributes.
    pub call: Call,
    /// What will be encrypted.
    pub purpose: Purpose,
    /// Absent, or populated by the host with the object's URI and the cluster id. It is the
    /// description of the *returned* materials that is stored, not this one.
    pub description: Option<MaterialsDescription>,
}

impl EncryptRequest {
    /// A request for an object, without a description.
    pub fn new(call: Call, purpose: Purpose) -> Self {
        Self {
            call,
            purpose,
            description: None,
        }
    }

    /// Sets the description.
    #[must_use]
    pub fn with_description(mut self, description: Option<MaterialsDescription>) -> Self {
        self.description = description;
        self
    }
}

/// "With which materials was this encrypted?"
#[derive(Debug)]
#[non_exhaustive]
pub struct DecryptRequest {
    /// Request id, time left, attributes.
    pub call: Call,
    /// What was encrypted.
    pub purpose: Purpose,
    /// The description that was returned at encryption and stored. Absent where none was stored.
    /// It comes from the object: treat it as written by an attacker.
    pub description: Option<MaterialsDescription>,
    /// The stored wrap algorithm, such as `AES/GCM`. From the object too.
    pub wrap_algorithm: String,
}

impl DecryptRequest {
    /// A request without a description.
    pub fn new(call: Call, purpose: Purpose, wrap_algorithm: impl Into<String>) -> Self {
        Self {
            call,
            purpose,
            description: None,
            wrap_algorithm: wrap_algorithm.into(),
        }
    }

    /// Sets the description.
    #[must_use]
    pub fn with_description(mut self, description: Option<MaterialsDescription>) -> Self {
        self.description = description;
        self
    }
}

/// "Make a data key and wrap it with the key you hold." Asked for `AES/GCM` only.
#[derive(Debug)]
#[non_exhaustive]
pub struct GenerateRequest {
    /// Request id, time left, attributes.
    pub call: Call,
    /// The key, as the provider named it in [`RawKey::ProviderHeld`](crate::RawKey::ProviderHeld).
    pub key_id: String,
    /// How to wrap, as the provider said there.
    pub wrap_algorithm: String,
    /// How many random bytes the data key has: 32.
    pub length: usize,
    /// Additional authenticated data of the wrap.
    pub aad: Vec<u8>,
}

impl GenerateRequest {
    /// A request for a data key of 32 bytes.
    pub fn new(call: Call, key_id: &str, wrap_algorithm: &str, aad: &[u8]) -> Self {
        let (key_id, wrap_algorithm) = (key_id.to_owned(), wrap_algorithm.to_owned());
        Self {
            call,
            key_id,
            wrap_algorithm,
            length: 32,
            aad: aad.to_vec(),
        }
    }
}

/// "Wrap this with the key you hold."
#[derive(Debug)]
#[non_exhaustive]
pub struct WrapRequest {
    /// Request id, time left, attributes.
    pub call: Call,
    /// The key, as the provider named it.
    pub key_id: String,
    /// How to wrap, as the provider said.
    pub wrap_algorithm: String,
    /// What to wrap, composed by the host: encrypt exactly these bytes.
    pub plaintext: SecretBytes,
    /// `AES/GCM`: additional authenticated data. `RSA-OAEP-SHA1`: empty.
    pub aad: Vec<u8>,
}

impl WrapRequest {
    /// A request to wrap `plaintext`.
    pub fn new(
        call: Call,
        key_id: &str,
        wrap_algorithm: &str,
        plaintext: SecretBytes,
        aad: &[u8],
    ) -> Self {
        let (key_id, wrap_algorithm) = (key_id.to_owned(), wrap_algorithm.to_owned());
        Self {
            call,
            key_id,
            wrap_algorithm,
            plaintext,
            aad: aad.to_vec(),
        }
    }
}

/// "Unwrap this with the key you hold."
#[derive(Debug)]
#[non_exhaustive]
pub struct UnwrapRequest {
    /// Request id, time left, attributes.
    pub call: Call,
    /// The key, as the provider named it when asked for decryption materials.
    pub key_id: String,
    /// How it was wrapped.
    pub wrap_algorithm: String,
    /// What was wrapped; see [`Wrapped::bytes`](crate::Wrapped::bytes). From the object.
    pub ciphertext: Vec<u8>,
    /// As in [`WrapRequest::aad`].
    pub aad: Vec<u8>,
    /// The stored description, with the entries that the wrap added. From the object.
    pub description: Option<MaterialsDescription>,
}

impl UnwrapRequest {
    /// A request to unwrap `ciphertext`.
    pub fn new(
        call: Call,
        key_id: &str,
        wrap_algorithm: &str,
        ciphertext: &[u8],
        aad: &[u8],
    ) -> Self {
        let (key_id, wrap_algorithm) = (key_id.to_owned(), wrap_algorithm.to_owned());
        let (ciphertext, aad) = (ciphertext.to_vec(), aad.to_vec());
        Self {
            call,
            key_id,
            wrap_algorithm,
            ciphertext,
            aad,
            description: None,
        }
    }

    /// Sets the stored description.
    #[must_use]
    pub fn with_description(mut self, description: Option<MaterialsDescription>) -> Self {
        self.description = description;
        self
    }
}

/// "Which TLS artifacts shall this node use?"
#[derive(Debug)]
#[non_exhaustive]
pub struct TlsRequest {
    /// Request id, time left, attributes.
    pub call: Call,
    /// The node's DNS names.
    pub node_names: Vec<String>,
    /// The cluster's id, if it has one.
    pub cluster_id: Option<String>,
}

impl TlsRequest {
    /// A request for a node of these names.
    pub fn new(call: Call, node_names: Vec<String>, cluster_id: Option<String>) -> Self {
        Self {
            call,
            node_names,
            cluster_id,
        }
    }
}
