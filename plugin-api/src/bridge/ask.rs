//! The host's half of a request: the author's types, lent to a library for one call.

use provost_plugin_abi::v1::{
    BytesPair, CallRef, ConfKind, ConfPair, ContextRef, DecryptRef, EncryptRef, GenerateRef, Log,
    Maybe, Slice, Str, TextPair, TlsRef, UnwrapRef, WrapRef,
};

use super::few::Few;
use super::kinds::purpose_number;
use crate::{
    Attributes, Call, Conf, ConfValue, DecryptRequest, EncryptRequest, GenerateRequest,
    MaterialsDescription, TlsRequest, UnwrapRequest, WrapRequest,
};

/// Attributes as pairs.
struct AttributesLoan<'a> {
    plain: Few<BytesPair<'a>>,
    secret: Few<BytesPair<'a>>,
}

impl<'a> AttributesLoan<'a> {
    fn of(attributes: &'a Attributes) -> Self {
        let filler = pair("", &[]);
        let plain = attributes.iter().map(|(name, value)| pair(name, value));
        let secret = attributes
            .iter_secret()
            .map(|(name, value)| pair(name, value.secret_bytes()));
        Self {
            plain: Few::collect(plain, filler),
            secret: Few::collect(secret, filler),
        }
    }
}

fn pair<'a>(name: &'a str, value: &'a [u8]) -> BytesPair<'a> {
    BytesPair {
        name: Str::from(name),
        value: Slice::from(value),
    }
}

/// A call, lent out.
pub(crate) struct CallLoan<'a> {
    call: &'a Call,
    attributes: AttributesLoan<'a>,
}

impl<'a> CallLoan<'a> {
    pub(crate) fn of(call: &'a Call) -> Self {
        Self {
            call,
            attributes: AttributesLoan::of(&call.attributes),
        }
    }

    pub(crate) fn call(&self) -> CallRef<'_> {
        CallRef {
            request_id: Str::from(self.call.request_id.as_str()),
            remaining_ms: u64::try_from(self.call.remaining.as_millis()).unwrap_or(u64::MAX),
            plain: Slice::from(self.attributes.plain.as_slice()),
            secret: Slice::from(self.attributes.secret.as_slice()),
        }
    }

    pub(crate) fn encrypt<'b>(
        &'b self,
        request: &'b EncryptRequest,
        description: &'b DescriptionLoan<'_>,
    ) -> EncryptRef<'b> {
        EncryptRef {
            call: self.call(),
            description: description.pairs(),
            purpose: purpose_number(request.purpose),
        }
    }

    pub(crate) fn decrypt<'b>(
        &'b self,
        request: &'b DecryptRequest,
        description: &'b DescriptionLoan<'_>,
    ) -> DecryptRef<'b> {
        DecryptRef {
            call: self.call(),
            description: description.pairs(),
            wrap_algorithm: Str::from(request.wrap_algorithm.as_str()),
            purpose: purpose_number(request.purpose),
        }
    }

    pub(crate) fn generate<'b>(&'b self, request: &'b GenerateRequest) -> GenerateRef<'b> {
        GenerateRef {
            call: self.call(),
            key_id: Str::from(request.key_id.as_str()),
            wrap_algorithm: Str::from(request.wrap_algorithm.as_str()),
            length: request.length as u64,
            aad: Slice::from(request.aad.as_slice()),
        }
    }

    pub(crate) fn wrap<'b>(&'b self, request: &'b WrapRequest) -> WrapRef<'b> {
        WrapRef {
            call: self.call(),
            key_id: Str::from(request.key_id.as_str()),
            wrap_algorithm: Str::from(request.wrap_algorithm.as_str()),
            plaintext: Slice::from(request.plaintext.secret_bytes()),
            aad: Slice::from(request.aad.as_slice()),
        }
    }

    pub(crate) fn unwrap<'b>(
        &'b self,
        request: &'b UnwrapRequest,
        description: &'b DescriptionLoan<'_>,
    ) -> UnwrapRef<'b> {
        UnwrapRef {
            call: self.call(),
            key_id: Str::from(request.key_id.as_str()),
            wrap_algorithm: Str::from(request.wrap_algorithm.as_str()),
            ciphertext: Slice::from(request.ciphertext.as_slice()),
            aad: Slice::from(request.aad.as_slice()),
            description: description.pairs(),
        }
    }

    pub(crate) fn tls<'b>(
        &'b self,
        request: &'b TlsRequest,
        node_names: &'b [Str<'b>],
    ) -> TlsRef<'b> {
        TlsRef {
            call: self.call(),
            node_names: Slice::from(node_names),
            cluster_id: request.cluster_id.as_deref().map(Str::from).into(),
        }
    }
}

/// A description, lent out; or none.
pub(crate) struct DescriptionLoan<'a>(Option<Few<TextPair<'a>>>);

impl<'a> DescriptionLoan<'a> {
    pub(crate) fn of(description: Option<&'a MaterialsDescription>) -> Self {
        Self(description.map(|description| {
            let filler = text_pair("", "");
            Few::collect(
                description
                    .iter()
                    .map(|(name, value)| text_pair(name, value)),
                filler,
            )
        }))
    }

    fn pairs(&self) -> Maybe<Slice<'_, TextPair<'_>>> {
        let pairs = self.0.as_ref().map(|pairs| Slice::from(pairs.as_slice()));
        pairs.into()
    }
}

fn text_pair<'a>(name: &'a str, value: &'a str) -> TextPair<'a> {
    TextPair {
        name: Str::from(name),
        value: Str::from(value),
    }
}

/// What a provider is built from, lent out.
pub(crate) struct ContextLoan<'a> {
    class: &'a str,
    conf: Vec<ConfPair<'a>>,
    attributes: AttributesLoan<'a>,
}

impl<'a> ContextLoan<'a> {
    pub(crate) fn of(class: &'a str, conf: &'a Conf, attributes: &'a Attributes) -> Self {
        let conf = conf.iter().map(|(key, value)| {
            let (kind, bytes) = match value {
                ConfValue::Plain(text) => (ConfKind::PLAIN, text.as_bytes()),
                ConfValue::Secret(secret) => (ConfKind::SECRET, secret.secret_bytes()),
            };
            ConfPair {
                key: Str::from(key),
                value: Slice::from(bytes),
                kind,
            }
        });
        Self {
            class,
            conf: conf.collect(),
            attributes: AttributesLoan::of(attributes),
        }
    }

    pub(crate) fn context(&self, log: Log) -> ContextRef<'_> {
        ContextRef {
            class: Str::from(self.class),
            conf: Slice::from(self.conf.as_slice()),
            plain: Slice::from(self.attributes.plain.as_slice()),
            secret: Slice::from(self.attributes.secret.as_slice()),
            log,
        }
    }
}
