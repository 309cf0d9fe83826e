//! The tests of the host and its command, in one binary.

mod answers;
mod crashes;
mod log;
mod proof;
mod reading;
mod rig;
mod transcript;
mod writing;
