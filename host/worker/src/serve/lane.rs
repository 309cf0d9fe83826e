//! One lane: one call at a time, on its own thread and socket.

use std::os::unix::net::UnixStream;

use provost_plugin_api::host::{CallError, ForeignProvider};
use zeroize::Zeroizing;

use crate::Answer;
use crate::frame::{self, FRAME_LIMIT, FrameError, TLS_FRAME_LIMIT};
use crate::wire::{AnswerFrame, Failure, OwnedRequest, RequestFrame, WireAnswer};

/// Serves until the host closes the lane. A host that cannot be understood ends the worker: there
/// is nobody to answer.
pub(super) fn serve(stream: &UnixStream, provider: &ForeignProvider) {
    loop {
        match one(stream, provider) {
            Ok(()) => {}
            Err(FrameError::Closed | FrameError::Unread) => return,
            Err(error) => {
                eprintln!("provost worker: {}", super::gone(&error));
                super::end();
            }
        }
    }
}

fn one(stream: &UnixStream, provider: &ForeignProvider) -> Result<(), FrameError> {
    let body = frame::read(stream, FRAME_LIMIT, None)?;
    let request: RequestFrame<'_> = frame::decode(&body)?;
    let sequence = request.sequence;
    let request = request
        .into_owned()
        .map_err(|error| FrameError::Malformed(error.0))?;
    // The secrets of the request are wiped as soon as they have been taken over.
    drop(body);
    let limit = match request {
        OwnedRequest::Tls(_) => TLS_FRAME_LIMIT,
        _ => FRAME_LIMIT,
    };
    let answer = ask(provider, request);
    let frame = frame_of(sequence, &answer, limit).or_else(|error| {
        let FrameError::Malformed(text) = error else {
            return Err(error);
        };
        encode(sequence, Err(Failure::Protocol(&text)), FRAME_LIMIT)
    })?;
    frame::write(stream, &frame, None)
}

fn frame_of(
    sequence: u64,
    answer: &Result<Answer, CallError>,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let answer = match answer {
        Ok(answer) => Ok(WireAnswer::lend(answer).map_err(|error| FrameError::Malformed(error.0))?),
        Err(CallError::Provider(error)) => Err(Failure::Provider(error.into())),
        Err(CallError::Protocol(text)) => Err(Failure::Protocol(text)),
    };
    encode(sequence, answer, limit)
}

fn encode(
    sequence: u64,
    answer: Result<WireAnswer<'_>, Failure<'_>>,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    frame::encode(&AnswerFrame { sequence, answer }, limit)
}

fn ask(provider: &ForeignProvider, request: OwnedRequest) -> Result<Answer, CallError> {
    match request {
        OwnedRequest::Refresh(call) => provider.refresh(&call).map(|()| Answer::Refreshed),
        OwnedRequest::Status(call) => provider.status(&call).map(Answer::Status),
        OwnedRequest::Encrypt(r) => provider.materials_for_encrypt(&r).map(Answer::Materials),
        OwnedRequest::Decrypt(r) => {
            let candidates = provider.materials_for_decrypt(&r)?;
            Ok(Answer::Candidates(candidates.into_vec()))
        }
        OwnedRequest::Generate(r) => {
            let (key, wrapped) = provider.generate_data_key(&r)?;
            Ok(Answer::DataKey(key, wrapped))
        }
        OwnedRequest::Wrap(r) => provider.wrap(&r).map(Answer::Wrapped),
        OwnedRequest::Unwrap(r) => provider.unwrap(&r).map(Answer::Unwrapped),
        OwnedRequest::Tls(r) => provider.tls_artifacts(&r).map(Answer::TlsArtifacts),
    }
}
