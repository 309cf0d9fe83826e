//! What host and worker say to each other, as private types.
//!
//! They borrow: from the request or answer when sent, from the frame's buffer when received. So a
//! secret is only ever in a frame, which is wiped, and in the `SecretBytes` at either end.

mod answer;
mod attributes;
mod bytes;
mod failure;
mod hello;
pub(crate) mod log;
pub(crate) mod preamble;
mod request;

pub(crate) use answer::{AnswerFrame, WireAnswer};
pub(crate) use bytes::Bytes;
pub(crate) use failure::Failure;
pub(crate) use hello::{Hello, Ready};
pub(crate) use request::{OwnedRequest, RequestFrame};

/// Names this build of the protocol; both sides must have the same.
pub(crate) const BUILD_ID: &str = env!("PROVOST_WORKER_BUILD");

/// Something that was received is not what may be sent: which field, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl Malformed {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

#[cfg(test)]
mod tests;
