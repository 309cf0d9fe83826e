//! One worker, from its start to its death.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use provost_plugin_api::ProviderError;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::lanes::{Lanes, Taken};
use super::output::Output;
use super::process::{Cause, Death, Process};
use super::{WorkerFailure, WorkerSpec};
use crate::frame::{self, FRAME_LIMIT, FrameError, TLS_FRAME_LIMIT};
use crate::wire::{AnswerFrame, BUILD_ID, Failure, Hello, Ready, RequestFrame, preamble};
use crate::{Answer, Request, TextFilter};

pub(super) struct Running {
    process: Process,
    lanes: Lanes,
    /// Its closing is what ends the worker even if no signal reaches it.
    control: UnixStream,
    filter: Arc<TextFilter>,
    memory: Option<u64>,
    sequence: AtomicU64,
    in_flight: AtomicUsize,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Running(process {})", self.id())
    }
}

/// How one attempt at a call went.
pub(super) enum Outcome {
    /// The provider answered.
    Answered(Result<Answer, ProviderError>),
    /// The call failed, and would again.
    Failed(WorkerFailure),
    /// The worker is dead, for whatever reason.
    Lost {
        death: Arc<Death>,
        /// Whether the call had reached it, and was read.
        sent: bool,
    },
}

/// A call that was given to a lane, and has to be settled or abandoned.
#[derive(Debug)]
pub(super) struct Sent {
    lane: UnixStream,
    sequence: u64,
    /// What came of sending it.
    done: Result<(), FrameError>,
}

impl Sent {
    /// Whether its answer is there as a whole.
    pub(super) fn is_answered(&self) -> bool {
        self.done.is_ok() && frame::is_whole(&self.lane)
    }
}

/// What fits into the buffer of a socket that is empty, in bytes.
const BUFFERED: usize = 64 << 10;

impl Running {
    /// Starts a worker and waits until its provider is built.
    pub(super) fn start(
        spec: &WorkerSpec,
        filter: &Arc<TextFilter>,
        lanes: u16,
        until: Instant,
    ) -> Result<Result<Self, ProviderError>, WorkerFailure> {
        let failed = |error: io::Error| WorkerFailure::Start {
            reason: error.to_string(),
        };
        let (control, theirs) = UnixStream::pair().map_err(failed)?;
        let lanes = lanes.clamp(1, WorkerSpec::MOST_LANES);
        let pairs: Vec<_> = (0..lanes)
            .map(|_| UnixStream::pair())
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        let (free, served): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let (log, their_log) = log_pair().map_err(failed)?;
        let output = Output::new(&spec.class, Arc::clone(filter));
        let process = Process::start(spec, theirs, log, output)?;
        let running = Self {
            process,
            lanes: Lanes::new(free),
            control,
            filter: Arc::clone(filter),
            memory: spec.memory,
            sequence: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
        };
        let mut descriptors = vec![spec.library.as_fd(), their_log.as_fd()];
        descriptors.extend(served.iter().map(AsFd::as_fd));
        let ready = running.greet(spec, &descriptors, until);
        // Only the worker holds its ends from here on, so that their closing can be seen.
        drop((served, their_log));
        match ready {
            Ok(Ok(())) => Ok(Ok(running)),
            Ok(Err(refusal)) => Ok(Err(refusal)),
            Err(Greeting::Failed(failure)) => Err(failure),
            Err(Greeting::Frame(FrameError::Late)) => Err(WorkerFailure::Deadline {
                after: spec.deadline,
            }),
            Err(Greeting::Frame(FrameError::Closed | FrameError::Unread)) => {
                Err(running.end(Cause::Closed).failure(spec.memory))
            }
            Err(Greeting::Frame(FrameError::Malformed(what))) => {
                Err(WorkerFailure::Protocol { what })
            }
            Err(Greeting::Frame(FrameError::Io(error))) => Err(failed(error)),
        }
    }

    fn greet(
        &self,
        spec: &WorkerSpec,
        descriptors: &[BorrowedFd<'_>],
        until: Instant,
    ) -> Result<Result<(), ProviderError>, Greeting> {
        let (control, until) = (&self.control, Some(until));
        let hello = Hello::new(
            spec.library.name(),
            &spec.class,
            &spec.conf,
            &spec.attributes,
            spec.memory,
        );
        let hello = hello.map_err(|error| FrameError::Malformed(error.0))?;
        let hello = frame::encode(&hello, FRAME_LIMIT)?;
        preamble::send_with(control, descriptors)?;
        // Sent without waiting for the worker's preamble. One of another build may end before it
        // has read it, and still has said which build it is.
        let sent = frame::write(control, &hello, until);
        let worker = preamble::receive(control, until)?;
        if worker != BUILD_ID {
            let host = BUILD_ID.to_owned();
            return Err(Greeting::Failed(WorkerFailure::BuildMismatch {
                host,
                worker,
            }));
        }
        sent?;
        let body = frame::read(control, FRAME_LIMIT, until)?;
        match frame::decode(&body)? {
            Ready::Serving => Ok(Ok(())),
            Ready::NotBuilt(Failure::Provider(error)) => {
                Ok(Err(self.filter.provider_error(&error.into_owned())))
            }
            Ready::NotBuilt(Failure::Protocol(what)) => Err(self.violation(what)),
            Ready::NotOpened(reason) => Err(Greeting::Failed(WorkerFailure::Open {
                reason: self.filter.clean(reason),
            })),
            Ready::NotSetUp(reason) => Err(Greeting::Failed(WorkerFailure::Start {
                reason: self.filter.clean(reason),
            })),
        }
    }

    fn violation(&self, what: &str) -> Greeting {
        let what = self.filter.clean(what);
        Greeting::Failed(WorkerFailure::Protocol { what })
    }

    /// The worker's process id.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Makes a call. Whatever it returns, nothing is left over of the call in the worker, or the
    /// worker is dead.
    pub(super) fn attempt(&self, request: &Request<'_>, begun: Instant, until: Instant) -> Outcome {
        let lane = match self.lanes.take(until) {
            Taken::Lane(lane) => lane,
            Taken::Late => return late(begun, until),
            Taken::Closed => {
                let death = self.end(Cause::Closed);
                return Outcome::Lost { death, sent: false };
            }
        };
        match self.send(lane, request, FRAME_LIMIT, until) {
            Ok(sent) => self.settle(sent, request, begun, until),
            Err(error) => Outcome::Failed(unusable(error)),
        }
    }

    /// Sends a call without waiting; none if no lane is free, or if it is so large that sending it
    /// might have to wait.
    pub(super) fn try_send(&self, request: &Request<'_>, until: Instant) -> Option<Sent> {
        self.send(self.lanes.try_take()?, request, BUFFERED, until)
            .ok()
    }

    /// Gives a lane its call, of at most `limit` bytes. An error is one of the request, which the
    /// worker has not seen.
    fn send(
        &self,
        lane: UnixStream,
        request: &Request<'_>,
        limit: usize,
        until: Instant,
    ) -> Result<Sent, FrameError> {
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let remaining = until.saturating_duration_since(Instant::now());
        let frame = RequestFrame::new(sequence, request, remaining)
            .map_err(|error| FrameError::Malformed(error.0))
            .and_then(|frame| frame::encode(&frame, limit));
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                self.lanes.give(lane);
                return Err(error);
            }
        };
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let done = frame::write(&lane, &frame, Some(until));
        Ok(Sent {
            lane,
            sequence,
            done,
        })
    }

    /// What comes of a call that was sent.
    pub(super) fn settle(
        &self,
        sent: Sent,
        request: &Request<'_>,
        begun: Instant,
        until: Instant,
    ) -> Outcome {
        let Sent {
            lane,
            sequence,
            done,
        } = sent;
        let sent = done.is_ok();
        let answer = done.and_then(|()| self.receive(&lane, sequence, request, until));
        let outcome = match answer {
            Ok(outcome) => {
                self.lanes.give(lane);
                outcome
            }
            Err(error @ (FrameError::Closed | FrameError::Unread)) => {
                let sent = sent && matches!(error, FrameError::Closed);
                let death = self.end(Cause::Closed);
                Outcome::Lost { death, sent }
            }
            Err(FrameError::Late) => {
                self.end(Cause::Call(sequence));
                late(begun, until)
            }
            Err(error) => {
                self.end(Cause::Call(sequence));
                Outcome::Failed(unusable(error))
            }
        };
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        outcome
    }

    /// Ends the worker for a call whose answer nobody reads.
    pub(super) fn abandon(&self, sent: &Sent) {
        self.end(Cause::Call(sent.sequence));
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
    }

    /// The answer, with the provider's words cleaned. An error is one of the worker's.
    fn receive(
        &self,
        lane: &UnixStream,
        sequence: u64,
        request: &Request<'_>,
        until: Instant,
    ) -> Result<Outcome, FrameError> {
        let limit = match request {
            Request::TlsArtifacts(_) => TLS_FRAME_LIMIT,
            _ => FRAME_LIMIT,
        };
        let body = frame::read(lane, limit, Some(until))?;
        let frame: AnswerFrame<'_> = frame::decode(&body)?;
        if frame.sequence != sequence {
            let what = format!("an answer to call {}, expected {sequence}", frame.sequence);
            return Err(FrameError::Malformed(what));
        }
        let answer = match frame.answer {
            Ok(answer) => answer
                .into_owned()
                .map_err(|error| FrameError::Malformed(error.0))?,
            Err(Failure::Provider(error)) => {
                let error = self.filter.provider_error(&error.into_owned());
                return Ok(Outcome::Answered(Err(error)));
            }
            Err(Failure::Protocol(what)) => {
                let what = self.filter.clean(what);
                return Ok(Outcome::Failed(WorkerFailure::Protocol { what }));
            }
        };
        if !request.is_answered_by(&answer) {
            let what = format!("an answer of another kind to {}", request.name());
            return Err(FrameError::Malformed(what));
        }
        Ok(Outcome::Answered(Ok(match answer {
            Answer::Status(status) => Answer::Status(self.filter.status(status)),
            answer => answer,
        })))
    }

    /// Ends the worker, unless it is dead.
    pub(super) fn end(&self, cause: Cause) -> Arc<Death> {
        let death = self
            .process
            .end(cause, || self.in_flight.load(Ordering::SeqCst));
        self.lanes.close();
        death
    }

    /// Whether it is known to be dead.
    pub(super) fn is_dead(&self) -> bool {
        self.process.is_dead()
    }

    /// What to report of a death.
    pub(super) fn failure(&self, death: &Death) -> WorkerFailure {
        death.failure(self.memory)
    }
}

/// Why a worker is not ready.
enum Greeting {
    Failed(WorkerFailure),
    Frame(FrameError),
}

impl From<FrameError> for Greeting {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

fn late(begun: Instant, until: Instant) -> Outcome {
    Outcome::Failed(WorkerFailure::Deadline {
        after: until.saturating_duration_since(begun),
    })
}

fn unusable(error: FrameError) -> WorkerFailure {
    let what = match error {
        FrameError::Malformed(what) => what,
        FrameError::Io(error) => error.to_string(),
        FrameError::Closed | FrameError::Unread | FrameError::Late => {
            "the worker is gone".to_owned()
        }
    };
    WorkerFailure::Protocol { what }
}

/// The host's and the worker's end of the log.
fn log_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC;
    Ok(socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        flags,
        None,
    )?)
}
