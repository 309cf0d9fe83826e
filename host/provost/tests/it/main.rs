//! The tests of the host and its command, in one binary.

mod answers;
mod crashes;
mod description;
mod flips;
mod keys;
mod log;
mod proof;
mod reading;
mod release;
mod rig;
mod rotation;
mod transcript;
mod writing;
