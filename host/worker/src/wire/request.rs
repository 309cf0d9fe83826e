//! Requests.

use std::time::Duration;

use provost_plugin_api::{
    Call, DecryptRequest, EncryptRequest, GenerateRequest, Purpose, SecretBytes, TlsRequest,
    UnwrapRequest, WrapRequest,
};
use serde::{Deserialize, Serialize};

use super::attributes::{WireAttributes, WireDescription, lend, own};
use super::{Bytes, Malformed};
use crate::Request;

#[derive(Serialize, Deserialize)]
pub(crate) struct RequestFrame<'a> {
    /// Comes back with the answer.
    pub(crate) sequence: u64,
    request_id: &'a str,
    remaining: Duration,
    #[serde(borrow)]
    attributes: WireAttributes<'a>,
    #[serde(borrow)]
    operation: Operation<'a>,
}

#[derive(Serialize, Deserialize)]
enum Operation<'a> {
    Refresh,
    Status,
    Encrypt {
        purpose: u8,
        #[serde(borrow)]
        description: Option<WireDescription<'a>>,
    },
    Decrypt {
        purpose: u8,
        #[serde(borrow)]
        description: Option<WireDescription<'a>>,
        wrap_algorithm: &'a str,
    },
    Generate {
        key_id: &'a str,
        wrap_algorithm: &'a str,
        length: u64,
        #[serde(borrow)]
        aad: Bytes<'a>,
    },
    Wrap {
        key_id: &'a str,
        wrap_algorithm: &'a str,
        #[serde(borrow)]
        plaintext: Bytes<'a>,
        #[serde(borrow)]
        aad: Bytes<'a>,
    },
    Unwrap {
        key_id: &'a str,
        wrap_algorithm: &'a str,
        #[serde(borrow)]
        ciphertext: Bytes<'a>,
        #[serde(borrow)]
        aad: Bytes<'a>,
        #[serde(borrow)]
        description: Option<WireDescription<'a>>,
    },
    Tls {
        #[serde(borrow)]
        node_names: Vec<&'a str>,
        cluster_id: Option<&'a str>,
    },
}

/// A request as the worker holds it.
pub(crate) enum OwnedRequest {
    Refresh(Call),
    Status(Call),
    Encrypt(EncryptRequest),
    Decrypt(DecryptRequest),
    Generate(GenerateRequest),
    Wrap(WrapRequest),
    Unwrap(UnwrapRequest),
    Tls(TlsRequest),
}

const PURPOSES: [Purpose; 2] = [Purpose::ObjectStore, Purpose::LocalDisk];

fn purpose_number(purpose: Purpose) -> Result<u8, Malformed> {
    let number = PURPOSES.iter().position(|known| *known == purpose);
    number
        .and_then(|number| u8::try_from(number).ok())
        .ok_or_else(|| Malformed::new("`purpose` has no wire form"))
}

fn purpose(number: u8) -> Result<Purpose, Malformed> {
    let purpose = PURPOSES.get(usize::from(number)).copied();
    purpose.ok_or_else(|| Malformed::new(format!("`purpose` is {number}, expected 0 or 1")))
}

impl<'a> RequestFrame<'a> {
    /// A frame for `request`, with `remaining` in place of what the request says.
    pub(crate) fn new(
        sequence: u64,
        request: &Request<'a>,
        remaining: Duration,
    ) -> Result<Self, Malformed> {
        let call = request.call();
        Ok(Self {
            sequence,
            request_id: &call.request_id,
            remaining,
            attributes: (&call.attributes).into(),
            operation: Operation::of(request)?,
        })
    }

    pub(crate) fn into_owned(self) -> Result<OwnedRequest, Malformed> {
        let mut call = Call::new(self.request_id, self.remaining);
        call.attributes = self.attributes.into_owned();
        Ok(match self.operation {
            Operation::Refresh => OwnedRequest::Refresh(call),
            Operation::Status => OwnedRequest::Status(call),
            Operation::Encrypt {
                purpose: number,
                description,
            } => OwnedRequest::Encrypt(
                EncryptRequest::new(call, purpose(number)?).with_description(description.map(own)),
            ),
            Operation::Decrypt {
                purpose: number,
                description,
                wrap_algorithm,
            } => OwnedRequest::Decrypt(
                DecryptRequest::new(call, purpose(number)?, wrap_algorithm)
                    .with_description(description.map(own)),
            ),
            Operation::Generate {
                key_id,
                wrap_algorithm,
                length,
                aad,
            } => {
                let mut request = GenerateRequest::new(call, key_id, wrap_algorithm, aad.0);
                request.length = usize::try_from(length)
                    .map_err(|_| Malformed::new(format!("`length` is {length}")))?;
                OwnedRequest::Generate(request)
            }
            Operation::Wrap {
                key_id,
                wrap_algorithm,
                plaintext,
                aad,
            } => {
                let plaintext = SecretBytes::copy_from(plaintext.0);
                OwnedRequest::Wrap(WrapRequest::new(
                    call,
                    key_id,
                    wrap_algorithm,
                    plaintext,
                    aad.0,
                ))
            }
            Operation::Unwrap {
                key_id,
                wrap_algorithm,
                ciphertext,
                aad,
                description,
            } => OwnedRequest::Unwrap(
                UnwrapRequest::new(call, key_id, wrap_algorithm, ciphertext.0, aad.0)
                    .with_description(description.map(own)),
            ),
            Operation::Tls {
                node_names,
                cluster_id,
            } => {
                let names = node_names.into_iter().map(str::to_owned).collect();
                OwnedRequest::Tls(TlsRequest::new(call, names, cluster_id.map(str::to_owned)))
            }
        })
    }
}

impl<'a> Operation<'a> {
    fn of(request: &Request<'a>) -> Result<Self, Malformed> {
        Ok(match *request {
            Request::Refresh(_) => Self::Refresh,
            Request::Status(_) => Self::Status,
            Request::MaterialsForEncrypt(r) => Self::Encrypt {
                purpose: purpose_number(r.purpose)?,
                description: r.description.as_ref().map(lend),
            },
            Request::MaterialsForDecrypt(r) => Self::Decrypt {
                purpose: purpose_number(r.purpose)?,
                description: r.description.as_ref().map(lend),
                wrap_algorithm: &r.wrap_algorithm,
            },
            Request::GenerateDataKey(r) => Self::Generate {
                key_id: &r.key_id,
                wrap_algorithm: &r.wrap_algorithm,
                length: r.length as u64,
                aad: Bytes(&r.aad),
            },
            Request::Wrap(r) => Self::Wrap {
                key_id: &r.key_id,
                wrap_algorithm: &r.wrap_algorithm,
                plaintext: Bytes(r.plaintext.secret_bytes()),
                aad: Bytes(&r.aad),
            },
            Request::Unwrap(r) => Self::Unwrap {
                key_id: &r.key_id,
                wrap_algorithm: &r.wrap_algorithm,
                ciphertext: Bytes(&r.ciphertext),
                aad: Bytes(&r.aad),
                description: r.description.as_ref().map(lend),
            },
            Request::TlsArtifacts(r) => Self::Tls {
                node_names: r.node_names.iter().map(String::as_str).collect(),
                cluster_id: r.cluster_id.as_deref(),
            },
        })
    }
}
