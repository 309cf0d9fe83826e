//! The library's half of a request: what was lent, taken up as the author's types.
//!
//! The host's requests are trusted to be well-formed; only a purpose may be one that this library
//! was not built to know.

use std::time::Duration;

use provost_plugin_abi::v1::{
    BytesPair, CallRef, ConfKind, ContextRef, DecryptRef, EncryptRef, ErrorAnswer, ErrorKind,
    GenerateRef, Maybe, Slice, TextPair, TlsRef, UnwrapRef, WrapRef,
};

use super::kinds::{level_number, purpose};
use super::spare;
use crate::{
    Attributes, Call, ClassContext, Conf, ConfValue, DecryptRequest, EncryptRequest,
    GenerateRequest, MaterialsDescription, Purpose, SecretBytes, TlsRequest, UnwrapRequest,
    WrapRequest,
};

pub(super) fn context(context: &ContextRef<'_>) -> ClassContext {
    let mut conf = Conf::new();
    for pair in context.conf.as_slice() {
        let bytes = pair.value.as_slice();
        let value = match std::str::from_utf8(bytes) {
            Ok(text) if pair.kind == ConfKind::PLAIN => ConfValue::Plain(text.to_owned()),
            _ => ConfValue::Secret(SecretBytes::copy_from(bytes)),
        };
        conf.insert(pair.key.as_str(), value);
    }
    let log = context.log;
    ClassContext::new(
        context.class.as_str(),
        conf,
        attributes(context.plain, context.secret),
        move |level, message| log.write(level_number(level), message),
    )
}

fn attributes(plain: Slice<'_, BytesPair<'_>>, secret: Slice<'_, BytesPair<'_>>) -> Attributes {
    let mut attributes = Attributes::new();
    let plain = plain.as_slice().iter();
    attributes.refill(plain.map(|pair| (pair.name.as_str(), pair.value.as_slice())));
    push_secrets(&mut attributes, secret);
    attributes
}

fn push_secrets(attributes: &mut Attributes, secret: Slice<'_, BytesPair<'_>>) {
    for pair in secret.as_slice() {
        let value = SecretBytes::copy_from(pair.value.as_slice());
        attributes.push_secret(pair.name.as_str(), value);
    }
}

pub(super) fn call(from: &CallRef<'_>) -> Call {
    let mut call = spare::take();
    call.request_id.clear();
    call.request_id.push_str(from.request_id.as_str());
    call.remaining = Duration::from_millis(from.remaining_ms);
    let plain = from.plain.as_slice().iter();
    call.attributes
        .refill(plain.map(|pair| (pair.name.as_str(), pair.value.as_slice())));
    push_secrets(&mut call.attributes, from.secret);
    call
}

fn description(pairs: Maybe<Slice<'_, TextPair<'_>>>) -> Option<MaterialsDescription> {
    let pairs = pairs.into_option()?;
    let pairs = pairs.as_slice().iter();
    Some(
        pairs
            .map(|pair| (pair.name.as_str(), pair.value.as_str()))
            .collect(),
    )
}

fn known(number: provost_plugin_abi::v1::Purpose) -> Result<Purpose, ErrorAnswer> {
    purpose(number).ok_or_else(|| {
        let message = format!("purpose {} is not known to this library", number.0);
        ErrorAnswer::new(ErrorKind::UNSUPPORTED, message)
    })
}

pub(super) fn encrypt(request: &EncryptRef<'_>) -> Result<EncryptRequest, ErrorAnswer> {
    Ok(EncryptRequest {
        call: call(&request.call),
        purpose: known(request.purpose)?,
        description: description(request.description),
    })
}

pub(super) fn decrypt(request: &DecryptRef<'_>) -> Result<DecryptRequest, ErrorAnswer> {
    Ok(DecryptRequest {
        call: call(&request.call),
        purpose: known(request.purpose)?,
        description: description(request.description),
        wrap_algorithm: request.wrap_algorithm.as_str().to_owned(),
    })
}

pub(super) fn generate(request: &GenerateRef<'_>) -> Result<GenerateRequest, ErrorAnswer> {
    let length = usize::try_from(request.length).map_err(|_| {
        let message = format!("a data key of {} bytes does not fit memory", request.length);
        ErrorAnswer::new(ErrorKind::INTERNAL, message)
    })?;
    Ok(GenerateRequest {
        call: call(&request.call),
        key_id: request.key_id.as_str().to_owned(),
        wrap_algorithm: request.wrap_algorithm.as_str().to_owned(),
        length,
        aad: request.aad.as_slice().to_vec(),
    })
}

pub(super) fn wrap(request: &WrapRef<'_>) -> WrapRequest {
    WrapRequest {
        call: call(&request.call),
        key_id: request.key_id.as_str().to_owned(),
        wrap_algorithm: request.wrap_algorithm.as_str().to_owned(),
        plaintext: SecretBytes::copy_from(request.plaintext.as_slice()),
        aad: request.aad.as_slice().to_vec(),
    }
}

pub(super) fn unwrap(request: &UnwrapRef<'_>) -> UnwrapRequest {
    UnwrapRequest {
        call: call(&request.call),
        key_id: request.key_id.as_str().to_owned(),
        wrap_algorithm: request.wrap_algorithm.as_str().to_owned(),
        ciphertext: request.ciphertext.as_slice().to_vec(),
        aad: request.aad.as_slice().to_vec(),
        description: description(request.description),
    }
}

pub(super) fn tls(request: &TlsRef<'_>) -> TlsRequest {
    let names = request.node_names.as_slice().iter();
    TlsRequest {
        call: call(&request.call),
        node_names: names.map(|name| name.as_str().to_owned()).collect(),
        cluster_id: request
            .cluster_id
            .into_option()
            .map(|id| id.as_str().to_owned()),
    }
}
