//! Provider libraries in processes of their own.
//!
//! A library that panics, crashes, hangs, exits or eats memory takes its worker down, not the
//! host: [`Worker`] is the host's side, [`serve_if_worker`] the worker's. A worker starts with
//! nothing but a socket to its host: no environment, no open file, no core dump, no privileges to
//! gain. Until it is also confined to a sandbox, this contains accidents, not malice.
//!
//! What the two sides share with a host that runs a library in its own process is here as well:
//! [`SealedLibrary`], [`open`](open()) and [`TextFilter`].
//!
//! `unsafe` is in two modules, marked as rooms: `open`, which loads code, and `serve::inherit`,
//! which takes over what a worker was started with.

mod call;
mod frame;
mod open;
mod seal;
mod serve;
mod supervisor;
mod text;
mod wire;

pub use call::{Answer, Request};
pub use open::{OpenError, open};
pub use seal::SealedLibrary;
pub use serve::{can_serve, serve_if_worker};
pub use supervisor::{SentCall, Worker, WorkerError, WorkerFailure, WorkerProgram, WorkerSpec};
pub use text::{TEXT_LIMIT, TextFilter};
