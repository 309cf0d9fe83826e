//! The host's side: a library's header opened and checked, its providers called.

mod log;
mod open;
mod provider;

pub use log::LogLine;
pub use open::{OpenError, open, open_static};
pub use provider::{Answered, Class, Module, Provider};
