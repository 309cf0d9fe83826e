//! The library's half of an answer: the author's types, handed over.

use provost_plugin_abi::v1::{
    AttributesAnswer, BytesEntry, CandidatesAnswer, ErrorAnswer, GenerateAnswer, KeyAnswer,
    KeyKind, List, MaterialsAnswer, SecretEntry, StatusAnswer, TextEntry, TlsAnswer, UnwrapAnswer,
    WrapAnswer,
};

use super::kinds::error_number;
use crate::{
    Attributes, Candidates, MaterialsDescription, ProviderError, RawKey, RawMaterials,
    RawTlsArtifacts, SecretBytes, Status, Wrapped,
};

pub(super) fn error(error: ProviderError) -> ErrorAnswer {
    let kind = error_number(error.kind());
    let delay = error.retry_delay();
    let (message, conf_key, from_attributes) = error.into_parts();
    ErrorAnswer {
        message: message.into(),
        conf_key: conf_key.map(Into::into).into(),
        retry_after_ms: delay
            .map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
            .into(),
        attributes: attributes(from_attributes),
        kind,
    }
}

fn attributes(from: Attributes) -> AttributesAnswer {
    if from.is_empty() {
        return AttributesAnswer::none();
    }
    let (plain, secret) = from.into_parts();
    let plain = plain.into_iter().map(|(name, value)| BytesEntry {
        name: name.into(),
        value: value.into(),
    });
    let secret = secret.into_iter().map(|(name, value)| SecretEntry {
        name: name.into(),
        value: value.into_abi(),
    });
    AttributesAnswer {
        plain: plain.collect::<Vec<_>>().into(),
        secret: secret.collect::<Vec<_>>().into(),
    }
}

fn description(from: MaterialsDescription) -> List<TextEntry> {
    let entries = from.into_entries().into_iter();
    let entries = entries.map(|(name, value)| TextEntry {
        name: name.into(),
        value: value.into(),
    });
    entries.collect::<Vec<_>>().into()
}

pub(super) fn status(from: Status) -> StatusAnswer {
    let Status {
        healthy,
        generation,
        message,
        attributes: facts,
    } = from;
    StatusAnswer {
        generation: generation.into(),
        message: message.into(),
        attributes: attributes(facts),
        healthy: u32::from(healthy),
    }
}

fn key(from: RawKey) -> KeyAnswer {
    let empty = KeyAnswer {
        secret: None.into(),
        public: Vec::new().into(),
        key_id: String::new().into(),
        wrap_algorithm: String::new().into(),
        kind: KeyKind::SYMMETRIC,
    };
    match from {
        RawKey::Symmetric(secret) => KeyAnswer {
            secret: Some(secret.into_abi()).into(),
            ..empty
        },
        RawKey::Rsa { public, private } => KeyAnswer {
            secret: private.map(SecretBytes::into_abi).into(),
            public: public.into(),
            kind: KeyKind::RSA,
            ..empty
        },
        RawKey::Kms { key_id } => KeyAnswer {
            key_id: key_id.into(),
            kind: KeyKind::KMS,
            ..empty
        },
        RawKey::ProviderHeld {
            key_id,
            wrap_algorithm,
        } => KeyAnswer {
            key_id: key_id.into(),
            wrap_algorithm: wrap_algorithm.into(),
            kind: KeyKind::PROVIDER_HELD,
            ..empty
        },
    }
}

pub(super) fn materials(from: RawMaterials) -> MaterialsAnswer {
    let RawMaterials {
        description: entries,
        generation,
        algorithm,
        key: raw_key,
        attributes: facts,
    } = from;
    MaterialsAnswer {
        description: description(entries),
        generation: generation.into(),
        algorithm: algorithm.into(),
        key: key(raw_key),
        attributes: attributes(facts),
    }
}

pub(super) fn candidates(from: Candidates) -> CandidatesAnswer {
    let all = from.into_vec().into_iter().map(materials);
    CandidatesAnswer {
        candidates: all.collect::<Vec<_>>().into(),
        attributes: AttributesAnswer::none(),
    }
}

pub(super) fn wrapped(from: Wrapped) -> WrapAnswer {
    let Wrapped {
        bytes,
        description: entries,
        attributes: facts,
    } = from;
    WrapAnswer {
        bytes: bytes.into(),
        description: description(entries),
        attributes: attributes(facts),
    }
}

pub(super) fn generated((data_key, from): (SecretBytes, Wrapped)) -> GenerateAnswer {
    GenerateAnswer {
        data_key: data_key.into_abi(),
        wrapped: wrapped(from),
    }
}

pub(super) fn unwrapped(plaintext: SecretBytes) -> UnwrapAnswer {
    UnwrapAnswer {
        plaintext: plaintext.into_abi(),
        attributes: AttributesAnswer::none(),
    }
}

pub(super) fn tls(from: RawTlsArtifacts) -> TlsAnswer {
    let RawTlsArtifacts {
        private_key,
        certificate_chain,
        trusted_certificates,
        generation,
        attributes: facts,
    } = from;
    TlsAnswer {
        private_key: private_key.into_abi(),
        certificate_chain: certificate_chain.into(),
        trusted_certificates: trusted_certificates.map(Into::into).into(),
        generation: generation.into(),
        attributes: attributes(facts),
    }
}
